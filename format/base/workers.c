// SPDX-License-Identifier: GPL-2.0-only
#include "base/workers.h"

#include <sched.h>
#include <stdlib.h>

/* Of a thread. Sanitizers make frames several times larger. */
#ifdef __SANITIZE_ADDRESS__
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
		pthread_mutex_unlock(&w->lock);
	}
	return NULL;
}

/* As many of @v from the second on as can be started; their number. */
static unsigned int start(struct worker *v, unsigned int count)
{
	unsigned int n = 1;
	pthread_attr_t attr;

	if (pthread_attr_init(&attr))
		return n;
	if (!pthread_attr_setstacksize(&attr, STACK))
		while (n < count && !pthread_create(&v[n].thread, &attr, run, &v[n]))
			n++;
	pthread_attr_destroy(&attr);
	return n;
}

int workers_run(unsigned int count, int (*fn)(struct workers *w, unsigned int index, void *arg, struct error *err),
		void *arg, struct error *err)
{
	struct workers w = { .err = err };
	struct worker alone = { &w, 0, 0, fn, arg }, *v = &alone;
	unsigned int running = 1;

	pthread_mutex_init(&w.lock, NULL);
	if (count > 1)
		v = calloc(count, sizeof(*v));
	if (!v) {
		v = &alone;
		count = 1;
	}
	for (unsigned int i = 0; i < count; i++)
		v[i] = (struct worker){ &w, 0, i, fn, arg };
	if (count > 1)
		running = start(v, count);
	run(&v[0]);
	while (running > 1)
		pthread_join(v[--running].thread, NULL);
	if (v != &alone)
		free(v);
	pthread_mutex_destroy(&w.lock);
	return atomic_load(&w.stop) ? -1 : 0;
}

struct list {
	size_t items;
	int (*fn)(unsigned int index, size_t item, void *arg, struct error *err);
	void *arg;
};

static int take_items(struct workers *w, unsigned int index, void *arg, struct error *err)
{
	struct list *list = arg;

	while (!workers_stop(w)) {
		size_t item = atomic_fetch_add(&w->next, 1);

		if (item >= list->items)
			break;
		if (list->fn(index, item, list->arg, err))
			return -1;
	}
	return 0;
}

int workers_each(unsigned int count, size_t items,
		 int (*fn)(unsigned int index, size_t item, void *arg, struct error *err),
		 void *arg, struct error *err)
{
	struct list list = { items, fn, arg };

	if (count > items)
		count = items ? (unsigned int)items : 1;
	return workers_run(count, take_items, &list, err);
}
