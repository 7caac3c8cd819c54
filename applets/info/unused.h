/* SPDX-License-Identifier: GPL-2.0-only */
/* unused-objects --repo. */
#ifndef CFS_APPLETS_UNUSED_H
#define CFS_APPLETS_UNUSED_H

#include "applets/info/info.h"

/*
 * Open the repository info->repo, its objects as info->dirs, and list in
 * info->images the operands and the images of the repository. -1 and a text.
 */
int unused_repo_open(struct info *info, char **args, struct error *err);
void unused_repo_close(struct info *info);

#endif
