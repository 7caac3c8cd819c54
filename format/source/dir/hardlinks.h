/* SPDX-License-Identifier: GPL-2.0-only */
/* --hardlinks: the names of an inode become one node and links to it (image format 13). */
#ifndef CFS_SOURCE_DIR_HARDLINKS_H
#define CFS_SOURCE_DIR_HARDLINKS_H

#include "source/dir/work.h"

/*
 * Join the names that the threads remembered. The first name of each inode, depth
 * first in byte order, keeps the node and gets the number of names as nlink; the
 * others become links. The tree is not sealed yet. -1 without memory.
 */
int hardlinks_join(struct entry_work **work, unsigned int threads);

#endif
