/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of scan_directory(). */
#ifndef CFS_SOURCE_DIR_OPTIONS_H
#define CFS_SOURCE_DIR_OPTIONS_H

#include <sys/stat.h>
#include "base/error.h"

struct store;

/* A file or directory that is left out, with a note, wherever the scan meets it (WI-10). */
struct scan_exclude {
	dev_t dev;
	ino_t ino;
	const char *what; /* for the note: "the output file" */
};

#define SCAN_INLINE 64 /* files of up to that many bytes are inlined */

struct scan_options {
	bool use_epoch;    /* every mtime is 0 */
	bool skip_xattrs;  /* none */
	bool user_xattrs;  /* only user.* */
	bool skip_devices; /* no character and block devices */
	bool hardlinks;    /* names of one inode are one inode of the tree */
	unsigned int threads;
	u8 algorithm;        /* of the digests */
	struct store *store; /* keeps what is not inlined; NULL: it is only hashed */
	const struct scan_exclude *exclude;
	size_t excludes;
	struct notes *notes;
	/* Called now and then, by any thread, with what it has added since its last call. May be NULL. */
	void (*progress)(void *arg, u64 names, u64 bytes);
	void *progress_arg;
};

#endif
