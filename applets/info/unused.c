// SPDX-License-Identifier: GPL-2.0-only
/* cfs info unused-objects: list the objects of a store that no image uses. Fails closed. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/info/objects.h"
#include "base/grow.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/object.h"
#include "verity/verity.h"

/* The files in the basedirs that have the name of an object. */
struct stored {
	u8 algorithm;        /* of all names in a repository; 0: any name may stand there */
	struct sort_item *v; /* s, len: the name; number: its size */
	size_t n, cap;
	struct arena arena;
	/* Inodes that images use under other names, such as ./xx/...; items are struct id. */
	struct table used;
	struct hash_key key;
};

struct id {
	u64 dev, ino;
};

static bool same_id(const void *item, const void *want)
{
	return !memcmp(item, want, sizeof(struct id));
}

static bool id_is_used(const struct stored *s, const struct id *id)
{
	return table_find(&s->used, hash_bytes(&s->key, 0, id, sizeof(*id)), same_id, id);
}

static int id_use(struct stored *s, const struct id *id, struct error *err)
{
	struct id *copy;

	if (id_is_used(s, id))
		return 0;
	copy = arena_alloc(&s->arena, sizeof(*copy));
	if (!copy)
		return error_nomem(err);
	*copy = *id;
	return table_add(&s->used, hash_bytes(&s->key, 0, id, sizeof(*id)), copy) ? error_nomem(err)
										  : 0;
}

/* With an algorithm only names of its length count. */
static bool is_object_name(const char *s, size_t len, u8 algorithm)
{
	struct cfs_digest digest;

	return cfs_object_name_parse(&digest, s, len) &&
	       (!algorithm || digest.algorithm == algorithm);
}

static int stored_add(struct stored *s, const char *name, const struct stat *st, struct error *err)
{
	const struct id id = { st->st_dev, st->st_ino };
	size_t len = strlen(name);
	char *copy;

	if (id_is_used(s, &id))
		return 0;
	if (grow(&s->v, s->n, &s->cap, sizeof(*s->v), 1024))
		return error_nomem(err);
	copy = arena_bytes(&s->arena, len);
	if (!copy)
		return error_nomem(err);
	memcpy(copy, name, len);
	s->v[s->n++] = (struct sort_item){
		.prefix = sort_prefix(copy, len),
		.s = copy,
		.len = (u32)len,
		.number = (u64)st->st_size,
	};
	return 0;
}

/* Scan one directory xx of a basedir. A name that vanishes meanwhile is ignored. */
static int scan_dir(struct stored *s, DIR *dir, const char *xx, const char *basedir,
		    struct error *err)
{
	char name[CFS_OBJECT_NAME_MAX + 1];

	for (;;) {
		struct dirent *d;
		struct stat st;
		size_t len;

		errno = 0;
		d = readdir(dir);
		if (!d)
			return errno ? error_sys(err, "%s/%s: read", basedir, xx) : 0;
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		len = strlen(d->d_name);
		text_format(name, sizeof(name), "%s/%s", xx, d->d_name);
		if (!is_object_name(name, len + 3, s->algorithm)) {
			if (s->algorithm)
				return error_set(err, EINVAL, "%s/%s/%s: not the name of an object",
						 basedir, xx, d->d_name);
			continue;
		}
		if (fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW)) {
			if (errno == ENOENT)
				continue;
			return error_sys(err, "%s/%s: stat", basedir, name);
		}
		if (S_ISREG(st.st_mode) && stored_add(s, name, &st, err))
			return -1;
	}
}

