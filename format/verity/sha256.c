// SPDX-License-Identifier: GPL-2.0-only
#include "verity/sha256.h"
#include "verity/sha256_code.h"

static const u32 start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

/*
 * Threads may store to this at the same time: every store writes the address of an equally good
 * constant, so their order does not matter.
 */
static const struct sha256_code *chosen;

bool sha256_agrees(const struct sha256_code *code)
{
	u8 block[2 * SHA256_BLOCK];
	u32 want[2][8], got[2][8], alone[8];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (u8)(i * 0x9d + 0x35);
	for (size_t i = 0; i < 2; i++) {
		memcpy(want[i], start, sizeof(start));
		memcpy(got[i], start, sizeof(start));
		sha256_portable.one(want[i], block + i * SHA256_BLOCK, 1);
	}
	memcpy(alone, start, sizeof(start));
	code->one(alone, block, 1);
	code->two(got[0], got[1], block, block + SHA256_BLOCK, 1);
	return !memcmp(alone, want[0], sizeof(alone)) && !memcmp(got, want, sizeof(got));
}

void sha256_choose(const struct sha256_code *code)
{
	__atomic_store_n(&chosen, code, __ATOMIC_RELAXED);
}

const struct sha256_code *sha256_chosen(void)
{
	const struct sha256_code *code = __atomic_load_n(&chosen, __ATOMIC_RELAXED);

	if (code)
		return code;
	code = sha256_x86();
	if (!code)
		code = sha256_arm();
	if (!code || !sha256_agrees(code))
		code = &sha256_portable;
	sha256_choose(code);
	return code;
}

static void put_big(u8 *to, u32 v)
{
	to[0] = (u8)(v >> 24);
	to[1] = (u8)(v >> 16);
	to[2] = (u8)(v >> 8);
	to[3] = (u8)v;
}

static void put_state(u8 out[SHA256_SIZE], const u32 state[8])
{
	for (size_t i = 0; i < 8; i++)
		put_big(out + 4 * i, state[i]);
}

/*
 * Make the blocks behind the last whole block of a message of @len bytes: its @rest,
 * 0x80, zeros and the length in bits. Returns their number.
 */
static size_t finish(u8 tail[2 * SHA256_BLOCK], const u8 *rest, u64 len)
{
	size_t n = (size_t)(len % SHA256_BLOCK),
	       size = n + 9 > SHA256_BLOCK ? 2 * SHA256_BLOCK : SHA256_BLOCK;

	if (n)
		memcpy(tail, rest, n);
	memset(tail + n, 0, size - n);
	tail[n] = 0x80;
	put_big(tail + size - 8, (u32)(len >> 29));
	put_big(tail + size - 4, (u32)(len << 3));
	return size / SHA256_BLOCK;
}

void sha256_init(struct sha256 *s)
{
	br_sha256_init(&s->ctx);
}

/* The context is BearSSL's, so that either code may go on with it. */
void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	const struct sha256_code *code = sha256_chosen();
	size_t used = (size_t)(s->ctx.count % SHA256_BLOCK), n;
	const u8 *p = data;

	s->ctx.count += len;
	if (used && len) {
		n = SHA256_BLOCK - used < len ? SHA256_BLOCK - used : len;
		memcpy(s->ctx.buf + used, p, n);
		if (used + n < SHA256_BLOCK)
			return;
		code->one(s->ctx.val, s->ctx.buf, 1);
		p += n;
		len -= n;
	}
	n = len / SHA256_BLOCK;
	if (n)
		code->one(s->ctx.val, p, n);
	if (len % SHA256_BLOCK)
		memcpy(s->ctx.buf, p + n * SHA256_BLOCK, len % SHA256_BLOCK);
}

void sha256_end(const struct sha256 *s, u8 out[SHA256_SIZE])
{
	u8 tail[2 * SHA256_BLOCK];
	u32 state[8];

	memcpy(state, s->ctx.val, sizeof(state));
	sha256_chosen()->one(state, tail, finish(tail, s->ctx.buf, s->ctx.count));
	put_state(out, state);
}

void sha256_one(const void *data, size_t len, u8 out[SHA256_SIZE])
{
	const struct sha256_code *code = sha256_chosen();
	size_t blocks = len / SHA256_BLOCK;
	u8 tail[2 * SHA256_BLOCK];
	const u8 *p = data;
	u32 state[8];

	memcpy(state, start, sizeof(state));
	if (blocks)
		code->one(state, p, blocks);
	code->one(state, tail, finish(tail, p + blocks * SHA256_BLOCK, len));
	put_state(out, state);
}

void sha256_two(const void *a, const void *b, size_t len, u8 out_a[SHA256_SIZE],
		u8 out_b[SHA256_SIZE])
{
	const struct sha256_code *code = sha256_chosen();
	size_t blocks = len / SHA256_BLOCK;
	u8 tail[2][2 * SHA256_BLOCK];
	const u8 *p = a, *q = b;
	u32 state[2][8];

	memcpy(state[0], start, sizeof(start));
	memcpy(state[1], start, sizeof(start));
	if (blocks)
		code->two(state[0], state[1], p, q, blocks);
	finish(tail[0], p + blocks * SHA256_BLOCK, len);
	code->two(state[0], state[1], tail[0], tail[1],
		  finish(tail[1], q + blocks * SHA256_BLOCK, len));
	put_state(out_a, state[0]);
	put_state(out_b, state[1]);
}

void sha256_many(const void *data, size_t len, size_t count, u8 *out)
{
	const u8 *p = data;

	for (; count >= 2; count -= 2, p += 2 * len, out += 2 * SHA256_SIZE)
		sha256_two(p, p + len, len, out, out + SHA256_SIZE);
	if (count)
		sha256_one(p, len, out);
}

bool sha256_sum_parse(struct sha256_sum *sum, const void *hex, size_t len)
{
	return len == SHA256_HEX && cfs_hex_parse(sum->b, SHA256_SIZE, hex);
}

void sha256_sum_print(char hex[SHA256_HEX], const struct sha256_sum *sum)
{
	cfs_hex_print(hex, sum->b, SHA256_SIZE);
}
