// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/server.h"
#include <errno.h>
#include <linux/fuse.h>
#include <unistd.h>
#include "applets/mount/fuse/mapping.h"

/* Constants that are newer than the headers of Linux 6.1. */
#define ALLOW_IDMAP (1ull << 40)
#define MINOR_MAX 41u /* the newest protocol this server was written for */
#define MINOR_MIN 31u /* Linux 5.4 */

/* Flags this server wants whenever the kernel offers them (fuse 5.1). */
#define WANTED                                                                                     \
	(FUSE_ASYNC_READ | FUSE_EXPORT_SUPPORT | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO |     \
	 FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_CACHE_SYMLINKS | FUSE_NO_OPENDIR_SUPPORT |   \
	 FUSE_INIT_EXT)

static u64 wanted(const struct fuse_server *s)
{
	u64 flags = WANTED;

	if (opened_skip_open(&s->objects))
		flags |= FUSE_NO_OPEN_SUPPORT;
	if (s->acl && s->initial_ns)
		flags |= FUSE_POSIX_ACL;
	if (s->idmap)
		flags |= ALLOW_IDMAP;
	return flags;
}

/* The flags that the kernel offers. flags2 counts only if the long form was announced and sent. */
static u64 offered(const struct fuse_request *r)
{
	struct fuse_init_in in = { 0 };

	memcpy(&in, r->arg, r->len < sizeof(in) ? r->len : sizeof(in));
	if (r->len < sizeof(in) || !(in.flags & FUSE_INIT_EXT))
		return in.flags;
	return in.flags | (u64)in.flags2 << 32;
}

static void init_answer(struct fuse_init_out *out, u32 minor, u32 readahead, u64 granted)
{
	const long page = sysconf(_SC_PAGESIZE);

	*out = (struct fuse_init_out){
		.major = FUSE_KERNEL_VERSION,
		.minor = minor,
		.max_readahead = readahead,
		.flags = (u32)granted,
		.flags2 = (u32)(granted >> 32),
		.max_background = 64,
		.congestion_threshold = 48,
		.max_write = 4096,
		.time_gran = 1,
	};
	if (granted & FUSE_MAX_PAGES)
		out->max_pages = (u16)(FUSE_BODY_MAX / (size_t)page);
}

int fuse_init(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	/* The short form ends before flags2. */
	const struct fuse_init_in *in = fuse_arg(r, offsetof(struct fuse_init_in, flags2));
	u32 minor;

	if (!in)
		return EINVAL;
	a->len = sizeof(struct fuse_init_out);
	if (in->major > FUSE_KERNEL_VERSION) { /* the kernel then asks again with this version */
		init_answer((struct fuse_init_out *)a->body, 0, 0, 0);
		memset(a->body + sizeof(u32), 0, a->len - sizeof(u32));
		return 0;
	}
	if (in->major < FUSE_KERNEL_VERSION || in->minor < MINOR_MIN)
		return EPROTO;
	minor = in->minor < MINOR_MAX ? in->minor : MINOR_MAX;
	s->session->granted = offered(r) & wanted(s);
	s->session->minor = minor;
	init_answer((struct fuse_init_out *)a->body, minor, in->max_readahead, s->session->granted);
	return 0;
}

const char *fuse_name(const struct fuse_request *r, size_t at, size_t *len)
{
	const char *name = (const char *)r->arg + at;

	if (r->len <= at)
		return NULL;
	*len = strnlen(name, r->len - at);
	return *len < r->len - at ? name : NULL;
}

int fuse_inode(const struct fuse_server *s, u64 node, struct cfs_inode *inode)
{
	struct cfs_fault f;

	if (node == FUSE_ROOT_ID)
		node = s->img.super.root_nid;
	return node == 0 || image_inode(&s->img, node, inode, &f) ? EUCLEAN : 0;
}

