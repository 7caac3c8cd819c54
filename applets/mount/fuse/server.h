/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FUSE server's request handler: from the bytes of a request to the bytes of
 * its answer, by the decoder of format/core and without a connection to the kernel.
 * Unit tests and the fuzzer call it directly; session.h connects it to /dev/fuse.
 * Protocol and rules: applets/mount/fuse/README.md ("fuse").
 */
#ifndef CFS_MOUNT_FUSE_SERVER_H
#define CFS_MOUNT_FUSE_SERVER_H

#include "applets/mount/fuse/opened.h"
#include "image/image.h"

#define FUSE_BODY_MAX ((size_t)1 << 20) /* longest body of an answer */
#define FUSE_FOREVER ((u64)1 << 40)     /* seconds; kernels clamp it */

/* What the kernel granted in INIT. A worker that is started later sees no INIT. */
struct fuse_session {
	u64 granted; /* FUSE_* flags */
	u32 minor;   /* 0: no INIT was answered yet */
};

/* Which tree is shown (fuse 6.2). */
enum fuse_view {
	FUSE_PLAIN,   /* the tree that was packed: whiteouts are devices, marks are hidden */
	FUSE_OVERLAY, /* the lower layer of an overlay with "userxattr", which opens the objects */
};

struct fuse_server {
	struct image img; /* its bytes may change at any time: no check is relied on */
	enum fuse_view view;
	struct fuse_session *session; /* survives a worker */
	struct opened objects;
	bool initial_ns; /* "trusted." names may be listed */
	bool acl;        /* the kernel must enforce POSIX ACLs (fuse 5.1) */
	bool idmap;      /* an idmapped mount was asked for */
};

/* An answer. The caller sets @body, which has room for FUSE_BODY_MAX bytes. */
struct fuse_answer {
	u64 unique;  /* of the request */
	int error;   /* an errno value; there is no body then */
	bool silent; /* the request has no answer */
	bool later;  /* @job has everything needed to complete it */
	struct object_job job;
	u8 *body;
	size_t len;
};

/*
 * Answer the request in the @len bytes at @request, which are aligned to 8. Any bytes
 * are allowed. An answer that would wait for a disk is left to the caller: see
 * object_job_run(). Does not look at the header's own length.
 */
void fuse_handle(struct fuse_server *s, const void *request, size_t len, struct fuse_answer *a);

/* The parts of the handler; each returns 0 or an errno value, and fills the body. */
struct fuse_request {
	u64 node; /* as the kernel names it: 1 is the root */
	u32 op, uid;
	const void *arg; /* behind the header */
	size_t len;
};

int fuse_init(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);

/* The inode of a node id. EUCLEAN if it does not decode. */
int fuse_inode(const struct fuse_server *s, u64 node, struct cfs_inode *inode);

/* The meaning of all xattrs of an inode. EUCLEAN. */
int fuse_backing(const struct fuse_server *s, const struct cfs_inode *inode, struct cfs_backing *b);

struct fuse_attr;

/* Attributes as they are shown; a whiteout is a device in the plain view. */
int fuse_attributes(const struct fuse_server *s, const struct cfs_inode *inode,
		    struct fuse_attr *attr);

int fuse_lookup(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_readdir(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_getxattr(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_listxattr(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_open(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_read(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_lseek(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);
int fuse_ioctl(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);

/* The argument of a request, or NULL if the request is shorter than that. */
static inline const void *fuse_arg(const struct fuse_request *r, size_t size)
{
	return r->len < size ? NULL : r->arg;
}

/* The name at @at of the argument, which must end inside it, or NULL. */
const char *fuse_name(const struct fuse_request *r, size_t at, size_t *len);

#endif
