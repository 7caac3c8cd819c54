/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open directories: the way a thread came down, of which only the last few are
 * kept open (reliability SC-6), what stands in one, and the list from which
 * threads take directories.
 */
#ifndef CFS_SOURCE_DIR_DIRS_H
#define CFS_SOURCE_DIR_DIRS_H

#include <stdatomic.h>
#include <sys/stat.h>
#include "base/error.h"
#include "base/workers.h"
#include "tree/tree.h"

/* One directory on the way. */
struct dirs_level {
	struct node *node;
	struct name **at; /* where the next of its names hangs that has not been looked at */
	int fd;           /* -1: closed meanwhile */
	dev_t dev;        /* by which it is known when one comes back */
	ino_t ino;
};

/* The way down, of one thread. */
struct dirs {
	struct dirs_level *v;
	size_t n, cap;
	size_t first_open; /* all from here on are open, none above */
	size_t keep;       /* at most that many are; at least 2 */
};

void dirs_init(struct dirs *d, size_t keep);
void dirs_release(struct dirs *d);

/* One deeper; takes over @fd also on failure. -1 without memory. */
int dirs_enter(struct dirs *d, int fd, const struct stat *st, struct node *node);

/*
 * Back to the one above, which is opened again by ".." if it had to be closed.
 * 0; 1: ".." leads elsewhere now; -1 and errno.
 */
int dirs_leave(struct dirs *d);

/* The innermost; NULL: none. */
struct dirs_level *dirs_top(struct dirs *d);

/*
 * Read the names in a directory from its position: for each a type byte (DT_*),
 * a length byte and the name, without "." and "..". -1 and errno.
 */
int dirs_names(int fd, void *room, size_t size, struct buf *names);

/* A directory that waits for a thread. */
struct dirs_item {
	int fd;
	struct stat st;
	struct node *node;
};

#define DIRS_WAITING 64

struct dirs_list {
	struct workers workers; /* who take them; all below changes under its lock */
	struct dirs_item v[DIRS_WAITING];
	atomic_uint n;     /* of v */
	atomic_uint idle;  /* threads that wait */
	unsigned int busy; /* threads with a directory */
};

void dirs_list_init(struct dirs_list *list);
void dirs_list_release(struct dirs_list *list);

/* Whether a thread waits for whom there is nothing yet. May be out of date. */
bool dirs_list_wants(struct dirs_list *list);

/* Hand over an open directory; false if there is no room: it stays the caller's. */
bool dirs_list_give(struct dirs_list *list, const struct dirs_item *item);

/*
 * Wait for a directory, and help meanwhile with what others share; false when
 * all work is done, or a thread failed.
 */
bool dirs_list_take(struct dirs_list *list, struct dirs_item *item);

/* What was taken is done, and all below it that was not handed over. */
void dirs_list_done(struct dirs_list *list);

#endif
