/* SPDX-License-Identifier: GPL-2.0-only */
/* The records of a pax header (tar 3.1). */
#ifndef CFS_SOURCE_TAR_PAX_H
#define CFS_SOURCE_TAR_PAX_H

#include "base/error.h"

struct tar_value {
	const char *s; /* NULL: absent, or empty, which means the same */
	size_t len;
};

/* The records of a header that have an effect: the last one of each key. Points into its data. */
struct tar_pax {
	const char *data; /* all records: some keys may occur several times */
	size_t len;
	struct tar_value path, linkpath, size, uid, gid, mtime;
	bool sparse; /* there are GNU.sparse.* records with values */
	struct tar_value sp_major, sp_minor, sp_size, sp_realsize, sp_numblocks, sp_map, sp_name;
	u32 sp_pairs; /* GNU.sparse.offset and numbytes */
	u32 attrs;    /* SCHILY.xattr.* and LIBARCHIVE.xattr.* */
	struct tar_value acl_access, acl_default, selinux;
	bool rights; /* there is a record for which tar_pax_loses_rights() holds */
};

struct tar_record {
	const char *key, *value;
	size_t key_len, len;
};

/* Read the record at *at and advance *at. Returns 1, 0 at the end, or -1 and a text. */
int tar_pax_next(const char **at, const char *end, struct tar_record *r, struct error *err);

bool tar_pax_is(const struct tar_record *r, const char *key);

/* The forms in which a record holds an extended attribute. */
enum tar_attr {
	TAR_ATTR_NONE,
	TAR_ATTR_SCHILY,     /* SCHILY.xattr.NAME: the value as it is */
	TAR_ATTR_LIBARCHIVE, /* LIBARCHIVE.xattr.NAME: base64 */
};

/* *@skip: how many bytes of the key stand in front of NAME. */
enum tar_attr tar_pax_attr(const struct tar_record *r, size_t *skip);

/* Whether a record grants or denies something to somebody, and has no effect here. */
bool tar_pax_loses_rights(const struct tar_record *r);

/* Parse all records. A @global header with an effect is refused. -1 and a text. */
int tar_pax_parse(struct tar_pax *pax, const char *data, size_t len, bool global,
		  struct error *err);

/* Parse a value of digits. If it is absent, *out stays as it is. -1 and a text with @what. */
int tar_pax_number(const struct tar_value *v, const char *what, u64 max, u64 *out,
		   struct error *err);

/* Parse seconds with an optional '-' and fraction. -1 and a text. */
int tar_pax_time(const struct tar_value *v, s64 *sec, u32 *nsec, struct error *err);

#endif
