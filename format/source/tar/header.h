/* SPDX-License-Identifier: GPL-2.0-only */
/* One header block of a tar archive (tar 2). */
#ifndef CFS_SOURCE_TAR_HEADER_H
#define CFS_SOURCE_TAR_HEADER_H

#include "base/error.h"

#define TAR_BLOCK 512u

enum tar_format {
	TAR_V7,
	TAR_POSIX,
	TAR_GNU,
};

/* A field of a header block. */
struct tar_field {
	const char *name; /* for messages */
	u16 at, len;
};

/* A number in octal or base 256. One of 12 bytes in base 256 may not fit. */
struct tar_number {
	bool minus;
	bool huge; /* it does not fit */
	u64 v;     /* the magnitude */
};

bool tar_is_zero(const u8 block[TAR_BLOCK]);
bool tar_checksum_is_right(const u8 block[TAR_BLOCK]);
enum tar_format tar_format(const u8 block[TAR_BLOCK]);

/*
 * Whether the path begins with the prefix field. That field belongs to POSIX,
 * but engines built with Go before 1.8 wrote it under GNU magic as well. So a
 * GNU header has a prefix if its bytes are ASCII and cannot be GNU's own fields
 * (tar 2).
 */
bool tar_has_prefix(const u8 block[TAR_BLOCK]);

/* Decode a number. -1 and a text if the field does not hold one. */
int tar_number(const u8 *block, struct tar_field field, struct tar_number *n, struct error *err);

/* Decode a number that must be between 0 and @max. -1 and a text. */
int tar_count(const u8 *block, struct tar_field field, u64 max, u64 *out, struct error *err);

/* The string in a field, which ends at its first NUL or with the field. Returns its length. */
size_t tar_string(const u8 *block, struct tar_field field, const char **s);

extern const struct tar_field tar_f_name, tar_f_mode, tar_f_uid, tar_f_gid, tar_f_size, tar_f_mtime,
	tar_f_link, tar_f_major, tar_f_minor, tar_f_prefix;

#define TAR_AT_TYPE 156

#endif
