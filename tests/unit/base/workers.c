// SPDX-License-Identifier: GPL-2.0-only
/* base/workers.c (ER-5): every item once, the first error, and no more threads to be had. */
#include "base/workers.h"
#include <unistd.h>
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#define ITEMS 1000

struct list {
	atomic_uint done[ITEMS];
	atomic_uint calls;
	size_t bad; /* this one fails */
};

static int one(struct workers *w, unsigned int index, size_t item, void *arg, struct error *err)
{
	struct list *list = arg;

	(void)w;
	(void)index;
	atomic_fetch_add(&list->done[item], 1);
	atomic_fetch_add(&list->calls, 1);
	return item == list->bad ? error_set(err, EIO, "item %zu", item) : 0;
}

static bool each_once(const struct list *list)
{
	for (size_t i = 0; i < ITEMS; i++)
		if (list->done[i] != 1)
			return false;
	return true;
}

static void lists(void)
{
	static const unsigned int counts[] = { 1, 2, 3, 8, 64 };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct list list = { .bad = ITEMS };
		struct error err = { 0 };

		CHECK(!workers_each(counts[i], ITEMS, one, &list, &err) && each_once(&list),
		      "%u threads", counts[i]);
		list = (struct list){ .bad = 500 };
		CHECK(workers_each(counts[i], ITEMS, one, &list, &err) == -1 && err.code == EIO &&
			      !strcmp(err.text, "item 500"),
		      "%u threads, an error", counts[i]);
		CHECK(list.calls >= 1 && (counts[i] > 1 || list.calls == 501), "others stop");
		CHECK(!workers_each(counts[i], 0, one, &list, &err), "nothing to do");
	}
}

static int all_fail(struct workers *w, unsigned int index, void *arg, struct error *err)
{
	atomic_fetch_add((atomic_uint *)arg, 1);
	(void)w;
	return error_set(err, EIO, "thread %u", index);
}

static void errors(void)
{
	struct workers w = WORKERS_INIT;
	struct error err = { 0 };
	atomic_uint calls = 0;

	CHECK(workers_run(&w, 8, all_fail, &calls, &err) == -1 && calls == 8 &&
		      !strncmp(err.text, "thread ", 7),
	      "one of many errors is told");
}

/* Threads that are there before their work, which comes more than once (PH-2). */
static void pools(void)
{
	static const unsigned int counts[] = { 2, 3, 9 };

	CHECK(!workers_park(1), "nobody beside the caller");
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct workers_pool *pool = workers_park(counts[i]);
		struct error err = { 0 };

		CHECK(pool, "a pool of %u", counts[i]);
		for (unsigned int used = 1; used <= 2 * counts[i]; used++) {
			struct list list = { .bad = ITEMS };

			CHECK(!workers_each_of(pool, used, ITEMS, one, &list, &err) &&
				      each_once(&list),
			      "%u of %u", used, counts[i]);
			list = (struct list){ .bad = 10 };
			CHECK(workers_each_of(pool, used, ITEMS, one, &list, &err) == -1 &&
				      err.code == EIO,
			      "an error among %u", used);
		}
	}
}

/* ---- what a thread shares with those that have nothing to do ------------------ */

#define PIECES 40

struct pieces {
	atomic_uint done[PIECES];
	atomic_uint inside; /* at the same time */
	bool alone;         /* in the only thread */
	atomic_bool met;    /* two were inside */
	size_t bad;
};

static int piece(void *arg, size_t i)
{
	struct pieces *p = arg;

	/* Nobody leaves the first piece before somebody is in another, if there is anybody. */
	if (atomic_fetch_add(&p->inside, 1))
		p->met = true;
	for (unsigned int tries = 0; !i && !p->alone && !p->met && tries < 10000; tries++)
		usleep(1000);
	atomic_fetch_add(&p->done[i], 1);
	atomic_fetch_sub(&p->inside, 1);
	errno = i == p->bad ? EIO : 0;
	return i == p->bad ? -2 : 0;
}

/* Of the items, one shares; the others end at once. */
static int share_one(struct workers *w, unsigned int index, size_t item, void *arg,
		     struct error *err)
{
	struct workers_share share = { .pieces = PIECES, .fn = piece, .arg = arg };
	int rc;

	(void)index;
	if (item != 2)
		return 0;
	rc = workers_share(w, &share);
	return rc ? error_set(err, errno, "share: %d", rc) : 0;
}

static void shares(void)
{
	static const unsigned int counts[] = { 1, 2, 5 };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct pieces p = { .alone = counts[i] == 1, .bad = PIECES };
		struct error err = { 0 };
		size_t n = 0;

		CHECK(!workers_each(counts[i], 3, share_one, &p, &err), "%u threads share",
		      counts[i]);
		while (n < PIECES && p.done[n] == 1)
			n++;
		CHECK(n == PIECES, "piece %zu: %u times", n, n < PIECES ? p.done[n] : 0);
		CHECK(p.met == (counts[i] > 1), "%u threads: who has nothing to do helps",
		      counts[i]);
		p = (struct pieces){ .alone = true, .bad = 7 };
		CHECK(workers_each(counts[i], 3, share_one, &p, &err) == -1 && err.code == EIO &&
			      !strcmp(err.text, "share: -2"),
		      "%u threads, a piece that fails", counts[i]);
		CHECK(counts[i] > 1 || !p.done[8], "no piece is begun after that");
	}
}

/* In a child that may not make threads. */
static int without_threads(void *arg)
{
	struct list list = { .bad = ITEMS };
	struct error err = { 0 };

	(void)arg;
	scratch_forbid(SYS_clone, 0, 0, EAGAIN);
#ifdef SYS_clone3
	scratch_forbid(SYS_clone3, 0, 0, EAGAIN);
#endif
	if (workers_each(8, ITEMS, one, &list, &err) || !each_once(&list))
		return 1;
	list = (struct list){ .bad = ITEMS };
	return workers_each_of(workers_park(8), 8, ITEMS, one, &list, &err) || !each_once(&list);
}

void unit_base_workers(void)
{
	unsigned int n = workers_default();
	int rc;

	CHECK(n >= 1 && n <= 8, "%u threads by default", n);
	lists();
	errors();
	shares();
	pools();
	rc = scratch_child(without_threads, NULL);
	CHECK(rc == 0 || rc == 77, "without threads: %d", rc);
}
