// SPDX-License-Identifier: GPL-2.0-only
/* OPEN, READ, LSEEK and IOCTL: requests about the content of files (fuse 5.2, 5.3, 7). */
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <linux/fuse.h>
#include <unistd.h>
#include "applets/mount/fuse/server.h"

/* A regular file, and its backing if its content is an object. */
struct file {
	struct cfs_inode inode;
	struct cfs_backing backing;
	bool has_object; /* otherwise its content is in the image */
};

static int load(struct fuse_server *s, const struct fuse_request *r, struct file *f)
{
	int rc = fuse_inode(s, r->node, &f->inode);

	if (rc)
		return rc;
	if (f->inode.ftype == EROFS_FT_DIR)
		return EISDIR;
	if (f->inode.ftype != EROFS_FT_REG_FILE)
		return EINVAL;
	f->has_object = f->inode.size && !cfs_inode_has_content(&f->inode);
	return f->has_object ? fuse_backing(s, &f->inode, &f->backing) : 0;
}

/* Find the object; the caller runs the job. */
static int start_job(struct fuse_server *s, const struct file *f, struct fuse_answer *a)
{
	int rc = opened_find(&s->objects, &f->inode, &f->backing, &a->job);

	a->later = !rc;
	return rc;
}

int fuse_open(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_open_in *in = fuse_arg(r, sizeof(*in));
	struct file f;
	int rc;

	if (!in)
		return EINVAL;
	if ((in->flags & O_ACCMODE) != O_RDONLY)
		return EROFS;
	if (opened_skip_open(&s->objects) && s->session->granted & FUSE_NO_OPEN_SUPPORT)
		return ENOSYS;
	rc = load(s, r, &f);
	if (rc)
		return rc;
	a->job.what = OBJECT_OPEN;
	if (f.has_object && !opened_skip_open(&s->objects))
		return start_job(s, &f, a);
	*(struct fuse_open_out *)a->body = (struct fuse_open_out){ .open_flags = FOPEN_KEEP_CACHE };
	a->len = sizeof(struct fuse_open_out);
	return 0;
}

/* Read @len bytes at @off of content that is in the image. */
static void read_content(const struct fuse_server *s, const struct cfs_inode *inode, u64 off,
			 u32 len, u8 *to)
{
	while (len) {
		struct cfs_span piece = image_piece(&s->img, inode, off >> EROFS_BLKSZ_BITS);
		const u64 at = off & (EROFS_BLKSZ - 1);
		u32 n = len;

		if (!piece.p || at >= piece.len)
			return;
		if (n > piece.len - at)
			n = (u32)(piece.len - at);
		memcpy(to, piece.p + at, n);
		to += n;
		off += n;
		len -= n;
	}
}

int fuse_read(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_read_in *in = fuse_arg(r, sizeof(*in));
	struct file f;
	u64 left;
	u32 len;
	int rc = in ? load(s, r, &f) : EINVAL;

	if (rc)
		return rc;
	if (in->size > FUSE_BODY_MAX)
		return EINVAL;
	left = in->offset < f.inode.size ? f.inode.size - in->offset : 0;
	len = left < in->size ? (u32)left : in->size;
	if (!len)
		return 0;
	if (f.has_object) {
		a->job.what = OBJECT_READ;
		a->job.off = in->offset;
		a->job.len = len;
		return start_job(s, &f, a);
	}
	read_content(s, &f.inode, in->offset, len, a->body);
	a->len = len;
	return 0;
}

/* Seek to data or a hole of the object itself, at level 0. */
static int seek_object(struct fuse_server *s, const struct file *f, const struct fuse_lseek_in *in,
		       u64 *to)
{
	struct object_job job = { 0 };
	off_t at;
	int rc = opened_find(&s->objects, &f->inode, &f->backing, &job);

	if (rc)
		return rc;
	at = lseek(job.fd, (off_t)in->offset, in->whence == SEEK_DATA ? SEEK_DATA : SEEK_HOLE);
	if (at < 0)
		return errno == ENXIO ? ENXIO : EIO;
	*to = (u64)at;
	return 0;
}

/*
 * No digest covers where a file system reports holes, so at levels 1 and 2 a file is one
 * piece of data.
 */
int fuse_lseek(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_lseek_in *in = fuse_arg(r, sizeof(*in));
	struct fuse_lseek_out *out = (struct fuse_lseek_out *)a->body;
	struct file f;
	u64 to;
	int rc = in ? load(s, r, &f) : EINVAL;

	if (rc)
		return rc;
	if (in->whence != SEEK_DATA && in->whence != SEEK_HOLE)
		return EINVAL;
	if (in->offset >= f.inode.size)
		return ENXIO;
	to = in->whence == SEEK_DATA ? in->offset : f.inode.size;
	if (f.has_object && s->objects.level == 0)
		rc = seek_object(s, &f, in, &to);
	*out = (struct fuse_lseek_out){ .offset = to };
	a->len = sizeof(*out);
	return rc;
}

int fuse_ioctl(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_ioctl_in *in = fuse_arg(r, sizeof(*in));
	struct fsverity_digest asked;
	struct file f;
	int rc;

	if (!in)
		return EINVAL;
	/* Before Linux 6.10 the kernel asks only for the head of the struct. */
	if (in->cmd != FS_IOC_MEASURE_VERITY || in->out_size <= sizeof(asked) ||
	    r->len - sizeof(*in) < sizeof(asked))
		return ENOTTY;
	memcpy(&asked, in + 1, sizeof(asked));
	rc = load(s, r, &f);
	if (rc)
		return rc == EUCLEAN ? rc : ENOTTY;
	if (s->objects.level == 0 || !f.has_object || !f.backing.digest.algorithm)
		return ENODATA;
	if (asked.digest_size < cfs_digest_size(f.backing.digest.algorithm))
		return EOVERFLOW;
	a->job.what = OBJECT_MEASURE;
	return start_job(s, &f, a);
}
