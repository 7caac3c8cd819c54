// SPDX-License-Identifier: GPL-2.0-only
/*
 * All objects of the images: threads check them, then they are repaired on request, then
 * reported in the order of their names.
 */
#include <stdlib.h>
#include "applets/verify/verify.h"
#include "base/grow.h"
#include "base/sort.h"
#include "base/text.h"
#include "verity/verity.h"
#include "base/workers.h"
#include "image/cursor.h"

/* A line to report about an object. There may be as many as there are objects. */
struct problem {
	size_t first; /* item of the object */
	size_t use;   /* as in struct found, and so are: */
	char *detail; /* owned */
	u8 kind, which;
	bool is_dir, reseal;
	u32 path_len;
	char *path; /* the first one that uses it, as that item says; owned */
};
static_assert(BASEDIRS_MAX <= UINT8_MAX, "which");

struct run {
	struct verify *v;
	const struct objects *objects;
	char *const *names; /* of the images */
	size_t *starts;     /* of each object's items, and behind the last */
	size_t count;
	struct verity_work **work; /* by thread */
	pthread_mutex_t lock;
	struct problem *problems; /* under the lock */
	size_t nproblems, cap;
};

#define PATH_SHOWN 4096u

static int find_starts(struct run *run, struct error *err)
{
	const struct objects *o = run->objects;

	run->starts = malloc((o->n + 1) * sizeof(*run->starts));
	if (!run->starts)
		return error_nomem(err);
	for (size_t i = 0; i < o->n; i = objects_end(o, i))
		run->starts[run->count++] = i;
	run->starts[run->count] = o->n;
	return 0;
}

static int keep_problem(struct run *run, size_t first, const struct found *found, struct error *err)
{
	struct problem problem = {
		.first = first,
		.use = found->use,
		.detail = strdup(found->detail),
		.kind = (u8)found->kind,
		.which = (u8)found->which,
		.is_dir = found->is_dir,
		.reseal = found->reseal,
	};
	int rc = 0;

	if (!problem.detail)
		return error_nomem(err);
	pthread_mutex_lock(&run->lock);
	if (grow(&run->problems, run->nproblems, &run->cap, sizeof(problem), 64))
		rc = error_nomem(err);
	else
		run->problems[run->nproblems++] = problem;
	pthread_mutex_unlock(&run->lock);
	if (rc)
		free(problem.detail);
	return rc;
}

/* Some neighbours in the order of names. */
static int check_some(struct workers *w, unsigned int index, size_t item, void *arg,
		      struct error *err)
{
	struct run *run = arg;
	const size_t *start = run->starts + LOOKS * item;
	size_t left = run->count - LOOKS * item, n = left < LOOKS ? left : LOOKS;
	struct verity_work *work = run->work[index];
	struct look l[LOOKS];
	int rc = 0;

	if (!work)
		work = run->work[index] = malloc(sizeof(*work));
	if (!work)
		return error_nomem(err);
	verity_work_init(work, CFS_SHA256, w);
	for (size_t i = 0; i < n; i++)
		if (object_open(run->v, run->objects, start[i], work, &l[i], err)) {
			n = i + 1;
			rc = -1;
		}
	if (!rc)
		verity_tops(&work->tops);
	for (size_t i = 0; i < n; i++) {
		if (!rc)
			rc = object_compare(run->v, run->objects, start[i], start[i + 1], work,
					    &l[i], err);
		look_close(&l[i]);
		progress_add(&run->v->progress, 1, 0);
		if (!rc && (l[i].found.kind != KIND_OK || option_verbose))
			rc = keep_problem(run, start[i], &l[i].found, err);
	}
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct problem *p = a, *q = b;

	return p->first < q->first ? -1 : p->first > q->first;
}

/* Order for the search by inode. */
struct user {
	u64 nid;
	size_t problem;
};

static int by_nid(const void *a, const void *b)
{
	const struct user *p = a, *q = b;

	return p->nid < q->nid ? -1 : p->nid > q->nid;
}

static int keep_path(struct problem *p, const struct cursor_entry *e)
{
	size_t len = e->d.path_len, cut = len > PATH_SHOWN ? len - PATH_SHOWN : 0;

	p->path = malloc(len - cut + 3);
	if (!p->path)
		return -1;
	p->path_len = (u32)text_format(p->path, 4, "%s", cut ? "..." : "");
	memcpy(p->path + p->path_len, e->d.path + cut, len - cut);
	p->path_len += (u32)(len - cut);
	return 0;
}

