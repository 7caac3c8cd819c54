/* SPDX-License-Identifier: GPL-2.0-only */
/* Print one line of a dump (dump format 6) from a view of an entry. */
#ifndef CFS_DUMP_PRINT_H
#define CFS_DUMP_PRINT_H

#include "base/buf.h"
#include "core/digest.h"

/* The name is prefix and suffix; either may be empty; neither is terminated. */
struct dump_xattr {
	const char *prefix, *suffix;
	const u8 *value;
	u16 prefix_len, suffix_len;
	u32 len;
};

/* A name and its inode. The pointers are valid until the next entry. */
struct dump_entry {
	const char *path; /* "/" or "/a/b", not escaped, not terminated */
	size_t path_len;
	const char *
		link; /* path of the first name of the inode, if this is a further one; else NULL */
	size_t link_len;
	u64 size;
	u32 mode, nlink, uid, gid, rdev;
	s64 mtime;
	u32 mtime_nsec;
	const char *payload; /* NULL: none */
	size_t payload_len;
	const u8 *content; /* NULL: none */
	size_t content_len;
	const struct cfs_digest *digest; /* NULL: none */
	const struct dump_xattr *xattrs;
	u32 nxattrs;
};

/* Append the line with its newline. @b latches a lack of memory. */
void dump_print(struct buf *b, const struct dump_entry *e);

#endif
