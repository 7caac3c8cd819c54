/* SPDX-License-Identifier: GPL-2.0-only */
/* One entry of a directory, read through one descriptor, becomes a node (SC-1 to SC-4). */
#ifndef CFS_SOURCE_DIR_ENTRY_H
#define CFS_SOURCE_DIR_ENTRY_H

#include "source/dir/work.h"

/* NULL without memory. @workers: threads that may help with large files. */
struct entry_work *entry_open(const struct scan_options *options, struct grower *g,
			      struct workers *workers);
void entry_close(struct entry_work *w);

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
