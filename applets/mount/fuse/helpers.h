/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that do what the answering thread must not wait for: reads of objects that
 * are not in memory, and hashing whole objects (fuse 7.3). At most two of the four
 * hash at a time, so that a read never waits behind objects of gigabytes, and an
 * object is hashed once however many requests want it.
 */
#ifndef CFS_MOUNT_FUSE_HELPERS_H
#define CFS_MOUNT_FUSE_HELPERS_H

#include "applets/mount/fuse/session.h"

struct helpers;

/* @dev gets the answers. NULL without memory. No thread is started yet. */
struct helpers *helpers_new(int dev, struct fuse_shared *shared, struct kept_hashes *kept);

/* Wait until the threads have finished what they do; what is queued is dropped. */
void helpers_free(struct helpers *h);

/* Return when the shared table has a free place. Called by the answering thread alone. */
void helpers_wait_for_place(struct helpers *h);

/*
 * Hand over a request, whose number goes to the shared table. The helper closes a
 * duplicate of the job's descriptor. -1: no thread or no descriptor is to be had,
 * and nothing was done.
 */
int helpers_give(struct helpers *h, u64 unique, const struct object_job *job);

/* Send an answer; -1: the connection has ended. session.c. */
int fuse_reply(int dev, u64 unique, int error, const u8 *body, size_t len);

#endif
