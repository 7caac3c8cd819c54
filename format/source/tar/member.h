/* SPDX-License-Identifier: GPL-2.0-only */
/* A member of a tar archive, made of its header and the extensions in front of it (tar 2, 3). */
#ifndef CFS_SOURCE_TAR_MEMBER_H
#define CFS_SOURCE_TAR_MEMBER_H

#include "source/tar/pax.h"
#include "source/tar/sparse.h"

#define TAR_PATH_MAX 4095 /* bytes of a name or of the target of a hard link */

/* The extension headers in front of a member. */
struct tar_extensions {
	bool has_pax, has_name, has_link;
	bool pax_archive;           /* an x or g header stands somewhere before the member */
	struct buf pax, name, link; /* data of x, L and K */
	struct buf again;           /* of a second L or K */
};

struct tar_member {
	u32 mode; /* type and permissions; 0: a hard link */
	u32 uid, gid, rdev, mtime_nsec;
	s64 mtime;
	const char *name, *link; /* in the header, in an extension or in path */
	size_t name_len, link_len;
	u64 stored; /* bytes of data in the archive */
	u64 size;   /* of a regular file; of a sparse one it is in the map */
	bool sparse;
	struct tar_pax pax;
	struct buf path; /* scratch */
};

/* Whether the header extends the next member. Of such a header only size and checksum are read. */
static inline bool tar_is_extension(u8 type)
{
	return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

/*
 * Decode a member, except for the map of a sparse file. @m points into @block and @ext.
 * -1 and a text; m->name is set as soon as it is known.
 */
int tar_member_parse(struct tar_member *m, const u8 block[TAR_BLOCK],
		     const struct tar_extensions *ext, struct error *err);

#endif
