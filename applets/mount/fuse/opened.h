/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects that the FUSE server hands out: found in the basedirs, held to the
 * verity level, kept open for a while, and read (fuse 7).
 */
#ifndef CFS_MOUNT_FUSE_OPENED_H
#define CFS_MOUNT_FUSE_OPENED_H

#include "applets/mount/fuse/kept.h"
#include "core/backing.h"
#include "store/basedirs.h"

struct object_slot {
	u64 node; /* 0: free */
	u64 used; /* when, by the table's clock */
	int fd;
	bool sealed; /* the kernel measured the recorded digest and enforces it */
};

/* The open objects of a server, by node id; the least recently used one goes first. */
struct opened {
	const struct basedirs *dirs; /* borrowed */
	unsigned int level;          /* verity_check */
	struct kept_hashes *kept;    /* borrowed; shared with the helper threads */
	struct object_slot *slots;
	size_t n;
	u64 clock;
};

/* Room for min(512, half of the descriptors this process may have). -1 without memory. */
int opened_init(struct opened *o, const struct basedirs *dirs, unsigned int level,
		struct kept_hashes *kept);
void opened_release(struct opened *o);

/* At level 0 nothing is promised at open, so the kernel need not ask (fuse 5.3). */
static inline bool opened_skip_open(const struct opened *o)
{
	return o->level == 0;
}

/* Drop the descriptor of a node. */
void opened_close_node(struct opened *o, u64 node);

enum object_what {
	OBJECT_OPEN,    /* make sure that it can be read at this level */
	OBJECT_READ,    /* @len bytes at @off; fewer exist only behind the end */
	OBJECT_MEASURE, /* the digest that is enforced */
};

/* Work on an object that may have to wait for a disk, and everything it needs. */
struct object_job {
	enum object_what what;
	int fd;      /* of the object; the table's own until object_job_take() */
	bool hashed; /* compare what is read with @digest */
	struct cfs_digest digest;
	u64 size, off;
	u32 len;
};

/*
 * Fill in fd and hashed for the file with this inode and backing, whose size is
 * above 0. 0 or an errno value: ENOENT if no basedir has the object; EIO for an
 * object of another size, one with another digest, and at level 2 a file without
 * a digest.
 */
int opened_find(struct opened *o, const struct cfs_inode *inode, const struct cfs_backing *backing,
		struct object_job *job);

/* Give the job a descriptor of its own, to be closed by its owner. -1 and errno. */
int object_job_take(struct object_job *job);

/*
 * Do it, and write the body of the FUSE answer. 0 or an errno value; EAGAIN: it
 * would have to wait and @may_wait is false.
 */
int object_job_run(const struct object_job *job, struct kept_hashes *kept,
		   struct kept_scratch *scratch, bool may_wait, u8 *body, size_t *len);

#endif
