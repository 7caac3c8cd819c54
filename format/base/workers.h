/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads over a list (reliability ER-5): the first error stops the others and
 * is the one reported; where no more threads can be had, fewer do the work.
 */
#ifndef CFS_BASE_WORKERS_H
#define CFS_BASE_WORKERS_H

#include <stdatomic.h>
#include "base/error.h"

#define WORKERS_MAX 1024

struct workers {
	atomic_bool stop;   /* an error happened; see workers_stop() */
	atomic_size_t next; /* of workers_each() */
	struct error *err;  /* the first error; under the lock */
	pthread_mutex_t lock;
};

/* The processors that this process may use, at most 8 (cli 3). */
unsigned int workers_default(void);

/*
 * Call @fn in up to @count threads (the caller is one of them, with 1 there is
 * no other), each with its own @index from 0, and wait for all. @fn takes its
 * work from something they share, and returns -1 with an error of its own.
 */
int workers_run(unsigned int count, int (*fn)(struct workers *w, unsigned int index, void *arg, struct error *err),
		void *arg, struct error *err);

/* The same for a list: @fn once for each @item below @items, in no order. */
int workers_each(unsigned int count, size_t items,
		 int (*fn)(unsigned int index, size_t item, void *arg, struct error *err),
		 void *arg, struct error *err);

/* Whether a thread should give up because another one failed. */
static inline bool workers_stop(struct workers *w)
{
	return atomic_load_explicit(&w->stop, memory_order_relaxed);
}

#endif
