// SPDX-License-Identifier: GPL-2.0-only
#include "files/newfile.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h> /* renameat() */
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DIGITS 16
#define TRIES 100 /* of a random name that is taken */

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

void newfile_random(char name[NEWFILE_NAME])
{
	u64 r;

	/*
	 * Early in boot getrandom() may not be ready. The name must be new, but need not be
	 * secret.
	 */
	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r)) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		r = (u64)getpid() << 40 ^ (u64)now.tv_sec << 30 ^ (u64)now.tv_nsec;
	}
	text_format(name, NEWFILE_NAME, NEWFILE_PREFIX "%016llx", (unsigned long long)r);
}

static void proc_path(char path[32], int fd)
{
	text_format(path, 32, "/proc/self/fd/%d", fd);
}

/*
 * First try the way without /proc, which may be missing. It needs CAP_DAC_READ_SEARCH or a
 * newer kernel.
 */
static int link_fd(int fd, int dir, const char *name)
{
	char path[32];

	if (!linkat(fd, "", dir, name, AT_EMPTY_PATH))
		return 0;
	if (errno == EEXIST)
		return -1;
	proc_path(path, fd);
	return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW);
}

/*
 * Whether link_fd() will work. The name "." exists, and the kernel checks the right to
 * link from a descriptor before the name.
 */
bool newfile_linkable(const struct newfile *f, int dir)
{
	char path[32];

	if (linkat(f->fd, "", dir, ".", AT_EMPTY_PATH) && errno == EEXIST)
		return true;
	proc_path(path, f->fd);
	return access(path, F_OK) == 0;
}

int newfile_unnamed(struct newfile *f, int dir, mode_t mode)
{
	*f = NEWFILE_NONE;
	f->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (f->fd >= 0)
		return 0;
	/*
	 * Kernels and file systems without O_TMPFILE report a directory opened for writing, or a
	 * missing name.
	 */
	if (errno == EISDIR || errno == ENOENT || errno == EINVAL)
		errno = EOPNOTSUPP;
	return -1;
}

/* Whether @name in @dir still is what @fd has open. */
static bool leads_to(int dir, const char *name, int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/*
 * Take the lock that marks the file as in use. False if a sweeper held the lock or has
 * removed the name. File systems without locks have no sweeper.
 */
static bool claim(int dir, const char *name, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return false;
	return leads_to(dir, name, fd);
}

int newfile_private(struct newfile *f, int dir, const char *name, mode_t mode)
{
	*f = NEWFILE_NONE;
	f->fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (f->fd < 0)
		return -1;
	f->dir = dir;
	text_format(f->name, sizeof(f->name), "%s", name);
	return 0;
}

int newfile_named(struct newfile *f, int dir, mode_t mode)
{
	char name[NEWFILE_NAME];

	*f = NEWFILE_NONE;
	for (unsigned int i = 0; i < TRIES; i++) {
		newfile_random(name);
		if (newfile_private(f, dir, name, mode)) {
			if (errno == EEXIST)
				continue;
			return -1;
		}
		if (claim(dir, name, f->fd))
			return 0;
		newfile_drop(f);
	}
	errno = EEXIST;
	return -1;
}

int newfile_reopen(struct newfile *f)
{
	char path[32];
	int fd;

	if (f->name[0]) {
		fd = openat(f->dir, f->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	} else {
		proc_path(path, f->fd);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return -1;
	if (close(f->fd)) {
		int code = errno;

		f->fd = fd;
		errno = code;
		return -1;
	}
	f->fd = fd;
	return 0;
}

/* From one name to another that must be free. */
static int move(struct newfile *f, int dir, const char *name)
{
	if (!syscall(SYS_renameat2, f->dir, f->name, dir, name, RENAME_NOREPLACE)) {
		f->name[0] = 0;
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(f->dir, f->name, dir, name, 0))
		return -1;
	if (!unlinkat(f->dir, f->name, 0))
		f->name[0] = 0;
	return 0;
}

int newfile_link(struct newfile *f, int dir, const char *name)
{
	return f->name[0] ? move(f, dir, name) : link_fd(f->fd, dir, name);
}

/* A random name in @dir for a file that has none. */
static int name_it(struct newfile *f, int dir)
{
	char name[NEWFILE_NAME];

	/* A sweeper must find it locked from the start. */
	(void)flock(f->fd, LOCK_EX | LOCK_NB);
	for (unsigned int i = 0; i < TRIES; i++) {
		newfile_random(name);
		if (!link_fd(f->fd, dir, name)) {
			f->dir = dir;
			memcpy(f->name, name, sizeof(f->name));
			return 0;
		}
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

int newfile_replace(struct newfile *f, int tmpdir, int dir, const char *name)
{
	if (!f->name[0] && name_it(f, tmpdir))
		return -1;
	if (renameat(f->dir, f->name, dir, name))
		return -1;
	f->name[0] = 0;
	return 0;
}

int newfile_unname(struct newfile *f)
{
	if (f->name[0] && unlinkat(f->dir, f->name, 0))
		return -1;
	f->name[0] = 0;
	return 0;
}

int newfile_drop(struct newfile *f)
{
	int rc = 0;

	if (f->name[0])
		unlinkat(f->dir, f->name, 0);
	if (f->fd >= 0)
		rc = close(f->fd);
	*f = NEWFILE_NONE;
	return rc;
}

int newfile_tmpdir(int dir, char name[NEWFILE_NAME])
{
	int fd;

	for (unsigned int i = 0; i < TRIES; i++) {
		newfile_random(name);
		if (mkdirat(dir, name, 0700)) {
			if (errno == EEXIST)
				continue;
			return -1;
		}
		fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && claim(dir, name, fd))
			return fd;
		if (fd < 0 && errno != ENOENT) {
			int code = errno;

			unlinkat(dir, name, AT_REMOVEDIR);
			errno = code;
			return -1;
		}
		if (fd >= 0)
			close(fd);
	}
	errno = EEXIST;
	return -1;
}

/* Whether newfile_random() made the name. No other file is ever removed. */
static bool is_ours(const char *name)
{
	size_t len = strlen(NEWFILE_PREFIX);

	return !strncmp(name, NEWFILE_PREFIX, len) && strlen(name + len) == DIGITS &&
	       strspn(name + len, "0123456789abcdef") == DIGITS;
}

/* Remove the files of an abandoned temporary directory; it holds no directories. */
static void empty(int fd)
{
	int again = dup(fd);
	DIR *d = again < 0 ? NULL : fdopendir(again);
	struct dirent *e;

	if (!d) {
		if (again >= 0)
			close(again);
		return;
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(fd, e->d_name, 0);
	closedir(d);
}

static void remove_left_over(int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
	    !flock(fd, LOCK_EX | LOCK_NB) && leads_to(dir, name, fd)) {
		if (S_ISDIR(st.st_mode))
			empty(fd);
		unlinkat(dir, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
	}
	close(fd);
}

void newfile_sweep(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (is_ours(e->d_name))
			remove_left_over(dir, e->d_name);
	closedir(d);
}
