/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A directory becomes a tree (image format 13, tests/README.md 2.5 and 3.2, command line 5).
 */
#ifndef CFS_SOURCE_DIR_SCAN_H
#define CFS_SOURCE_DIR_SCAN_H

#include "source/dir/options.h"
#include "tree/tree.h"

/*
 * Fill an empty tree from the directory @source; the caller seals it. The
 * result does not depend on the number of threads. -1 and a text that begins
 * with @source and the path below it.
 */
int scan_directory(struct tree *tree, const char *source, const struct scan_options *options,
		   struct error *err);

#endif