int fuse_backing(const struct fuse_server *s, const struct cfs_inode *inode, struct cfs_backing *b)
{
	struct image_xattrs w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	struct cfs_fault f;
	int rc;

	cfs_backing_init(b, inode);
	if (image_xattrs(&w, &s->img, inode, &f))
		return EUCLEAN;
	while ((rc = image_xattrs_next(&w, &x, &f)) > 0) {
		rc = cfs_backing_xattr(b, &x, &shown, &f);
		if (rc < 0)
			break;
	}
	return rc < 0 ? EUCLEAN : 0;
}

/* Only an empty regular file can be a whiteout. */
static int is_whiteout(const struct fuse_server *s, const struct cfs_inode *inode, bool *yes)
{
	struct cfs_backing b;
	int rc;

	*yes = false;
	if (s->view == FUSE_OVERLAY || inode->ftype != EROFS_FT_REG_FILE || inode->size)
		return 0;
	rc = fuse_backing(s, inode, &b);
	*yes = !rc && b.is_whiteout;
	return rc;
}

int fuse_attributes(const struct fuse_server *s, const struct cfs_inode *inode,
		    struct fuse_attr *attr)
{
	bool whiteout;
	int rc = is_whiteout(s, inode, &whiteout);

	*attr = (struct fuse_attr){
		.ino = inode->nid,
		.size = inode->size,
		.blocks = cfs_align(inode->size, EROFS_BLKSZ) / 512,
		.atime = (u64)inode->mtime,
		.mtime = (u64)inode->mtime,
		.ctime = (u64)inode->mtime,
		.atimensec = inode->mtime_nsec,
		.mtimensec = inode->mtime_nsec,
		.ctimensec = inode->mtime_nsec,
		.mode = whiteout ? CFS_IFCHR | (inode->mode & 07777) : inode->mode,
		.nlink = inode->nlink,
		.uid = inode->uid,
		.gid = inode->gid,
		.rdev = inode->rdev,
		.blksize = EROFS_BLKSZ,
	};
	return rc;
}

static int handle_getattr(struct fuse_server *s, const struct fuse_request *r,
			  struct fuse_answer *a)
{
	struct fuse_attr_out *out = (struct fuse_attr_out *)a->body;
	struct cfs_inode inode;
	int rc = fuse_inode(s, r->node, &inode);

	*out = (struct fuse_attr_out){ .attr_valid = FUSE_FOREVER };
	a->len = sizeof(*out);
	return rc ? rc : fuse_attributes(s, &inode, &out->attr);
}

static int handle_readlink(struct fuse_server *s, const struct fuse_request *r,
			   struct fuse_answer *a)
{
	struct cfs_inode inode;
	struct cfs_span target;
	struct cfs_fault f;
	int rc = fuse_inode(s, r->node, &inode);

	if (rc)
		return rc;
	if (inode.ftype != EROFS_FT_SYMLINK)
		return EINVAL;
	if (inode.size > CFS_PATH_MAX)
		return EUCLEAN;
	target = image_content(&s->img, &inode, a->body);
	memmove(a->body, target.p, (size_t)target.len);
	target.p = a->body; /* check the copy: the image may change */
	a->len = (size_t)target.len;
	return cfs_symlink_check(target, &f) ? EUCLEAN : 0;
}

static int handle_statfs(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	(void)r;
	*(struct fuse_statfs_out *)a->body =
		(struct fuse_statfs_out){ .st = {
						  .blocks = cfs_align(s->img.len, EROFS_BLKSZ) /
							    EROFS_BLKSZ,
						  .files = s->img.super.inos,
						  .bsize = EROFS_BLKSZ,
						  .frsize = EROFS_BLKSZ,
						  .namelen = EROFS_NAME_LEN,
					  } };
	a->len = sizeof(struct fuse_statfs_out);
	return 0;
}

static int handle_forget(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	a->silent = true;
	opened_close_node(&s->objects, r->node);
	return 0;
}

