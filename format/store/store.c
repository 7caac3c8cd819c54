// SPDX-License-Identifier: GPL-2.0-only
#include "store/store_inside.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "files/beneath.h"
#include "files/io.h"
#include "base/text.h"

/* ---- what the directory and the kernel can ------------------------------- */

int store_in(const struct store *s, const struct cfs_digest *digest, struct error *err)
{
	char path[OBJECT_PATH];

	object_path(path, digest);
	return error_in(err, "%s/%s", s->name, path);
}

int store_failed(const struct store *s, const struct cfs_digest *digest, const char *what,
		 struct error *err)
{
	error_sys(err, "%s", what);
	return store_in(s, digest, err);
}

/* Since Linux 5.8 syncfs() reports failed writes. */
static bool kernel_is_58(void)
{
	struct utsname u;
	const char *dot, *end;
	u64 major, minor;

	if (uname(&u))
		return false;
	dot = strchr(u.release, '.');
	if (!dot || !text_number(u.release, (size_t)(dot - u.release), 10, UINT32_MAX, &major))
		return false;
	end = dot + 1 + strspn(dot + 1, "0123456789");
	if (!text_number(dot + 1, (size_t)(end - dot - 1), 10, UINT32_MAX, &minor))
		return false;
	return major > 5 || (major == 5 && minor >= 8);
}

int store_create(struct store *s, struct newfile *f)
{
	char name[NEWFILE_NAME];

	if (!s->named)
		return newfile_unnamed(f, s->dir, 0600);
	text_format(name, sizeof(name), "%u", atomic_fetch_add(&s->tmpcount, 1));
	return newfile_private(f, s->tmpdir, name, 0600);
}

static int use_names(struct store *s)
{
	s->tmpdir = newfile_tmpdir(s->dir, s->tmpname);
	s->named = s->tmpdir >= 0;
	return s->named ? 0 : -1;
}

/*
 * Errors that say nothing about support for fs-verity. If they counted as "no fs-verity",
 * the store would silently be without it.
 */
static bool is_fault(int code)
{
	return code == EIO || code == ENOMEM || code == ENOSPC || code == EDQUOT;
}

/* Returns 1 if a file without a name cannot be created or reopened. */
static int probe_once(struct store *s, struct error *err)
{
	struct newfile f;
	int rc = 0;

	if (store_create(s, &f)) {
		if (errno == EOPNOTSUPP && !s->named)
			return 1;
		return error_sys(err, "%s: open of a new file", s->name);
	}
	if (!s->named && !newfile_linkable(&f, s->dir))
		rc = 1;
	else if (io_write(f.fd, "", 1))
		rc = error_sys(err, "%s: write of a new file", s->name);
	else if (newfile_reopen(&f))
		rc = !s->named;
	else if (verity_enable(f.fd, s->flags.algorithm) == 0)
		s->verity = true;
	else if (is_fault(errno))
		rc = error_sys(err, "%s: FS_IOC_ENABLE_VERITY", s->name);
	newfile_drop(&f);
	return rc;
}

/*
 * Create a file as objects will be created: without a name and with fs-verity, if
 * possible. Without /proc an unnamed file cannot be reopened for fs-verity.
 */
static int probe(struct store *s, struct error *err)
{
	int rc = probe_once(s, err);

	if (rc <= 0)
		return rc;
	if (use_names(s))
		return error_sys(err, "%s: mkdir of a temporary directory", s->name);
	return probe_once(s, err);
}

