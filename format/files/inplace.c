// SPDX-License-Identifier: GPL-2.0-only
#include "files/inplace.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "files/io.h"

#define PIECE ((size_t)1 << 20)

int inplace_memory(struct error *err)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	return fd < 0 ? error_sys(err, "memfd_create") : fd;
}

static bool is_read_only(int fd)
{
	int yes = 0;

	return !syscall(SYS_ioctl, fd, BLKROGET, &yes) && yes;
}

/* Why a block device cannot be opened. */
static int device_refuses(int dir, const char *name, struct error *err)
{
	int code = errno, fd;
	bool read_only;

	if (code == EBUSY)
		return error_set(err, code,
				 "block device is in use: mounted, or held by another program");
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	read_only = fd >= 0 && is_read_only(fd);
	if (fd >= 0)
		close(fd);
	errno = code;
	return read_only ? error_set(err, EROFS, "block device is read-only")
			 : error_sys(err, "open for writing");
}

/* Whether @fd is what @want describes, and can be written to. */
static int check_opened(int fd, const struct stat *want, struct stat *is, struct error *err)
{
	if (fstat(fd, is))
		return error_sys(err, "fstat");
	if (!S_ISLNK(want->st_mode) && (is->st_dev != want->st_dev || is->st_ino != want->st_ino))
		return error_set(err, EAGAIN, "was replaced while it was opened");
	if (isatty(fd))
		return error_set(err, EINVAL, "is a terminal");
	if (S_ISBLK(is->st_mode) && is_read_only(fd))
		return error_set(err, EROFS, "block device is read-only");
	return 0;
}

int inplace_open(int dir, const char *name, struct stat *st, struct error *err)
{
	int flags = O_WRONLY | O_NOCTTY | O_CLOEXEC, fd;
	struct stat is;

	if (S_ISDIR(st->st_mode))
		return error_set(err, EISDIR, "is a directory");
	if (S_ISSOCK(st->st_mode))
		return error_set(err, EINVAL, "is a socket");
	if (!S_ISLNK(st->st_mode))
		flags |= O_NOFOLLOW;
	if (S_ISBLK(st->st_mode))
		flags |= O_EXCL;
	fd = openat(dir, name, flags);
	if (fd < 0)
		return S_ISBLK(st->st_mode) ? device_refuses(dir, name, err)
					    : error_sys(err, "open for writing");
	if (check_opened(fd, st, &is, err)) {
		close(fd);
		return -1;
	}
	*st = is;
	return fd;
}

/* Check, before anything is written, that there is room for @size bytes. */
static int reserve(int to, const struct stat *st, u64 size, struct error *err)
{
	off_t have;

	if (S_ISREG(st->st_mode)) {
		int rc;

		do
			rc = fallocate(to, FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
		while (rc && errno == EINTR);
		/* A file system without fallocate() reports a full disk on write. */
		if (rc && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO))
			return error_sys(err, "fallocate");
	}
	if (!S_ISBLK(st->st_mode))
		return 0;
	have = lseek(to, 0, SEEK_END);
	if (have < 0 || lseek(to, 0, SEEK_SET) < 0)
		return error_sys(err, "lseek");
	if ((u64)have >= size)
		return 0;
	return error_set(err, ENOSPC,
			 "block device is too small: the image has %llu bytes, the device %llu",
			 (unsigned long long)size, (unsigned long long)have);
}

static int copy(int to, int from, u64 size, struct error *err)
{
	u8 *piece = malloc(PIECE);
	int rc = piece ? 0 : error_nomem(err);

	for (u64 off = 0; off < size && !rc;) {
		size_t want = size - off < PIECE ? (size_t)(size - off) : PIECE;
		ssize_t n = io_pread(from, piece, want, off);

		if (n < 0)
			rc = error_sys(err, "read of the complete image");
		else if ((size_t)n < want)
			rc = error_set(err, EIO, "the image became shorter after it was written");
		else if (io_write(to, piece, want))
			rc = error_sys(err, "write");
		off += want;
	}
	free(piece);
	return rc;
}

int inplace_write(int to, const struct stat *st, int from, bool no_sync, struct error *err)
{
	struct stat image;
	int rc = fstat(from, &image) ? error_sys(err, "fstat of the complete image") : 0;
	u64 size = rc ? 0 : (u64)image.st_size;

	if (!rc)
		rc = reserve(to, st, size, err);
	if (!rc)
		rc = copy(to, from, size, err);
	if (!rc && S_ISREG(st->st_mode) && ftruncate(to, (off_t)size))
		rc = error_sys(err, "ftruncate");
	if (!rc && !no_sync && (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode)) && fsync(to))
		rc = error_sys(err, "fsync");
	if (close(to) && !rc)
		rc = error_sys(err, "close");
	return rc;
}
