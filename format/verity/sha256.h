/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 (FIPS 180-4). Which code computes it does not show here: the one
 * shot forms exist so that independent messages can be hashed side by side.
 */
#ifndef CFS_VERITY_SHA256_H
#define CFS_VERITY_SHA256_H

#include <bearssl_hash.h>
#include "core/digest.h"

#define SHA256_SIZE 32
#define SHA256_HEX 64

/* A checksum that is no fs-verity digest: the name of an OSTree object, or of a blob. */
struct sha256_sum {
	u8 b[SHA256_SIZE];
};

/* Exactly 64 hex digits of either case; false for anything else. */
bool sha256_sum_parse(struct sha256_sum *sum, const void *hex, size_t len);

/* 64 digits in lower case, no terminator. */
void sha256_sum_print(char hex[SHA256_HEX], const struct sha256_sum *sum);

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
