/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of cfs diff --list and --json (diff 6 and 7). */
#ifndef CFS_APPLETS_DIFF_LIST_H
#define CFS_APPLETS_DIFF_LIST_H

#include "applets/common/output.h"
#include "applets/diff/compare.h"

/* The state with which the lines of pairs are printed. */
struct lister {
	const struct image *img; /* of both sides */
	const struct ignore *ignore;
	struct buf link; /* scratch */
};

/*
 * Append the line of a pair that differs, or is on one side only; @changes is
 * not used then. -1 and a text; a lack of memory is latched in @out.
 */
int list_pair(struct lister *l, const struct pair *p, const struct changes *changes,
	      struct buf *out, struct error *err);
int json_pair(struct lister *l, const struct pair *p, const struct changes *changes,
	      struct buf *out, struct error *err);

/* The sign and the path alone. */
void list_name(const struct pair *p, struct buf *out);

#endif
