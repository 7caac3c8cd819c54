/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4). Which code computes it does not show here: the one
 * shot forms exist so that independent messages can be hashed side by side.
 */
#ifndef CFS_VERITY_SHA256_H
#define CFS_VERITY_SHA256_H

#include <bearssl_hash.h>
#include "core/port.h"

#define SHA256_SIZE 32

/* A message that comes in pieces. */
struct sha256 {
	br_sha256_context ctx;
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);

/* The digest of what was added so far; more may be added afterwards. */
void sha256_end(const struct sha256 *s, u8 out[SHA256_SIZE]);

/* A whole message. */
void sha256_one(const void *data, size_t len, u8 out[SHA256_SIZE]);

/* Two whole messages of the same length. */
void sha256_two(const void *a, const void *b, size_t len, u8 out_a[SHA256_SIZE],
		u8 out_b[SHA256_SIZE]);

/* @count messages of @len bytes, one behind the other; so are their digests in @out. */
void sha256_many(const void *data, size_t len, size_t count, u8 *out);

#endif
