/* SPDX-License-Identifier: GPL-2.0-only */
/* mkfs --from-tar. */
#ifndef CFS_APPLETS_FROM_TAR_H
#define CFS_APPLETS_FROM_TAR_H

#include "applets/common/inputs.h"
#include "source/tar/tar.h"

/* Make and seal the tree, and show progress. -1 and a text. */
int from_tar(struct tree *tree, struct inputs *layers, struct tar_options *options, bool progress,
	     struct error *err);

#endif
