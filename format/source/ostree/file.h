/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * File objects of an OSTree repository. Each is read once; its checksum, which is its
 * name, and the fs-verity digest of its content are computed together (ostree 3.5, 4).
 */
#ifndef CFS_SOURCE_OSTREE_FILE_H
#define CFS_SOURCE_OSTREE_FILE_H

#include "source/ostree/object.h"
#include "source/ostree/repo.h"

/* A regular file or symlink. Everything it points to belongs to the grower. */
struct ostree_file {
	struct sha256_sum sum; /* its name; set by the caller */
	u32 mode, uid, gid;
	u32 nxattrs;
	const struct xattr **xattrs; /* by name */
	u64 size;                    /* of the content; of a symlink, of its target */
	const char *target;          /* of a symlink, not terminated; else NULL */
	struct sha256_sum
		digest; /* fs-verity with SHA-256; of a regular file with size > 0, if it was wanted */
};

/* The buffers of one thread, about 370 KiB. Extended attributes and targets go to @g. NULL without memory. */
struct ostree_reader;
struct ostree_reader *ostree_reader_open(const struct ostree_repo *repo, struct grower *g,
					 bool verity);
void ostree_reader_close(struct ostree_reader *r);

/* "file", or "filez" in an archive. */
const char *ostree_file_ext(const struct ostree_repo *repo);

/* Read and check the object file->sum. -1 and a text without its name. */
int ostree_file_read(struct ostree_reader *r, struct ostree_file *file, struct error *err);

#endif
