/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying a directory tree with everything that an image records of it. */
#ifndef CFS_SETUP_ROOT_COPYDIR_H
#define CFS_SETUP_ROOT_COPYDIR_H

#include "base/error.h"

struct host;

struct copydir {
	struct host *host;      /* whose names of descriptors are ready */
	int from, to;           /* open directories; @to is empty */
	const char *from_shown; /* their paths, for messages */
	const char *to_shown;
};

/*
 * Copy @from and everything in it to @to: content, owners, modes, times, xattrs and hard
 * links. Pieces of zeros become holes. Follows no symbolic link, and does not sync. 0; or
 * -1 with an error that names the entry, and a part of the copy is left. A signal that ends
 * the process is such an error.
 */
int copydir(const struct copydir *job, struct error *err);

#endif
