// SPDX-License-Identifier: GPL-2.0-only
/*
 * base/sha256: every code this machine has, with the vectors of FIPS 180, at every
 * length and alignment against BearSSL and against another implementation (PH-6).
 */
#include "verity/sha256.h"
#include "verity/sha256_code.h"
#include "tests/unit/naive.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	size_t times;
	u8 want[SHA256_SIZE];
} vectors[] = {
	/* clang-format off */
	{ "", 1,
	  { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 } },
	{ "abc", 1,
	  { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
	    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad } },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	  { 0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8, 0xe5, 0xc0, 0x26, 0x93, 0x0c, 0x3e, 0x60, 0x39,
	    0xa3, 0x3c, 0xe4, 0x59, 0x64, 0xff, 0x21, 0x67, 0xf6, 0xec, 0xed, 0xd4, 0x19, 0xdb, 0x06, 0xc1 } },
	{ "aaaaaaaaaa", 100000,
	  { 0xcd, 0xc7, 0x6e, 0x5c, 0x99, 0x14, 0xfb, 0x92, 0x81, 0xa1, 0xc7, 0xe2, 0x84, 0xd7, 0x3e, 0x67,
	    0xf1, 0x80, 0x9a, 0x48, 0xa4, 0x97, 0x20, 0x0e, 0x04, 0x6d, 0x39, 0xcc, 0xc7, 0x11, 0x2c, 0xd0 } },
	/* clang-format on */
};

static u8 data[3 * 8192 + 64];

static void fixed(void)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct sha256 s;
		u8 out[SHA256_SIZE];

		sha256_init(&s);
		for (size_t n = 0; n < vectors[i].times; n++)
			sha256_add(&s, vectors[i].text, strlen(vectors[i].text));
		sha256_end(&s, out);
		CHECK(!memcmp(out, vectors[i].want, sizeof(out)), "vector %zu", i);
	}
}

static void bearssl(const void *p, size_t len, u8 out[SHA256_SIZE])
{
	br_sha256_context ctx;

	br_sha256_init(&ctx);
	br_sha256_update(&ctx, p, len);
	br_sha256_out(&ctx, out);
}

/* All ways to the same digest, for each length; of the judge's own only the padding is ours. */
static void lengths(const char *name, bool all)
{
	for (size_t len = 0; len <= 8192; len += all ? 1 : 7) {
		const u8 *p = data + len % 64;
		u8 want[3][SHA256_SIZE], out[3 * SHA256_SIZE];
		struct sha256 s;
		size_t cut = len / 3;

		for (size_t i = 0; i < 3; i++)
			bearssl(p + i * len, len, want[i]);
		sha256_one(p, len, out);
		CHECK(!memcmp(out, want[0], SHA256_SIZE), "%s: one, %zu bytes", name, len);
		sha256_many(p, len, 3, out);
		CHECK(!memcmp(out, want, sizeof(want)), "%s: many, %zu bytes", name, len);
		bearssl(p, cut, want[1]);
		sha256_init(&s);
		sha256_add(&s, p, cut);
		sha256_end(&s, out + SHA256_SIZE);
		sha256_add(&s, p + cut, len - cut);
		sha256_end(&s, out);
		CHECK(!memcmp(out, want, 2 * SHA256_SIZE), "%s: pieces, %zu bytes", name, len);
		br_sha256_out(&s.ctx, out);
		CHECK(!memcmp(out, want, SHA256_SIZE), "%s: BearSSL's end, %zu bytes", name, len);
	}
}

/* Each alignment of the one message with another one of the other. */
static void alignments(const char *name)
{
	for (size_t off = 0; off < 64; off++) {
		const u8 *p = data + off, *q = data + 8192 + off * 37 % 64;
		u8 want[2][SHA256_SIZE], out[2][SHA256_SIZE];

		bearssl(p, 4096, want[0]);
		bearssl(q, 4096, want[1]);
		sha256_two(p, q, 4096, out[0], out[1]);
		CHECK(!memcmp(out, want, sizeof(want)), "%s: blocks at offset %zu", name, off);
		sha256_one(q, 4096, out[1]);
		CHECK(!memcmp(out[1], want[1], SHA256_SIZE), "%s: a block at offset %zu", name,
		      off);
	}
}

/* The judge himself. */
static void judge(void)
{
	for (size_t len = 0; len <= 8192; len += unit_long || len < 300 ? 1 : 61) {
		u8 want[SHA256_SIZE], out[SHA256_SIZE];

		naive_sha256(data + len % 64, len, want);
		bearssl(data + len % 64, len, out);
		CHECK(!memcmp(out, want, sizeof(want)), "BearSSL, %zu bytes", len);
	}
}

static void wrong_one(u32 state[8], const u8 *p, size_t blocks)
{
	sha256_portable.one(state, p, blocks);
	state[7] ^= 1;
}

static void wrong_two(u32 a[8], u32 b[8], const u8 *p, const u8 *q, size_t blocks)
{
	sha256_portable.two(a, b, p, q, blocks);
	b[0] ^= 1u << 31;
}

void unit_verity_sha256(void)
{
	const struct sha256_code *codes[] = { &sha256_portable, sha256_x86(), sha256_arm() };
	const struct sha256_code *best = sha256_chosen();
	const struct sha256_code bad[] = {
		{ "wrong", wrong_one, sha256_portable.two },
		{ "wrong", sha256_portable.one, wrong_two },
	};

	printf("# SHA-256 of this machine: %s\n", best->name);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7 + i / 251);
	judge();
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (!codes[i])
			continue;
		CHECK(sha256_agrees(codes[i]), "%s agrees", codes[i]->name);
		sha256_choose(codes[i]);
		fixed();
		lengths(codes[i]->name, unit_long || codes[i] != &sha256_portable);
		alignments(codes[i]->name);
	}
	sha256_choose(best);
	CHECK(!sha256_agrees(&bad[0]) && !sha256_agrees(&bad[1]), "a wrong code is found out");
}
