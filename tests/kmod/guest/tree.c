// SPDX-License-Identifier: GPL-2.0-only
/* Trees: everything about every entry, in an order that can be compared. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "guest.h"

enum {
	LIST_INO = 1,
	LIST_DATA = 2,
	LIST_NOXATTR = 4,
	LIST_OVERLAY = 8,
	LIST_NOSIZE = 16
};

struct entry {
	char name[256];
	uint64_t ino;
	uint8_t type;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* All entries of a directory but the dots, sorted; *n of them, or -1 and errno. */
static struct entry *entries_read(int fd, long *n)
{
	_Alignas(8) static char buf[32768];
	struct entry *all = NULL;
	long got, used = 0, room = 0;

	while ((got = dents(fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < got;) {
			struct dirent64 *d = (struct dirent64 *)(void *)(buf + at);

			at += d->len;
			if (!strcmp(d->name, ".") || !strcmp(d->name, ".."))
				continue;
			if (used == room) {
				room = room ? 2 * room : 64;
				all = realloc(all, (size_t)room * sizeof(*all));
			}
			snprintf(all[used].name, sizeof(all->name), "%s", d->name);
			all[used].ino = d->ino;
			all[used++].type = d->type;
		}
	*n = got < 0 ? -1 : used;
	if (used)
		qsort(all, (size_t)used, sizeof(*all), by_name);
	return all;
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The xattrs of a path as text, sorted; *white if a whiteout mark was among them. */
static void xattrs_print(const char *path, int flags, bool *white, char *out, size_t room)
{
	static char list[65536], value[65536];
	char *names[256];
	ssize_t len = llistxattr(path, list, sizeof(list)), v;
	size_t n = 0, used = 0;

	*out = 0;
	*white = false;
	if (len < 0) {
		snprintf(out, room, " list:%s", ename(errno));
		return;
	}
	for (char *p = list; p < list + len && n < 256; p += strlen(p) + 1)
		names[n++] = p;
	qsort(names, n, sizeof(*names), by_string);
	for (size_t i = 0; i < n; i++) {
		const char *s = strstr(names[i], "overlay.");

		if (flags & LIST_OVERLAY && s && !strncmp(s, "overlay.whiteout", 16)) {
			*white = *white || !strcmp(s, "overlay.whiteout");
			continue;
		}
		if (flags & LIST_NOXATTR)
			continue;
		v = lgetxattr(path, names[i], value, sizeof(value));
		if (v < 0)
			used += (size_t)snprintf(out + used, room - used, " %s:%s", names[i],
						 ename(errno));
		else
			used += (size_t)snprintf(
				out + used, room - used, " %s=%zd,%llx", names[i], v,
				(unsigned long long)hash_add(HASH_START, value, (size_t)v));
		if (used >= room)
			die("xattrs too long");
	}
}

static void data_print(const char *path)
{
	static char buf[65536];
	uint64_t h = HASH_START;
	int fd = open(path, O_RDONLY);
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		h = hash_add(h, buf, (size_t)n);
	if (n < 0)
		printf(" %s:%s", fd < 0 ? "open" : "read", ename(errno));
	else
		printf(" data=%llx", (unsigned long long)h);
	close(fd);
}

static void entry_print(const char *path, const char *shown, int dtype, uint64_t dino, int flags)
{
	static char xattrs[65536];
	char link[4097];
	struct stat st;
	bool white;
	ssize_t n;

	if (lstat(path, &st)) {
		printf("%s stat:%s\n", shown, ename(errno));
		return;
	}
	xattrs_print(path, flags, &white, xattrs, sizeof(xattrs));
	if (white && S_ISREG(st.st_mode) && !st.st_size)
		st.st_mode = (st.st_mode & 07777) | S_IFCHR;
	else if (dtype >= 0 && (unsigned int)dtype != (st.st_mode & S_IFMT) >> 12)
		printf("%s d_type %d\n", shown, dtype);
	printf("%s %o %u:%u %lu", shown, st.st_mode, st.st_uid, st.st_gid,
	       (unsigned long)st.st_nlink);
	if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		printf(" %u:%u", major(st.st_rdev), minor(st.st_rdev));
	else if (!(S_ISDIR(st.st_mode) && flags & LIST_NOSIZE))
		printf(" %lld", (long long)st.st_size);
	printf(" %lld.%09ld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	if (flags & LIST_INO)
		printf(" %llu%s %llu", (unsigned long long)st.st_ino,
		       dino && dino != st.st_ino ? "!" : "", (unsigned long long)st.st_blocks);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = 0;
		printf(" -> %s", n < 0 ? ename(errno) : link);
	}
	fputs(xattrs, stdout);
	if (flags & LIST_DATA && S_ISREG(st.st_mode))
		data_print(path);
	puts("");
}

static void list(const char *path, const char *shown, int flags)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	struct entry *all;
	long n;

	if (fd < 0) {
		printf("%s open:%s\n", shown, ename(errno));
		return;
	}
	all = entries_read(fd, &n);
	if (n < 0)
		printf("%s readdir:%s\n", shown, ename(errno));
	close(fd);
	for (long i = 0; i < n; i++) {
		char p[8192], s[8192];

		snprintf(p, sizeof(p), "%s/%s", path, all[i].name);
		snprintf(s, sizeof(s), "%s/%s", shown, all[i].name);
		entry_print(p, s, all[i].type, flags & LIST_OVERLAY ? 0 : all[i].ino, flags);
		if (all[i].type == 4)
			list(p, s, flags);
	}
	free(all);
}

static int list_flag(const char *word)
{
	static const struct {
		const char *word;
		int flag;
	} rows[] = {
		{ "ino", LIST_INO },
		{ "data", LIST_DATA },
		{ "noxattr", LIST_NOXATTR },
		{ "overlay", LIST_OVERLAY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(word, rows[i].word))
			return rows[i].flag;
	return LIST_NOSIZE;
}

/* list [ino] [data] [noxattr] [overlay] [nosize] DIR */
int cmd_list(char **args)
{
	int flags = 0;

	setvbuf(stdout, NULL, _IOFBF, 65536);
	for (; args[1]; args++)
		flags |= list_flag(*args);
	entry_print(args[0], ".", -1, 0, flags);
	list(args[0], ".", flags);
	return 0;
}

/* xattr FILE...: names with sizes */
int cmd_xattr(char **args)
{
	static char xattrs[65536];
	bool white;

	for (; *args; args++) {
		xattrs_print(*args, 0, &white, xattrs, sizeof(xattrs));
		printf("%s\n", *xattrs ? xattrs + 1 : "none");
	}
	return 0;
}

/* getx FILE NAME: the value as text, or the error */
int cmd_getx(char **args)
{
	static char value[65536];
	ssize_t n = lgetxattr(args[0], args[1], value, sizeof(value));

	if (n < 0)
		puts(ename(errno));
	else
		printf("%zd %.*s\n", n, (int)n, value);
	return 0;
}

/* setx FILE NAME VALUE */
int cmd_setx(char **args)
{
	int rc = lsetxattr(args[0], args[1], args[2], strlen(args[2]), 0);

	if (rc)
		printf("%s: %s\n", args[1], ename(errno));
	return rc != 0;
}

/* setacl FILE [default|bad]: user 1001 may read, the others not */
int cmd_setacl(char **args)
{
	static const struct {
		uint16_t tag, perm;
		uint32_t id;
	} entries[] = {
		{ 1, 6, ~0u }, { 2, 4, 1001 }, { 4, 0, ~0u }, { 16, 7, ~0u }, { 32, 0, ~0u }
	};
	bool is_default = args[1] && !strcmp(args[1], "default");
	unsigned char value[4 + sizeof(entries)] = { 2 };
	int rc;

	memcpy(value + 4, entries, sizeof(entries));
	rc = setxattr(args[0], is_default ? "system.posix_acl_default" : "system.posix_acl_access",
		      value, sizeof(value), 0);
	if (rc)
		printf("acl: %s\n", ename(errno));
	return rc != 0;
}

struct handle {
	unsigned int bytes;
	int type;
	unsigned char data[128];
};

/* A handle of a path, and the inode it leads to after the caches were dropped. */
static int handle_check(int mount, const char *path, int drop, bool with_parent)
{
	struct handle h = { .bytes = 128 };
	struct stat a, b;
	int id, fd;

	if (lstat(path, &a) || name_to_handle_at(AT_FDCWD, path, (void *)&h, &id, 0)) {
		printf("%s: %s\n", path, ename(errno));
		return 1;
	}
	if (S_ISLNK(a.st_mode) || (!S_ISDIR(a.st_mode) && with_parent))
		return 0;
	if (drop >= 0 && pwrite(drop, "2", 1, 0) != 1)
		die("drop_caches");
	fd = open_by_handle_at(mount, (void *)&h, O_PATH);
	if (fd < 0 || fstat(fd, &b) || a.st_ino != b.st_ino || a.st_mode != b.st_mode) {
		printf("%s: handle: %s\n", path, fd < 0 ? ename(errno) : "another inode");
		return 1;
	}
	close(fd);
	return 0;
}

static int handles(int mount, const char *path, int drop)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
	    bad = handle_check(mount, path, drop, false);
	struct entry *all;
	char p[8192];
	long n;

	if (fd < 0)
		return bad;
	all = entries_read(fd, &n);
	close(fd);
	for (long i = 0; i < n; i++) {
		snprintf(p, sizeof(p), "%s/%s", path, all[i].name);
		bad |= all[i].type == 4 ? handles(mount, p, drop)
					: handle_check(mount, p, drop, false);
	}
	free(all);
	return bad;
}

/* handles DIR: every file and directory by its handle, caches dropped between */
int cmd_handles(char **args)
{
	int mount = open(args[0], O_RDONLY), drop = open("/proc/sys/vm/drop_caches", O_WRONLY);

	return handles(mount, args[0], drop);
}

/* badhandles DIR N: handles that nobody made; anything may come but success
 * with what is no inode of a kind, or a crash */
int cmd_badhandles(char **args)
{
	int mount = open(args[0], O_RDONLY), n = atoi(args[1]);
	unsigned long opened = 0, stale = 0, other = 0;
	uint32_t seed = 1;

	for (int i = 0; i < n; i++) {
		struct handle h = { .bytes = 8, .type = 1 };
		int fd;

		seed = seed * 1664525 + 1013904223;
		((uint32_t *)(void *)h.data)[0] = i % 3 ? (uint32_t)i : seed;
		if (i % 7 == 6) {
			h.type = 2;
			h.bytes = 16;
			((uint32_t *)(void *)h.data)[2] = seed >> 20;
		}
		if (i % 11 == 10)
			((uint32_t *)(void *)h.data)[1] = seed;
		fd = open_by_handle_at(mount, (void *)&h, O_RDONLY | O_NONBLOCK);
		if (fd >= 0) {
			struct tour t = { .max = 16 };

			opened++;
			tour(fd, ".", 0, &t);
			close(fd);
		} else if (errno == ESTALE) {
			stale++;
		} else {
			other++;
		}
	}
	printf("%lu opened, %lu stale, %lu other\n", opened, stale, other);
	return 0;
}
