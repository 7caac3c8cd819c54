/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mount point and everything else that was named for a mount. All of it is opened
 * before anything else is done (mount 5, step 2).
 */
#ifndef CFS_MOUNT_NAMED_H
#define CFS_MOUNT_NAMED_H

#include "applets/mount/options.h"
#include "store/basedirs.h"

/* Open files, by O_PATH where that will do; -1: not open. The names are the caller's. */
struct named {
	int target;
	const char *target_name;
	int ns; /* the mount namespace that the mount is to be attached in */
	const char *ns_name;
	struct basedirs dirs;
	int upper, work; /* both or neither */
	const char *upper_name, *work_name;
	int idmap; /* a user namespace */
	const char *idmap_name;
};

void named_init(struct named *n);
void named_close(struct named *n);

/* All functions below return 0, or -1 with an error. */

/* Open the mount point. */
int named_target(struct named *n, const char *path, struct error *err);

/* Open the mount namespace of -N: a path, or the number of a process. */
int named_namespace(struct named *n, const char *name, struct error *err);

/*
 * Open basedir, upperdir, workdir and idmap. A basedir that was named twice is used once.
 * One basedir inside another is refused.
 */
int named_options(struct named *n, const struct mount_paths *paths, struct error *err);

/*
 * Check what overlayfs demands of upperdir and workdir (mount 5, step 7), because it
 * explains a violation only in the kernel log.
 */
int named_upper_check(const struct named *n, struct error *err);

#endif
