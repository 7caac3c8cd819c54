/* SPDX-License-Identifier: GPL-2.0-only */
/* An fs-verity SHA-256 digest, its hex form and the object name made of it. */
#ifndef CFS_CORE_DIGEST_H
#define CFS_CORE_DIGEST_H

#include "core/port.h"

#define CFS_DIGEST_SIZE 32
#define CFS_DIGEST_HEX 64
#define CFS_OBJECT_NAME 65 /* xx/ and 62 digits (image-format 12) */

struct cfs_digest {
	u8 b[CFS_DIGEST_SIZE];
};

static inline int cfs_hex_digit(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Exactly 64 hex digits of either case to a digest; false for anything else. */
static inline bool cfs_digest_parse(struct cfs_digest *d, const void *hex, size_t len)
{
	const u8 *s = hex;
	size_t i;

	if (len != CFS_DIGEST_HEX)
		return false;
	for (i = 0; i < CFS_DIGEST_SIZE; i++) {
		int hi = cfs_hex_digit(s[2 * i]), lo = cfs_hex_digit(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		d->b[i] = (u8)(hi << 4 | lo);
	}
	return true;
}

/* 64 lower case digits, no terminator. */
static inline void cfs_digest_print(char hex[CFS_DIGEST_HEX], const struct cfs_digest *d)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < CFS_DIGEST_SIZE; i++) {
		hex[2 * i] = digits[d->b[i] >> 4];
		hex[2 * i + 1] = digits[d->b[i] & 15];
	}
}

/* The path of the object with this digest below a basedir, no terminator. */
static inline void cfs_object_name(char name[CFS_OBJECT_NAME], const struct cfs_digest *d)
{
	char hex[CFS_DIGEST_HEX];

	cfs_digest_print(hex, d);
	memcpy(name, hex, 2);
	name[2] = '/';
	memcpy(name + 3, hex + 2, CFS_DIGEST_HEX - 2);
}

#endif
