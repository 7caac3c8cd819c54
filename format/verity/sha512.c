// SPDX-License-Identifier: GPL-2.0-only
#include "verity/sha512.h"
#include "verity/sha512_code.h"

/* clang-format off */
static const u64 start[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
/* clang-format on */

/* As with SHA-256, every store writes the address of an equally good constant. */
static const struct sha512_code *chosen;

bool sha512_agrees(const struct sha512_code *code)
{
	u64 want[SHA512_LANES][8], got[SHA512_LANES][8], alone[8];
	u8 block[SHA512_LANES * SHA512_BLOCK];
	const u8 *p[SHA512_LANES];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (u8)(i * 0x9d + 0x35);
	for (size_t i = 0; i < SHA512_LANES; i++) {
		p[i] = block + i * SHA512_BLOCK;
		memcpy(want[i], start, sizeof(start));
		memcpy(got[i], start, sizeof(start));
		sha512_portable.one(&want[i], &p[i], 1);
	}
	memcpy(alone, start, sizeof(start));
	code->one(&alone, p, 1);
	code->many(got, p, 1);
	return !memcmp(alone, want[0], sizeof(alone)) &&
	       !memcmp(got, want, code->lanes * sizeof(*got));
}

void sha512_choose(const struct sha512_code *code)
{
	__atomic_store_n(&chosen, code, __ATOMIC_RELAXED);
}

const struct sha512_code *sha512_chosen(void)
{
	const struct sha512_code *code = __atomic_load_n(&chosen, __ATOMIC_RELAXED);

	if (code)
		return code;
	code = sha512_x86();
	if (!code)
		code = sha512_arm();
	if (!code || !sha512_agrees(code))
		code = &sha512_portable;
	sha512_choose(code);
	return code;
}

static void put_big(u8 *to, u64 v)
{
	for (size_t i = 8; i--; v >>= 8)
		to[i] = (u8)v;
}

/*
 * Make the blocks behind the last whole block of a message of @len bytes: its @rest,
 * 0x80, zeros and the length in bits. Returns their number.
 */
static size_t finish(u8 tail[2 * SHA512_BLOCK], const u8 *rest, u64 len)
{
	size_t n = (size_t)(len % SHA512_BLOCK),
	       size = n + 17 > SHA512_BLOCK ? 2 * SHA512_BLOCK : SHA512_BLOCK;

	memset(tail, 0, size);
	if (n)
		memcpy(tail, rest, n);
	tail[n] = 0x80;
	put_big(tail + size - 16, len >> 61);
	put_big(tail + size - 8, len << 3);
	return size / SHA512_BLOCK;
}

/*
 * @count messages of @len bytes that lie one behind the other, by a function that
 * takes @lanes of them: the last message stands in for those that there are not.
 */
static void hash(void (*run)(u64 (*state)[8], const u8 *const *p, size_t blocks), size_t lanes,
		 size_t count, const u8 *data, size_t len, u8 *out)
{
	u8 tail[SHA512_LANES][2 * SHA512_BLOCK];
	const u8 *p[SHA512_LANES] = { 0 };
	u64 state[SHA512_LANES][8];
	size_t blocks = len / SHA512_BLOCK, more = 0;

	for (size_t i = 0; i < lanes; i++) {
		memcpy(state[i], start, sizeof(start));
		p[i] = data + (i < count ? i : count - 1) * len;
		more = finish(tail[i], p[i] + blocks * SHA512_BLOCK, len);
	}
	if (blocks)
		run(state, p, blocks);
	for (size_t i = 0; i < lanes; i++)
		p[i] = tail[i];
	run(state, p, more);
	for (size_t i = 0; i < count * 8; i++)
		put_big(out + 8 * i, state[i / 8][i % 8]);
}

void sha512_one(const void *data, size_t len, u8 out[SHA512_SIZE])
{
	hash(sha512_chosen()->one, 1, 1, data, len, out);
}

void sha512_many(const void *data, size_t len, size_t count, u8 *out)
{
	const struct sha512_code *code = sha512_chosen();
	const u8 *p = data;

	/* All lanes take less time than two messages one after the other. */
	while (count > 1) {
		size_t n = count < code->lanes ? count : code->lanes;

		hash(code->many, code->lanes, n, p, len, out);
		p += n * len;
		out += n * SHA512_SIZE;
		count -= n;
	}
	if (count)
		hash(code->one, 1, 1, p, len, out);
}
