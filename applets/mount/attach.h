/* SPDX-License-Identifier: GPL-2.0-only */
/* The finished mount on its target (mount 9.4), and changes to a mount (9.6). */
#ifndef CFS_MOUNT_ATTACH_H
#define CFS_MOUNT_ATTACH_H

#include "applets/mount/request.h"

struct host;

/* All return 0, or -1 with an error. */

/*
 * Attach the mount to the target, unless the back end did. With n->ns the namespace is
 * entered first, and the path @target is opened there.
 */
int attach_mount(const struct mount_result *m, struct named *n, const char *target,
		 struct error *err);

/* Give @mount, which is detached, the id mapping of n->idmap, if that is open. */
int attach_idmap(int mount, const struct named *n, struct error *err);

/* Change ro, rw and the flags of what is mounted on the target. */
int attach_remount(const struct named *n, const struct mount_flags *flags, struct host *host,
		   struct error *err);

#endif
