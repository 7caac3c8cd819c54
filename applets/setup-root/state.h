/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc and /var of the new root, from the state of a deployment (mount 16.1, steps 5 to 7). */
#ifndef CFS_SETUP_ROOT_STATE_H
#define CFS_SETUP_ROOT_STATE_H

#include "applets/mount/job.h"
#include "applets/setup-root/conf.h"

struct state {
	struct job *j; /* of the root: names, messages */
	const struct conf *conf;
	const char *hex;     /* of the deployment */
	const char *sysroot; /* name of the physical root, for messages */
	int root;            /* the new root, attached */
	int physical;        /* the physical root, attached somewhere */
};

/* 0, or -1 and j->err. What was attached below the new root stays the caller's to take off. */
int state_mount(const struct state *s);

/* Make the file system of a mount writable, if it is not. 0, or -1 and errno. */
int state_make_writable(int mount);

/*
 * Two directories for an overlay on a tmpfs of its own, which is attached nowhere:
 * its descriptor, or -1 and j->err.
 */
int state_tmpfs(struct job *j, int *upper, int *work);

/*
 * Open @path, which may hold links, below the directory @dir and nowhere else.
 * -1 and errno.
 */
int state_open_beneath(int dir, const char *path, int flags);

/* An open directory of the new root, -1: it has none of this name. */
int state_directory(int root, const char *name);

#endif
