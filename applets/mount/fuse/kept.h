/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hashes of objects whose file system has no fs-verity. An object is read and hashed
 * once. If the root of its hash tree gives the recorded digest, its hashes are
 * authentic for this digest for ever, whatever file has the name later. Each read
 * then compares whole units with them (fuse 7.2). All functions may be called by
 * several threads.
 */
#ifndef CFS_MOUNT_FUSE_KEPT_H
#define CFS_MOUNT_FUSE_KEPT_H

#include "verity/verity.h"

struct kept_hashes;

/* Memory of one thread for hashing. */
struct kept_scratch {
	struct verity unit, tree;
	u8 buf[VERITY_READ];
};

/* NULL without memory. */
struct kept_hashes *kept_new(void);
void kept_free(struct kept_hashes *k);

/* An object that is hashed: the digest it must have, its size, and its file. */
struct kept_object {
	const struct cfs_digest *digest;
	u64 size;
	int fd;
	bool may_wait; /* for a disk, and for the hashing of a large object */
};

/* Whether the hashes of this object are there. */
bool kept_has(struct kept_hashes *k, const struct kept_object *o);

/*
 * Make sure that they are. 0; EIO: the content has another digest or ends early;
 * EAGAIN: that would have to wait; ENOMEM.
 */
int kept_ensure(struct kept_hashes *k, const struct kept_object *o, struct kept_scratch *s);

/*
 * Read [@off, @off + @len), which lies inside the object, to @to, and compare it
 * with the kept hashes. 0, EIO if anything differs, EAGAIN, ENOMEM.
 */
int kept_read(struct kept_hashes *k, const struct kept_object *o, struct kept_scratch *s, u64 off,
	      u32 len, u8 *to);

#endif
