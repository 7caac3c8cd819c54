// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail to order (tests/README.md 5.4): `make OOM=1` links this in
 * front of the C library. OOM_FAIL_AT=N: the N-th allocation of the process
 * fails; OOM_FAIL_FROM=N: that one and all later ones; OOM_COUNT=FILE: their
 * number goes to FILE at exit. Fresh memory is filled with a pattern, so that
 * what nobody wrote is not zero by luck.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off);

/* Shared with the children that parse, so that their allocations count. */
static atomic_ulong *count;
static int count_fd = -1;

/* A confined process can open no file at its end. */
__attribute__((constructor)) static void begin(void)
{
	static atomic_ulong alone;
	const char *file = getenv("OOM_COUNT");

	count = __real_mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED)
		count = &alone;
	if (file)
		count_fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static unsigned long number(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

/* Whether the allocation at hand is to fail. */
static bool fails(void)
{
	unsigned long n = atomic_fetch_add(count, 1) + 1, at = number("OOM_FAIL_AT"),
		      from = number("OOM_FAIL_FROM");

	if (n != at && (!from || n < from))
		return false;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	void *p = fails() ? NULL : __real_malloc(size);

	return p ? memset(p, 0xa5, size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	if (flags & MAP_ANONYMOUS && fails())
		return MAP_FAILED;
	return __real_mmap(addr, len, prot, flags, fd, off);
}

__attribute__((destructor)) static void tell(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu\n", atomic_load(count));
	if (count_fd >= 0 && write(count_fd, text, strlen(text)) > 0)
		close(count_fd);
}
