// SPDX-License-Identifier: GPL-2.0-only
/* cfs verify without images: check that each object has the digest that its name says. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/verify/verify.h"
#include "base/grow.h"
#include "files/beneath.h"
#include "store/object.h"
#include "base/sort.h"
#include "base/text.h"
#include "base/workers.h"

/* The objects of one directory xx of one basedir. */
struct shelf {
	struct verify *v;
	unsigned int which;
	struct basedirs dir; /* that one */
	char (*names)[OBJECT_PATH];
	struct sort_item *order;
	struct found *found; /* by name; kind KIND_OK if there is nothing to report */
	size_t n, cap;
	struct verity_work **work; /* by thread */
};

/* 1: the name is not that of an object. The names of all objects begin with @xx and a slash. */
static int add_name(struct shelf *s, const char *xx, const char *name, struct error *err)
{
	size_t len = strlen(name);
	struct cfs_digest digest;
	char *to;

	if (len + 3 > CFS_OBJECT_NAME_MAX)
		return 1;
	if (grow(&s->names, s->n, &s->cap, sizeof(*s->names), 256))
		return error_nomem(err);
	to = s->names[s->n];
	memcpy(to, xx, 2);
	to[2] = '/';
	memcpy(to + 3, name, len + 1);
	if (!cfs_object_name_parse(&digest, to, len + 3) ||
	    (s->v->repo_algorithm && s->v->repo_algorithm != digest.algorithm))
		return 1;
	s->n++;
	return 0;
}

static int tell(struct verify *v, unsigned int which, enum kind kind, const char *object,
		const char *text, struct error *err)
{
	struct finding f = {
		.kind = kind, .object = object, .object_len = strlen(object), .detail = text
	};
	char detail[256];

	if (v->dirs.n > 1) {
		text_format(detail, sizeof(detail), "%.60s: %s", v->dirs.name[which], text);
		f.detail = detail;
	}
	return report_line(v, &f, err);
}

