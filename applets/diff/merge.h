/* SPDX-License-Identifier: GPL-2.0-only */
/* Two images walked side by side, name by name (diff 3). */
#ifndef CFS_APPLETS_DIFF_MERGE_H
#define CFS_APPLETS_DIFF_MERGE_H

#include "image/alike.h"
#include "image/cursor.h"

enum side {
	SIDE_A,
	SIDE_B,
	SIDES
};

/* A name of the merged trees. */
struct pair {
	u64 serial;                          /* its spot in the order, from 1 */
	const struct cursor_entry *e[SIDES]; /* NULL: the name is not on that side */
	/* Both sides are equal in everything that can be compared. Then e->d is not filled. */
	bool alike;
};

/* Where a name of the merged trees stands; on side A if it is on both. */
struct spot {
	struct location at;
	u64 serial; /* 0: nowhere */
	enum side side;
};

struct spot pair_spot(const struct pair *p);

struct merge {
	struct cursor c[SIDES];
	struct cursor_entry e[SIDES];
	bool have[SIDES]; /* e holds an entry that was not handed out yet */
	bool used[SIDES]; /* the pair at hand came from e */
	u64 serial;
	struct alike alike;
};

/* Both images are checked. @filter as for cursor_init(). Release it in any case. -1 and a text. */
int merge_init(struct merge *m, const struct image img[SIDES], const char *const *filter,
	       unsigned int nfilter, struct error *err);
void merge_release(struct merge *m);

/* 1 and the next pair, whose entries hold until the next call; 0 at the end; -1 and a text. */
int merge_next(struct merge *m, struct pair *p, struct error *err);

#endif
