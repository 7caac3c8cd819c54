/* SPDX-License-Identifier: GPL-2.0-only */
/* Extended attributes of something that is open (SC-4). */
#ifndef CFS_SOURCE_DIR_ATTRS_H
#define CFS_SOURCE_DIR_ATTRS_H

#include "source/dir/work.h"

/*
 * Read the extended attributes that the options ask for into w->g->set. @fd is open
 * for reading; if it was opened with O_PATH, @path_of is its entry. 0, ENTRY_CHANGED, or
 * -1 and a text without the path.
 */
int attrs_read(struct entry_work *w, int fd, const struct entry *path_of, struct error *err);

#endif
