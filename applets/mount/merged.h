/* SPDX-License-Identifier: GPL-2.0-only */
/* Checks for kernels before Linux 6.5, whose overlayfs merges basedirs into the tree (path D of mount 9.3). */
#ifndef CFS_MOUNT_MERGED_H
#define CFS_MOUNT_MERGED_H

#include "applets/mount/overlay.h"

/*
 * Refuse to mount an image if the mounted tree could show what is in a basedir. The image
 * must hide the object directories, and a basedir may hold nothing else. A name that is
 * added to a basedir later cannot be kept out, because overlayfs sees no mounts below a
 * layer; therefore levels 1 and 2 are refused. 0, or -1 with an error.
 */
int merged_check(const struct overlay_request *o, struct error *err);

#endif
