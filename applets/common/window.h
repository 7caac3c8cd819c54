/* SPDX-License-Identifier: GPL-2.0-only */
/* A process with no other privileges parses untrusted bytes (PH-2). */
#ifndef CFS_APPLETS_WINDOW_H
#define CFS_APPLETS_WINDOW_H

#include "base/workers.h"

/* --debug-sandbox=PROGRAM: try in the window what must not be possible there. */
extern const char *window_debug;

/* This thread and those it starts are confined from here on; -v says how. @beneath as for sandbox_enter(). */
void window_enter(int beneath);

/*
 * The same after threads were made, which are confined as well: none can be made
 * afterwards. NULL: there are none, as with @threads below 2.
 */
struct workers_pool *window_enter_with(int beneath, unsigned int threads);

/* The descriptors and threads that the child keeps. */
struct window {
	const int *inputs; /* descriptors; negative ones do not count */
	unsigned int n;
	int out;              /* another one, -1: none */
	int beneath;          /* as for sandbox_enter(); kept open, too */
	unsigned int threads; /* of the pool */
};

/*
 * Run @fn in a confined child that has those descriptors and stderr. Returns the
 * status @fn returned; EXIT_FAILED and a message if it ended otherwise. Where no
 * child can be had, @fn runs here, not confined and without a pool.
 */
int window_run(const struct window *w, int (*fn)(void *arg, struct workers_pool *pool), void *arg);

#endif
