/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc and /var of the new root, from the state of a deployment (setup-root 16.1, steps 5 to 7). */
#ifndef CFS_SETUP_ROOT_STATE_H
#define CFS_SETUP_ROOT_STATE_H

#include "base/error.h"
#include "applets/setup-root/conf.h"

struct host;

struct state {
	struct host *host;
	struct error *err;
	const struct conf *conf;
	const char *hex;     /* the name of the deployment */
	const char *sysroot; /* name of the physical root, for messages */
	int root;            /* the new root, attached */
	int physical;        /* the physical root, attached somewhere */
	unsigned int debug;  /* MOUNT_DEBUG_* */
};

/*
 * Mount /etc and /var of the new root, as the configuration says. 0, or -1 with an error;
 * what was attached below the new root is left to the caller to unmount.
 */
int state_mount(const struct state *s);

/* Make a mount and its file system writable, if they are not. 0, or -1 and errno. */
int state_make_writable(int mount);

/* A detached tmpfs with two directories for an overlay. */
struct state_tmpfs {
	int mount, upper, work;
};

/* Make one. 0, or -1 with an error and nothing is open. */
int state_tmpfs_open(struct state_tmpfs *t, struct error *err);
void state_tmpfs_close(struct state_tmpfs *t);

/*
 * Open @path, which may hold links, below the directory @dir and nowhere else.
 * -1 and errno.
 */
int state_open_beneath(int dir, const char *path, int flags);

/* Open a directory of the new root by O_PATH. -1 and errno: it has none of this name. */
int state_directory(int root, const char *name);

#endif