static int handle_batch_forget(struct fuse_server *s, const struct fuse_request *r,
			       struct fuse_answer *a)
{
	const struct fuse_batch_forget_in *in = fuse_arg(r, sizeof(*in));
	const struct fuse_forget_one *one;

	a->silent = true;
	if (!in)
		return 0;
	one = (const struct fuse_forget_one *)(in + 1);
	for (size_t i = 0; i < in->count && i < (r->len - sizeof(*in)) / sizeof(*one); i++)
		opened_close_node(&s->objects, one[i].nodeid);
	return 0;
}

static int handle_nothing(struct fuse_server *s, const struct fuse_request *r,
			  struct fuse_answer *a)
{
	(void)s;
	(void)r;
	(void)a;
	return 0;
}

static int handle_interrupt(struct fuse_server *s, const struct fuse_request *r,
			    struct fuse_answer *a)
{
	(void)s;
	(void)r;
	a->silent = true;
	return 0;
}

static int handle_write(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	(void)s;
	(void)r;
	(void)a;
	return EROFS;
}

typedef int handler(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a);

/* The answer to every other request is ENOSYS, which the kernel remembers. */
static handler *const handlers[] = {
	[FUSE_LOOKUP] = fuse_lookup,
	[FUSE_FORGET] = handle_forget,
	[FUSE_GETATTR] = handle_getattr,
	[FUSE_SETATTR] = handle_write,
	[FUSE_READLINK] = handle_readlink,
	[FUSE_SYMLINK] = handle_write,
	[FUSE_MKNOD] = handle_write,
	[FUSE_MKDIR] = handle_write,
	[FUSE_UNLINK] = handle_write,
	[FUSE_RMDIR] = handle_write,
	[FUSE_RENAME] = handle_write,
	[FUSE_LINK] = handle_write,
	[FUSE_OPEN] = fuse_open,
	[FUSE_READ] = fuse_read,
	[FUSE_WRITE] = handle_write,
	[FUSE_STATFS] = handle_statfs,
	[FUSE_RELEASE] = handle_nothing,
	[FUSE_SETXATTR] = handle_write,
	[FUSE_GETXATTR] = fuse_getxattr,
	[FUSE_LISTXATTR] = fuse_listxattr,
	[FUSE_REMOVEXATTR] = handle_write,
	[FUSE_INIT] = fuse_init,
	[FUSE_READDIR] = fuse_readdir,
	[FUSE_RELEASEDIR] = handle_nothing,
	[FUSE_CREATE] = handle_write,
	[FUSE_INTERRUPT] = handle_interrupt,
	[FUSE_DESTROY] = handle_nothing,
	[FUSE_IOCTL] = fuse_ioctl,
	[FUSE_BATCH_FORGET] = handle_batch_forget,
	[FUSE_FALLOCATE] = handle_write,
	[FUSE_READDIRPLUS] = fuse_readdir,
	[FUSE_RENAME2] = handle_write,
	[FUSE_LSEEK] = fuse_lseek,
	[FUSE_TMPFILE] = handle_write,
};

void fuse_handle(struct fuse_server *s, const void *request, size_t len, struct fuse_answer *a)
{
	const struct fuse_in_header *h = request;
	struct fuse_request r;
	handler *handle;

	*a = (struct fuse_answer){ .body = a->body };
	if (len < sizeof(*h)) {
		a->silent = true; /* there is no number to answer to */
		return;
	}
	r = (struct fuse_request){
		.node = h->nodeid,
		.op = h->opcode,
		.uid = h->uid,
		.arg = h + 1,
		.len = len - sizeof(*h),
	};
	a->unique = h->unique;
	handle = r.op < sizeof(handlers) / sizeof(*handlers) ? handlers[r.op] : NULL;
	a->error = handle ? handle(s, &r, a) : ENOSYS;
	/* The answer may have zeros instead of bytes that could not be read from the image. */
	if (mapping_faulted()) {
		a->error = EIO;
		a->later = false;
	}
	if (a->error)
		a->len = 0;
}
