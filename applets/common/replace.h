/* SPDX-License-Identifier: GPL-2.0-only */
/* What mkfs may replace: a mistyped operand must not destroy another file. */
#ifndef CFS_APPLETS_COMMON_REPLACE_H
#define CFS_APPLETS_COMMON_REPLACE_H

#include "files/publish.h"

/*
 * Refuse to replace a regular file that is neither empty nor a composefs image,
 * and to write over a block device whose first MiB holds something else. -1 and
 * a text that begins with the name and gives the remedy.
 */
int replace_check(const struct publish *out, struct error *err);

#endif
