/* SPDX-License-Identifier: GPL-2.0-only */
/* The implementations of the SHA-512 block function, for verity/sha512.c and its test. */
#ifndef CFS_VERITY_SHA512_CODE_H
#define CFS_VERITY_SHA512_CODE_H

#include "core/port.h"

#define SHA512_BLOCK 128u
#define SHA512_LANES 4u /* the most that any implementation has */

/*
 * Both functions advance states, each of eight words in the machine's byte
 * order, over @blocks blocks of each message: one() of one message, many() of
 * @lanes messages.
 */
struct sha512_code {
	const char *name;
	size_t lanes;
	void (*one)(u64 (*state)[8], const u8 *const *p, size_t blocks);
	void (*many)(u64 (*state)[8], const u8 *const *p, size_t blocks);
};

/* The round constants of FIPS 180-4, 4.2.3. */
extern const u64 sha512_k[80];

/* BearSSL's implementation runs on every machine, and the others are checked against it. */
extern const struct sha512_code sha512_portable;

/* Implementations that need instructions of the processor; NULL if it lacks them. */
const struct sha512_code *sha512_x86(void);
const struct sha512_code *sha512_arm(void);

/*
 * The implementation in use. The first call chooses and checks it (PH-6); any
 * thread may make that call, because all of them would choose the same.
 */
const struct sha512_code *sha512_chosen(void);

/* For tests: use this one from now on. */
void sha512_choose(const struct sha512_code *code);

/* Whether @code computes what BearSSL computes, of one message and of all its lanes. */
bool sha512_agrees(const struct sha512_code *code);

#endif
