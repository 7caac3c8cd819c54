// SPDX-License-Identifier: GPL-2.0-only
/* BearSSL's SHA-256 and SHA-512 by another hand, for machines of which only a compiler is here. */
#include <bearssl_hash.h>
#include "tests/unit/naive.h"

void br_sha256_init(br_sha256_context *ctx)
{
	const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
				    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	ctx->vtable = NULL;
	ctx->count = 0;
	memcpy(ctx->val, start, sizeof(start));
}

void br_sha224_update(br_sha224_context *ctx, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len; len--) {
		while (ctx->count % 64 == 0 && len >= 64) {
			naive_round(ctx->val, p);
			ctx->count += 64;
			p += 64;
			len -= 64;
		}
		if (!len)
			break;
		ctx->buf[ctx->count++ % 64] = *p++;
		if (ctx->count % 64 == 0)
			naive_round(ctx->val, ctx->buf);
	}
}

void br_sha256_out(const br_sha256_context *ctx, void *out)
{
	br_sha256_context end = *ctx;
	uint8_t *p = out, length[8];

	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)(ctx->count << 3 >> (56 - 8 * i));
	br_sha256_update(&end, "\x80", 1);
	while (end.count % 64 != 56)
		br_sha256_update(&end, "", 1);
	br_sha256_update(&end, length, sizeof(length));
	for (int i = 0; i < 32; i++)
		p[i] = (uint8_t)(end.val[i / 4] >> (24 - i % 4 * 8));
}

void br_sha512_init(br_sha512_context *ctx)
{
	memset(ctx, 0, sizeof(*ctx));
}

/* The caller sets the state and gives whole blocks. */
void br_sha384_update(br_sha384_context *ctx, const void *data, size_t len)
{
	for (size_t at = 0; at < len; at += 128)
		naive_round512(ctx->val, (const uint8_t *)data + at);
}
