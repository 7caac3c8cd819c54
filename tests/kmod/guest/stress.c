// SPDX-License-Identifier: GPL-2.0-only
/* Many times, at the same time, with damaged images, with failing allocations. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "guest.h"

static char *slurp(const char *name, size_t *len)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	char *p;

	if (fd < 0 || fstat(fd, &st))
		die(name);
	p = malloc((size_t)st.st_size + 1);
	if (read(fd, p, (size_t)st.st_size) != st.st_size)
		die(name);
	p[st.st_size] = 0;
	*len = (size_t)st.st_size;
	close(fd);
	return p;
}

/* storm N SRC DIR OPTS: mount, walk, open, unmount */
int cmd_storm(char **args)
{
	int n = atoi(args[0]);
	struct tour t = { 0 };

	for (int i = 0; i < n; i++) {
		int err = do_mount("composefs", args[1], args[2], 0, args[3]), fd;

		if (err) {
			printf("mount %d: %s\n", i, ename(err));
			return 1;
		}
		t.entries = 0;
		t.max = 100;
		fd = open(args[2], O_RDONLY);
		tour(fd, ".", 0, &t);
		close(fd);
		if (umount2(args[2], 0)) {
			printf("umount %d: %s\n", i, ename(errno));
			return 1;
		}
	}
	printf("%d mounts, %lu entries each, %lu errors\n", n, t.entries, t.errors);
	return t.unexpected != 0;
}

static const char *race_image, *race_dir, *race_opts, *race_object;
static volatile int race_over;
static unsigned long race_counts[4];

static void *race_mounter(void *arg)
{
	(void)arg;
	while (!race_over) {
		if (!do_mount("composefs", race_image, race_dir, 0, race_opts))
			race_counts[0]++;
		usleep(3000);
		umount2(race_dir, MNT_DETACH);
	}
	return NULL;
}

static void *race_walker(void *arg)
{
	while (!race_over) {
		struct tour t = { .max = 60 };
		int fd = open(race_dir, O_RDONLY);

		tour(fd, ".", 0, &t);
		close(fd);
		race_counts[1 + ((uintptr_t)arg & 1)] += t.entries;
	}
	return NULL;
}

static void *race_opener(void *arg)
{
	char name[512];

	snprintf(name, sizeof(name), "%s/%s", race_dir, race_object);
	while (!race_over) {
		int fd = open(name, O_RDONLY);
		volatile char *p;

		if (fd < 0)
			continue;
		p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
		close(fd);
		if (p != MAP_FAILED) {
			(void)p[0];
			munmap((void *)p, 4096);
			race_counts[3]++;
		}
	}
	return arg;
}

static void *race_dropper(void *arg)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	while (!race_over) {
		(void)!pwrite(fd, "2", 1, 0);
		usleep(10000);
	}
	close(fd);
	return arg;
}

/* race SECONDS IMAGE DIR OPTS OBJECT: threads against lazy unmounts */
int cmd_race(char **args)
{
	void *(*const body[])(void *) = { race_mounter, race_walker, race_walker,
					  race_opener,  race_opener, race_dropper };
	pthread_t threads[6];

	race_image = args[1];
	race_dir = args[2];
	race_opts = args[3];
	race_object = args[4];
	for (size_t i = 0; i < 6; i++)
		if (pthread_create(&threads[i], NULL, body[i], (void *)i))
			die("pthread_create");
	sleep((unsigned int)atoi(args[0]));
	race_over = 1;
	for (size_t i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	while (!umount2(race_dir, MNT_DETACH))
		;
	printf("%lu mounts, %lu entries, %lu mappings\n", race_counts[0],
	       race_counts[1] + race_counts[2], race_counts[3]);
	return !(race_counts[0] && race_counts[1] + race_counts[2] && race_counts[3]);
}

static uint64_t rng;

static uint32_t rnd(uint32_t below)
{
	rng = rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rng >> 33) % below;
}

/* Damage: bytes, fields with values at the edges, pieces copied over others, cuts. */
static size_t mutate(uint8_t *p, size_t len, size_t hot)
{
	static const uint32_t edge[] = { 0,          1,  0xffff, 0xffffffff, 0x7fffffff,
					 0x80000000, 12, 4095,   4096 };
	int n = 1 + (int)rnd(4);

	while (n--) {
		size_t at = rnd(4) ? 1024 + rnd((uint32_t)(hot - 1024)) : rnd((uint32_t)len), from;
		uint32_t v = edge[rnd(sizeof(edge) / sizeof(*edge))];

		switch (rnd(6)) {
		case 0:
		case 1:
			p[at] ^= (uint8_t)(1 << rnd(8));
			break;
		case 2:
			p[at] = (uint8_t)rnd(256);
			break;
		case 3:
			memcpy(p + (at & ~(size_t)3), &v, 4);
			break;
		case 4:
			from = rnd((uint32_t)len - 64);
			memmove(p + (at < len - 64 ? at : len - 64), p + from, 1 + rnd(63));
			break;
		default:
			if (!rnd(8))
				return rnd((uint32_t)len);
			memcpy(p + (at & ~(size_t)1), &v, 2);
		}
	}
	return len;
}

