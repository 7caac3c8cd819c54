/* SPDX-License-Identifier: GPL-2.0-only */
/* The operands of cfs diff. Each becomes an image, whatever its kind (diff 2). */
#ifndef CFS_APPLETS_DIFF_OPERAND_H
#define CFS_APPLETS_DIFF_OPERAND_H

#include "applets/common/inputs.h"
#include "applets/diff/merge.h"

struct operands {
	char *const *names;
	const char *kind[SIDES]; /* "image", "dump", "tar archive", "directory" */
	struct image img[SIDES]; /* checked */
	bool same;               /* the same bytes */
	struct cfs_digest digest[SIDES];
};

/*
 * Open, read and check both operands. Parsers of untrusted input run confined,
 * unless an operand is a directory, which has to be scanned. The images are checked and,
 * with @digests, hashed by a thread each. -1 and a text that begins with the name
 * of an operand. Release it in any case.
 */
int operands_load(struct operands *o, char *const names[SIDES], bool hardlinks, bool digests,
		  struct error *err);
void operands_release(struct operands *o);

#endif
