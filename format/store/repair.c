// SPDX-License-Identifier: GPL-2.0-only
/* Replace a missing or wrong object by a good copy (VE-6). */
#include "store/store_inside.h"

#include <fcntl.h>
#include <unistd.h>
#include "files/beneath.h"

static int failed(const struct store *s, const char *path, const char *what, struct error *err)
{
	return error_sys(err, "%s/%s: %s", s->name, path, what);
}

/* Open a directory below @at, and make it if it is missing. -1 and errno. */
static int enter(int at, const char *name)
{
	int fd = beneath_open(at, name, strlen(name), O_RDONLY | O_DIRECTORY);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(at, name, 0755) && errno != EEXIST)
		return -1;
	fd = beneath_open(at, name, strlen(name), O_RDONLY | O_DIRECTORY);
	if (fd >= 0 && (fchmod(fd, 0755) || fsync(at))) {
		int code = errno;

		close(fd);
		errno = code;
		return -1;
	}
	return fd;
}

/* Open the directory of the last component of @path; *name becomes that component. -1 and errno. */
static int open_parent(const struct store *s, const char *path, const char **name)
{
	int at = dup(s->dir);

	while (at >= 0) {
		size_t len = strcspn(path, "/");
		char part[256];
		int next, code;

		if (!path[len]) {
			*name = path;
			return at;
		}
		next = -1;
		errno = ENAMETOOLONG;
		if (len < sizeof(part)) {
			memcpy(part, path, len);
			part[len] = 0;
			next = len ? enter(at, part) : dup(at);
		}
		code = errno;
		close(at);
		errno = code;
		at = next;
		path += len + 1;
	}
	return -1;
}

/*
 * Copy the file and compare its content with @want. 1: it differs. 2 and a text: it cannot
 * be read.
 */
static int copy(struct store *s, struct verity_work *work, const char *path, int fd,
		const struct stat *before, const struct cfs_digest *want, struct newfile *f,
		struct error *err)
{
	struct cfs_digest is;
	int rc;

	verity_work_use(work, want->algorithm);
	rc = verity_copy(work, fd, before, f->fd, &is);

	if (rc == -1) {
		error_sys(err, "read");
		return 2;
	}
	if (rc < 0)
		return failed(s, path, "write of a new file", err);
	if (rc || !cfs_digest_equal(&is, want))
		return 1;
	return fchmod(f->fd, 0644) ? failed(s, path, "fchmod", err) : 0;
}

static int put_name(struct store *s, const char *path, struct newfile *f, struct error *err)
{
	const char *name;
	struct stat st;
	int rc, dir = open_parent(s, path, &name);

	if (dir < 0)
		return failed(s, path, "open of its directory", err);
	rc = newfile_link(f, dir, name);
	if (rc && errno == EEXIST) {
		rc = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
		if (!rc && S_ISDIR(st.st_mode)) {
			close(dir);
			return 1;
		}
		rc = newfile_replace(f, s->dir, dir, name);
	}
	if (rc)
		failed(s, path, "link", err);
	else if (!s->flags.no_sync && fsync(dir))
		rc = failed(s, path, "fsync of its directory", err);
	close(dir);
	return rc;
}

int store_repair(struct store *s, struct verity_work *work, const char *path, int fd,
		 const struct stat *before, const struct cfs_digest *want, enum store_seal seal,
		 struct error *err)
{
	struct newfile f;
	int rc;

	if (!object_path_fits(path, strlen(path), want))
		return error_set(err, EINVAL,
				 "%s/%s: the name says another digest than the content has",
				 s->name, path);
	if (store_create(s, &f))
		return failed(s, path, "open of a new file", err);
	rc = copy(s, work, path, fd, before, want, &f, err);
	if (!rc && seal && atomic_load(&s->verity))
		rc = store_seal(s, work, &f, want, err);
	if (!rc && seal == STORE_SEAL_MUST && !atomic_load(&s->verity)) {
		error_set(err, EOPNOTSUPP, "fs-verity cannot be enabled: %s",
			  error_words(EOPNOTSUPP));
		rc = 2;
	}
	if (!rc && !s->flags.no_sync && fsync(f.fd))
		rc = failed(s, path, "fsync", err);
	if (!rc) {
		s->repaired = true;
		rc = put_name(s, path, &f, err);
	}
	if (newfile_drop(&f) && !rc)
		rc = failed(s, path, "close", err);
	return rc;
}
