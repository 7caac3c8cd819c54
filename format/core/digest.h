/* SPDX-License-Identifier: GPL-2.0-only */
/* An fs-verity digest with its algorithm, its hex form and the object name made of it. */
#ifndef CFS_CORE_DIGEST_H
#define CFS_CORE_DIGEST_H

#include "core/span.h"

/* The numbers of fs-verity, which a metacopy record uses as well. */
enum cfs_algorithm {
	CFS_NO_ALGORITHM = 0,
	CFS_SHA256 = 1,
	CFS_SHA512 = 2,
};

/* The maximum over all algorithms: bytes, hex digits, bytes of the name "xx/rest". */
#define CFS_DIGEST_MAX 64
#define CFS_HEX_MAX 128
#define CFS_OBJECT_NAME_MAX 129

struct cfs_digest {
	u8 algorithm;         /* enum cfs_algorithm, which gives the length */
	u8 b[CFS_DIGEST_MAX]; /* the first cfs_digest_size() bytes are used */
};

/* Bytes of a hash and of a digest; 0 without an algorithm. */
static inline u32 cfs_digest_size(u8 algorithm)
{
	if (algorithm == CFS_SHA512)
		return 64;
	return algorithm == CFS_SHA256 ? 32 : 0;
}

/* Bytes of an object's name: xx/ and the other digits. */
static inline u32 cfs_object_name_len(u8 algorithm)
{
	return 2 * cfs_digest_size(algorithm) + 1;
}

static inline const char *cfs_algorithm_name(u8 algorithm)
{
	return algorithm == CFS_SHA512 ? "SHA-512" : "SHA-256";
}

/* As --hash-alg spells it. */
static inline const char *cfs_algorithm_word(u8 algorithm)
{
	return algorithm == CFS_SHA512 ? "sha512" : "sha256";
}

static inline bool cfs_digest_equal(const struct cfs_digest *a, const struct cfs_digest *b)
{
	return a->algorithm == b->algorithm && !memcmp(a->b, b->b, cfs_digest_size(a->algorithm));
}

/* @bytes: as many as @algorithm has. */
static inline void cfs_digest_set(struct cfs_digest *d, u8 algorithm, const u8 *bytes)
{
	d->algorithm = algorithm;
	memcpy(d->b, bytes, cfs_digest_size(algorithm));
}

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

#define CFS_BYTES                                                                                  \
	0x0101010101010101ull /* multiplying a byte by this copies it into all eight lanes */

/*
 * Turn eight hex digits of either case into four bytes; false for anything else. No byte is
 * above 0x7f, so no addition carries into the next one.
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

/* Turn four bytes into eight lower case digits. */
static inline void cfs_hex_encode(char hex[8], const u8 in[4])
{
	u64 x = (u64)in[0] | (u64)in[1] << 16 | (u64)in[2] << 32 | (u64)in[3] << 48;
	le64 text;

	x = (x >> 4 & 0x000f000f000f000full) | (x & 0x000f000f000f000full) << 8;
	text = put64(x + CFS_BYTES * '0' +
		     ((x + CFS_BYTES * 0x76) >> 7 & CFS_BYTES) * ('a' - '9' - 1));
	memcpy(hex, &text, sizeof(text));
}

/* 2 * @n hex digits of either case to @n bytes, a multiple of 4; false for anything else. */
static inline bool cfs_hex_parse(u8 *out, size_t n, const void *hex)
{
	const u8 *s = hex;
	size_t i;

	for (i = 0; i < n; i += 4)
		if (!cfs_hex_decode(out + i, s + 2 * i))
			return false;
	return true;
}

/* Whether none of @len hex digits, a multiple of 8, is an upper case letter. */
static inline bool cfs_hex_is_lower(const void *hex, size_t len)
{
	const u8 *s = hex;
	u64 upper = 0;
	le64 text;
	size_t i;

	for (i = 0; i < len; i += sizeof(text)) {
		memcpy(&text, s + i, sizeof(text));
		upper |= get64(text) & ~(get64(text) << 1); /* bits 6 and 5 of digits and letters */
	}
	return !(upper & CFS_BYTES * 0x40);
}

/* @n bytes, a multiple of 4, to lower case digits without a terminator. */
static inline void cfs_hex_print(char *hex, const u8 *in, size_t n)
{
	size_t i;

	for (i = 0; i < n; i += 4)
		cfs_hex_encode(hex + 2 * i, in + i);
}

/* The algorithm whose digest has @len hex digits. */
static inline u8 cfs_digest_of_hex(size_t len)
{
	if (len == 64)
		return CFS_SHA256;
	return len == 128 ? CFS_SHA512 : CFS_NO_ALGORITHM;
}

/* A whole digest in hex digits of either case; false for anything else. */
static inline bool cfs_digest_parse(struct cfs_digest *d, const void *hex, size_t len)
{
	d->algorithm = cfs_digest_of_hex(len);
	return d->algorithm && cfs_hex_parse(d->b, cfs_digest_size(d->algorithm), hex);
}

/* The same in lower case only. */
static inline bool cfs_digest_parse_lower(struct cfs_digest *d, const void *hex, size_t len)
{
	return cfs_digest_parse(d, hex, len) && cfs_hex_is_lower(hex, len);
}

/* Print the digits, at most CFS_HEX_MAX, in lower case without a terminator. Returns how many. */
static inline size_t cfs_digest_print(char *hex, const struct cfs_digest *d)
{
	size_t n = cfs_digest_size(d->algorithm);

	cfs_hex_print(hex, d->b, n);
	return 2 * n;
}

/*
 * The path below a basedir of the object with this digest, at most CFS_OBJECT_NAME_MAX
 * bytes without a terminator. Returns its length.
 */
static inline size_t cfs_object_name(char *name, u8 algorithm, const u8 *bytes)
{
	cfs_hex_print(name + 1, bytes, cfs_digest_size(algorithm));
	name[0] = name[1];
	name[1] = name[2];
	name[2] = '/';
	return cfs_object_name_len(algorithm);
}

/* The digest whose object has exactly this name; false for any other name. */
static inline bool cfs_object_name_parse(struct cfs_digest *d, const char *name, size_t len)
{
	char hex[CFS_HEX_MAX];

	if (len < 3 || len > CFS_OBJECT_NAME_MAX || name[2] != '/')
		return false;
	memcpy(hex, name, 2);
	memcpy(hex + 2, name + 3, len - 3);
	return cfs_digest_parse_lower(d, hex, len - 1);
}

#endif
