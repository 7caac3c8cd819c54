/* SPDX-License-Identifier: GPL-2.0-only */
/* The ways to compute SHA-256 blocks, for base/sha256.c and its test. */
#ifndef CFS_VERITY_SHA256_CODE_H
#define CFS_VERITY_SHA256_CODE_H

#include "core/port.h"

#define SHA256_BLOCK 64u

/* The working state, eight words of the machine's byte order, after @blocks more blocks. */
struct sha256_code {
	const char *name;
	void (*one)(u32 state[8], const u8 *p, size_t blocks);
	void (*two)(u32 a[8], u32 b[8], const u8 *p, const u8 *q, size_t blocks);
};

/* The round constants of FIPS 180-4, 4.2.2. */
extern const u32 sha256_k[64];

/* BearSSL's: on every machine, and the judge of the others. */
extern const struct sha256_code sha256_portable;

/* With the processor's instructions; NULL where there are none. */
const struct sha256_code *sha256_x86(void);
const struct sha256_code *sha256_arm(void);

/*
 * The code in use, chosen and checked at the first call (PH-6). Whoever comes
 * first may be a thread: all of them would choose the same.
 */
const struct sha256_code *sha256_chosen(void);

/* For tests: from now on this one. */
void sha256_choose(const struct sha256_code *code);

/* Whether @code agrees with BearSSL about a block and about two at once. */
bool sha256_agrees(const struct sha256_code *code);

#endif
