// SPDX-License-Identifier: GPL-2.0-only
/* Contents: reading, mapping, where the pages are, where the blocks are. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"

/* Checksum of what can be read; *err of the first failure. */
static uint64_t read_all(int fd, uint64_t *size, int *err)
{
	static char buf[65536];
	uint64_t h = HASH_START;
	ssize_t n;

	*size = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		h = hash_add(h, buf, (size_t)n);
		*size += (uint64_t)n;
	}
	*err = n < 0 ? errno : 0;
	return h;
}

static void read_print(int fd)
{
	uint64_t size;
	int err;
	uint64_t h = read_all(fd, &size, &err);

	if (err)
		printf("read:%s\n", ename(err));
	else
		printf("%llu %016llx\n", (unsigned long long)size, (unsigned long long)h);
}

/* read FILE...: size and checksum, or open:ERROR, or read:ERROR */
int cmd_read(char **args)
{
	for (; *args; args++) {
		int fd = open(*args, O_RDONLY | O_NONBLOCK);

		if (fd < 0) {
			printf("open:%s\n", ename(errno));
			continue;
		}
		read_print(fd);
		close(fd);
	}
	return 0;
}

/* holdread FILE COMMAND...: open, run the command, then read */
int cmd_holdread(char **args)
{
	int fd = open(args[0], O_RDONLY);

	if (fd < 0) {
		printf("open:%s\n", ename(errno));
		return 0;
	}
	if (run(args + 1))
		printf("the command failed\n");
	read_print(fd);
	return 0;
}

/* touch FILE OFFSET: one byte of a mapping, by a child: its value or the signal */
int cmd_touch(char **args)
{
	off_t at = strtoll(args[1], NULL, 0);
	int fd = open(args[0], O_RDONLY), status;
	pid_t pid = fork();

	if (!pid) {
		volatile char *p = mmap(NULL, (size_t)at + 4096, PROT_READ, MAP_PRIVATE, fd, 0);

		_exit(p == MAP_FAILED ? 255 : (unsigned char)p[at]);
	}
	if (fd < 0 || waitpid(pid, &status, 0) < 0)
		die("touch");
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("%d\n", WEXITSTATUS(status));
	return 0;
}

/* mincore FILE...: pages in the cache, of how many */
int cmd_mincore(char **args)
{
	for (; *args; args++) {
		int fd = open(*args, O_RDONLY);
		struct stat st;
		size_t pages, in = 0;
		unsigned char *vec;
		void *p;

		if (fd < 0 || fstat(fd, &st))
			die(*args);
		pages = ((size_t)st.st_size + 4095) / 4096;
		vec = calloc(pages, 1);
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (p == MAP_FAILED || mincore(p, (size_t)st.st_size, vec))
			die(*args);
		for (size_t i = 0; i < pages; i++)
			in += vec[i] & 1;
		printf("%zu/%zu\n", in, pages);
		munmap(p, (size_t)st.st_size);
		free(vec);
		close(fd);
	}
	return 0;
}

/* pfn FILE...: page frame of the first page */
int cmd_pfn(char **args)
{
	int map = open("/proc/self/pagemap", O_RDONLY);

	for (; *args; args++) {
		int fd = open(*args, O_RDONLY);
		volatile char *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		uint64_t entry = 0;

		if (p == MAP_FAILED)
			die(*args);
		(void)p[0];
		if (pread(map, &entry, 8, (off_t)((uintptr_t)p / 4096 * 8)) != 8)
			die("pagemap");
		printf("%llx\n", (unsigned long long)(entry & ((1ull << 55) - 1)));
		close(fd);
	}
	return 0;
}

/* maps FILE: its line in /proc/self/maps from the device on, and its own numbers */
int cmd_maps(char **args)
{
	int fd = open(args[0], O_RDONLY);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512], want[32];
	struct stat st;

	if (fd < 0 || p == MAP_FAILED || fstat(fd, &st))
		die(args[0]);
	snprintf(want, sizeof(want), "%lx-", (unsigned long)(uintptr_t)p);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, want, strlen(want)) || !strncmp(line, want, strlen(want) - 1))
			printf("%s", strchr(strchr(strchr(line, ' ') + 1, ' ') + 1, ' ') + 1);
	printf("%02x:%02x %llu\n", major(st.st_dev), minor(st.st_dev),
	       (unsigned long long)st.st_ino);
	return 0;
}

/* fiemap FILE: byte offset on the device of its first block */
int cmd_fiemap(char **args)
{
	struct {
		uint64_t start, length;
		uint32_t flags, mapped, count, reserved;
		uint64_t logical, physical, len, reserved64[2];
		uint32_t eflags, ereserved[3];
	} m = { .length = ~0ull, .count = 1, .flags = 1 };
	int fd = open(args[0], O_RDONLY);

	if (fd < 0 || ioctl(fd, _IOWR('f', 11, uint8_t[32]), &m) || !m.mapped)
		die("fiemap");
	printf("%llu\n", (unsigned long long)m.physical);
	return 0;
}

