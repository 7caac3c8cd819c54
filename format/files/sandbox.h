/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is left to a thread while it parses foreign bytes: the descriptors it has,
 * memory, the clock, and the end (PH-2, PH-3).
 */
#ifndef CFS_FILES_SANDBOX_H
#define CFS_FILES_SANDBOX_H

#include "core/port.h"

/* The sanitizers make calls of their own: their build has none. */
#ifdef CFS_SAN
#define SANDBOX_WANTED false
#else
#define SANDBOX_WANTED true
#endif

/* Which parts the kernel has put on. */
struct sandbox {
	bool landlock, seccomp;
};

/*
 * For the calling thread and those it starts, for good. Files beneath the
 * directory @beneath can still be opened for reading with openat2(), and what
 * they are can be asked; -1: none can. A call that is not left fails with EPERM,
 * or EACCES. Where the kernel has a part not, or does not let us, it stays off
 * without a word.
 */
struct sandbox sandbox_enter(int beneath);

/*
 * The same for a server that reads files beneath the @n directories in @dirs, starts
 * threads and catches signals.
 */
struct sandbox sandbox_enter_server(const int *dirs, unsigned int n);

#endif
