// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/copydir.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "applets/mount/host.h"
#include "applets/mount/signals.h"
#include "applets/setup-root/dirqueue.h"
#include "base/arena.h"
#include "base/hash.h"
#include "files/io.h"

#define PIECE ((size_t)64 << 10) /* also the limit for the value of an xattr, and for their names */

/* A file that has several names, and the path of its copy. */
struct linked {
	u64 inode;
	char path[];
};

struct copy {
	const struct copydir *job;
	struct error *err;
	struct dirqueue dirs;
	struct arena arena;
	struct hash_key key;
	struct table links;
	char *piece, *names; /* PIECE bytes each */
};

/* The directory whose entries are copied. */
struct level {
	const char *path; /* below the top */
	int from, to;
};

/* Report a failed call for an entry. Returns -1. */
static int entry_fail(const struct copy *c, const struct level *l, const char *name,
		      const char *what)
{
	return error_sys(c->err, "%s%s%s%s: copy to %s: %s", c->job->from_shown, l->path,
			 *name ? "/" : "", name, c->job->to_shown, what);
}

/* Copy all xattrs from one descriptor to another, which O_PATH may have opened. -1 and errno. */
static int copy_xattrs(struct copy *c, int from, int to)
{
	char room[2][FDNAME_ROOM];
	const char *a = host_fdname(c->job->host, room[0], from);
	const char *b = host_fdname(c->job->host, room[1], to);
	ssize_t n = listxattr(a, c->names, PIECE);

	if (n < 0)
		return errno == EOPNOTSUPP ? 0 : -1;
	for (const char *name = c->names; name < c->names + n; name += strlen(name) + 1) {
		ssize_t len = getxattr(a, name, c->piece, PIECE);

		if (len < 0 || setxattr(b, name, c->piece, (size_t)len, 0))
			return -1;
	}
	return 0;
}

/*
 * Give the copy owner, mode, xattrs and times, in this order: a change of the owner clears
 * set-user-ID and capabilities. A symbolic link has no mode. @from and @to may be O_PATH.
 */
static int copy_metadata(struct copy *c, const struct level *l, const char *name, int from, int to,
			 const struct stat *st)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	char room[FDNAME_ROOM];
	const char *fd = host_fdname(c->job->host, room, to);

	if (fchownat(to, "", st->st_uid, st->st_gid, AT_EMPTY_PATH))
		return entry_fail(c, l, name, "owner");
	if (!S_ISLNK(st->st_mode) && fchmodat(AT_FDCWD, fd, st->st_mode & 07777, 0))
		return entry_fail(c, l, name, "mode");
	if (copy_xattrs(c, from, to))
		return entry_fail(c, l, name, "xattrs");
	if (utimensat(AT_FDCWD, fd, times, 0))
		return entry_fail(c, l, name, "times");
	return 0;
}

static bool is_zero(const char *p, size_t len)
{
	return !p[0] && !memcmp(p, p + 1, len - 1);
}

static int copy_bytes(struct copy *c, int from, int to)
{
	off_t size = 0;
	ssize_t n;

	while ((n = io_read(from, c->piece, PIECE)) > 0) {
		size += n;
		if (is_zero(c->piece, (size_t)n) ? lseek(to, n, SEEK_CUR) < 0
						 : io_write(to, c->piece, (size_t)n))
			return -1;
	}
	return n < 0 ? -1 : ftruncate(to, size);
}

