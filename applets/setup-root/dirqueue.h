/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Directories that a walk has met and not visited yet, as paths below its top: "" is the
 * top, "/a/b" a directory. A walk that takes them in their order needs no recursion.
 */
#ifndef CFS_SETUP_ROOT_DIRQUEUE_H
#define CFS_SETUP_ROOT_DIRQUEUE_H

#include "base/buf.h"

#define DIRQUEUE_PATH 4096 /* room for a path with its NUL */

/* All zeros is an empty queue. */
struct dirqueue {
	struct buf paths; /* one behind the other, each with its NUL; those that were taken stay */
	size_t next;
};

/* Add the directory @name of @dir; with an empty @name, @dir itself. -1 and ENOMEM or ENAMETOOLONG. */
int dirqueue_add(struct dirqueue *q, const char *dir, const char *name);

/* Copy the next path to @path. False: there is none. */
bool dirqueue_take(struct dirqueue *q, char path[DIRQUEUE_PATH]);

/* Take the path that was added last off the queue, whether it was visited or not. */
bool dirqueue_take_last(struct dirqueue *q, char path[DIRQUEUE_PATH]);

void dirqueue_release(struct dirqueue *q);

/* Open a path of the queue for reading its entries, beneath @top. -1 and errno. */
int dirqueue_open(int top, const char *path);

#endif
