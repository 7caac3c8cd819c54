/* SPDX-License-Identifier: GPL-2.0-only */
/* Differences between image files whose trees may be equal (diff 8). */
#ifndef CFS_APPLETS_DIFF_FACTS_H
#define CFS_APPLETS_DIFF_FACTS_H

#include "applets/common/output.h"
#include "applets/diff/merge.h"

enum fact {
	FACT_DIGEST,
	FACT_VERSION,
	FACT_ACL,
	FACT_BUILD_TIME,
	FACT_SIZE,
	FACT_INODES,
	FACT_STUBS,
	FACT_COMPACT,
	FACT_SHARED,
	FACT_OPAQUE,
	FACTS
};

struct facts {
	const struct image *img; /* of both sides, checked */
	struct cfs_digest digest[SIDES];
	u64 number[FACTS][SIDES]; /* of all but digest and build time */
};

/* Find the facts of both sides. -1 and a text. */
int facts_init(struct facts *f, const struct image img[SIDES],
	       const struct cfs_digest digest[SIDES], struct error *err);

/* The facts that differ, as lines of --list and of --json. */
void facts_list(const struct facts *f, struct buf *out);
void facts_json(const struct facts *f, struct buf *out);

/* "format version V in A, W in B" and a newline. */
void facts_version(const struct facts *f, struct buf *out);

/*
 * The lines of a summary for two images whose trees are equal, and which are
 * not. -1 and a text without memory.
 */
int facts_summary(const struct facts *f, struct buf *out, struct error *err);

#endif
