/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Confine a thread that parses untrusted bytes. It keeps its descriptors, memory, the
 * clock, and the right to exit (PH-2, PH-3).
 */
#ifndef CFS_FILES_SANDBOX_H
#define CFS_FILES_SANDBOX_H

#include "core/port.h"

/* The sanitizer build has no sandbox, because sanitizers make system calls of their own. */
#ifdef CFS_SAN
#define SANDBOX_WANTED false
#else
#define SANDBOX_WANTED true
#endif

/* The parts of the sandbox that are on. */
struct sandbox {
	bool landlock, seccomp;
};

/*
 * Confine the calling thread, and the threads that it starts, for good. Files beneath the
 * directory @beneath can still be opened for reading with openat2() and stated; -1: none.
 * Every other call fails with EPERM or EACCES. A part that the kernel lacks or refuses
 * stays off silently.
 */
struct sandbox sandbox_enter(int beneath);

/*
 * The same for a server that reads files beneath the @n directories in @dirs, starts
 * threads and catches signals.
 */
struct sandbox sandbox_enter_server(const int *dirs, unsigned int n);

#endif
