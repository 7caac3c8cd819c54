/* SPDX-License-Identifier: GPL-2.0-only */
/* In which attributes the two entries of a pair differ (diff 3). */
#ifndef CFS_APPLETS_DIFF_COMPARE_H
#define CFS_APPLETS_DIFF_COMPARE_H

#include "applets/diff/ignore.h"
#include "applets/diff/merge.h"

/* An xattr that is on one side only, or has two values. */
struct xattr_change {
	const struct dump_xattr *x[SIDES]; /* NULL: not on that side */
};

/* What differs between the entries of a pair. Pointers hold as long as the entries. */
struct changes {
	unsigned int attrs; /* ATTR_BIT()s, none that is ignored */
	const struct xattr_change *xattrs;
	u32 nxattrs; /* not 0 exactly if ATTR_XATTRS is set */
	/* With ATTR_LINK set: the first name of the inode on that side, as it stands in A; NULL: this one. */
	const struct location *first[SIDES];
	unsigned int data; /* ATTR_DATA: those that differ, ignored or not */
};

struct compare {
	const struct ignore *ignore;
	const struct image *img; /* of both sides */
	/* By image_rank(), of each inode with several names: the first that both trees have, in A. */
	struct location *first[SIDES];
	struct xattr_change *xattrs; /* room for those of a pair */
	const struct dump_xattr **sorted[SIDES];
	u32 cap; /* of the three */
};

/* -1 and a text without memory. Release it in any case. */
int compare_init(struct compare *c, const struct image img[SIDES], const struct ignore *ignore,
		 struct error *err);
void compare_release(struct compare *c);

/*
 * Compare the entries of a pair that has both. Pairs come in the order of
 * merge_next(), or the first names of hard links are wrong. -1 and a text
 * without memory.
 */
int compare_pair(struct compare *c, const struct pair *p, struct changes *changes,
		 struct error *err);

/* The modification time of an entry as it is compared. */
static inline u32 compare_nsec(const struct ignore *ignore, const struct cursor_entry *e)
{
	return ignore->nsec ? 0 : e->d.mtime_nsec;
}

#endif
