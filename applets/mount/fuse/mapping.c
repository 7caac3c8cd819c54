// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/mapping.h"
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* These are static because a signal handler gets no argument of its own. */
static struct {
	u8 *bytes;
	size_t len, page;
	int fd;
	/* The range of pages that were replaced: no page if first is not below end. */
	volatile size_t first, end;
} map;

/* mmap() is a plain system call and safe in a handler. */
static bool replace(size_t off)
{
	off &= ~(map.page - 1);
	if (mmap(map.bytes + off, map.page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return false;
	if (map.first >= map.end) {
		map.first = off;
		map.end = off + map.page;
	} else if (off < map.first) {
		map.first = off;
	} else if (off + map.page > map.end) {
		map.end = off + map.page;
	}
	return true;
}

static void bus_error(int sig, siginfo_t *info, void *context)
{
	const u8 *at = info->si_addr;

	(void)context;
	if (at >= map.bytes && at < map.bytes + map.len && replace((size_t)(at - map.bytes)))
		return;
	/* A fault outside of the mapping is a bug. Returning raises the signal again. */
	signal(sig, SIG_DFL);
}

const u8 *mapping_open(int fd, u64 len)
{
	struct sigaction act = { .sa_sigaction = bus_error, .sa_flags = SA_SIGINFO };
	void *p = mmap(NULL, (size_t)len, PROT_READ, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return NULL;
	map.bytes = p;
	map.len = (size_t)len;
	map.page = (size_t)sysconf(_SC_PAGESIZE);
	map.fd = fd;
	map.first = map.end = 0;
	sigemptyset(&act.sa_mask);
	sigaction(SIGBUS, &act, NULL);
	return p;
}

bool mapping_faulted(void)
{
	size_t first = map.first, end = map.end;

	if (first >= end)
		return false;
	map.first = map.end = 0;
	/* If this fails, the zeros stay and requests for this page keep failing. */
	if (mmap(map.bytes + first, end - first, PROT_READ, MAP_SHARED | MAP_FIXED, map.fd,
		 (off_t)first) == MAP_FAILED) {
		map.first = first;
		map.end = end;
	}
	return true;
}
