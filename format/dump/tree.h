/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Print the lines of a tree as its source filled it, before anything of the image is added
 * (mkfs --print-dump).
 */
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

/* Start with a sealed tree. @d is all zeros before. */
void dump_tree_start(struct dump_tree *d, const struct tree *tree);

/*
 * Append the line of the next name to @out. Returns 1, 0 if there was none left, -1 without
 * memory.
 */
int dump_tree_line(struct dump_tree *d, struct buf *out);

void dump_tree_release(struct dump_tree *d);

#endif
