/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the image is written into its own source. */
#ifndef CFS_APPLETS_MKFS_BELOW_H
#define CFS_APPLETS_MKFS_BELOW_H

#include <stdbool.h>

/* Whether the directory @dir is the directory @top or lies below it. False if that cannot be told. */
bool below(int dir, const char *top);

#endif
