/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decode OSTree's objects into parts of their bytes, and make the header over which the
 * checksum of a file is computed (ostree 3). Functions return 0, or -1 and a text about
 * the object, without its name.
 */
#ifndef CFS_SOURCE_OSTREE_OBJECT_H
#define CFS_SOURCE_OSTREE_OBJECT_H

#include "source/ostree/gvariant.h"
#include "tree/tree.h"
#include "verity/sha256.h"

#define OSTREE_HEADER_MAX 65536u /* bytes of a file's header */

struct ostree_commit {
	bool has_parent, has_digest;
	struct sha256_sum parent, tree, meta;
	struct sha256_sum digest; /* that the image must have (ostree 6) */
};

/* The recorded digest is decoded only if it is @wanted. */
int ostree_commit_decode(struct ostree_commit *c, struct cfs_span s, bool wanted,
			 struct error *err);

/* The names in a dirtree: files and directories, each list in ascending order. */
struct ostree_dirtree {
	struct gvariant_array files, dirs;
};
int ostree_dirtree_decode(struct ostree_dirtree *t, struct cfs_span s, struct error *err);

struct ostree_entry {
	const char *name; /* not terminated, in the span */
	size_t len;
	const struct sha256_sum *sum;  /* file, or dirtree; in the span */
	const struct sha256_sum *meta; /* dirmeta of a directory, else NULL */
};
int ostree_entry_decode(struct ostree_entry *e, const struct ostree_dirtree *t, bool dir, u64 i,
			struct error *err);

struct ostree_attrs {
	u32 uid, gid, mode;
	struct gvariant_array xattrs;
};

/* A dirmeta. */
int ostree_dirmeta_decode(struct ostree_attrs *a, struct cfs_span s, struct error *err);

/* The xattr user.ostreemeta of a bare-user repository: attributes of a file or symlink. */
int ostree_filemeta_decode(struct ostree_attrs *a, struct cfs_span s, struct error *err);

/* The header of an archive's file object. */
struct ostree_header {
	struct ostree_attrs attrs;
	u64 size;
	struct cfs_span target; /* of a symlink; else empty */
};
int ostree_header_decode(struct ostree_header *h, struct cfs_span s, struct error *err);

/* The mode and target of a file object. */
int ostree_file_check(u32 mode, struct cfs_span target, struct error *err);

/* Decode extended attributes into g->set. @ascending: refuse names out of order. */
int ostree_xattrs_decode(const struct gvariant_array *xattrs, bool ascending, struct grower *g,
			 struct error *err);

/* Add an extended attribute to g->set. A name that is there already is refused. */
int ostree_xattr_add(struct grower *g, struct cfs_span name, struct cfs_span value,
		     struct error *err);

/* Copy g->set into memory of the grower; NULL if it is empty. */
int ostree_xattrs_keep(struct grower *g, const struct xattr ***v, u32 *n, struct error *err);

/*
 * Put what precedes the content in the canonical stream (ostree 3.5) into @b:
 * length, zeros and header. A lack of memory is latched in @b.
 */
void ostree_header_encode(struct buf *b, const struct ostree_attrs *a, struct cfs_span target,
			  const struct xattr_set *xattrs);

#endif
