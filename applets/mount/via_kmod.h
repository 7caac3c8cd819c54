/* SPDX-License-Identifier: GPL-2.0-only */
/* The back end "kmod": our own file system (mount 9.1, 9.5). */
#ifndef CFS_MOUNT_VIA_KMOD_H
#define CFS_MOUNT_VIA_KMOD_H

struct job;

/* As for via_erofs.h. */
int via_kmod(struct job *j);
int via_kmod_able(struct job *j);

#endif
