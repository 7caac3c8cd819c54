/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image as an open file (mount 3, 5, 6): opened once, and from then on only
 * the descriptor is used, for the checks, the digest and the mount.
 */
#ifndef CFS_MOUNT_IMAGEFD_H
#define CFS_MOUNT_IMAGEFD_H

#include "image/image.h"

#define FS_SOURCE_ROOM 256                /* of the source in mountinfo, with its NUL */
#define IMAGEFD_COPY_MAX ((u64)256 << 20) /* bytes that are copied for digest= */
#define IMAGEFD_CHECK_MAX ((u64)4 << 30)  /* bytes that are read for the check without it */

struct job;

struct imagefd {
	int fd;
	const char *name; /* as given, for messages */
	char *backing;    /* of a loop device that was looked through; the name then */
	bool has_path;    /* the name is a path */
	u64 size;         /* bytes of the file, or those of a device that are image */
	bool is_device;
	bool is_copy;             /* fd is a sealed memory file */
	bool is_writable;         /* and still open for writing */
	bool measured;            /* the kernel vouches for the digest that was asked for */
	struct cfs_digest digest; /* that was asked for or stated, and is; algorithm 0: none was */
	struct cfs_super super;
	struct image img; /* in memory and checked; bytes NULL: not read */
};

void imagefd_init(struct imagefd *im);
void imagefd_close(struct imagefd *im);

/*
 * All take their imagefd from the job and return 0, or -1 with j->err.
 *
 * open: a path, "-" or "fd:N". header: what stands at the
 * start, and that the file is long enough. verify: the digest of digest=, by the
 * kernel or in a copy; without it every hard fault of the whole structure.
 * ready: as the kernel wants it for mounting; called last.
 */
int imagefd_open(struct job *j, const char *source);
int imagefd_take(struct job *j, int fd,
		 const char *name); /* the same for what is open; the name stays the caller's */
int imagefd_header(struct job *j);
int imagefd_verify(struct job *j);
int imagefd_ready(struct job *j);

/* Fill j->source, unless it has been: the absolute path of the image, where it has one that fits. */
void imagefd_source(struct job *j);

/* @len bytes at @off, all inside the image. -1 and errno. */
int imagefd_read(const struct imagefd *im, u64 off, void *buf, size_t len);

#endif
