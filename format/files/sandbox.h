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

/*
 * Confine the process for good. Where the kernel does not have a part, or refuses
 * it, it stays off: false, and no message.
 *
 * sandbox_files() is Landlock: no file can be opened, but for reading those beneath
 * the directory @beneath, if it is not -1. Landlock binds the calling thread and
 * those that it starts later, so this comes before the first thread.
 *
 * sandbox_calls() is seccomp, and comes last: it binds all threads of the process,
 * which cannot start any more. A call that is not left fails with EPERM. @beneath:
 * leave the calls that open and describe files beneath that directory.
 */
bool sandbox_files(int beneath);
bool sandbox_calls(bool beneath);

/* The parts of the sandbox that are on. */
struct sandbox {
	bool landlock, seccomp;
};

/*
 * Both for a server that reads files beneath the @n directories in @dirs, starts
 * threads afterwards and catches signals.
 */
struct sandbox sandbox_enter_server(const int *dirs, unsigned int n);

#endif