/* Make a file with the content of a regular one. */
static int make_regular(struct copy *c, const struct level *l, const char *name)
{
	int from = openat(l->from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), to, rc;

	if (from < 0)
		return entry_fail(c, l, name, "open");
	to = openat(l->to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		rc = entry_fail(c, l, name, "create");
	else
		rc = copy_bytes(c, from, to) ? entry_fail(c, l, name, "content") : 0;
	if (to >= 0)
		close(to);
	close(from);
	return rc;
}

static int make_link(struct copy *c, const struct level *l, const char *name)
{
	ssize_t n = readlinkat(l->from, name, c->piece, PIECE - 1);

	if (n < 0)
		return entry_fail(c, l, name, "read the link");
	c->piece[n] = '\0';
	return symlinkat(c->piece, l->to, name) ? entry_fail(c, l, name, "create") : 0;
}

/* Make a device, FIFO or socket. */
static int make_special(struct copy *c, const struct level *l, const char *name,
			const struct stat *st)
{
	return mknodat(l->to, name, st->st_mode & (S_IFMT | 0600), st->st_rdev)
		       ? entry_fail(c, l, name, "create")
		       : 0;
}

static bool same_inode(const void *item, const void *want)
{
	return ((const struct linked *)item)->inode == *(const u64 *)want;
}

/* Remember the path of the copy of a file with several names. */
static int remember(struct copy *c, const struct level *l, const char *name, u64 inode, u64 hash)
{
	size_t dir = strlen(l->path), len = strlen(name) + 1;
	struct linked *linked = arena_alloc(&c->arena, sizeof(*linked) + dir + 1 + len);

	if (!linked)
		return error_nomem(c->err);
	linked->inode = inode;
	/* Without the slash at the start of a path. */
	if (dir) {
		memcpy(linked->path, l->path + 1, dir - 1);
		linked->path[dir - 1] = '/';
	}
	memcpy(linked->path + dir, name, len);
	return table_add(&c->links, hash, linked) ? error_nomem(c->err) : 0;
}

/* Copy anything but a directory. */
static int copy_file(struct copy *c, const struct level *l, const char *name, const struct stat *st)
{
	int from, to, rc;

	if (S_ISREG(st->st_mode))
		rc = make_regular(c, l, name);
	else if (S_ISLNK(st->st_mode))
		rc = make_link(c, l, name);
	else
		rc = make_special(c, l, name, st);
	if (rc)
		return -1;
	from = openat(l->from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	to = openat(l->to, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (from < 0 || to < 0)
		rc = entry_fail(c, l, name, "open");
	else
		rc = copy_metadata(c, l, name, from, to, st);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return rc;
}

/* Copy a file that may have been copied under another of its names. */
static int copy_or_link(struct copy *c, const struct level *l, const char *name,
			const struct stat *st)
{
	const struct linked *first;
	u64 inode = st->st_ino, hash;

	if (st->st_nlink < 2)
		return copy_file(c, l, name, st);
	hash = hash_bytes(&c->key, 0, &inode, sizeof(inode));
	first = table_find(&c->links, hash, same_inode, &inode);
	if (!first)
		return copy_file(c, l, name, st) ? -1 : remember(c, l, name, inode, hash);
	return linkat(c->job->to, first->path, l->to, name, 0) ? entry_fail(c, l, name, "link") : 0;
}

static int copy_entry(struct copy *c, const struct level *l, const char *name)
{
	struct stat st;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	if (signals_check(c->err))
		return -1;
	if (fstatat(l->from, name, &st, AT_SYMLINK_NOFOLLOW))
		return entry_fail(c, l, name, "stat");
	if (!S_ISDIR(st.st_mode))
		return copy_or_link(c, l, name, &st);
	if (mkdirat(l->to, name, 0700))
		return entry_fail(c, l, name, "create");
	return dirqueue_add(&c->dirs, l->path, name) ? entry_fail(c, l, name, "queue") : 0;
}

/* Copy the entries of a directory; its directories are queued. */
static int copy_entries(struct copy *c, const struct level *l)
{
	int fd = fcntl(l->from, F_DUPFD_CLOEXEC, 3), rc = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		rc = entry_fail(c, l, "", "open");
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	while (!rc && (e = readdir(dir))) {
		rc = copy_entry(c, l, e->d_name);
		errno = 0;
	}
	if (!rc && errno)
		rc = entry_fail(c, l, "", "read");
	closedir(dir);
	return rc;
}

/* Copy a directory. Nothing is added to it later, so its times are final. */
static int copy_dir(struct copy *c, const char *path)
{
	struct level l = { .path = path, .from = dirqueue_open(c->job->from, path), .to = -1 };
	struct stat st;
	int rc;

	if (l.from >= 0)
		l.to = dirqueue_open(c->job->to, path);
	if (l.to < 0 || fstat(l.from, &st))
		rc = entry_fail(c, &l, "", "open");
	else
		rc = copy_entries(c, &l) || copy_metadata(c, &l, "", l.from, l.to, &st) ? -1 : 0;
	if (l.from >= 0)
		close(l.from);
	if (l.to >= 0)
		close(l.to);
	return rc;
}

int copydir(const struct copydir *job, struct error *err)
{
	struct copy c = { .job = job, .err = err, .piece = malloc(2 * PIECE) };
	char path[DIRQUEUE_PATH];
	int rc;

	if (!c.piece)
		return error_nomem(err);
	c.names = c.piece + PIECE;
	hash_key_init(&c.key);
	rc = dirqueue_add(&c.dirs, "", "") ? error_nomem(err) : 0;
	while (!rc && dirqueue_take(&c.dirs, path))
		rc = copy_dir(&c, path);
	dirqueue_release(&c.dirs);
	table_release(&c.links);
	arena_release(&c.arena);
	free(c.piece);
	return rc;
}
