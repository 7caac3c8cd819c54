// SPDX-License-Identifier: GPL-2.0-only
#include "source/tar/header.h"

const struct tar_field tar_f_name = { "name", 0, 100 };
const struct tar_field tar_f_mode = { "mode", 100, 8 };
const struct tar_field tar_f_uid = { "uid", 108, 8 };
const struct tar_field tar_f_gid = { "gid", 116, 8 };
const struct tar_field tar_f_size = { "size", 124, 12 };
const struct tar_field tar_f_mtime = { "mtime", 136, 12 };
const struct tar_field tar_f_link = { "link target", 157, 100 };
const struct tar_field tar_f_major = { "device major", 329, 8 };
const struct tar_field tar_f_minor = { "device minor", 337, 8 };
const struct tar_field tar_f_prefix = { "prefix", 345, 155 };
static const struct tar_field f_checksum = { "checksum", 148, 8 };

bool tar_is_zero(const u8 block[TAR_BLOCK])
{
	return !block[0] && !memcmp(block, block + 1, TAR_BLOCK - 1);
}

/* The sum may be over unsigned or over signed bytes, because both have been written. */
bool tar_checksum_is_right(const u8 block[TAR_BLOCK])
{
	struct error err;
	struct tar_number n;
	s64 plain = 0, sign = 0, want;

	if (tar_number(block, f_checksum, &n, &err) || n.huge || n.v > INT32_MAX)
		return false;
	for (u32 i = 0; i < TAR_BLOCK; i++) {
		u8 c = i >= f_checksum.at && i < f_checksum.at + f_checksum.len ? ' ' : block[i];

		plain += c;
		sign += (signed char)c;
	}
	want = n.minus ? -(s64)n.v : (s64)n.v;
	return want == plain || want == sign;
}

enum tar_format tar_format(const u8 block[TAR_BLOCK])
{
	if (!memcmp(block + 257, "ustar\0", 6))
		return TAR_POSIX;
	return memcmp(block + 257, "ustar  \0", 8) ? TAR_V7 : TAR_GNU;
}

/*
 * Whether the bytes at 345 can be the fields of GNU: access time, change time,
 * offset, and a number for long names.
 */
static bool has_gnu_fields(const u8 *block)
{
	static const struct tar_field fields[] = {
		{ "atime", 345, 12 },
		{ "ctime", 357, 12 },
		{ "offset", 369, 12 },
		{ "longnames", 381, 4 },
	};
	struct tar_number n;
	struct error err;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (tar_number(block, fields[i], &n, &err))
			return false;
	return true;
}

bool tar_has_prefix(const u8 block[TAR_BLOCK])
{
	const char *s;
	size_t len = tar_string(block, tar_f_prefix, &s);

	if (!len || tar_format(block) == TAR_V7)
		return false;
	if (tar_format(block) == TAR_POSIX)
		return true;
	for (size_t i = 0; i < len; i++)
		if (s[i] & 0x80)
			return false;
	return block[TAR_AT_TYPE] != 'S' && !has_gnu_fields(block);
}

size_t tar_string(const u8 *block, struct tar_field field, const char **s)
{
	*s = (const char *)block + field.at;
	return strnlen(*s, field.len);
}

/* Decode two's complement over the whole field, big endian, without the bit that marks base 256. */
static void base256(const u8 *s, size_t len, struct tar_number *n)
{
	u8 flip;

	n->minus = s[0] & 0x40;
	flip = n->minus ? 0xff : 0;
	for (size_t i = 0; i < len; i++) {
		u8 c = i ? s[i] ^ flip : (s[0] ^ flip) & 0x7f;

		if (n->v >> 56)
			n->huge = true;
		n->v = n->v << 8 | c;
	}
	if (n->minus && !++n->v)
		n->huge = true;
}

int tar_number(const u8 *block, struct tar_field field, struct tar_number *n, struct error *err)
{
	const u8 *s = block + field.at, *end = s + field.len, *stop;

	*n = (struct tar_number){ 0 };
	if (*s & 0x80) {
		base256(s, field.len, n);
		return 0;
	}
	while (s < end && (*s == ' ' || !*s))
		s++;
	for (stop = s; stop < end && *stop;)
		stop++;
	while (stop > s && stop[-1] == ' ')
		stop--;
	for (; s < stop; s++) {
		if (*s < '0' || *s > '7')
			return error_set(err, EINVAL, "%s is not a number", field.name);
		n->v = n->v << 3 | (u64)(*s - '0'); /* 12 digits fit */
	}
	return 0;
}

int tar_count(const u8 *block, struct tar_field field, u64 max, u64 *out, struct error *err)
{
	struct tar_number n;

	if (tar_number(block, field, &n, err))
		return -1;
	if (n.minus && n.v)
		return error_set(err, ERANGE, "%s is negative", field.name);
	if (n.huge || n.v > max)
		return error_set(err, ERANGE, "%s is more than %llu", field.name,
				 (unsigned long long)max);
	*out = n.v;
	return 0;
}
