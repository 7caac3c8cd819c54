// SPDX-License-Identifier: GPL-2.0-only
/* Calls that should be refused, and calls with every size and flag there is. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "guest.h"

static int bad;

static void expect_refused(const char *what, int rc)
{
	if (rc >= 0) {
		printf("%s worked\n", what);
		bad = 1;
	} else if (errno != EROFS && errno != EPERM) {
		printf("%s: %s\n", what, ename(errno));
		bad = 1;
	}
}

/* readonly DIR FILE: every call that would change something */
int cmd_readonly(char **args)
{
	char name[512];
	struct timeval times[2] = { 0 };

	snprintf(name, sizeof(name), "%s/new-name", args[0]);
	expect_refused("creat", open(name, O_CREAT | O_WRONLY, 0600));
	expect_refused("mkdir", mkdir(name, 0700));
	expect_refused("symlink", symlink("a", name));
	expect_refused("mknod", mknod(name, S_IFIFO | 0600, 0));
	expect_refused("link", link(args[1], name));
	expect_refused("rename", rename(args[1], name));
	expect_refused("unlink", unlink(args[1]));
	expect_refused("write", open(args[1], O_WRONLY));
	expect_refused("rdwr", open(args[1], O_RDWR));
	expect_refused("trunc", open(args[1], O_RDONLY | O_TRUNC));
	expect_refused("truncate", truncate(args[1], 0));
	expect_refused("chmod", chmod(args[1], 0600));
	expect_refused("chown", chown(args[1], 1, 1));
	expect_refused("utimes", utimes(args[1], times));
	expect_refused("setxattr", setxattr(args[1], "user.x", "y", 1, 0));
	expect_refused("trusted", setxattr(args[1], "trusted.x", "y", 1, 0));
	expect_refused("removexattr", removexattr(args[1], "user.x"));
	expect_refused("acl", setxattr(args[1], "system.posix_acl_access", "\2\0\0\0", 4, 0));
	if (open(args[0], O_TMPFILE | O_RDWR, 0600) >= 0 ||
	    (errno != EROFS && errno != EOPNOTSUPP)) {
		printf("O_TMPFILE: %s\n", ename(errno));
		bad = 1;
	}
	return bad;
}

static uint64_t dir_hash(int fd, size_t size, unsigned long *n)
{
	_Alignas(8) static char buf[65536];
	uint64_t h = HASH_START;
	long got;

	*n = 0;
	if (lseek(fd, 0, SEEK_SET))
		die("lseek");
	while ((got = dents(fd, buf, size)) > 0)
		for (long at = 0; at < got; (*n)++) {
			struct dirent64 *d = (struct dirent64 *)(void *)(buf + at);

			h = hash_add(h, d->name, strlen(d->name));
			at += d->len;
		}
	if (got < 0) {
		printf("getdents with %zu: %s\n", size, ename(errno));
		bad = 1;
	}
	return h;
}

/* dents DIR: buffers of 1 byte to 64 KiB, and positions that mean nothing */
int cmd_dents(char **args)
{
	_Alignas(8) static char buf[4096];
	int fd = open(args[0], O_RDONLY | O_DIRECTORY);
	unsigned long want_n, n, calls;
	uint64_t want = dir_hash(fd, 65536, &want_n), seed = 12345;

	for (size_t size = 1; size <= 65536; size += size < 400 ? 1 : size / 3) {
		lseek(fd, 0, SEEK_SET);
		if (size < 280) { /* too small for some name: must end or say EINVAL */
			for (calls = 0; calls < want_n + 8 && dents(fd, buf, size) > 0; calls++)
				;
			if (calls > want_n + 4) {
				printf("no end with %zu\n", size);
				bad = 1;
			}
		} else if (dir_hash(fd, size, &n) != want) {
			printf("%lu entries of %lu with %zu\n", n, want_n, size);
			bad = 1;
		}
	}
	for (int i = 0; i < 2000; i++) {
		off_t at;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		at = (off_t)(i & 1 ? seed >> 1 : seed >> 48);
		if (lseek(fd, at, SEEK_SET) < 0 && errno != EINVAL)
			die("lseek");
		for (calls = 0; calls < want_n + 8 && dents(fd, buf, sizeof(buf)) > 0; calls++)
			;
		if (calls > want_n + 4) {
			printf("no end from %lld\n", (long long)at);
			bad = 1;
		}
	}
	printf("%lu entries\n", want_n);
	return bad;
}

/* listsizes FILE: listxattr and getxattr with every size from 0 up */
int cmd_listsizes(char **args)
{
	static char list[65536], value[65536];
	ssize_t len = llistxattr(args[0], NULL, 0), v;

	for (ssize_t size = 1; size <= len + 8; size++) {
		memset(list, 0x55, sizeof(list));
		v = llistxattr(args[0], list, (size_t)size);
		if (size < len ? v != -1 || errno != ERANGE : v != len) {
			printf("list with %zd: %zd\n", size, v);
			bad = 1;
		}
		if (list[size] != 0x55)
			die("beyond the buffer");
	}
	for (char *p = list; p < list + len; p += strlen(p) + 1) {
		ssize_t full = lgetxattr(args[0], p, NULL, 0);

		for (ssize_t size = 1; size <= full + 4; size++) {
			v = lgetxattr(args[0], p, value, (size_t)size);
			if (size < full ? v != -1 || errno != ERANGE : v != full) {
				printf("%s with %zd: %zd\n", p, size, v);
				bad = 1;
			}
		}
	}
	printf("%zd bytes\n", len);
	return bad;
}

