/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs that no rename can replace: fifos, devices, and regular files whose name cannot
 * be given to another file. They are written in place, from a complete copy (command line
 * 3 "Files").
 */
#ifndef CFS_FILES_INPLACE_H
#define CFS_FILES_INPLACE_H

#include <sys/stat.h>
#include "base/error.h"

/* Create a file in memory for the copy and return its descriptor. -1 and a text. */
int inplace_memory(struct error *err);

/*
 * Open @name in @dir, which @st describes, for writing, and leave its bytes as they are. A
 * link of /proc is followed, and *st then describes its target. Opening a fifo waits for a
 * reader. A block device that is in use is refused. -1 and a text without the name.
 */
int inplace_open(int dir, const char *name, struct stat *st, struct error *err);

/*
 * Write the whole file @from to @to, and close @to. If there is not enough room, nothing
 * is written. -1 and a text without the name.
 */
int inplace_write(int to, const struct stat *st, int from, bool no_sync, struct error *err);

#endif
