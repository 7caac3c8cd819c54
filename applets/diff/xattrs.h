/* SPDX-License-Identifier: GPL-2.0-only */
/* Count the differences of extended attributes by cause (diff 5, "Xattrs"). */
#ifndef CFS_APPLETS_DIFF_XATTRS_H
#define CFS_APPLETS_DIFF_XATTRS_H

#include "applets/diff/compare.h"
#include "applets/diff/group.h"

#define XATTRS_MAX 16 /* different (name, kind) that are counted apart */

/* In the order of the lines. */
enum xattr_kind {
	XATTR_ONLY_A,
	XATTR_ONLY_B,
	XATTR_DIFFERS,
};

struct xattr_group {
	enum xattr_kind kind;
	struct dump_xattr
		first[SIDES]; /* of the first entry, where the side has it; bytes of the image */
	bool various[SIDES];  /* there is another value */
	bool not_nul[SIDES];  /* a value is not that of the other side and a NUL byte */
	struct group g;
};

struct xattrs {
	struct xattr_group v[XATTRS_MAX];
	unsigned int n;
	struct group other;
	struct group whiteouts[SIDES]; /* directories that are marked as holding whiteouts */
};

/* Count the xattrs in which a pair differs. */
void xattrs_add(struct xattrs *x, const struct pair *p, const struct changes *changes);

/* The lines about whiteout marks, and about the others. */
void xattrs_print(struct xattrs *x, struct phrase *ph);

#endif
