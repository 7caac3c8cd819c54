/* SPDX-License-Identifier: GPL-2.0-only */
/* Files for tests, in a directory that scratch_end() removes; and system calls that fail. */
#ifndef CFS_TESTS_SCRATCH_H
#define CFS_TESTS_SCRATCH_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct scratch {
	char dir[256];
};

static inline void scratch_begin(struct scratch *s)
{
	const char *base = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%s/cfs-unit.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(s->dir))
		abort();
}

static inline int scratch_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void scratch_end(struct scratch *s)
{
	nftw(s->dir, scratch_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* DIR/name in one of a few static places. */
static inline const char *scratch_path(const struct scratch *s, const char *name)
{
	static char path[8][600];
	static unsigned int i;
	char *p = path[i++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s", s->dir, name);
	return p;
}

static inline void scratch_file(const struct scratch *s, const char *name, const void *data,
				size_t len, mode_t mode)
{
	int fd = open(scratch_path(s, name), O_CREAT | O_WRONLY | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len || fchmod(fd, mode) || close(fd))
		abort();
}

/* Content of a file, or NULL; allocated. */
static inline char *scratch_read(const struct scratch *s, const char *name, size_t *len)
{
	int fd = open(scratch_path(s, name), O_RDONLY | O_NOFOLLOW);
	struct stat st;
	char *p;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	p = malloc((size_t)st.st_size + 1);
	*len = p ? (size_t)read(fd, p, (size_t)st.st_size) : 0;
	close(fd);
	return p;
}

/*
 * From now on the system call @nr fails with @code wherever all bits of @mask
 * stand in its argument number @arg; mask 0: always. For a forked child.
 */
static inline void scratch_forbid(long nr, unsigned int arg, uint32_t mask, int code)
{
	const uint32_t where = (uint32_t)(offsetof(struct seccomp_data, args) + 8 * arg +
					  (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0));
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, where),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, mask, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((uint32_t)code & SECCOMP_RET_DATA)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(f) / sizeof(f[0]), f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(77); /* not possible here: skipped */
}

/* Run @fn in a child and return what it returns, 77 if it could not do what it wanted, 255 if it died. */
static inline int scratch_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(fn(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

#endif