/* In a repository every name must be that of an object; other stores may hold other files. */
static int bad_name(struct shelf *s, const char *xx, const char *name, struct error *err)
{
	char path[300];

	if (!s->v->repo || !strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	text_format(path, sizeof(path), "%s/%s", xx, name);
	return tell(s->v, s->which, KIND_BAD_NAME, path, "not the name of an object", err);
}

/*
 * Read the names of the objects in directory @xx. 0; 1: it is not a directory or cannot be
 * read, which was reported; -1.
 */
static int read_shelf(struct shelf *s, const char *xx, struct error *err)
{
	struct verify *v = s->v;
	int fd = beneath_open(v->dirs.fd[s->which], xx, strlen(xx), O_RDONLY | O_DIRECTORY), rc = 0;
	struct dirent *d;
	DIR *dir;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return tell(v, s->which, KIND_WRONG_TYPE, xx, "is not a directory", err) ? -1 : 1;
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		rc = tell(v, s->which, KIND_UNREADABLE, xx, error_words(errno), err) ? -1 : 1;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	while (!rc && (errno = 0, d = readdir(dir))) {
		rc = add_name(s, xx, d->d_name, err);
		if (rc > 0)
			rc = bad_name(s, xx, d->d_name, err);
	}
	if (!rc && errno)
		rc = tell(v, s->which, KIND_UNREADABLE, xx, error_words(errno), err);
	closedir(dir);
	return rc;
}

static int sort_shelf(struct shelf *s, struct error *err)
{
	free(s->order);
	free(s->found);
	s->order = calloc(s->n + 1, sizeof(*s->order));
	s->found = calloc(s->n + 1, sizeof(*s->found));
	if (!s->order || !s->found)
		return error_nomem(err);
	for (size_t i = 0; i < s->n; i++)
		s->order[i] = (struct sort_item){ sort_prefix(s->names[i] + 3, 8),
						  s->names[i],
						  (u32)strlen(s->names[i]),
						  0,
						  { NULL } };
	return sort_strings(s->order, s->n) ? error_nomem(err) : 0;
}

static void record_of(const struct sort_item *item, struct object_record *record)
{
	*record = (struct object_record){ .size = REPAIR_ANY_SIZE };
	cfs_object_name_parse(&record->digest, item->s, item->len);
}

/* Some neighbours in the order of names, which say what the objects should be. */
static int check_some(struct workers *w, unsigned int index, size_t item, void *arg,
		      struct error *err)
{
	struct shelf *s = arg;
	size_t first = LOOKS * item, n = s->n - first < LOOKS ? s->n - first : LOOKS;
	struct verity_work *work = s->work[index];
	struct look l[LOOKS];

	if (!work)
		work = s->work[index] = malloc(sizeof(*work));
	if (!work)
		return error_nomem(err);
	verity_work_init(work, CFS_SHA256, w);
	for (size_t i = 0; i < n; i++) {
		const struct sort_item *name = &s->order[first + i];

		record_of(name, &l[i].record);
		look_open(s->v, &s->dir, s->which, name->s, name->len, work, &l[i]);
	}
	verity_tops(&work->tops);
	for (size_t i = 0; i < n; i++) {
		if (l[i].fd >= 0)
			look_compare(s->v, &l[i].record, work, &l[i]);
		look_close(&l[i]);
		/* An object that vanished since it was listed is not a problem. */
		if (l[i].found.kind == KIND_MISSING)
			l[i].found.kind = KIND_OK;
		if (l[i].found.kind == KIND_WRONG_TYPE)
			memcpy(l[i].found.detail, "is not a regular file", 22);
		s->found[first + i] = l[i].found;
		progress_add(&s->v->progress, 1, 0);
	}
	return 0;
}

static int repair_and_tell(struct shelf *s, struct error *err)
{
	struct verify *v = s->v;

	for (size_t i = 0; i < s->n; i++) {
		struct found *found = &s->found[i];
		struct object_record record;

		record_of(&s->order[i], &record);
		if (found->kind == KIND_NO_VERITY && found->reseal &&
		    repair_seal(v, s->order[i].s, s->order[i].len, &record, s->work[0], found, err))
			return -1;
		if (v->repair.n &&
		    (found->kind == KIND_WRONG_TYPE || found->kind == KIND_WRONG_CONTENT) &&
		    repair_object(v, s->order[i].s, s->order[i].len, &record, s->work[0], found,
				  err) < 0)
			return -1;
		if (tell(v, s->which, found->kind, s->order[i].s, found->detail, err))
			return -1;
	}
	return 0;
}

static int verify_basedir(struct shelf *s, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	const struct basedirs *all = &s->v->dirs;
	int rc;

	s->dir = (struct basedirs){ .n = 1,
				    .fd = { all->fd[s->which] },
				    .name = { all->name[s->which] } };
	for (unsigned int i = 0; i < 256; i++) {
		const char xx[3] = { digits[i >> 4], digits[i & 15], 0 };

		s->n = 0;
		progress_at(&s->v->progress, (u64)256 * s->which + i);
		rc = read_shelf(s, xx, err);
		if (rc < 0)
			return -1;
		if (rc || !s->n)
			continue;
		if (sort_shelf(s, err) ||
		    workers_each(s->v->threads, (s->n + LOOKS - 1) / LOOKS, check_some, s, err) ||
		    repair_and_tell(s, err))
			return -1;
		s->v->objects += s->n;
	}
	return 0;
}

int stores_verify(struct verify *v, struct error *err)
{
	struct shelf s = { .v = v };
	struct error later;
	int rc = 0;

	s.work = calloc(v->threads, sizeof(*s.work));
	if (s.work)
		s.work[0] = malloc(sizeof(**s.work));
	if (!s.work || !s.work[0])
		rc = error_nomem(err);
	/* Digests are spread evenly over the 256 directories of each store. */
	progress_start(&v->progress, v->progress_lines, (u64)256 * v->dirs.n);
	for (; s.which < v->dirs.n && !rc; s.which++)
		rc = verify_basedir(&s, err);
	progress_end(&v->progress);
	if (repair_finish(v, rc ? &later : err))
		rc = -1;
	for (unsigned int i = 0; s.work && i < v->threads; i++)
		free(s.work[i]);
	free(s.work);
	free(s.names);
	free(s.order);
	free(s.found);
	return rc;
}