/* poke FILE OFFSET: change one byte */
int cmd_poke(char **args)
{
	off_t at = strtoll(args[1], NULL, 0);
	int fd = open(args[0], O_RDWR);
	unsigned char c;

	if (fd < 0 || pread(fd, &c, 1, at) != 1)
		die("poke");
	c ^= 0xff;
	if (pwrite(fd, &c, 1, at) != 1 || fsync(fd))
		die("poke");
	return 0;
}

static uint64_t by_pipe(int fd, bool file)
{
	static char buf[65536];
	uint64_t h = HASH_START;
	int p[2];
	off_t at = 0;

	if (pipe(p))
		die("pipe");
	for (;;) {
		ssize_t n = file ? sendfile(p[1], fd, &at, 65536)
				 : splice(fd, &at, p[1], NULL, 65536, 0),
			k;

		if (n < 0)
			return (uint64_t)errno;
		if (!n)
			break;
		for (; n > 0; n -= k) {
			k = read(p[0], buf, (size_t)n);
			h = hash_add(h, buf, (size_t)k);
		}
	}
	close(p[0]);
	close(p[1]);
	return h;
}

static uint64_t by_direct(const char *name)
{
	static char buf[65536] __attribute__((aligned(4096)));
	int fd = open(name, O_RDONLY | O_DIRECT);
	uint64_t h = HASH_START;
	ssize_t n;

	if (fd < 0)
		return (uint64_t)errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		h = hash_add(h, buf, (size_t)n);
	if (!n && fcntl(fd, F_SETFL, 0))
		n = -1;
	if (!n && pread(fd, buf + 1, 3, 1) < 0) /* not aligned: direct no longer */
		n = -1;
	close(fd);
	return n < 0 ? (uint64_t)errno : h;
}

/* calls FILE...: the same bytes by every way; prints what differs */
int cmd_calls(char **args)
{
	int bad = 0;

	for (; *args; args++) {
		int fd = open(*args, O_RDONLY), err;
		uint64_t size, want, got[5];
		char c;

		if (fd < 0)
			die(*args);
		want = read_all(fd, &size, &err);
		got[0] = by_pipe(fd, false);
		got[1] = by_pipe(fd, true);
		got[2] = by_direct(*args);
		got[3] = got[4] = want;
		if (size) {
			void *p = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

			got[3] = p == MAP_FAILED ? (uint64_t)errno : hash_add(HASH_START, p, size);
			if (lseek(fd, 0, SEEK_DATA) != 0 || lseek(fd, 0, SEEK_HOLE) != (off_t)size)
				got[4] = 0;
		}
		if (posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED) || readahead(fd, 0, 65536) ||
		    fsync(fd) || pread(fd, &c, 1, (off_t)size) ||
		    lseek(fd, 0, SEEK_END) != (off_t)size)
			got[4] = 1;
		if (mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED)
			got[4] = 2;
		for (int i = 0; i < 5; i++)
			if (err || got[i] != want) {
				printf("%s: %d: %llx, not %llx\n", *args, i,
				       (unsigned long long)got[i], (unsigned long long)want);
				bad = 1;
			}
		close(fd);
	}
	return bad;
}

/*
 * mapreplace FILE OBJECT COPY N: map FILE, then N times replace OBJECT by a copy
 * and open FILE again; touch each mapping at the end. Prints errors by name.
 */
int cmd_mapreplace(char **args)
{
	int n = atoi(args[3]), errs[256] = { 0 };
	volatile char *maps[16] = { 0 };
	char temp[512];

	snprintf(temp, sizeof(temp), "%s.new", args[1]);
	for (int i = 0; i < n; i++) {
		int fd = open(args[0], O_RDONLY);

		if (fd < 0)
			errs[errno & 255]++;
		else if (i < 16)
			maps[i] = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
		close(fd);
		unlink(temp);
		if (link(args[2], temp) && (run((char *[]){ "cp", args[2], temp, NULL })))
			die("copy");
		/* A hard link would be the same inode: copy */
		unlink(temp);
		if (run((char *[]){ "cp", args[2], temp, NULL }) || rename(temp, args[1]))
			die("replace");
	}
	for (int i = 0; i < 16; i++)
		if (maps[i] && maps[i] != MAP_FAILED)
			(void)maps[i][0];
	for (int i = 0; i < 256; i++)
		if (errs[i])
			printf("%s %d\n", ename(i), errs[i]);
	puts("done");
	return 0;
}
