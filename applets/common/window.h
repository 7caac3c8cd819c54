/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Untrusted input is parsed by a process that can do nothing else (PH-2): it has the
 * descriptors that it needs, can open no file, and makes few system calls.
 */
#ifndef CFS_APPLETS_WINDOW_H
#define CFS_APPLETS_WINDOW_H

#include "base/workers.h"

/* --debug-sandbox=PROGRAM: try in the window what must not be possible there. */
extern const char *window_debug;

/*
 * Confine this process for good, before it starts a thread; -v says how. Of the
 * descriptors above 2 only the @n of @inputs stay open; negative ones do not count.
 */
void window_enter(const int *inputs, unsigned int n);

/* The same, with threads that are started in between and confined as well. NULL: none, as with @threads below 2. */
struct workers_pool *window_enter_with(const int *inputs, unsigned int n, unsigned int threads);

/* The descriptors and threads that the child keeps. */
struct window {
	const int *inputs; /* descriptors; negative ones do not count */
	unsigned int n;
	int out;              /* another one, -1: none */
	int beneath;          /* as for sandbox_files(); kept open, too */
	unsigned int threads; /* of the pool */
};

/*
 * Run @fn in a confined child that has those descriptors and stderr. Returns the
 * status @fn returned; EXIT_FAILED and a message if it ended otherwise. Where no
 * child can be had, @fn runs here, not confined and without a pool.
 */
int window_run(const struct window *w, int (*fn)(void *arg, struct workers_pool *pool), void *arg);

#endif