static int scan_basedir(struct stored *s, int fd, const char *basedir, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	struct stat top, st;

	if (fstat(fd, &top))
		return error_sys(err, "%s: stat", basedir);
	for (unsigned int i = 0; i < 256; i++) {
		const char xx[3] = { digits[i >> 4], digits[i & 15], '\0' };
		int sub = openat(fd, xx, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		DIR *dir;
		int rc;

		if (sub < 0) {
			if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
				continue;
			return error_sys(err, "%s/%s: open", basedir, xx);
		}
		dir = fdopendir(sub);
		if (!dir) {
			error_sys(err, "%s/%s: open", basedir, xx);
			close(sub);
			return -1;
		}
		if (fstat(sub, &st))
			rc = error_sys(err, "%s/%s: stat", basedir, xx);
		else if (st.st_dev != top.st_dev)
			rc = error_set(err, EXDEV, "%s/%s: is on another file system", basedir, xx);
		else
			rc = scan_dir(s, dir, xx, basedir, err);
		closedir(dir);
		if (rc)
			return -1;
	}
	return 0;
}

/*
 * An image may name an object by another path than its plain name. The file that such a
 * path leads to is in use, under all of its names.
 */
static int resolve_others(struct stored *s, const struct info *info, const struct objects *o,
			  struct error *err)
{
	for (size_t i = 0; i < o->n; i++) {
		if (is_object_name(o->v[i].s, o->v[i].len, 0))
			continue;
		for (unsigned int k = 0; k < info->dirs.n; k++) {
			struct basedirs one = { .n = 1,
						.fd = { info->dirs.fd[k] },
						.name = { info->dirs.name[k] } };
			struct basedirs_found found;
			int rc = basedirs_find(&one, o->v[i].s, o->v[i].len, &found, err);

			if (rc < 0)
				return -1;
			if (rc == BASEDIRS_FILE &&
			    id_use(s, &(struct id){ found.st.st_dev, found.st.st_ino }, err))
				return -1;
		}
	}
	return 0;
}

static int print_unused(struct info *info, const struct stored *s, const struct objects *o,
			struct error *err)
{
	size_t k = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct sort_item *it = &s->v[i];
		int order = -1;
		struct json j;

		if (i && !text_order(it->s, it->len, it[-1].s, it[-1].len))
			continue; /* in another basedir, too */
		while (k < o->n && (order = text_order(o->v[k].s, o->v[k].len, it->s, it->len)) < 0)
			k++;
		if (k < o->n && !order)
			continue;
		if (info->json) {
			json_open(&j, &info->out.line);
			json_bytes(&j, "object", it->s, it->len);
			json_number(&j, "size", it->number);
			json_close(&j);
		} else {
			objects_line(info, it->s, it->len);
		}
		if (output_poll(&info->out, err))
			return -1;
	}
	return 0;
}

/* The objects that hold the images themselves: the links name them, operands may be among them. */
static int use_images(struct stored *s, const struct info *info, const struct image *images,
		      struct error *err)
{
	struct verity *v = malloc(sizeof(*v));
	int rc = v ? 0 : error_nomem(err);

	for (u32 i = 0; !rc && i < info->nimages; i++) {
		struct basedirs_found found;
		struct cfs_digest digest;
		char path[OBJECT_PATH];

		verity_memory(v, info->repository.algorithm, images[i].bytes, (size_t)images[i].len,
			      &digest);
		object_path(path, &digest);
		rc = basedirs_find(&info->dirs, path, strlen(path), &found, err);
		if (rc == BASEDIRS_FILE)
			rc = id_use(s, &(struct id){ found.st.st_dev, found.st.st_ino }, err);
		else if (rc >= 0)
			rc = i < info->operands
				     ? 0
				     : error_set(err, EINVAL, "%s: wrong content", info->images[i]);
	}
	free(v);
	return rc;
}

/* Fails closed: prints nothing before every image and basedir was read completely. */
int info_unused_objects(struct info *info, char **args, struct error *err)
{
	struct stored s = { 0 };
	struct image *images = NULL;
	struct objects o;
	int rc;

	hash_key_init(&s.key);
	s.algorithm = info->repo ? info->repository.algorithm : CFS_NO_ALGORITHM;
	rc = objects_open(&o, &images, info, err);
	for (u32 i = 0; !rc && args[i]; i++)
		if (images[i].super.version > CFS_VERSION_MAX)
			rc = error_set(err, EOPNOTSUPP, "%s: unknown format version %u", args[i],
				       images[i].super.version);
	if (!rc && info->repo)
		rc = use_images(&s, info, images, err);
	if (!rc)
		rc = resolve_others(&s, info, &o, err);
	for (unsigned int i = 0; !rc && i < info->dirs.n; i++)
		rc = scan_basedir(&s, info->dirs.fd[i], info->dirs.name[i], err);
	if (!rc && sort_strings(s.v, s.n))
		rc = error_nomem(err);
	if (!rc)
		rc = print_unused(info, &s, &o, err);
	free(s.v);
	table_release(&s.used);
	arena_release(&s.arena);
	objects_close(&o, images);
	return rc ? EXIT_FAILED : EXIT_DONE;
}
