/* SPDX-License-Identifier: GPL-2.0-only */
/* Why the data of a file differ (diff 5, "Data"). */
#ifndef CFS_APPLETS_DIFF_DATA_H
#define CFS_APPLETS_DIFF_DATA_H

#include "applets/diff/group.h"
#include "verity/verity.h"

/* In the order of the lines. */
enum data_reason {
	DATA_OTHER,
	DATA_INLINE_OBJECT,
	DATA_OBJECT_INLINE,
	DATA_INLINE_UNKNOWN,
	DATA_UNKNOWN_INLINE,
	DATA_OTHER_PATH,
	DATA_DIGEST_A,
	DATA_DIGEST_B,
	DATA_NO_DIGEST,
	DATA_REASONS
};

/* Find out why the data of a file differ that both trees have. @v is scratch. */
enum data_reason data_reason(const struct pair *p, struct verity *v);

/* Print a line for each reason that has entries. */
void data_print(const struct group g[DATA_REASONS], struct phrase *ph);

#endif
