/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image as an open file (mount 3 and 6). It is opened once; from then on the checks,
 * the digest and the mount use only the descriptor.
 */
#ifndef CFS_MOUNT_IMAGEFD_H
#define CFS_MOUNT_IMAGEFD_H

#include "image/image.h"

#define FS_SOURCE_ROOM 256                /* room for a source as mountinfo shows it */
#define IMAGEFD_COPY_MAX ((u64)256 << 20) /* bytes; larger images are not copied to memory */

struct host;

struct imagefd {
	int fd;
	const char *name; /* as given, for messages */
	char *backing;    /* the path of the file behind a loop device; then also the name */
	bool has_path;    /* the name is a path */
	u64 size;         /* bytes of the file; of a device, those that the image uses */
	bool is_device;
	bool is_copy;             /* fd is a sealed memory file */
	bool is_writable;         /* fd is still open for writing */
	bool measured;            /* the kernel enforces @digest */
	struct cfs_digest digest; /* the verified digest; algorithm 0: none was asked for */
	struct cfs_super super;
	struct image img; /* in memory and checked; bytes NULL: not read */
};

void imagefd_init(struct imagefd *im);
void imagefd_close(struct imagefd *im);

/*
 * The functions below return 0, or -1 with an error whose code is for status_of().
 *
 * Open @source: a path, "-" or "fd:N". The name stays the caller's.
 */
int imagefd_open(struct imagefd *im, const char *source, struct error *err);

/* Use the open file @fd, which belongs to @im from now on, also after an error. */
int imagefd_take(struct imagefd *im, int fd, const char *name, struct error *err);

/* Replace the file by a sealed copy of it in memory. A stream is read to its end. */
int imagefd_copy(struct imagefd *im, bool is_stream, struct error *err);

/* Read the whole image to im->img. */
int imagefd_read_all(struct imagefd *im, struct error *err);

/* Make the descriptor read-only, as the kernel wants it for a mount. Called last. */
int imagefd_ready(struct imagefd *im, struct host *host, struct error *err);

/* The source that mountinfo is to show: the absolute path, or "composefs" if there is none that fits. */
void imagefd_source(const struct imagefd *im, char source[FS_SOURCE_ROOM]);

/* Read @len bytes at @off, which lie inside the image. 0, or -1 and errno. */
int imagefd_read(const struct imagefd *im, u64 off, void *buf, size_t len);

#endif
