// SPDX-License-Identifier: GPL-2.0-only
#include "repo/repo.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>
#include "base/text.h"
#include "files/beneath.h"
#include "files/io.h"
#include "files/newfile.h"
#include "verity/verity.h"

#define META "meta.json"

/* ---- opening -------------------------------------------------------------- */

static int fail_in(const struct repo *r, const char *what, struct error *err)
{
	return error_sys(err, "%s/%s", r->name, what);
}

/* Wait for the shared lock. */
static int lock(const struct repo *r, const struct repo_want *want, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 100000000 };

	for (unsigned int tries = 0; flock(r->fd, LOCK_SH | LOCK_NB); tries++) {
		if (errno == EOPNOTSUPP || errno == ENOLCK || errno == ENOSYS)
			return 0; /* without locks there is no collector that asks for one */
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_sys(err, "%s: flock", r->name);
		if (tries == 20 && want->waiting)
			want->waiting(r->name);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* 1: the directory has no entry but temporary files of writers; -1 and a text. */
static int is_empty(const struct repo *r, struct error *err)
{
	int fd = openat(r->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 1;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		fail_in(r, ".", err);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	errno = 0;
	while (rc && (d = readdir(dir)))
		rc = !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..") ||
		     !strncmp(d->d_name, NEWFILE_PREFIX, strlen(NEWFILE_PREFIX));
	if (rc && errno)
		rc = error_sys(err, "%s: read", r->name);
	closedir(dir);
	return rc;
}

static int read_meta(struct repo *r, int fd, struct error *err)
{
	char *text = malloc(REPO_META_MAX + 1);
	struct cfs_digest digest;
	ssize_t n = text ? io_read(fd, text, REPO_META_MAX + 1) : 0;
	int rc;

	if (!text)
		rc = error_nomem(err);
	else if (n < 0)
		rc = error_sys(err, "read");
	else if ((size_t)n > REPO_META_MAX)
		rc = error_set(err, EFBIG, "more than 65536 bytes");
	else
		rc = repo_meta_parse(r, text, (size_t)n, err);
	free(text);
	if (rc) {
		error_in(err, "%s/" META, r->name);
		return 1;
	}
	rc = verity_measure(fd, r->algorithm, &digest);
	if (rc < 0)
		return error_sys(err, "%s/" META ": FS_IOC_MEASURE_VERITY", r->name);
	r->sealed = rc == VERITY_SEALED;
	return 0;
}

static const char meta_head[] = "{\n  \"version\": 1,\n  \"algorithm\": \"fsverity-";
static const char meta_tail[] =
	"-12\",\n  \"features\": {\n    \"compatible\": [],\n    \"read-only-compatible\": [\n"
	"      \"v1_erofs\"\n    ],\n    \"incompatible\": []\n  },\n  \"erofs_formats\": {\n"
	"    \"default\": 1\n  }\n}\n";

/* fs-verity on the new description, where the file system can. */
static int seal_meta(struct repo *r, struct newfile *f, const char *text, size_t len,
		     const struct repo_want *want, struct error *err)
{
	struct verity *v = malloc(sizeof(*v));
	struct cfs_digest digest;
	int rc;

	if (!v)
		return error_nomem(err);
	verity_memory(v, r->algorithm, text, len, &digest);
	free(v);
	rc = newfile_reopen(f) ? -1 : verity_seal(f->fd, &digest);
	if (rc > 0)
		return error_set(err, EUCLEAN, "%s/" META ": changed before it had fs-verity",
				 r->name);
	r->sealed = !rc;
	if (!rc || (errno == EOPNOTSUPP && !want->require_verity))
		return 0;
	return error_sys(err, "%s/" META ": FS_IOC_ENABLE_VERITY", r->name);
}

static int make_meta(struct repo *r, const struct repo_want *want, struct error *err)
{
	const char *word;
	struct newfile f;
	char text[400];
	size_t len;
	int rc = 0;

	r->algorithm = want->algorithm ? want->algorithm : CFS_SHA256;
	r->formats = 1u << 1;
	word = cfs_algorithm_word(r->algorithm);
	len = (size_t)text_format(text, sizeof(text), "%s%s%s", meta_head, word, meta_tail);
	if (newfile_named(&f, r->fd, 0644))
		return fail_in(r, META, err);
	if (io_write(f.fd, text, len) || fchmod(f.fd, 0644))
		rc = fail_in(r, META, err);
	if (!rc)
		rc = seal_meta(r, &f, text, len, want, err);
	if (!rc && !want->no_sync && fsync(f.fd))
		rc = fail_in(r, META, err);
	/* Another writer may have been faster: then its description counts. */
	if (!rc && newfile_link(&f, r->fd, META) && errno != EEXIST)
		rc = fail_in(r, META, err);
	if (newfile_drop(&f) && !rc)
		rc = fail_in(r, META, err);
	if (!rc && !want->no_sync && fsync(r->fd))
		rc = error_sys(err, "%s: fsync", r->name);
	return rc;
}

static int check(const struct repo *r, const struct repo_want *want, struct error *err)
{
	if (want->algorithm && want->algorithm != r->algorithm)
		return error_set(err, EINVAL,
				 "%s/" META ": algorithm is fsverity-%s-12, --hash-alg says %s",
				 r->name, cfs_algorithm_word(r->algorithm),
				 cfs_algorithm_word(want->algorithm));
	if (want->write && r->unknown_feature)
		return error_set(
			err, EOPNOTSUPP,
			"%s/" META
			": unknown feature \"%s\": this repository can be read, not written",
			r->name, r->feature);
	return 0;
}

static int open_meta(const struct repo *r)
{
	return beneath_open(r->fd, META, strlen(META), O_RDONLY | O_NONBLOCK);
}

/* Make a description if there is nothing yet. -1 and a text. */
static int make_if_empty(struct repo *r, const struct repo_want *want, struct error *err)
{
	int rc = is_empty(r, err);

	return rc > 0 ? make_meta(r, want, err) : rc;
}

/* Returns 1. */
static int without_meta(const struct repo *r, struct error *err)
{
	if (!faccessat(r->fd, "objects", F_OK, AT_SYMLINK_NOFOLLOW))
		error_set(
			err, EINVAL,
			"%s: repository of an older kind, without meta.json; cfsctl init upgrades it",
			r->name);
	else
		error_set(err, EINVAL, "%s: not a repository: no meta.json", r->name);
	return 1;
}

/* Read the description, or make it. 0; 1 and a text: it is missing or refused; -1 and a text. */
static int get_meta(struct repo *r, const struct repo_want *want, struct error *err)
{
	int fd = open_meta(r), rc;

	if (fd < 0 && errno == ENOENT) {
		if (want->write && make_if_empty(r, want, err))
			return -1;
		/* Another writer may have made it since. */
		fd = open_meta(r);
	}
	if (fd >= 0) {
		rc = read_meta(r, fd, err);
		close(fd);
		return rc;
	}
	if (errno == ENOENT)
		return without_meta(r, err);
	fail_in(r, META, err);
	return 1;
}

int repo_open(struct repo *r, const char *name, const struct repo_want *want, struct error *err)
{
	int rc;

	*r = (struct repo){ .name = name, .fd = -1 };
	if (want->write && mkdir(name, 0700) && errno != EEXIST)
		return error_sys(err, "%s: mkdir", name);
	r->fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->fd < 0)
		return error_sys(err, "%s: open", name);
	if (!want->no_lock && lock(r, want, err))
		return -1;
	if (want->write)
		newfile_sweep(r->fd);
	rc = get_meta(r, want, err);
	if (!rc && check(r, want, err))
		rc = -1;
	return rc && want->write ? -1 : rc;
}

void repo_close(struct repo *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/* ---- links ---------------------------------------------------------------- */

bool repo_ref_is_valid(const char *ref)
{
	size_t len = strlen(ref), n;

	if (!len || len > REPO_REF_MAX || !text_is_utf8(ref, len))
		return false;
	for (;; ref += n + 1) {
		n = strcspn(ref, "/");
		if (!n || n > 255 || (n == 1 && *ref == '.') || (n == 2 && !memcmp(ref, "..", 2)))
			return false;
		if (!ref[n])
			return true;
	}
}

void repo_target(char target[REPO_TARGET], const struct cfs_digest *digest)
{
	memcpy(target, "../objects/", 11);
	target[11 + cfs_object_name(target + 11, digest->algorithm, digest->b)] = '\0';
}

/* Open a directory below @at; make it if it is missing. -1 and errno. */
static int directory(int at, const char *name, size_t len)
{
	char part[256];
	bool made;
	int fd;

	memcpy(part, name, len);
	part[len] = '\0';
	made = mkdirat(at, part, 0755) == 0;
	if (!made && errno != EEXIST)
		return -1;
	fd = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && made && fchmod(fd, 0755)) { /* whatever the umask is */
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Replace a symbolic link. The new one is made in a temporary directory at the top of the
 * repository, where a later writer finds it if this one is killed. -1 and errno.
 */
static int replace_link(const struct repo *r, int dir, const char *name, const char *target)
{
	char temp[NEWFILE_NAME];
	int tmp = newfile_tmpdir(r->fd, temp), rc, code;

	if (tmp < 0)
		return -1;
	rc = symlinkat(target, tmp, "link");
	if (!rc && renameat(tmp, "link", dir, name))
		rc = -1;
	code = errno;
	if (rc)
		(void)unlinkat(tmp, "link", 0);
	(void)unlinkat(r->fd, temp, AT_REMOVEDIR);
	close(tmp);
	errno = code;
	return rc;
}

/*
 * A symbolic link @name in @dir that says @target; another one in its place is replaced.
 * A link that is right may be a killed writer's, so it is synced as well. -1 and errno.
 */
static int put_link(const struct repo *r, int dir, const char *name, const char *target,
		    bool no_sync)
{
	char is[4096];
	ssize_t n;

	/* Twice, if another writer makes the link after the first look. */
	for (int i = 0; i < 2; i++) {
		n = readlinkat(dir, name, is, sizeof(is));
		if (n >= 0 || errno != ENOENT)
			break;
		if (!symlinkat(target, dir, name))
			return no_sync ? 0 : fsync(dir);
		if (errno != EEXIST)
			return -1;
	}
	if (n < 0) {
		if (errno == EINVAL)
			errno = EEXIST; /* it is not a symbolic link */
		return -1;
	}
	if (((size_t)n != strlen(target) || memcmp(is, target, (size_t)n)) &&
	    replace_link(r, dir, name, target))
		return -1;
	return no_sync ? 0 : fsync(dir);
}

/* images/refs/@ref, below the directory images. */
static int link_ref(const struct repo *r, int images, const char *hex, const char *ref,
		    bool no_sync)
{
	char target[3 * REPO_REF_MAX + CFS_HEX_MAX + 8] = "../";
	int at = directory(images, "refs", 4), next, rc;
	size_t n;

	while (at >= 0 && (n = strcspn(ref, "/"), ref[n])) {
		next = directory(at, ref, n);
		if (next >= 0 && !no_sync && fsync(at)) {
			close(next);
			next = -1;
		}
		close(at);
		at = next;
		ref += n + 1;
		strcat(target, "../");
	}
	if (at < 0)
		return -1;
	strcat(target, hex);
	rc = put_link(r, at, ref, target, no_sync);
	close(at);
	return rc;
}

int repo_link(const struct repo *r, const struct cfs_digest *image, const char *ref, bool no_sync,
	      struct error *err)
{
	char target[REPO_TARGET], hex[TEXT_DIGEST];
	int images = directory(r->fd, "images", 6), rc = 0;

	if (images < 0)
		return fail_in(r, "images", err);
	repo_target(target, image);
	text_digest(hex, image);
	if (put_link(r, images, hex, target, no_sync))
		rc = error_sys(err, "%s/images/%s: link", r->name, hex);
	if (!rc && !no_sync && fsync(r->fd))
		rc = error_sys(err, "%s: fsync", r->name);
	if (!rc && ref && (link_ref(r, images, hex, ref, no_sync) || (!no_sync && fsync(images))))
		rc = error_sys(err, "%s/images/refs/%s: link", r->name, ref);
	close(images);
	return rc;
}
