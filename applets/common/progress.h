/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress of work that can run for long, on stderr (command line 3). */
#ifndef CFS_APPLETS_PROGRESS_H
#define CFS_APPLETS_PROGRESS_H

#include <pthread.h>
#include "core/port.h"

struct progress {
	pthread_mutex_t lock;
	bool forced; /* print plain lines even if stderr is not a terminal */
	bool on_terminal;
	bool shown; /* there is a line to remove */
	u64 names, bytes;
	u64 total, done; /* of the work, in units of the caller; total 0: not known */
	bool counted;    /* done is counted by the caller; else it is bytes */
	u64 step;        /* percent, or units of 256 MiB, that were shown */
	s64 start, last; /* milliseconds */
};

/* Whether stderr is a terminal. The first call asks the kernel, which a sandbox forbids later. */
bool progress_terminal(void);

/* Milliseconds of a clock that only moves forwards. */
s64 progress_now(void);

/* Start. Silent with -q, and unless @forced if stderr is not a terminal. */
void progress_start(struct progress *p, bool forced, u64 total);

/* Whether the progress is shown. If it is, the caller may set p->total before work begins. */
static inline bool progress_wanted(const struct progress *p)
{
	return p->forced || p->on_terminal;
}

/* Add to the work that was done. Any thread may call it; @arg is the struct progress. */
void progress_add(void *arg, u64 names, u64 bytes);

/* Set how much of p->total is done, if the caller counts anything but bytes. */
void progress_at(struct progress *p, u64 done);

/* Remove the line. */
void progress_end(struct progress *p);

#endif