static int open_directory(struct store *s, const char *path, struct error *err)
{
	bool made = mkdir(path, 0755) == 0;

	if (!made && errno != EEXIST)
		return error_sys(err, "%s: mkdir", path);
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return error_sys(err, "%s: open", path);
	if (made) {
		if (fchmod(s->dir, 0755))
			return error_sys(err, "%s: fchmod", path);
		s->parent = openat(s->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (s->parent < 0)
			return error_sys(err, "%s: open of its directory", path);
	}
	if (fstat(s->dir, &s->st))
		return error_sys(err, "%s: fstat", path);
	return 0;
}

/*
 * Lock the store and warn about its owner and mode (ST-8, ST-13). On a file system without
 * locks no collector can ask for one either.
 */
static void lock_and_warn(struct store *s)
{
	while (flock(s->dir, LOCK_SH) && errno == EINTR)
		;
	if (s->st.st_mode & (S_IWGRP | S_IWOTH))
		notes_add(s->notes,
			  "%s: group or others may write to the store and change its objects",
			  s->name);
	if (s->st.st_uid != 0 && s->st.st_uid != geteuid())
		notes_add(s->notes, "%s: the store belongs to another user, who may change objects",
			  s->name);
}

static void set_limits(struct store *s)
{
	struct rlimit r;
	size_t max = 512;

	if (!getrlimit(RLIMIT_NOFILE, &r) && r.rlim_cur < max + 64)
		max = r.rlim_cur > 64 ? (size_t)r.rlim_cur - 64 : 1;
	s->open_max = max;
	s->batch_max = max > 1 ? max / 2 : 1; /* one batch is synced while the other fills */
}

int store_open(struct store *s, const char *path, struct store_flags flags, struct notes *notes,
	       struct error *err)
{
	memset(s, 0, sizeof(*s));
	s->name = path;
	s->flags = flags;
	s->notes = notes;
	s->dir = s->parent = s->tmpdir = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->room, NULL);
	hash_key_init(&s->key);
	s->syncfs_tells = kernel_is_58();
	set_limits(s);
	if (open_directory(s, path, err))
		goto fail;
	lock_and_warn(s);
	newfile_sweep(s->dir);
	if (probe(s, err))
		goto fail;
	if (flags.require_verity && !s->verity) {
		error_set(err, EOPNOTSUPP, "%s: %s", path, verity_missing(s->dir));
		goto fail;
	}
	return 0;
fail:
	store_close(s);
	return -1;
}

void store_close(struct store *s)
{
	for (size_t i = 0; i < s->batched; i++)
		newfile_drop(&s->batch[i].file);
	free(s->batch);
	s->batch = NULL;
	s->batched = 0;
	if (s->tmpdir >= 0) {
		unlinkat(s->dir, s->tmpname, AT_REMOVEDIR);
		close(s->tmpdir);
	}
	if (s->parent >= 0)
		close(s->parent);
	if (s->dir >= 0)
		close(s->dir);
	s->dir = s->parent = s->tmpdir = -1;
	table_release(&s->known);
	arena_release(&s->arena);
	pthread_cond_destroy(&s->room);
	pthread_mutex_destroy(&s->lock);
}

/* ---- which objects are there -------------------------------------------- */

/* All digests of a run have the store's algorithm. */
static bool same_digest(const void *item, const void *want)
{
	const struct cfs_digest *digest = want;

	return !memcmp(item, digest->b, cfs_digest_size(digest->algorithm));
}

static u64 digest_hash(const struct store *s, const struct cfs_digest *digest)
{
	return hash_bytes(&s->key, 0, digest->b, cfs_digest_size(digest->algorithm));
}

bool store_known(struct store *s, const struct cfs_digest *digest)
{
	u64 hash = digest_hash(s, digest);
	bool known;

	pthread_mutex_lock(&s->lock);
	known = table_find(&s->known, hash, same_digest, digest);
	pthread_mutex_unlock(&s->lock);
	return known;
}

int store_claim(struct store *s, const struct cfs_digest *digest, struct error *err)
{
	const size_t size = cfs_digest_size(digest->algorithm);
	u64 hash = digest_hash(s, digest);
	int rc = 1;

	pthread_mutex_lock(&s->lock);
	if (!table_find(&s->known, hash, same_digest, digest)) {
		void *item = arena_alloc(&s->arena, size);

		rc = -1;
		if (item) {
			memcpy(item, digest->b, size);
			rc = table_add(&s->known, hash, item);
		}
	}
	pthread_mutex_unlock(&s->lock);
	if (rc < 0) {
		error_nomem(err);
		error_in(err, "%s", s->name);
	}
	return rc;
}

int store_look(struct store *s, struct verity_work *work, const struct cfs_digest *digest, u64 size,
	       enum object_state *state, struct error *err)
{
	struct object object;
	char path[OBJECT_PATH];
	int rc = 0;

	if (object_check(s->dir, work, digest, size, &object, err))
		return store_in(s, digest, err);
	if (object.state == OBJECT_GOOD) {
		if (s->verity && !object.verity)
			rc = verity_seal(object.fd, digest);
		if (rc < 0)
			rc = s->flags.require_verity
				     ? store_failed(s, digest, "FS_IOC_ENABLE_VERITY", err)
				     : 0;
		close(object.fd);
		if (rc < 0)
			return -1;
		if (rc) {
			object.state = OBJECT_BAD;
			object.what = "changed before fs-verity was enabled";
		}
	}
	*state = object.state;
	if (object.state == OBJECT_GOOD)
		atomic_fetch_add(&s->counts.found, 1);
	if (object.state == OBJECT_BAD) {
		object_path(path, digest);
		notes_add(s->notes, "%s/%s: %s; replaced", s->name, path, object.what);
	}
	return 0;
}
