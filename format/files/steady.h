/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a file changed while it was read (SC-3). */
#ifndef CFS_FILES_STEADY_H
#define CFS_FILES_STEADY_H

#include <sys/stat.h>
#include "core/port.h"

static inline bool steady_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static inline bool steady(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT) && a->st_size == b->st_size &&
	       steady_time(&a->st_mtim, &b->st_mtim) && steady_time(&a->st_ctim, &b->st_ctim);
}

/* 0: @fd is as @before tells; 1: it has changed; -1 and errno. */
static inline int steady_fd(int fd, const struct stat *before)
{
	struct stat now;

	if (fstat(fd, &now))
		return -1;
	return steady(before, &now) ? 0 : 1;
}

#endif
