/* SPDX-License-Identifier: GPL-2.0-only */
/* An fs-verity SHA-256 digest, its hex form and the object name made of it. */
#ifndef CFS_CORE_DIGEST_H
#define CFS_CORE_DIGEST_H

#include "core/span.h"

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

#define CFS_BYTES 0x0101010101010101ull /* times a byte: it eight times */

/*
 * Eight hex digits of either case to four bytes; false for anything else. The
 * additions carry into no other byte, as no byte is above 0x7f.
 */
static inline bool cfs_hex_decode(u8 out[4], const u8 hex[8])
{
	u64 x, y, digit, letter;
	le64 text;

	memcpy(&text, hex, sizeof(text));
	x = get64(text);
	y = x | CFS_BYTES * 0x20;
	if (x & CFS_BYTES * 0x80)
		return false;
	digit = (x + CFS_BYTES * (0x80 - '0')) & ~(x + CFS_BYTES * (0x80 - '9' - 1));
	letter = (y + CFS_BYTES * (0x80 - 'a')) & ~(y + CFS_BYTES * (0x80 - 'f' - 1));
	if (((digit | letter) & CFS_BYTES * 0x80) != CFS_BYTES * 0x80)
		return false;
	x = (x & CFS_BYTES * 0x0f) + (letter >> 7 & CFS_BYTES) * 9;
	x = (x << 4 | x >> 8) & 0x00ff00ff00ff00ffull;
	x = (x | x >> 8) & 0x0000ffff0000ffffull;
	out[0] = (u8)x;
	out[1] = (u8)(x >> 8);
	out[2] = (u8)(x >> 32);
	out[3] = (u8)(x >> 40);
	return true;
}

/* Four bytes to eight digits of lower case. */
static inline void cfs_hex_encode(char hex[8], const u8 in[4])
{
	u64 x = (u64)in[0] | (u64)in[1] << 16 | (u64)in[2] << 32 | (u64)in[3] << 48;
	le64 text;

	x = (x >> 4 & 0x000f000f000f000full) | (x & 0x000f000f000f000full) << 8;
	text = put64(x + CFS_BYTES * '0' +
		     ((x + CFS_BYTES * 0x76) >> 7 & CFS_BYTES) * ('a' - '9' - 1));
	memcpy(hex, &text, sizeof(text));
}

/* Exactly 64 hex digits of either case to a digest; false for anything else. */
static inline bool cfs_digest_parse(struct cfs_digest *d, const void *hex, size_t len)
{
	const u8 *s = hex;
	size_t i;

	if (len != CFS_DIGEST_HEX)
		return false;
	for (i = 0; i < CFS_DIGEST_SIZE; i += 4)
		if (!cfs_hex_decode(d->b + i, s + 2 * i))
			return false;
	return true;
}

/* The same of lower case alone. */
static inline bool cfs_digest_parse_lower(struct cfs_digest *d, const void *hex, size_t len)
{
	const u8 *s = hex;
	u64 upper = 0;
	le64 text;
	size_t i;

	if (!cfs_digest_parse(d, hex, len))
		return false;
	for (i = 0; i < CFS_DIGEST_HEX; i += sizeof(text)) {
		memcpy(&text, s + i, sizeof(text));
		upper |= get64(text) &
			 ~(get64(text) << 1); /* of digits and letters: the bits 6 and 5 */
	}
	return !(upper & CFS_BYTES * 0x40);
}

/* 64 lower case digits, no terminator. */
static inline void cfs_digest_print(char hex[CFS_DIGEST_HEX], const struct cfs_digest *d)
{
	size_t i;

	for (i = 0; i < CFS_DIGEST_SIZE; i += 4)
		cfs_hex_encode(hex + 2 * i, d->b + i);
}

/* The path of the object with this digest below a basedir, no terminator. */
static inline void cfs_object_name(char name[CFS_OBJECT_NAME], const struct cfs_digest *d)
{
	cfs_digest_print(name + 1, d);
	name[0] = name[1];
	name[1] = name[2];
	name[2] = '/';
}

#endif