/* The names, in one image, of the inodes that the problems are about. */
static int find_paths_in(struct run *run, u32 image, struct user *users, struct error *err)
{
	const struct objects *o = run->objects;
	struct cursor_entry e;
	struct cursor c;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < run->nproblems; i++) {
		const struct sort_item *item = &o->v[run->problems[i].use];

		if (item->tie == image)
			users[n++] = (struct user){ item->number, i };
	}
	if (!n)
		return 0;
	sort_records(users, n, sizeof(*users), by_nid);
	if (cursor_init(&c, &o->images[image], 0, NULL, 0, err))
		return -1;
	while ((rc = cursor_next(&c, &e, err)) > 0) {
		const struct user want = { e.nid, 0 }, *u;

		u = e.is_link ? NULL : bsearch(&want, users, n, sizeof(*users), by_nid);
		if (u && keep_path(&run->problems[u->problem], &e)) {
			rc = error_nomem(err);
			break;
		}
	}
	cursor_release(&c);
	return rc;
}

static int find_paths(struct run *run, struct error *err)
{
	struct user *users = malloc((run->nproblems + 1) * sizeof(*users));
	int rc = users ? 0 : error_nomem(err);

	for (u32 image = 0; !rc && run->names[image]; image++)
		rc = find_paths_in(run, image, users, err);
	free(users);
	return rc;
}

static int repair(struct run *run, struct problem *p, struct error *err)
{
	const struct sort_item *item = &run->objects->v[p->use];
	struct found found = {
		.kind = p->kind,
		.which = p->which,
		.is_dir = p->is_dir,
		.reseal = p->reseal && p->kind == KIND_NO_VERITY,
		.use = p->use,
	};
	struct object_record record;
	int rc;

	if (!found.reseal &&
	    (!run->v->repair.n || p->kind < KIND_MISSING || p->kind > KIND_WRONG_CONTENT))
		return 0;
	if (objects_record(run->objects, p->use, &record, err))
		return -1;
	rc = (found.reseal ? repair_seal : repair_object)(run->v, item->s, item->len, &record,
							  run->work[0], &found, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	free(p->detail);
	p->kind = (u8)found.kind;
	p->detail = strdup(found.detail);
	return p->detail ? 0 : error_nomem(err);
}

static int tell(struct run *run, const struct problem *p, struct error *err)
{
	const struct sort_item *item = &run->objects->v[p->use];
	const struct finding f = {
		.kind = (enum kind)p->kind,
		.image = run->names[item->tie],
		.object = item->s,
		.object_len = item->len,
		.path = p->path,
		.path_len = p->path_len,
		.detail = p->detail,
	};

	return report_line(run->v, &f, err);
}

static u64 total_bytes(const struct run *run)
{
	struct object_record r;
	struct error err;
	u64 total = 0;

	for (size_t i = 0; i < run->count; i++)
		if (!objects_record(run->objects, run->starts[i], &r, &err) &&
		    __builtin_add_overflow(total, r.size, &total))
			return 0;
	return total;
}

static int run_all(struct run *run, struct error *err)
{
	struct verify *v = run->v;
	struct error later;
	int rc;

	run->work = calloc(v->threads, sizeof(*run->work));
	if (!run->work)
		return error_nomem(err);
	run->work[0] = malloc(sizeof(**run->work));
	if (!run->work[0])
		return error_nomem(err);
	progress_start(&v->progress, v->progress_lines, 0);
	if (progress_wanted(&v->progress))
		v->progress.total = total_bytes(run);
	rc = workers_each(v->threads, (run->count + LOOKS - 1) / LOOKS, check_some, run, err);
	progress_end(&v->progress);
	if (rc)
		return -1;
	v->objects += run->count;
	sort_records(run->problems, run->nproblems, sizeof(*run->problems), by_name);
	if (find_paths(run, err))
		return -1;
	for (size_t i = 0; i < run->nproblems && !rc; i++)
		rc = repair(run, &run->problems[i], err);
	if (repair_finish(v, rc ? &later : err) || rc)
		return -1;
	for (size_t i = 0; i < run->nproblems; i++)
		if (tell(run, &run->problems[i], err))
			return -1;
	return 0;
}

int objects_verify(struct verify *v, const struct objects *objects, char *const *names,
		   struct error *err)
{
	struct run run = { .v = v, .objects = objects, .names = names };
	int rc;

	pthread_mutex_init(&run.lock, NULL);
	rc = find_starts(&run, err) || run_all(&run, err) ? -1 : 0;
	for (size_t i = 0; i < run.nproblems; i++) {
		free(run.problems[i].path);
		free(run.problems[i].detail);
	}
	for (unsigned int i = 0; run.work && i < v->threads; i++)
		free(run.work[i]);
	free(run.work);
	free(run.problems);
	free(run.starts);
	pthread_mutex_destroy(&run.lock);
	return rc;
}
