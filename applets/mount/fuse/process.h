/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of a FUSE mount (fuse 8): a supervisor, and the worker that it
 * replaces when it dies. Both run on in the program that made the mount. They end
 * when the mount does, and keep nothing else alive.
 */
#ifndef CFS_MOUNT_FUSE_PROCESS_H
#define CFS_MOUNT_FUSE_PROCESS_H

#include "applets/mount/fuse/session.h"

/* What the server serves. Nothing is owned. */
struct fuse_serve_args {
	int dev;   /* /dev/fuse, or a socket (fuse 3, "fd:N") */
	int image; /* the image, read-only */
	u64 image_len;
	const char *image_name; /* for messages */
	const struct basedirs *dirs;
	unsigned int level;
	enum fuse_view view;
	bool acl, idmap;
	bool initial_ns; /* the server lives in the initial user namespace */
	bool foreground; /* errors go to stderr, which stays open */
};

/*
 * Start the supervisor and wait until the server has answered INIT. The pid of the
 * supervisor, a child of the caller; -1 and a text if the server did not start.
 */
pid_t fuse_process_start(const struct fuse_serve_args *args, struct error *err);

/* Serve in this process and without a supervisor: "fd:N". 0, or -1 and a text. */
int fuse_process_here(const struct fuse_serve_args *args, struct error *err);

#endif
