/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary of cfs diff: a bounded page that names causes (diff 5). */
#ifndef CFS_APPLETS_DIFF_SUMMARY_H
#define CFS_APPLETS_DIFF_SUMMARY_H

#include "applets/diff/compare.h"
#include "applets/diff/group.h"

struct summary;

/* NULL without memory. 100 KB, whatever is counted with it. */
struct summary *summary_new(const struct ignore *ignore);

/* Count a pair that differs, or is on one side only; @changes is not used then. */
void summary_add(struct summary *s, const struct pair *p, const struct changes *changes);

/* Count a pair that does not differ, or the roots of what is only on one side are wrong. */
void summary_pass(struct summary *s, const struct pair *p);

/* Append the lines about trees. -1 and a text; a lack of memory is latched in @out. Call once. */
int summary_print(struct summary *s, const struct image img[SIDES], struct buf *out,
		  struct error *err);

#endif
