/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs that no rename can replace: fifos, devices, and regular files whose
 * name cannot be given to another file. They are written in place, from a copy
 * that is complete (command line 3 "Files").
 */
#ifndef CFS_FILES_INPLACE_H
#define CFS_FILES_INPLACE_H

#include <sys/stat.h>
#include "base/error.h"

/* Memory behind a descriptor, for the copy. -1 and a text. */
int inplace_memory(struct error *err);

/*
 * Open @name in @dir, which @st describes, for writing; its bytes stay as they
 * are. A link of /proc is followed, and *st is then its target. Opening a fifo
 * waits for its reader. A block device must be in nobody's use.
 * -1 and a text without the name.
 */
int inplace_open(int dir, const char *name, struct stat *st, struct error *err);

/*
 * Write all of the file @from to @to, and close @to. Where there is not enough
 * room for it nothing is written. -1 and a text without the name.
 */
int inplace_write(int to, const struct stat *st, int from, bool no_sync, struct error *err);

#endif
