// SPDX-License-Identifier: GPL-2.0-only
/*
 * verity/sha512: every implementation that this machine has, with the vectors of
 * FIPS 180, at lengths around every edge and at every alignment, against an
 * implementation written from the standard (PH-6).
 */
#include "verity/sha512.h"
#include "verity/sha512_code.h"
#include "tests/unit/naive.h"
#include "tests/unit/unit.h"

static u8 data[8 * 4096 + 64];

static void fixed(void)
{
	/* clang-format off */
	static const u8 abc[SHA512_SIZE] = {
		0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba, 0xcc, 0x41, 0x73, 0x49, 0xae, 0x20, 0x41, 0x31,
		0x12, 0xe6, 0xfa, 0x4e, 0x89, 0xa9, 0x7e, 0xa2, 0x0a, 0x9e, 0xee, 0xe6, 0x4b, 0x55, 0xd3, 0x9a,
		0x21, 0x92, 0x99, 0x2a, 0x27, 0x4f, 0xc1, 0xa8, 0x36, 0xba, 0x3c, 0x23, 0xa3, 0xfe, 0xeb, 0xbd,
		0x45, 0x4d, 0x44, 0x23, 0x64, 0x3c, 0xe8, 0x0e, 0x2a, 0x9a, 0xc9, 0x4f, 0xa5, 0x4c, 0xa4, 0x9f,
	};
	/* clang-format on */
	u8 out[SHA512_SIZE];

	sha512_one("abc", 3, out);
	CHECK(!memcmp(out, abc, sizeof(out)), "abc");
	naive_sha512("abc", 3, out);
	CHECK(!memcmp(out, abc, sizeof(out)), "abc, by the other implementation");
}

/* From 0 to 8 messages of one length, at each alignment. */
static void many(const char *name, size_t len)
{
	u8 want[8 * SHA512_SIZE], out[8 * SHA512_SIZE];

	for (size_t count = 0; count <= 8; count++) {
		const u8 *p = data + (7 * count + len) % 64;

		for (size_t i = 0; i < count; i++)
			naive_sha512(p + i * len, len, want + i * SHA512_SIZE);
		sha512_many(p, len, count, out);
		CHECK(!memcmp(out, want, count * SHA512_SIZE), "%s: %zu of %zu bytes", name, count,
		      len);
	}
}

static void wrong(u64 (*state)[8], const u8 *const *p, size_t blocks)
{
	sha512_portable.one(state, p, blocks);
	state[0][7] ^= 1;
}

void unit_verity_sha512(void)
{
	static const size_t lens[] = { 0, 1, 111, 112, 127, 128, 129, 239, 240, 256, 257, 4096 };
	const struct sha512_code *codes[] = { &sha512_portable, sha512_x86(), sha512_arm() };
	const struct sha512_code *best = sha512_chosen();
	const struct sha512_code bad[] = {
		{ "wrong", 1, wrong, sha512_portable.many },
		{ "wrong", 1, sha512_portable.one, wrong },
	};

	printf("# SHA-512 of this machine: %s\n", best->name);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (u8)(i * 7 + i / 251);
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (!codes[i])
			continue;
		CHECK(sha512_agrees(codes[i]), "%s agrees", codes[i]->name);
		sha512_choose(codes[i]);
		fixed();
		for (size_t k = 0; k < ARRAY_LEN(lens); k++)
			many(codes[i]->name, lens[k]);
	}
	sha512_choose(best);
	CHECK(!sha512_agrees(&bad[0]) && !sha512_agrees(&bad[1]), "a wrong one is found out");
}
