// SPDX-License-Identifier: GPL-2.0-only
#include "base/sha256.h"

void sha256_init(struct sha256 *s)
{
	br_sha256_init(&s->ctx);
}

void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	br_sha256_update(&s->ctx, data, len);
}

void sha256_end(const struct sha256 *s, u8 out[SHA256_SIZE])
{
	br_sha256_out(&s->ctx, out);
}

void sha256_one(const void *data, size_t len, u8 out[SHA256_SIZE])
{
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, data, len);
	sha256_end(&s, out);
}

void sha256_two(const void *a, const void *b, size_t len, u8 out_a[SHA256_SIZE], u8 out_b[SHA256_SIZE])
{
	sha256_one(a, len, out_a);
	sha256_one(b, len, out_b);
}

void sha256_many(const void *data, size_t len, size_t count, u8 *out)
{
	const u8 *p = data;

	for (; count >= 2; count -= 2, p += 2 * len, out += 2 * SHA256_SIZE)
		sha256_two(p, p + len, len, out, out + SHA256_SIZE);
	if (count)
		sha256_one(p, len, out);
}
