// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts (vm.md 6): with -icount every instruction advances the clock by one
 * nanosecond, so differences of times are numbers of instructions.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "guest.h"

static unsigned long names;

static void walk(int dirfd, const char *name, bool with_stat)
{
	_Alignas(8) char buf[32768];
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY);
	struct stat st;
	long n;

	if (fd < 0)
		die(name);
	while ((n = dents(fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n;) {
			struct dirent64 *d = (struct dirent64 *)(void *)(buf + at);

			at += d->len;
			if (d->name[0] == '.' &&
			    (!d->name[1] || (d->name[1] == '.' && !d->name[2])))
				continue;
			names++;
			if (with_stat && fstatat(fd, d->name, &st, AT_SYMLINK_NOFOLLOW))
				die(d->name);
			if (d->type == 4)
				walk(fd, d->name, with_stat);
		}
	if (n < 0)
		die("getdents64");
	close(fd);
}

static unsigned long walk_count(const char *dir, bool with_stat)
{
	uint64_t start;

	names = 0;
	start = now();
	walk(AT_FDCWD, dir, with_stat);
	return (unsigned long)((now() - start) / names);
}

static void drop(const char *what)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	for (int i = 0; i < 2; i++)
		if (pwrite(fd, what, 1, 0) != 1)
			die("drop_caches");
	close(fd);
}

static int by_number(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static unsigned long open_count(const char *file)
{
	char buf[64];
	uint64_t start = now();

	for (int i = 0; i < 2000; i++) {
		int fd = open(file, O_RDONLY);

		if (fd < 0 || read(fd, buf, sizeof(buf)) < 0)
			die(file);
		close(fd);
	}
	return (unsigned long)((now() - start) / 2000);
}

/* walk DIR N STAT: N walks, entries and time of each */
int cmd_walk(char **args)
{
	for (int i = 0; i < atoi(args[1]); i++) {
		uint64_t start = now();

		names = 0;
		walk(AT_FDCWD, args[0], args[2][0] == '1');
		printf("%lu entries, %llu us\n", names, (unsigned long long)(now() - start) / 1000);
	}
	return 0;
}

/* openn N FILE */
int cmd_openn(char **args)
{
	for (int i = 0; i < atoi(args[0]); i++) {
		int fd = open(args[1], O_RDONLY);

		if (fd < 0)
			die(args[1]);
		close(fd);
	}
	return 0;
}

/* bench DIR FILE: nanoseconds per name or open: cold hot readdir open */
int cmd_bench(char **args)
{
	unsigned long cold[3], hot[3], dir[5], opened = 0;

	walk_count(args[0], true);
	for (int i = 0; i < 3; i++) {
		drop("2");
		cold[i] = walk_count(args[0], true);
		hot[i] = walk_count(args[0], true);
	}
	for (int i = 0; i < 5; i++)
		dir[i] = walk_count(args[0], false);
	for (int i = 0; i < 3; i++)
		opened = open_count(args[1]);
	qsort(cold, 3, sizeof(*cold), by_number);
	qsort(hot, 3, sizeof(*hot), by_number);
	qsort(dir, 5, sizeof(*dir), by_number);
	printf("%lu %lu %lu %lu\n", cold[1], hot[1], dir[0], opened);
	return 0;
}
