/* SPDX-License-Identifier: GPL-2.0-only */
/* The back end "erofs": EROFS for the image, overlayfs above it and the objects (mount 9.2, 9.3). */
#ifndef CFS_MOUNT_VIA_EROFS_H
#define CFS_MOUNT_VIA_EROFS_H

struct job;

/* j->mount, detached; -1 and j->err. */
int via_erofs(struct job *j);

/*
 * Whether the kernel can do what was asked for: 1; 0 with the reason in
 * j->err; -1: something else is wrong.
 */
int via_erofs_able(struct job *j);

#endif
