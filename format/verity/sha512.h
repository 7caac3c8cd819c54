/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-512 (FIPS 180-4) of whole messages. sha512_many() exists because the
 * processor hashes independent messages side by side.
 */
#ifndef CFS_VERITY_SHA512_H
#define CFS_VERITY_SHA512_H

#include "core/port.h"

#define SHA512_SIZE 64

void sha512_one(const void *data, size_t len, u8 out[SHA512_SIZE]);

/* Hash @count messages of @len bytes that lie one behind the other; @out gets their digests in that order. */
void sha512_many(const void *data, size_t len, size_t count, u8 *out);

#endif