/*
 * mutants N SEED DIR OPTS IMAGE...: N damaged copies mounted, walked, read. The
 * copy is on a tmpfs. Prints counts, and any mutant that took long or gave an
 * error that damage does not explain.
 */
int cmd_mutants(char **args)
{
	unsigned long n = strtoul(args[0], NULL, 10), mounted = 0, odd = 0;
	unsigned long long entries = 0, errors = 0, slowest = 0;
	unsigned long images = 0;

	while (args[4 + images])
		images++;
	for (unsigned long i = 0; i < n; i++) {
		size_t len, cut;
		uint8_t *p = (uint8_t *)slurp(args[4 + i % images], &len);
		struct tour t = { .max = 400 };
		uint64_t start = now();
		int fd, err;

		rng = strtoul(args[1], NULL, 10) + i;
		rnd(2);
		cut = mutate(p, len, len);
		fd = open("/tmp/mutant", O_CREAT | O_TRUNC | O_WRONLY, 0600);
		if (write(fd, p, cut) != (ssize_t)cut)
			die("write");
		close(fd);
		free(p);
		err = do_mount("composefs", "/tmp/mutant", args[2], 0, args[3]);
		if (!err) {
			mounted++;
			fd = open(args[2], O_RDONLY);
			tour(fd, ".", 0, &t);
			close(fd);
			if (umount2(args[2], 0))
				die("umount");
		} else if (err != EINVAL && err != EUCLEAN && err != EOPNOTSUPP) {
			t.unexpected = err;
		}
		entries += t.entries;
		errors += t.errors;
		start = now() - start;
		if (start > slowest)
			slowest = start;
		if (t.unexpected || start > 10000000000u) {
			printf("mutant %lu: %s, %llu ms\n", i, ename(t.unexpected),
			       (unsigned long long)start / 1000000);
			odd++;
		}
	}
	printf("%lu mutants, %lu mounted, %llu entries, %llu errors, slowest %llu ms\n", n, mounted,
	       entries, errors, slowest / 1000000);
	return odd != 0;
}

/* Opened before anything is to fail: opening allocates. */
static int nth_fd;

static void nth_write(long n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld", n);

	if (pwrite(nth_fd, text, (size_t)len, 0) != len)
		_exit(98);
}

static long nth_read(void)
{
	char text[24] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		_exit(98);
	return strtol(text, NULL, 10);
}

static void nth_work(const char *what, char **args)
{
	static char list[4096];
	char name[512];
	int fd;

	snprintf(name, sizeof(name), "%s/%s", args[1], args[3]);
	if (!strcmp(what, "mount")) {
		do_mount("composefs", args[0], args[1], 0, args[2]);
	} else if (!strcmp(what, "remount")) {
		do_mount("none", "none", args[1], MS_REMOUNT, args[2]);
	} else if (!strcmp(what, "readdir")) {
		fd = open(args[1], O_RDONLY);
		while (dents(fd, list, sizeof(list)) > 0)
			;
		close(fd);
	} else if (!strcmp(what, "lookup")) {
		struct tour t = { .max = 40 };

		fd = open(args[1], O_RDONLY);
		tour(fd, ".", 30, &t);
		close(fd);
	} else if (!strcmp(what, "getxattr")) {
		if (llistxattr(name, list, sizeof(list)) > 0)
			lgetxattr(name, list, list + 2048, 2048);
	} else { /* open, mmap */
		fd = open(name, O_RDONLY);
		if (fd >= 0 && !strcmp(what, "mmap")) {
			volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

			if (p != MAP_FAILED)
				(void)p[0];
		}
		(void)!read(fd, list, 100);
		close(fd);
	}
}

/* One child per n; its status is 0 once fewer than n allocations happened. */
static long nth_loop(const char *what, char **args)
{
	for (long n = 1; n < 5000; n++) {
		int status, mounted = strcmp(what, "mount");
		pid_t pid = fork();

		if (!pid) {
			long left;

			if (mounted && do_mount("composefs", args[0], args[1], 0, args[2]))
				_exit(97);
			nth_fd = open("/proc/thread-self/fail-nth", O_RDWR);
			nth_write(n);
			nth_work(what, args);
			left = nth_read();
			nth_write(0);
			while (!umount2(args[1], 0))
				;
			_exit(left ? 0 : 1);
		}
		waitpid(pid, &status, 0);
		umount2(args[1], MNT_DETACH);
		if (WIFSIGNALED(status)) /* a failed page fault: the signal is the answer */
			continue;
		if (WEXITSTATUS(status) > 1)
			return -WEXITSTATUS(status);
		if (!WEXITSTATUS(status))
			return n - 1;
	}
	return -1;
}

/* failnth IMAGE DIR OPTS FILE: each allocation of each operation fails once */
int cmd_failnth(char **args)
{
	const char *const ops[] = { "mount", "lookup",   "readdir", "open",
				    "mmap",  "getxattr", "remount" };
	int bad = 0;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		long n = nth_loop(ops[i], args);

		printf("%s: %ld allocations failed\n", ops[i], n);
		bad |= n < 0;
	}
	return bad;
}
