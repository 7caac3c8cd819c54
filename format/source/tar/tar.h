/* SPDX-License-Identifier: GPL-2.0-only */
/* Tar archives as layers of one tree; contents are hashed or stored (tar). */
#ifndef CFS_SOURCE_TAR_TAR_H
#define CFS_SOURCE_TAR_TAR_H

#include <sys/stat.h>
#include "store/content.h"
#include "source/layers/layers.h"
#include "source/tar/acl.h"

#define TAR_INLINE 64            /* files of up to that many bytes are inlined */
#define TAR_EXTENSION (1u << 20) /* bytes of an extension header */

struct tar_options {
	enum whiteouts whiteouts;
	bool use_epoch;           /* every mtime is 0 */
	bool skip_xattrs;         /* none */
	bool user_xattrs;         /* only user.* */
	bool skip_devices;        /* no character and block devices of the archives */
	u8 algorithm;             /* of the digests */
	struct store *store;      /* keeps what is not inlined; NULL: it is only hashed */
	const struct stat *image; /* the file that must not be an input; NULL: none */
	struct tar_ids ids;       /* the numbers of users and groups that ACLs name */
	struct notes *notes;
	/* The only file, open and not read; it is released here. NULL: see open. */
	const struct input *in;
	/* A descriptor of file @i, to be closed here. NULL: the files are opened by name. -1 and a text. */
	int (*open)(void *arg, unsigned int i, struct error *err);
	void *open_arg;
	/* Report the names and bytes that were added since the last call. May be NULL. */
	void (*progress)(void *arg, u64 names, u64 bytes);
	void *progress_arg;
};

/*
 * Make the tree of all @files, bottom to top, NULL behind the last one, and seal
 * it; "-" is stdin. -1 and a text that begins with the name of a file.
 */
int tar_files(struct tree *tree, char *const *files, const struct tar_options *options,
	      struct error *err);

#endif
