/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts of unprivileged users, through the set-user-ID helper fusermount3 (fuse 4.3). */
#ifndef CFS_MOUNT_FUSE_FUSERMOUNT_H
#define CFS_MOUNT_FUSE_FUSERMOUNT_H

#include "base/error.h"

#define FUSERMOUNT_PATH 4096

/* Find the helper: in $PATH, then in /usr/bin and /bin. False: there is none. */
bool fusermount_find(char path[FUSERMOUNT_PATH]);

/*
 * Let the helper mount on @target, an absolute path, with these options. Returns the
 * descriptor of /dev/fuse; or -1 and a text, after the helper has printed its own reason.
 */
int fusermount_mount(const char *helper, const char *options, const char *target,
		     struct error *err);

/* Unmount lazily. A failure is not reported. */
void fusermount_unmount(const char *helper, const char *target);

#endif
