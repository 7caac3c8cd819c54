/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Untrusted input is parsed by a process that can do nothing else (PH-2): it has the
 * descriptors that it needs, can open no file, and makes few system calls.
 */
#ifndef CFS_APPLETS_WINDOW_H
#define CFS_APPLETS_WINDOW_H

#include "base/workers.h"

/* --debug-sandbox=PROGRAM, for tests: try calls that the sandbox must refuse. */
extern const char *window_debug;

/*
 * Confine this process for good, before it starts a thread; -v says how. Of the
 * descriptors above 2 only the @n of @inputs stay open; negative ones do not count.
 */
void window_enter(const int *inputs, unsigned int n);

/* The same, with a pool of confined threads. NULL: there is no pool, for example with @threads below 2. */
struct workers_pool *window_enter_with(const int *inputs, unsigned int n, unsigned int threads);

/* The descriptors and threads that the child keeps. */
struct window {
	const int *inputs; /* descriptors; negative ones do not count */
	unsigned int n;
	int out;              /* another one, -1: none */
	int beneath;          /* as for sandbox_files(); kept open, too */
	unsigned int threads; /* of the pool */
	/* workers_park() if threads is above 1. A program without threads does not link it. */
	struct workers_pool *(*park)(unsigned int count);
};

/*
 * Run @fn in a confined child that has those descriptors and stderr. Returns the status
 * that @fn returned, or EXIT_FAILED after a message if the child ended in another way. If
 * the system cannot make such a child, @fn runs in this process, without a pool.
 */
int window_run(const struct window *w, int (*fn)(void *arg, struct workers_pool *pool), void *arg);

#endif
