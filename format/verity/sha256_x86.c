// SPDX-License-Identifier: GPL-2.0-only
/*
 * SHA-256 with the SHA extensions of x86-64. An instruction has a latency of 4
 * and a throughput of 2 cycles: two messages at once hide it (performance 3).
 */
#include "verity/sha256_code.h"

#ifndef __x86_64__

const struct sha256_code *sha256_x86(void)
{
	return NULL;
}

#else

#include <cpuid.h>
#include <immintrin.h>

#define CODE __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE static inline __attribute__((always_inline)) CODE

/* The words A B E F and C D G H, the first one on top, as sha256rnds2 wants them; four times four words of message. */
struct lane {
	__m128i abef, cdgh, w[4];
};

INLINE void load_state(struct lane *l, const u32 state[8])
{
	__m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)state);
	__m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));

	abcd = _mm_shuffle_epi32(abcd, 0xb1);
	efgh = _mm_shuffle_epi32(efgh, 0x1b);
	l->abef = _mm_alignr_epi8(abcd, efgh, 8);
	l->cdgh = _mm_blend_epi16(efgh, abcd, 0xf0);
}

INLINE void store_state(const struct lane *l, u32 state[8])
{
	__m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

INLINE void load_block(struct lane *l, const u8 *p)
{
	const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);

	const __m128i *v = (const __m128i *)(const void *)p;

	l->w[0] = _mm_shuffle_epi8(_mm_loadu_si128(v), swap);
	l->w[1] = _mm_shuffle_epi8(_mm_loadu_si128(v + 1), swap);
	l->w[2] = _mm_shuffle_epi8(_mm_loadu_si128(v + 2), swap);
	l->w[3] = _mm_shuffle_epi8(_mm_loadu_si128(v + 3), swap);
}

/* The next four words of the message in the place of w[i], the oldest ones. */
INLINE void extend(struct lane *l, size_t i)
{
	__m128i newest = l->w[(i + 3) % 4];
	__m128i w = _mm_sha256msg1_epu32(l->w[i], l->w[(i + 1) % 4]);

	w = _mm_add_epi32(w, _mm_alignr_epi8(newest, l->w[(i + 2) % 4], 4));
	l->w[i] = _mm_sha256msg2_epu32(w, newest);
}

/* Four rounds of one or both lanes with the words w[i] and the constants from @n on. */
INLINE void rounds(struct lane *a, struct lane *b, size_t n, size_t i)
{
	const __m128i k = _mm_load_si128((const __m128i *)(const void *)(sha256_k + n));
	__m128i wk_a = _mm_add_epi32(a->w[i], k), wk_b = k;

	a->cdgh = _mm_sha256rnds2_epu32(a->cdgh, a->abef, wk_a);
	if (b) {
		wk_b = _mm_add_epi32(b->w[i], k);
		b->cdgh = _mm_sha256rnds2_epu32(b->cdgh, b->abef, wk_b);
	}
	a->abef = _mm_sha256rnds2_epu32(a->abef, a->cdgh, _mm_shuffle_epi32(wk_a, 0x0e));
	if (b)
		b->abef = _mm_sha256rnds2_epu32(b->abef, b->cdgh, _mm_shuffle_epi32(wk_b, 0x0e));
}

INLINE void rounds_and_words(struct lane *a, struct lane *b, size_t n, size_t i)
{
	rounds(a, b, n, i);
	extend(a, i);
	if (b)
		extend(b, i);
}

/* All 64 rounds of one block, or of two with @b not NULL. */
INLINE void compress(struct lane *a, struct lane *b)
{
#pragma GCC unroll 3
	for (size_t n = 0; n < 48; n += 16) {
		rounds_and_words(a, b, n, 0);
		rounds_and_words(a, b, n + 4, 1);
		rounds_and_words(a, b, n + 8, 2);
		rounds_and_words(a, b, n + 12, 3);
	}
	rounds(a, b, 48, 0);
	rounds(a, b, 52, 1);
	rounds(a, b, 56, 2);
	rounds(a, b, 60, 3);
}

static CODE void one(u32 state[8], const u8 *p, size_t blocks)
{
	struct lane l;

	load_state(&l, state);
	for (; blocks; blocks--, p += SHA256_BLOCK) {
		__m128i abef = l.abef, cdgh = l.cdgh;

		load_block(&l, p);
		compress(&l, NULL);
		l.abef = _mm_add_epi32(l.abef, abef);
		l.cdgh = _mm_add_epi32(l.cdgh, cdgh);
	}
	store_state(&l, state);
}

static CODE void two(u32 a[8], u32 b[8], const u8 *p, const u8 *q, size_t blocks)
{
	struct lane l, m;

	load_state(&l, a);
	load_state(&m, b);
	for (; blocks; blocks--, p += SHA256_BLOCK, q += SHA256_BLOCK) {
		__m128i abef_l = l.abef, cdgh_l = l.cdgh, abef_m = m.abef, cdgh_m = m.cdgh;

		load_block(&l, p);
		load_block(&m, q);
		compress(&l, &m);
		l.abef = _mm_add_epi32(l.abef, abef_l);
		l.cdgh = _mm_add_epi32(l.cdgh, cdgh_l);
		m.abef = _mm_add_epi32(m.abef, abef_m);
		m.cdgh = _mm_add_epi32(m.cdgh, cdgh_m);
	}
	store_state(&l, a);
	store_state(&m, b);
}

const struct sha256_code *sha256_x86(void)
{
	static const struct sha256_code code = { "SHA-NI", one, two };
	const unsigned int need = bit_SSSE3 | bit_SSE4_1;
	unsigned int a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & need) != need)
		return NULL;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_SHA))
		return NULL;
	return &code;
}

#endif
