/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a tree as it was read, before anything of the image is added (cli 5, --print-dump). */
#ifndef CFS_DUMP_TREE_H
#define CFS_DUMP_TREE_H

#include "dump/print.h"
#include "tree/tree.h"

struct dump_tree {
	const struct name *next;
	struct buf path, link; /* scratch */
	struct dump_xattr *xattrs;
	u32 xattrs_cap;
};

/* Of a sealed tree. A value of zeros and the root: */
void dump_tree_start(struct dump_tree *d, const struct tree *tree);

/* Add the line of the next name to @out. 1; 0: there was none left; -1 without memory. */
int dump_tree_line(struct dump_tree *d, struct buf *out);

void dump_tree_release(struct dump_tree *d);

#endif
