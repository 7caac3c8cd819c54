// SPDX-License-Identifier: GPL-2.0-only
#include "base/workers.h"

#include <sched.h>
#include <stdlib.h>

/* The stack of a thread. Sanitizers make frames several times larger. */
#ifdef CFS_SAN
#define STACK ((size_t)2 << 20)
#else
#define STACK ((size_t)256 << 10)
#endif

struct worker {
	struct workers *w;
	pthread_t thread;
	unsigned int index;
	int (*fn)(struct workers *w, unsigned int index, void *arg, struct error *err);
	void *arg;
};

unsigned int workers_default(void)
{
	cpu_set_t set;
	unsigned int n = 8;

	/* Fails on a machine with more processors than the set has room for. */
	if (!sched_getaffinity(0, sizeof(set), &set))
		n = (unsigned int)CPU_COUNT(&set);
	if (n > 8)
		n = 8;
	return n ? n : 1;
}

static void *run(void *arg)
{
	struct worker *worker = arg;
	struct workers *w = worker->w;
	struct error err = { 0 };

	if (worker->fn(w, worker->index, worker->arg, &err)) {
		pthread_mutex_lock(&w->lock);
		if (!atomic_exchange(&w->stop, true))
			*w->err = err;
		pthread_cond_broadcast(&w->changed);
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

static int start(pthread_t *thread, void *(*fn)(void *arg), void *arg)
{
	pthread_attr_t attr;
	int rc;

	if (pthread_attr_init(&attr))
		return -1;
	rc = pthread_attr_setstacksize(&attr, STACK);
	if (!rc)
		rc = pthread_create(thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return rc ? -1 : 0;
}

struct workers_pool {
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more, done;
	unsigned int threads;
	unsigned int busy;     /* of them: have not come back yet */
	struct worker *v;      /* the work at hand */
	unsigned int next, to; /* of @v: not taken yet */
};

/* A thread of a pool: takes one worker's part after the other. */
static void *parked(void *arg)
{
	struct workers_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		struct worker *worker;

		if (!--p->busy)
			pthread_cond_signal(&p->done);
		while (p->next == p->to)
			pthread_cond_wait(&p->more, &p->lock);
		worker = &p->v[p->next++];
		pthread_mutex_unlock(&p->lock);
		run(worker);
		pthread_mutex_lock(&p->lock);
	}
	return NULL;
}

/* Until all have come back. */
static void await(struct workers_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->busy)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

struct workers_pool *workers_park(unsigned int count)
{
	struct workers_pool *p = count > 1 ? calloc(1, sizeof(*p)) : NULL;
	pthread_t thread;

	if (!p)
		return NULL;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->more, NULL);
	pthread_cond_init(&p->done, NULL);
	pthread_mutex_lock(&p->lock);
	while (p->threads < count - 1 && !start(&thread, parked, p))
		p->busy = ++p->threads;
	pthread_mutex_unlock(&p->lock);
	await(p);
	return p;
}

/* Wait for all of @v except the first, which the caller runs. */
static void hand_out(struct workers_pool *p, struct worker *v, unsigned int count)
{
	pthread_mutex_lock(&p->lock);
	p->v = v;
	p->next = 1;
	p->to = count;
	p->busy = count - 1;
	pthread_cond_broadcast(&p->more);
	pthread_mutex_unlock(&p->lock);
}

static int run_all(struct workers *w, struct workers_pool *pool, unsigned int count,
		   int (*fn)(struct workers *w, unsigned int index, void *arg, struct error *err),
		   void *arg, struct error *err)
{
	struct worker alone = { w, 0, 0, fn, arg }, *v = &alone;
	unsigned int running = 1;

	if (pool && count > pool->threads + 1)
		count = pool->threads + 1;
	w->err = err;
	if (count > 1)
		v = calloc(count, sizeof(*v));
	if (!v) {
		v = &alone;
		count = 1;
	}
	for (unsigned int i = 0; i < count; i++)
		v[i] = (struct worker){ w, 0, i, fn, arg };
	if (pool)
		hand_out(pool, v, count);
	while (!pool && running < count && !start(&v[running].thread, run, &v[running]))
		running++;
	run(&v[0]);
	if (pool)
		await(pool);
	while (running > 1)
		pthread_join(v[--running].thread, NULL);
	if (v != &alone)
		free(v);
	return atomic_load(&w->stop) ? -1 : 0;
}

int workers_run(struct workers *w, unsigned int count,
		int (*fn)(struct workers *w, unsigned int index, void *arg, struct error *err),
		void *arg, struct error *err)
{
	return run_all(w, NULL, count, fn, arg, err);
}

struct list {
	size_t items;
	int (*fn)(struct workers *w, unsigned int index, size_t item, void *arg, struct error *err);
	void *arg;
};

static int take_items(struct workers *w, unsigned int index, void *arg, struct error *err)
{
	struct list *list = arg;
	int rc = 0;

	pthread_mutex_lock(&w->lock);
	w->busy++;
	pthread_mutex_unlock(&w->lock);
	while (!rc && !workers_stop(w)) {
		size_t item = atomic_fetch_add(&w->next, 1);

		if (item >= list->items)
			break;
		rc = list->fn(w, index, item, list->arg, err);
	}
	pthread_mutex_lock(&w->lock);
	w->busy--;
	while (!rc && w->busy && !workers_stop(w))
		workers_wait(w);
	pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
	return rc;
}

int workers_each_of(struct workers_pool *pool, unsigned int count, size_t items,
		    int (*fn)(struct workers *w, unsigned int index, size_t item, void *arg,
			      struct error *err),
		    void *arg, struct error *err)
{
	struct workers w = WORKERS_INIT;
	struct list list = { items, fn, arg };

	return run_all(&w, pool, count, take_items, &list, err);
}

int workers_each(unsigned int count, size_t items,
		 int (*fn)(struct workers *w, unsigned int index, size_t item, void *arg,
			   struct error *err),
		 void *arg, struct error *err)
{
	return workers_each_of(NULL, count, items, fn, arg, err);
}

/* ---- what several do together -------------------------------------------- */

/* With the lock held, which is released meanwhile. */
static void do_piece(struct workers *w, struct workers_share *share)
{
	size_t piece = share->taken++;
	int rc, code;

	share->busy++;
	pthread_mutex_unlock(&w->lock);
	rc = share->fn(share->arg, piece);
	code = errno;
	pthread_mutex_lock(&w->lock);
	share->busy--;
	if (rc && !share->rc) {
		share->rc = rc;
		share->code = code;
		share->taken = share->pieces;
	}
	pthread_cond_broadcast(&w->changed);
}

void workers_wait(struct workers *w)
{
	struct workers_share *share = w->share;

	while (share && share->taken == share->pieces)
		share = share->next;
	if (share)
		do_piece(w, share);
	else
		pthread_cond_wait(&w->changed, &w->lock);
}

int workers_share_out(struct workers *w, struct workers_share *share)
{
	struct workers_share **at = &w->share;

	pthread_mutex_lock(&w->lock);
	share->next = w->share;
	w->share = share;
	pthread_cond_broadcast(&w->changed);
	while (share->taken < share->pieces)
		do_piece(w, share);
	while (share->busy)
		pthread_cond_wait(&w->changed, &w->lock);
	while (*at != share)
		at = &(*at)->next;
	*at = share->next;
	pthread_mutex_unlock(&w->lock);
	errno = share->code;
	return share->rc;
}
