/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads work on a list (ER-5). The first error stops the others and is the one reported.
 * If the system allows fewer threads, fewer do the work. An idle thread helps with work
 * that another thread shares.
 */
#ifndef CFS_BASE_WORKERS_H
#define CFS_BASE_WORKERS_H

#include <stdatomic.h>
#include "base/error.h"

#define WORKERS_MAX 1024

struct workers {
	atomic_bool stop;   /* an error happened; see workers_stop() */
	atomic_size_t next; /* of workers_each() */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* what a thread that waits may wait for */
	/* Under the lock: */
	struct error *err;           /* the first error */
	unsigned int busy;           /* threads of workers_each() that have an item */
	struct workers_share *share; /* the last one, from which a list hangs */
	/* workers_share_out(): a program whose files are hashed by one thread does not link it. */
	int (*share_out)(struct workers *w, struct workers_share *share);
};

/* Its initial value. */
#define WORKERS_INIT                                                                               \
	{                                                                                          \
		.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER,            \
		.share_out = workers_share_out                                                     \
	}

/* The processors that this process may use, at most 8 (command line 3). */
unsigned int workers_default(void);

/*
 * Call @fn in up to @count threads, each with its own @index from 0, and wait for all. The
 * caller is one of them; with 1 there is no other. @fn takes its work from shared data and
 * returns -1 with its own error.
 */
int workers_run(struct workers *w, unsigned int count,
		int (*fn)(struct workers *w, unsigned int index, void *arg, struct error *err),
		void *arg, struct error *err);

/* The same for a list: call @fn once for each @item below @items, in no order. */
int workers_each(unsigned int count, size_t items,
		 int (*fn)(struct workers *w, unsigned int index, size_t item, void *arg,
			   struct error *err),
		 void *arg, struct error *err);

/*
 * Threads that exist before they have work, for a process that will not be able to
 * start any later (PH-2). Fewer than @count - 1 may have been had; NULL: none. They
 * wait for the end of the process.
 */
struct workers_pool;
struct workers_pool *workers_park(unsigned int count);

/* workers_each() with the threads of @pool. NULL: with new ones. */
int workers_each_of(struct workers_pool *pool, unsigned int count, size_t items,
		    int (*fn)(struct workers *w, unsigned int index, size_t item, void *arg,
			      struct error *err),
		    void *arg, struct error *err);

/*
 * Work that other threads may help with: call @fn once for each @piece below @pieces, in
 * no order, until one fails. Returns 0, or the result of the first that failed, with its
 * errno.
 */
struct workers_share {
	size_t pieces;
	int (*fn)(void *arg, size_t piece);
	void *arg;
	/* Under the lock: */
	struct workers_share *next;
	size_t taken, busy;
	int rc, code;
};
int workers_share_out(struct workers *w, struct workers_share *share);
static inline int workers_share(struct workers *w, struct workers_share *share)
{
	return w->share_out(w, share);
}

/* With the lock held: help with a piece, or wait for a change. */
void workers_wait(struct workers *w);

/* Whether a thread should give up because another one failed. */
static inline bool workers_stop(struct workers *w)
{
	return atomic_load_explicit(&w->stop, memory_order_relaxed);
}

#endif
