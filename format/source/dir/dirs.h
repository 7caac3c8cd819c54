/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directories that a scan has open: the path of each thread from the root down,
 * of which only the last few stay open (SC-6), the names in a directory, and the
 * list from which idle threads take directories.
 */
#ifndef CFS_SOURCE_DIR_DIRS_H
#define CFS_SOURCE_DIR_DIRS_H

#include <stdatomic.h>
#include <sys/stat.h>
#include "base/error.h"
#include "base/workers.h"
#include "tree/tree.h"

/* One directory on the path of a thread. */
struct dirs_level {
	struct node *node;
	struct name **at; /* the pointer to its next name that has not been visited */
	int fd;           /* -1: closed to save descriptors */
	dev_t dev;        /* to recognise it when it is opened again */
	ino_t ino;
};

/* The path of one thread. */
struct dirs {
	struct dirs_level *v;
	size_t n, cap;
	size_t first_open; /* levels from here on are open, those before are closed */
	size_t keep;       /* levels that may be open, at least 2 */
};

void dirs_init(struct dirs *d, size_t keep);
void dirs_release(struct dirs *d);

/* Go one level down. @fd is taken over, also on failure. -1 without memory. */
int dirs_enter(struct dirs *d, int fd, const struct stat *st, struct node *node);

/*
 * Go one level up. If that directory was closed, it is opened again by "..".
 * Returns 0; 1 if ".." leads to another directory now; -1 and errno.
 */
int dirs_leave(struct dirs *d);

/* The deepest level; NULL if there is none. */
struct dirs_level *dirs_top(struct dirs *d);

/*
 * Read the names in a directory from its position: for each a type byte (DT_*),
 * a length byte and the name, without "." and "..". -1 and errno.
 */
int dirs_names(int fd, void *room, size_t size, struct buf *names);

/* A directory that no thread has taken yet. */
struct dirs_item {
	int fd;
	struct stat st;
	struct node *node;
};

#define DIRS_WAITING 64

struct dirs_list {
	struct workers workers; /* the threads; their lock protects all fields below */
	struct dirs_item v[DIRS_WAITING];
	atomic_uint n;     /* of v */
	atomic_uint idle;  /* threads that wait */
	unsigned int busy; /* threads with a directory */
};

void dirs_list_init(struct dirs_list *list);
void dirs_list_release(struct dirs_list *list);

/* Whether more threads wait than there are directories in the list. May be out of date. */
bool dirs_list_wants(struct dirs_list *list);

/* Put an open directory into the list. If it is full, false: the caller keeps it. */
bool dirs_list_give(struct dirs_list *list, const struct dirs_item *item);

/*
 * Wait for a directory, and help with shared work meanwhile. Returns false when all
 * work is done or a thread failed.
 */
bool dirs_list_take(struct dirs_list *list, struct dirs_item *item);

/* The caller has finished the directory it took, and everything below it that it did not give away. */
void dirs_list_done(struct dirs_list *list);

#endif
