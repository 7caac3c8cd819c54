// SPDX-License-Identifier: GPL-2.0-only
/* SHA-512 with the instructions of ARMv8.2, two messages at once to hide their latency. */
#include "verity/sha512_code.h"

#if !defined(__aarch64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__

const struct sha512_code *sha512_arm(void)
{
	return NULL;
}

#else

#include <arm_neon.h>
#include <sys/auxv.h>

#define LANES 2
#define CODE __attribute__((target("arch=armv8.2-a+sha3")))
#define INLINE static inline __attribute__((always_inline)) CODE
#define SHA512 (1ul << 21) /* HWCAP_SHA512 */

/* Words of the state and of the message in pairs. */
struct lane {
	uint64x2_t ab, cd, ef, gh, w[8];
};

INLINE void load_block(struct lane *l, const u8 *p)
{
	for (size_t i = 0; i < 8; i++)
		l->w[i] = vreinterpretq_u64_u8(vrev64q_u8(vld1q_u8(p + 16 * i)));
}

/* Two rounds with the words w[@i]; those sixteen rounds later take their place. */
INLINE void rounds(struct lane *l, uint64x2_t k, size_t i)
{
	uint64x2_t *w = l->w, wk = vaddq_u64(w[i], k), sum, t;

	sum = vaddq_u64(vextq_u64(wk, wk, 1), l->gh);
	t = vsha512hq_u64(sum, vextq_u64(l->ef, l->gh, 1), vextq_u64(l->cd, l->ef, 1));
	sum = vsha512h2q_u64(t, l->cd, l->ab);
	l->gh = l->ef;
	l->ef = vaddq_u64(l->cd, t);
	l->cd = l->ab;
	l->ab = sum;
	w[i] = vsha512su1q_u64(vsha512su0q_u64(w[i], w[(i + 1) % 8]), w[(i + 7) % 8],
			       vextq_u64(w[(i + 4) % 8], w[(i + 5) % 8], 1));
}

INLINE void run(u64 (*state)[8], const u8 *const *p, size_t blocks, size_t lanes)
{
	struct lane l[LANES], old[LANES];

	for (size_t i = 0; i < lanes; i++) {
		l[i].ab = vld1q_u64(state[i]);
		l[i].cd = vld1q_u64(state[i] + 2);
		l[i].ef = vld1q_u64(state[i] + 4);
		l[i].gh = vld1q_u64(state[i] + 6);
	}
	for (size_t off = 0; off < blocks * SHA512_BLOCK; off += SHA512_BLOCK) {
		for (size_t i = 0; i < lanes; i++) {
			load_block(&l[i], p[i] + off);
			old[i] = l[i];
		}
		for (const u64 *k = sha512_k; k < sha512_k + 80; k += 16)
#pragma GCC unroll 8
			for (size_t n = 0; n < 8; n++)
				for (size_t i = 0; i < lanes; i++)
					rounds(&l[i], vld1q_u64(k + 2 * n), n);
		for (size_t i = 0; i < lanes; i++) {
			l[i].ab = vaddq_u64(l[i].ab, old[i].ab);
			l[i].cd = vaddq_u64(l[i].cd, old[i].cd);
			l[i].ef = vaddq_u64(l[i].ef, old[i].ef);
			l[i].gh = vaddq_u64(l[i].gh, old[i].gh);
		}
	}
	for (size_t i = 0; i < lanes; i++) {
		vst1q_u64(state[i], l[i].ab);
		vst1q_u64(state[i] + 2, l[i].cd);
		vst1q_u64(state[i] + 4, l[i].ef);
		vst1q_u64(state[i] + 6, l[i].gh);
	}
}

static CODE void one(u64 (*state)[8], const u8 *const *p, size_t blocks)
{
	run(state, p, blocks, 1);
}

static CODE void many(u64 (*state)[8], const u8 *const *p, size_t blocks)
{
	run(state, p, blocks, LANES);
}

const struct sha512_code *sha512_arm(void)
{
	static const struct sha512_code code = { "ARMv8.2 SHA512", LANES, one, many };

	return getauxval(AT_HWCAP) & SHA512 ? &code : NULL;
}

#endif
