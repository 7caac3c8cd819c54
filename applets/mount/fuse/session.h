/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A FUSE server's worker: requests from a descriptor, answers back to it, and helper
 * threads for the answers that wait for a disk (fuse 7.3, 8.2).
 */
#ifndef CFS_MOUNT_FUSE_SESSION_H
#define CFS_MOUNT_FUSE_SESSION_H

#include <stdatomic.h>
#include "applets/mount/fuse/server.h"

/* The kernel wants room for 8192 bytes, and for max_write and the headers of a write. */
#define FUSE_REQUEST_MAX (8192u + 4096u)
#define FUSE_TAKEN_MAX 4096u

/*
 * Memory that a worker shares with its supervisor. It names every request that was
 * taken from the kernel and has no answer yet, so that the supervisor of a dead
 * worker can answer for it: the one in the buffer, and those in the table. A number
 * is written to the table before the buffer is used again.
 */
struct fuse_shared {
	struct fuse_session session;
	atomic_uint answered;                      /* requests, by any worker; wraps */
	_Atomic u64 taken[FUSE_TAKEN_MAX];         /* 0: free */
	_Alignas(64) u8 request[FUSE_REQUEST_MAX]; /* its number is 0 until a request is there */
};

/* Shared with children that are forked later; NULL without memory. */
struct fuse_shared *fuse_shared_new(void);

/*
 * Answer requests from @dev until it is unmounted, or the other end of a socket is
 * closed: 0. -1 and a text if the server cannot go on. @ready: called once, after
 * INIT was answered with success; may be NULL.
 */
int fuse_serve(struct fuse_server *s, int dev, struct fuse_shared *shared, void (*ready)(void *arg),
	       void *arg, struct error *err);

/* Answer EIO to every request that a dead worker has left behind. */
void fuse_settle(int dev, struct fuse_shared *shared);

#endif
