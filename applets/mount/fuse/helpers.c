// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/helpers.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 4u
#define HASHING_MAX 2u

struct queued {
	struct queued *next;
	u64 unique;
	size_t place; /* in the shared table */
	struct object_job job;
};

struct helpers {
	int dev;
	struct fuse_shared *shared;
	struct kept_hashes *kept;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a job came or ended, or stop was set */
	pthread_t thread[THREADS_MAX];
	unsigned int threads, idle;
	struct queued *first, **last;
	const struct queued *hashing[HASHING_MAX]; /* jobs that hash a whole object */
	size_t places;                             /* free places in the table */
	bool stop;
};

struct helpers *helpers_new(int dev, struct fuse_shared *shared, struct kept_hashes *kept)
{
	struct helpers *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->dev = dev;
	h->shared = shared;
	h->kept = kept;
	h->last = &h->first;
	h->places = FUSE_TAKEN_MAX;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	return h;
}

void helpers_free(struct helpers *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	for (unsigned int i = 0; i < h->threads; i++)
		pthread_join(h->thread[i], NULL);
	while (h->first) {
		struct queued *q = h->first;

		h->first = q->next;
		close(q->job.fd);
		free(q);
	}
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

void helpers_wait_for_place(struct helpers *h)
{
	pthread_mutex_lock(&h->lock);
	while (!h->places)
		pthread_cond_wait(&h->changed, &h->lock);
	pthread_mutex_unlock(&h->lock);
}

static bool needs_hashing(const struct helpers *h, const struct queued *q)
{
	const struct kept_object o = { .digest = &q->job.digest, .size = q->job.size };

	return q->job.hashed && !kept_has(h->kept, &o);
}

/*
 * The place where @q may register as hashing. NULL: the same object is being hashed, or too
 * many objects are.
 */
static const struct queued **hashing_place(struct helpers *h, const struct queued *q)
{
	const struct queued **place = NULL;

	for (unsigned int i = 0; i < HASHING_MAX; i++) {
		const struct queued *other = h->hashing[i];

		if (!other)
			place = &h->hashing[i];
		else if (other->job.size == q->job.size &&
			 cfs_digest_equal(&other->job.digest, &q->job.digest))
			return NULL;
	}
	return place;
}

/* Take the first job that can be done now. *@place is where it is registered as hashing, or NULL. */
static struct queued *take(struct helpers *h, const struct queued ***place)
{
	for (struct queued **at = &h->first; *at; at = &(*at)->next) {
		struct queued *q = *at;

		*place = NULL;
		if (needs_hashing(h, q)) {
			*place = hashing_place(h, q);
			if (!*place)
				continue;
			**place = q;
		}
		*at = q->next;
		if (!*at)
			h->last = at;
		return q;
	}
	return NULL;
}

/* Called without the lock. */
static void run(struct helpers *h, struct queued *q, struct kept_scratch *scratch, u8 *body)
{
	size_t len = 0;
	int rc = object_job_run(&q->job, h->kept, scratch, true, body, &len);

	fuse_reply(h->dev, q->unique, rc, body, rc ? 0 : len);
	atomic_fetch_add(&h->shared->answered, 1);
	atomic_store(&h->shared->taken[q->place], 0);
	close(q->job.fd);
}

static void loop(struct helpers *h, struct kept_scratch *scratch, u8 *body)
{
	pthread_mutex_lock(&h->lock);
	while (!h->stop) {
		const struct queued **place;
		struct queued *q = take(h, &place);

		if (!q) {
			h->idle++;
			pthread_cond_wait(&h->changed, &h->lock);
			h->idle--;
			continue;
		}
		pthread_mutex_unlock(&h->lock);
		run(h, q, scratch, body);
		pthread_mutex_lock(&h->lock);
		if (place)
			*place = NULL;
		h->places++;
		free(q);
		pthread_cond_broadcast(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
}

struct memory {
	struct kept_scratch scratch;
	u8 body[FUSE_BODY_MAX];
};

struct start {
	struct helpers *h;
	struct memory *memory;
};

static void *thread_main(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	loop(start.h, &start.memory->scratch, start.memory->body);
	free(start.memory);
	return NULL;
}

/* Called with the lock. Start another thread if all are busy. -1: there is no thread at all. */
static int start_thread(struct helpers *h)
{
	struct start *start;

	if (h->idle || h->threads == THREADS_MAX)
		return 0;
	start = malloc(sizeof(*start));
	if (start) {
		*start = (struct start){ h, malloc(sizeof(*start->memory)) };
		if (start->memory &&
		    !pthread_create(&h->thread[h->threads], NULL, thread_main, start)) {
			h->threads++;
			return 0;
		}
		free(start->memory);
		free(start);
	}
	return h->threads ? 0 : -1;
}

/* Called with the lock. A place is free, because the answering thread has waited for one. */
static void register_number(struct helpers *h, struct queued *q)
{
	while (atomic_load(&h->shared->taken[q->place]))
		q->place++;
	atomic_store(&h->shared->taken[q->place], q->unique);
	h->places--;
}

int helpers_give(struct helpers *h, u64 unique, const struct object_job *job)
{
	struct queued *q = malloc(sizeof(*q));
	int rc;

	if (!q)
		return -1;
	*q = (struct queued){ .unique = unique, .job = *job };
	if (object_job_take(&q->job)) {
		free(q);
		return -1;
	}
	pthread_mutex_lock(&h->lock);
	rc = start_thread(h);
	if (!rc) {
		register_number(h, q);
		*h->last = q;
		h->last = &q->next;
		pthread_cond_broadcast(&h->changed);
	}
	pthread_mutex_unlock(&h->lock);
	if (rc) {
		close(q->job.fd);
		free(q);
	}
	return rc;
}
