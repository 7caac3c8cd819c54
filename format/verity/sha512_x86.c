// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-512 of four messages at once. A vector holds the same word of all four, so
 * one round costs four messages about 57 instructions with AVX2. AVX-512 rotates
 * in one instruction and combines three operands in another, and needs half as many.
 */
#include "verity/sha512_code.h"

#ifndef __x86_64__

const struct sha512_code *sha512_x86(void)
{
	return NULL;
}

#else

#include <cpuid.h>

#define LANES 4
#define INLINE static inline __attribute__((always_inline))

typedef u64 vec __attribute__((vector_size(32)));

#define ROTATE(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define SUM_0(x) (ROTATE(x, 28) ^ ROTATE(x, 34) ^ ROTATE(x, 39))
#define SUM_1(x) (ROTATE(x, 14) ^ ROTATE(x, 18) ^ ROTATE(x, 41))
#define MIX_0(x) (ROTATE(x, 1) ^ ROTATE(x, 8) ^ (x) >> 7)
#define MIX_1(x) (ROTATE(x, 19) ^ ROTATE(x, 61) ^ (x) >> 6)

/* One round, whose result stays in @d and @h: the caller renames instead of moving. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                           \
	do {                                                                                       \
		h += SUM_1(e) + (g ^ (e & (f ^ g))) + w[i] + k[i];                                 \
		d += h;                                                                            \
		h += SUM_0(a) + ((a & b) | (c & (a | b)));                                         \
		w[i] += MIX_0(w[((i) + 1) % 16]) + w[((i) + 9) % 16] + MIX_1(w[((i) + 14) % 16]);  \
	} while (0)

#define SWAP(x, y)                                                                                 \
	do {                                                                                       \
		vec z = x;                                                                         \
                                                                                                   \
		x = y;                                                                             \
		y = z;                                                                             \
	} while (0)

/* All rounds of one block. Each word of @w gives way to the one sixteen rounds later. */
INLINE void compress(vec s[8], vec w[16])
{
	vec a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];

	for (const u64 *k = sha512_k; k < sha512_k + 80; k += 16) {
		for (size_t i = 0; i < 16; i += 4) {
			ROUND(a, b, c, d, e, f, g, h, i);
			ROUND(h, a, b, c, d, e, f, g, i + 1);
			ROUND(g, h, a, b, c, d, e, f, i + 2);
			ROUND(f, g, h, a, b, c, d, e, i + 3);
			SWAP(a, e);
			SWAP(b, f);
			SWAP(c, g);
			SWAP(d, h);
		}
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
	s[4] += e;
	s[5] += f;
	s[6] += g;
	s[7] += h;
}

INLINE u64 word(const u8 *p, size_t i)
{
	u64 v;

	memcpy(&v, p + 8 * i, sizeof(v));
	return __builtin_bswap64(v);
}

INLINE void run(u64 (*state)[8], const u8 *const *p, size_t blocks)
{
	vec s[8], w[16];

	for (size_t i = 0; i < 8; i++)
		s[i] = (vec){ state[0][i], state[1][i], state[2][i], state[3][i] };
	for (size_t n = 0; n < 16 * blocks; n += 16) {
		for (size_t i = 0; i < 16; i++)
			w[i] = (vec){ word(p[0], n + i), word(p[1], n + i), word(p[2], n + i),
				      word(p[3], n + i) };
		compress(s, w);
	}
	for (size_t i = 0; i < 8; i++)
		for (size_t lane = 0; lane < LANES; lane++)
			state[lane][i] = s[i][lane];
}

static __attribute__((target("avx2"))) void avx2(u64 (*state)[8], const u8 *const *p, size_t blocks)
{
	run(state, p, blocks);
}

static __attribute__((target("avx512vl"))) void avx512(u64 (*state)[8], const u8 *const *p,
						       size_t blocks)
{
	run(state, p, blocks);
}

static void one(u64 (*state)[8], const u8 *const *p, size_t blocks)
{
	sha512_portable.one(state, p, blocks);
}

/* The parts of the vector registers that the kernel saves. */
static unsigned int saved(void)
{
	unsigned int a, d;

	__asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return a;
}

const struct sha512_code *sha512_x86(void)
{
	static const struct sha512_code with_avx2 = { "AVX2", LANES, one, avx2 };
	static const struct sha512_code with_avx512 = { "AVX-512", LANES, one, avx512 };
	const unsigned int need = bit_OSXSAVE | bit_AVX, ymm = 0x6, zmm = 0xe6;
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & need) != need || (saved() & ymm) != ymm)
		return NULL;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2))
		return NULL;
	if (b & bit_AVX512F && b & bit_AVX512VL && (saved() & zmm) == zmm)
		return &with_avx512;
	return &with_avx2;
}

#endif