/* openflags PATH...: each flag there is; nothing may hang or crash */
int cmd_openflags(char **args)
{
	unsigned long opened = 0, refused = 0;

	for (; *args; args++)
		for (int bit = 0; bit < 24; bit++)
			for (int mode = 0; mode < 4; mode++) {
				int flags = (1 << bit) | mode | O_NONBLOCK | O_NOCTTY, fd;

				fd = open(*args, flags & ~O_CREAT);
				if (fd >= 0)
					opened++;
				else
					refused++;
				close(fd);
			}
	printf("%lu opened, %lu refused\n", opened, refused);
	return 0;
}

static bool hostile_errno(int err)
{
	switch (err) {
	case EUCLEAN:
	case EIO:
	case ENOENT:
	case ELOOP:
	case EACCES:
	case EINVAL:
	case EOPNOTSUPP:
	case ENODATA:
	case ENXIO:
	case ENAMETOOLONG:
	case E2BIG:
	case ERANGE:
	case ENODEV:
	case ESTALE:
	case EPERM:
	case EFBIG:
		return true;
	}
	return false;
}

static void tour_failed(struct tour *t)
{
	t->errors++;
	if (!hostile_errno(errno))
		t->unexpected = errno;
}

static void tour_xattrs(const char *path, struct tour *t)
{
	static char list[65536], value[65536];
	ssize_t len = llistxattr(path, list, sizeof(list));
	int n = 0;

	if (len < 0) {
		tour_failed(t);
		len = 0;
	}
	for (char *p = list; p < list + len && n < 32; p += strlen(p) + 1, n++)
		if (lgetxattr(path, p, value, sizeof(value)) < 0)
			tour_failed(t);
	if (lgetxattr(path, "system.posix_acl_access", value, sizeof(value)) < 0)
		tour_failed(t);
}

static void tour_file(int dir, const char *name, struct tour *t)
{
	static char buf[8192];
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0) {
		tour_failed(t);
		return;
	}
	n = read(fd, buf, sizeof(buf));
	if (n < 0)
		tour_failed(t);
	if (n > 0) {
		void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

		if (p == MAP_FAILED)
			tour_failed(t);
		else
			munmap(p, 4096);
	}
	close(fd);
}

static void tour_entry(int dir, const char *name, int depth, struct tour *t)
{
	char path[64 + 256], link[4096];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW)) {
		tour_failed(t);
		return;
	}
	tour_xattrs(path, t);
	if (S_ISLNK(st.st_mode) && readlinkat(dir, name, link, sizeof(link)) < 0)
		tour_failed(t);
	if (S_ISREG(st.st_mode))
		tour_file(dir, name, t);
	if (S_ISDIR(st.st_mode))
		tour(dir, name, depth + 1, t);
}

void tour(int dirfd, const char *name, int depth, struct tour *t)
{
	_Alignas(8) char buf[4096];
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	long n;

	if (fd < 0) {
		tour_failed(t);
		return;
	}
	if (depth > 32)
		t->entries = t->max;
	while (t->entries < t->max && (n = dents(fd, buf, sizeof(buf))) != 0) {
		if (n < 0) {
			tour_failed(t);
			break;
		}
		for (long at = 0; at < n && t->entries < t->max;) {
			struct dirent64 *d = (struct dirent64 *)(void *)(buf + at);

			at += d->len;
			if (!strcmp(d->name, ".") || !strcmp(d->name, ".."))
				continue;
			t->entries++;
			tour_entry(fd, d->name, depth, t);
		}
	}
	close(fd);
}

/* probe stat|read|list|xattr|getx=NAME|tour PATH: one call, and its errno by name */
int cmd_probe(char **args)
{
	_Alignas(8) static char buf[65536];
	struct tour t = { .max = 2000 };
	struct stat st;
	long n = 0;
	int fd = -1;

	if (!strcmp(args[0], "stat")) {
		n = lstat(args[1], &st);
	} else if (!strcmp(args[0], "xattr")) {
		n = llistxattr(args[1], buf, sizeof(buf));
	} else if (!strncmp(args[0], "getx=", 5)) {
		n = lgetxattr(args[1], args[0] + 5, buf, sizeof(buf));
	} else if (!strcmp(args[0], "tour")) {
		fd = open(args[1], O_RDONLY);
		tour(fd, ".", 0, &t);
		printf("%lu entries, %lu errors, unexpected: %s\n", t.entries, t.errors,
		       ename(t.unexpected));
		return t.unexpected != 0;
	} else {
		n = fd = open(args[1], O_RDONLY | O_NONBLOCK);
		if (!strcmp(args[0], "read") && fd >= 0)
			n = read(fd, buf, sizeof(buf));
		if (!strcmp(args[0], "list") && fd >= 0)
			while ((n = dents(fd, buf, sizeof(buf))) > 0)
				;
	}
	puts(ename(n < 0 ? errno : 0));
	return 0;
}
