/* SPDX-License-Identifier: GPL-2.0-only */
/* The working state of a thread that reads the entries of directories. */
#ifndef CFS_SOURCE_DIR_WORK_H
#define CFS_SOURCE_DIR_WORK_H

#include "source/dir/options.h"
#include "store/content.h"
#include "tree/tree.h"

/* One of several names of an inode that is not a directory; for --hardlinks. */
struct entry_link {
	dev_t dev;
	ino_t ino;
	struct node *node;
};

/* The buffers and counters of one thread that reads entries. About 200 KiB. */
struct entry_work {
	const struct scan_options *options;
	struct grower *g;
	struct content *content;
	struct entry_link *links; /* allocated */
	size_t nlinks, links_cap;
	u64 names, bytes;     /* added, for the progress */
	const char *left_out; /* why the last entry was excluded */
	char list[65537];     /* the largest list of names and the largest value, */
	u8 value[65536];      /* XATTR_LIST_MAX and XATTR_SIZE_MAX */
	char room[65536];     /* link targets, small contents; names of a directory */
};

#define ENTRY_CHANGED CONTENT_CHANGED /* the entry changed while it was read */
#define ENTRY_LEFT_OUT 2              /* the entry is excluded: w->left_out says why */

/* A name in the directory @dir. */
struct entry {
	int dir;
	struct node *parent;
	const char *name; /* terminated */
	size_t len;
	unsigned char type; /* DT_*, not DT_DIR */
};

#endif
