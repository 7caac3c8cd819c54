// SPDX-License-Identifier: GPL-2.0-only
/* SHA-256 with the SHA2 instructions of ARMv8, two messages at once as on x86-64. */
#include "verity/sha256_code.h"

#if !defined(__aarch64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__

const struct sha256_code *sha256_arm(void)
{
	return NULL;
}

#else

#include <arm_neon.h>
#include <sys/auxv.h>

#define CODE __attribute__((target("+crypto")))
#define INLINE static inline __attribute__((always_inline)) CODE
#define SHA2 (1ul << 6) /* HWCAP_SHA2 */

struct lane {
	uint32x4_t abcd, efgh, w[4];
};

INLINE void load_state(struct lane *l, const u32 state[8])
{
	l->abcd = vld1q_u32(state);
	l->efgh = vld1q_u32(state + 4);
}

INLINE void store_state(const struct lane *l, u32 state[8])
{
	vst1q_u32(state, l->abcd);
	vst1q_u32(state + 4, l->efgh);
}

INLINE void load_block(struct lane *l, const u8 *p)
{
	for (size_t i = 0; i < 4; i++)
		l->w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p + 16 * i)));
}

/* The next four words of the message in the place of w[i], the oldest ones. */
INLINE void extend(struct lane *l, size_t i)
{
	uint32x4_t w = vsha256su0q_u32(l->w[i], l->w[(i + 1) % 4]);

	l->w[i] = vsha256su1q_u32(w, l->w[(i + 2) % 4], l->w[(i + 3) % 4]);
}

INLINE void rounds_of(struct lane *l, uint32x4_t wk)
{
	uint32x4_t abcd = l->abcd;

	l->abcd = vsha256hq_u32(abcd, l->efgh, wk);
	l->efgh = vsha256h2q_u32(l->efgh, abcd, wk);
}

/* Four rounds of one or both lanes with the words w[i] and the constants from @n on. */
INLINE void rounds(struct lane *a, struct lane *b, size_t n, size_t i)
{
	const uint32x4_t k = vld1q_u32(sha256_k + n);

	rounds_of(a, vaddq_u32(a->w[i], k));
	if (b)
		rounds_of(b, vaddq_u32(b->w[i], k));
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
		uint32x4_t abcd = l.abcd, efgh = l.efgh;

		load_block(&l, p);
		compress(&l, NULL);
		l.abcd = vaddq_u32(l.abcd, abcd);
		l.efgh = vaddq_u32(l.efgh, efgh);
	}
	store_state(&l, state);
}

static CODE void two(u32 a[8], u32 b[8], const u8 *p, const u8 *q, size_t blocks)
{
	struct lane l, m;

	load_state(&l, a);
	load_state(&m, b);
	for (; blocks; blocks--, p += SHA256_BLOCK, q += SHA256_BLOCK) {
		uint32x4_t abcd_l = l.abcd, efgh_l = l.efgh, abcd_m = m.abcd, efgh_m = m.efgh;

		load_block(&l, p);
		load_block(&m, q);
		compress(&l, &m);
		l.abcd = vaddq_u32(l.abcd, abcd_l);
		l.efgh = vaddq_u32(l.efgh, efgh_l);
		m.abcd = vaddq_u32(m.abcd, abcd_m);
		m.efgh = vaddq_u32(m.efgh, efgh_m);
	}
	store_state(&l, a);
	store_state(&m, b);
}

const struct sha256_code *sha256_arm(void)
{
	static const struct sha256_code code = { "ARMv8 SHA2", one, two };

	return getauxval(AT_HWCAP) & SHA2 ? &code : NULL;
}

#endif
