// SPDX-License-Identifier: GPL-2.0-only
/* Complete objects are synced in batches and get their names (ST-3, ST-10). */
#include "store/store_inside.h"

#include <stdlib.h>
#include <unistd.h>
#include "base/sort.h"

#define FEW 8 /* objects are synced one by one; more with one syncfs() */

static int by_digest(const void *a, const void *b)
{
	const struct store_waiting *x = a, *y = b;

	return memcmp(x->digest.b, y->digest.b, cfs_digest_size(x->digest.algorithm));
}

static int sync_batch(struct store *s, struct store_waiting *v, size_t n, struct error *err)
{
	if (s->flags.no_sync)
		return 0;
	if (n > FEW && s->syncfs_tells)
		return syncfs(s->dir) ? error_sys(err, "%s: syncfs", s->name) : 0;
	for (size_t i = 0; i < n; i++)
		if (fsync(v[i].file.fd))
			return store_failed(s, &v[i].digest, "fsync", err);
	return 0;
}

/*
 * Another process was faster, or has put something wrong there (ST-3). 1: the new file is
 * not needed.
 */
static int name_is_taken(struct store *s, struct verity_work *work, int dir,
			 struct store_waiting *w, struct error *err)
{
	char path[OBJECT_PATH];
	enum object_state state;

	object_path(path, &w->digest);
	for (unsigned int i = 0; i < 10; i++) {
		if (!w->replace && store_look(s, work, &w->digest, w->size, &state, err))
			return -1;
		if (!w->replace && state == OBJECT_GOOD)
			return 1;
		if (w->replace || state == OBJECT_BAD) {
			if (newfile_replace(&w->file, s->dir, dir, path + 3))
				return store_failed(s, &w->digest, "rename", err);
			atomic_fetch_add(&s->counts.replaced, 1);
			return 0;
		}
		if (!newfile_link(&w->file, dir, path + 3)) /* it has vanished again */
			return 0;
		if (errno != EEXIST)
			break;
	}
	return store_failed(s, &w->digest, "link", err);
}

static int name_object(struct store *s, struct verity_work *work, int dir, struct store_waiting *w,
		       struct error *err)
{
	char path[OBJECT_PATH];
	int rc = 0;

	object_path(path, &w->digest);
	if (w->replace || newfile_link(&w->file, dir, path + 3)) {
		if (!w->replace && errno != EEXIST)
			return store_failed(s, &w->digest, "link", err);
		rc = name_is_taken(s, work, dir, w, err);
	}
	if (rc < 0)
		return -1;
	if (rc == 0)
		atomic_fetch_add(&s->counts.stored, 1);
	if (rc == 0 && w->cloned)
		atomic_fetch_add(&s->counts.cloned, 1);
	if (newfile_drop(&w->file))
		return store_failed(s, &w->digest, "close", err);
	return 0;
}

static int name_batch(struct store *s, struct verity_work *work, struct store_waiting *v, size_t n,
		      u8 touched[32], struct error *err)
{
	char path[OBJECT_PATH];
	int dir = -1, rc = 0;

	sort_records(v, n, sizeof(*v), by_digest);
	for (size_t i = 0; i < n && !rc; i++) {
		u8 xx = v[i].digest.b[0];

		if (i == 0 || xx != v[i - 1].digest.b[0]) {
			if (dir >= 0)
				close(dir);
			object_path(path, &v[i].digest);
			dir = object_directory(s->dir, path);
			if (dir < 0) {
				error_sys(err, "open");
				return error_in(err, "%s/%.2s", s->name, path);
			}
			touched[xx / 8] |= (u8)(1u << xx % 8);
		}
		rc = name_object(s, work, dir, &v[i], err);
	}
	if (dir >= 0)
		close(dir);
	return rc;
}

/* Sync and name the objects of @v, which it frees. */
static int flush(struct store *s, struct verity_work *work, struct store_waiting *v, size_t n,
		 struct error *err)
{
	u8 touched[32] = { 0 };
	int rc = sync_batch(s, v, n, err);

	if (!rc)
		rc = name_batch(s, work, v, n, touched, err);
	for (size_t i = 0; i < n; i++)
		newfile_drop(&v[i].file);
	free(v);
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < sizeof(touched); i++)
		s->touched[i] |= touched[i];
	s->open -= n;
	pthread_cond_broadcast(&s->room);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* Make room for one more object in the batch, which exists whenever an object waits. */
static int make_room(struct store *s, struct error *err)
{
	while (s->open >= s->open_max)
		pthread_cond_wait(&s->room, &s->lock);
	if (!s->batch) {
		s->batched = 0;
		s->batch = malloc(s->batch_max * sizeof(*s->batch));
	}
	return s->batch ? 0 : error_nomem(err);
}

int store_wait(struct store *s, struct verity_work *work, const struct store_waiting *w,
	       struct error *err)
{
	struct store_waiting *full = NULL;
	struct newfile file = w->file;

	pthread_mutex_lock(&s->lock);
	if (make_room(s, err)) {
		pthread_mutex_unlock(&s->lock);
		newfile_drop(&file);
		return store_in(s, &w->digest, err);
	}
	s->batch[s->batched++] = *w;
	s->open++;
	if (s->batched == s->batch_max) {
		full = s->batch;
		s->batch = NULL;
		s->batched = 0;
	}
	pthread_mutex_unlock(&s->lock);
	return full ? flush(s, work, full, s->batch_max, err) : 0;
}

int store_flush(struct store *s, struct verity_work *work, struct error *err)
{
	struct store_waiting *v;
	size_t n;

	pthread_mutex_lock(&s->lock);
	v = s->batch;
	n = s->batched;
	s->batch = NULL;
	s->batched = 0;
	pthread_mutex_unlock(&s->lock);
	return v ? flush(s, work, v, n, err) : 0;
}
