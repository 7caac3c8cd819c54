/* SPDX-License-Identifier: GPL-2.0-only */
/* One entry of a directory, read through one descriptor, becomes a node (reliability SC-1 to SC-4). */
#ifndef CFS_SOURCE_DIR_ENTRY_H
#define CFS_SOURCE_DIR_ENTRY_H

#include "store/content.h"
#include "source/dir/scan.h"

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

/* NULL without memory. @workers: threads that may help with large files. */
struct entry_work *entry_open(const struct scan_options *options, struct grower *g,
			      struct workers *workers);
void entry_close(struct entry_work *w);

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

/*
 * Read an entry and add its node; a device is skipped if the options say so. Digests
 * are complete after content_finish(). An entry that changes while it is read is
 * read once more.
 * 0, ENTRY_LEFT_OUT, ENTRY_CHANGED, CONTENT_STORE, or -1 and a text without
 * the path.
 */
int entry_add(struct entry_work *w, const struct entry *e, struct error *err);

/*
 * Fill in a directory's node from its descriptor: metadata from @st, and
 * extended attributes. 0, or -1 and a text without the path.
 */
int entry_describe(struct entry_work *w, int fd, const struct stat *st, struct node *node,
		   struct error *err);

/* Why @st must be left out; NULL if it need not be. */
const char *entry_excluded(const struct scan_options *options, const struct stat *st);

/* Put the path of @name below @dir (NULL: of @dir itself) before the text. Returns -1. */
int entry_in(const char *source, const struct node *dir, const char *name, struct error *err);

#endif
