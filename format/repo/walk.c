// SPDX-License-Identifier: GPL-2.0-only
#include "repo/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/grow.h"
#include "base/sort.h"
#include "base/text.h"
#include "files/beneath.h"

#define PATH_ROOM 4096u /* the longest path that is looked at */

/* A directory of links: images or streams, or one below its refs. */
struct folder {
	const char *path;
	bool is_refs;
};

struct walk {
	const struct repo *r;
	repo_seen_fn *fn;
	void *arg;
	struct error *err;
	struct arena arena;
	struct folder *folders; /* waiting */
	size_t n, cap;
	struct sort_item *names; /* of one folder */
	size_t nnames, names_cap;
};

static int push(struct walk *w, const char *path, bool is_refs)
{
	size_t len = strlen(path);

	if (grow(&w->folders, w->n, &w->cap, sizeof(*w->folders), 16))
		return error_nomem(w->err);
	w->folders[w->n] = (struct folder){ arena_copy(&w->arena, path, len + 1), is_refs };
	return w->folders[w->n++].path ? 0 : error_nomem(w->err);
}

/* All names of a folder, sorted. 1: there is no such folder. */
static int list(struct walk *w, const struct folder *f)
{
	int fd = beneath_open(w->r->fd, f->path, strlen(f->path), O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;
	int rc = 0;

	w->nnames = 0;
	if (fd < 0 && errno == ENOENT)
		return 1;
	if (!dir) {
		error_sys(w->err, "%s/%s: open", w->r->name, f->path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (!rc && (errno = 0, d = readdir(dir))) {
		size_t len = strlen(d->d_name);
		const char *s;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		s = arena_copy(&w->arena, d->d_name, len + 1);
		if (!s || grow(&w->names, w->nnames, &w->names_cap, sizeof(*w->names), 64))
			rc = error_nomem(w->err);
		else
			w->names[w->nnames++] =
				(struct sort_item){ sort_prefix(s, len), s, (u32)len, 0, { NULL } };
	}
	if (!rc && errno)
		rc = error_sys(w->err, "%s/%s: read", w->r->name, f->path);
	closedir(dir);
	if (!rc && sort_strings(w->names, w->nnames))
		rc = error_nomem(w->err);
	return rc;
}

/* Stat a path below DIR without following any link. -1 and errno. */
static int look(const struct walk *w, const char *path, struct stat *st)
{
	int fd = beneath_open(w->r->fd, path, strlen(path), O_PATH), rc, code;

	if (fd < 0)
		return -1;
	rc = fstat(fd, st);
	code = errno;
	close(fd);
	errno = code;
	return rc;
}

/* Whether a target is ../objects/xx/rest of an object that is there. */
static const char *object_fault(const struct walk *w, const char *target, struct cfs_digest *digest)
{
	struct stat st;

	if (strncmp(target, "../objects/", 11) ||
	    !cfs_object_name_parse(digest, target + 11, strlen(target + 11)))
		return "does not lead to an object";
	if (w->r->algorithm && digest->algorithm != w->r->algorithm)
		return "leads to an object with another algorithm";
	if (look(w, target + 3, &st))
		return errno == ENOENT || errno == ENOTDIR ? "its object is missing"
							   : "its object cannot be looked at";
	return S_ISREG(st.st_mode) ? NULL : "its object is not a regular file";
}

/* Resolve @target beside @path without asking the file system: into @to, beneath DIR. */
static bool resolve(const char *path, const char *target, char to[2 * PATH_ROOM])
{
	const char *slash = strrchr(path, '/');
	size_t len = (size_t)(slash - path), n;

	if (!*target || *target == '/')
		return false;
	memcpy(to, path, len);
	for (;; target += n + 1) {
		n = strcspn(target, "/");
		if (n == 2 && !memcmp(target, "..", 2)) {
			if (!len)
				return false;
			while (len && to[len - 1] != '/')
				len--;
			len -= len > 0;
		} else if (n && !(n == 1 && *target == '.')) {
			to[len] = '/';
			len += len > 0;
			memcpy(to + len, target, n);
			len += n;
		}
		if (!target[n])
			break;
	}
	to[len] = '\0';
	return true;
}

/* Whether a name below refs leads to an entry of images or streams. */
static const char *ref_fault(const struct walk *w, const char *path, const char *target)
{
	size_t top = strcspn(path, "/") + 1;
	char to[2 * PATH_ROOM];
	struct stat st;

	if (!resolve(path, target, to) || strncmp(to, path, top) || !to[top] ||
	    strchr(to + top, '/') || !strcmp(to + top, "refs"))
		return *path == 'i' ? "does not lead to an entry of images"
				    : "does not lead to an entry of streams";
	if (look(w, to, &st) || !S_ISLNK(st.st_mode))
		return "leads to an entry that is not there";
	return NULL;
}

static int see(struct walk *w, const struct folder *f, const char *path, const char *name)
{
	struct repo_link_seen seen = { .path = path, .is_stream = *path == 's' };
	char target[PATH_ROOM];
	ssize_t n = readlinkat(w->r->fd, path, target, sizeof(target) - 1);
	char hex[TEXT_DIGEST];

	if (n < 0 && errno == ENOENT)
		return 0; /* it went while we looked */
	if (n < 0 && errno != EINVAL)
		return error_sys(w->err, "%s/%s: readlink", w->r->name, path);
	if (n < 0) {
		struct stat st;

		if (f->is_refs && !look(w, path, &st) && S_ISDIR(st.st_mode))
			return push(w, path, true);
		seen.fault = "is not a symbolic link";
	} else {
		target[n] = '\0';
		seen.fault = f->is_refs ? ref_fault(w, path, target)
					: object_fault(w, target, &seen.digest);
	}
	/* The name of an image is the digest of its object. */
	if (!seen.fault && !f->is_refs && !seen.is_stream &&
	    strcmp(text_digest(hex, &seen.digest), name))
		seen.fault = "leads to the object of another digest";
	if (seen.fault || f->is_refs || seen.is_stream)
		seen.digest.algorithm = CFS_NO_ALGORITHM;
	return w->fn(w->arg, &seen, w->err);
}

static int walk_folder(struct walk *w, struct folder f)
{
	char path[PATH_ROOM];
	int rc = list(w, &f);
	size_t len = strlen(f.path);

	if (rc)
		return rc < 0 ? -1 : 0;
	for (size_t i = 0; !rc && i < w->nnames; i++) {
		const char *name = w->names[i].s;

		if (len + w->names[i].len + 2 > sizeof(path))
			return error_set(w->err, ENAMETOOLONG, "%s/%.200s...: path too long",
					 w->r->name, f.path);
		text_format(path, sizeof(path), "%s/%s", f.path, name);
		if (!f.is_refs && !strcmp(name, "refs"))
			rc = push(w, path, true);
		else
			rc = see(w, &f, path, name);
	}
	return rc;
}

int repo_walk(const struct repo *r, repo_seen_fn *fn, void *arg, struct error *err)
{
	struct walk w = { .r = r, .fn = fn, .arg = arg, .err = err };
	int rc = push(&w, "images", false);

	if (!rc)
		rc = push(&w, "streams", false);
	for (size_t i = 0; !rc && i < w.n; i++)
		rc = walk_folder(&w, w.folders[i]);
	free(w.folders);
	free(w.names);
	arena_release(&w.arena);
	return rc;
}
