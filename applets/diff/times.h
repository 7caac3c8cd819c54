/* SPDX-License-Identifier: GPL-2.0-only */
/* How modification times differ (diff 5, "mtime"). */
#ifndef CFS_APPLETS_DIFF_TIMES_H
#define CFS_APPLETS_DIFF_TIMES_H

#include "applets/diff/group.h"

#define SPANS_MAX 64 /* differences that are counted apart */
#define SPANS_SHOWN 3

struct moment {
	s64 sec;
	u32 nsec;
};

/* Entries whose times are so many seconds apart. */
struct span_count {
	u64 span, count;
	enum side later;
};

struct times {
	struct group all;
	u64 only; /* entries that differ in nothing else */
	struct moment first[SIDES];
	bool various[SIDES]; /* not all are first */
	u64 zero[SIDES];     /* the time of this side is 0.0 */
	u64 whole[SIDES];    /* the seconds are equal, and this side has no nanoseconds */
	u64 nanoseconds;     /* the seconds are equal, and both have nanoseconds */
	struct span_count spans[SPANS_MAX];
	unsigned int nspans;
	u64 later[SIDES]; /* by another difference */
};

/* Count a pair; @only: its times are all that differs. */
void times_add(struct times *t, const struct pair *p, const struct moment m[SIDES], bool only);

/* The line about times and its details; nothing if there is no entry. Call once. */
void times_print(struct times *t, struct phrase *ph);

#endif
