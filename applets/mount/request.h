/* SPDX-License-Identifier: GPL-2.0-only */
/* A mount that is to be made, as mount and setup-root hand it to a back end, and its result. */
#ifndef CFS_MOUNT_REQUEST_H
#define CFS_MOUNT_REQUEST_H

#include <sys/types.h>
#include "applets/mount/imagefd.h"
#include "applets/mount/named.h"
#include "applets/mount/options.h"

/* Options that messages recommend; they differ between mount and setup-root. */
struct mount_advice {
	const char *level0;   /* to go without verification */
	const char *unsealed; /* to use a store without fs-verity */
};

struct mount_request {
	struct imagefd *image;
	const struct named *named;
	const struct mount_flags *flags;
	const struct mount_advice *advice;
	const char *source;       /* that mountinfo shows */
	unsigned int debug;       /* MOUNT_DEBUG_* */
	bool has_upper;           /* an upper directory is in @named, or will be before build() */
	int level;                /* 0, 1, 2: set by backend_prepare() */
	bool sealed;              /* a sample object has fs-verity; set by backend_prepare() */
	const struct backend *by; /* set by backend_prepare() */
};

struct mount_result {
	int mount;     /* detached; -1: none */
	bool attached; /* the mount is on the target already */
	pid_t server;  /* the process that serves the mount; 0: none */
};

#endif
