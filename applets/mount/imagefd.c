// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/imagefd.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/loopdev.h"
#include "applets/mount/signals.h"
#include "applets/mount/status.h"
#include "base/text.h"
#include "files/io.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define LOOP_MAJOR 7
#define PIECE ((size_t)64 << 10)

void imagefd_init(struct imagefd *im)
{
	memset(im, 0, sizeof(*im));
	im->fd = -1;
}

void imagefd_close(struct imagefd *im)
{
	image_close(&im->img);
	free(im->backing);
	if (im->fd >= 0)
		close(im->fd);
	imagefd_init(im);
}

/* The words for a kind of file that cannot be an image; NULL for one that can. */
static const char *wrong_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
		return "a character device";
	case S_IFREG:
	case S_IFBLK:
		return NULL;
	default:
		return "a special file";
	}
}

/* The next bytes of the image: their number, 0 at its end, -1 with an error. */
static ssize_t next_bytes(const struct imagefd *im, u8 *buf, u64 done, bool is_stream,
			  struct error *err)
{
	u64 left = im->size - done;
	ssize_t n;

	if (!is_stream) {
		n = io_pread(im->fd, buf, left < PIECE ? (size_t)left : PIECE, done);
		return n < 0 ? error_sys(err, "%s: read", im->name) : n;
	}
	do {
		if (signals_wait(im->fd, err))
			return -1;
		n = read(im->fd, buf, PIECE);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? error_sys(err, "%s: read", im->name) : n;
}

/* Copy all of it to @to: a file from its beginning, a stream from where it is. */
static int copy_bytes(struct imagefd *im, int to, bool is_stream, struct error *err)
{
	u8 *buf = malloc(PIECE);
	u64 done = 0;
	ssize_t n;

	if (!buf)
		return error_nomem(err);
	while ((n = next_bytes(im, buf, done, is_stream, err)) > 0) {
		done += (u64)n;
		if (done > IMAGEFD_COPY_MAX)
			n = error_set(err, EFBIG,
				      "%s: too large to copy to memory (at most %llu MiB)",
				      im->name, (unsigned long long)(IMAGEFD_COPY_MAX >> 20));
		else if (io_write(to, buf, (size_t)n))
			n = error_sys(err, "%s: copy to memory", im->name);
		if (n < 0)
			break;
	}
	free(buf);
	if (n < 0)
		return -1;
	if (!is_stream && done != im->size)
		return error_set(err, EBUSY, "%s: changed while it was read", im->name);
	im->size = done;
	return 0;
}

int imagefd_copy(struct imagefd *im, bool is_stream, struct error *err)
{
	int fd = memfd_create("composefs-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return error_sys(err, "%s: memory file", im->name);
	rc = copy_bytes(im, fd, is_stream, err);
	if (!rc && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		rc = error_sys(err, "%s: seal", im->name);
	if (rc) {
		close(fd);
		return rc;
	}
	verbose("%s: copied to memory, %llu bytes", im->name, (unsigned long long)im->size);
	close(im->fd);
	im->fd = fd;
	im->is_copy = true;
	im->is_writable = true;
	im->is_device = false;
	return 0;
}

static int open_descriptor(struct imagefd *im, const char *number, struct error *err)
{
	int flags;
	u64 fd;

	if (!text_number(number, strlen(number), 10, INT32_MAX, &fd))
		return error_set(err, FAULT_USAGE, "%s: not the number of a descriptor", im->name);
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0)
		return error_sys(err, "%s", im->name);
	if (flags & O_PATH || (flags & O_ACCMODE) == O_WRONLY)
		return error_set(err, EBADF, "%s: not open for reading", im->name);
	im->fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
	return im->fd < 0 ? error_sys(err, "%s", im->name) : 0;
}

static int open_path(struct imagefd *im, struct error *err)
{
	struct stat st;

	im->fd = openat(AT_FDCWD, im->name, OPEN_FLAGS);
	if (im->fd >= 0)
		return 0;
	if (errno == ENXIO && !fstatat(AT_FDCWD, im->name, &st, 0) && S_ISSOCK(st.st_mode))
		return error_set(err, ENXIO, "%s: is a socket, not an image", im->name);
	return error_sys(err, "%s", im->name);
}

/* Use the file behind a loop device, if it can be reached: whether it was. */
static bool look_through(struct imagefd *im, unsigned int number)
{
	int fd = loopdev_file(im->fd, number, &im->backing);

	if (fd < 0) {
		verbose("%s: the file behind it cannot be reached; the device itself is the image",
			im->name);
		return false;
	}
	verbose("%s: the loop device of %s", im->name, im->backing);
	close(im->fd);
	im->fd = fd;
	im->name = im->backing;
	im->has_path = true;
	return true;
}

/* Fill in what follows from the open file: its type and size. */
static int see_type(struct imagefd *im, struct error *err)
{
	const char *wrong;
	struct stat st;

	if (fstat(im->fd, &st))
		return error_sys(err, "%s: stat", im->name);
	if (S_ISBLK(st.st_mode) && major(st.st_rdev) == LOOP_MAJOR &&
	    look_through(im, minor(st.st_rdev)) && fstat(im->fd, &st))
		return error_sys(err, "%s: stat", im->name);
	if (S_ISDIR(st.st_mode))
		return error_set(err, EISDIR,
				 "%s: is a directory, not an image; cfs mkfs makes an image of it",
				 im->name);
	wrong = wrong_type(st.st_mode);
	if (wrong)
		return error_set(err, EINVAL, "%s: is %s, not an image", im->name, wrong);
	im->is_device = S_ISBLK(st.st_mode);
	im->size = (u64)st.st_size;
	if (im->is_device) {
		off_t end = lseek(im->fd, 0, SEEK_END);

		if (end < 0)
			return error_sys(err, "%s: size", im->name);
		im->size = (u64)end;
	}
	return 0;
}

int imagefd_open(struct imagefd *im, const char *source, struct error *err)
{
	im->name = source;
	if (!strcmp(source, "-")) {
		im->fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
		if (im->fd < 0)
			return error_sys(err, "-");
		return imagefd_copy(im, true, err);
	}
	if (!strncmp(source, "fd:", 3))
		return open_descriptor(im, source + 3, err) ? -1 : see_type(im, err);
	im->has_path = true;
	return open_path(im, err) ? -1 : see_type(im, err);
}

int imagefd_take(struct imagefd *im, int fd, const char *name, struct error *err)
{
	im->fd = fd;
	im->name = name;
	return see_type(im, err);
}

void imagefd_source(const struct imagefd *im, char source[FS_SOURCE_ROOM])
{
	const char *path = im->has_path ? im->name : NULL;
	char cwd[FS_SOURCE_ROOM] = "";
	int n = -1;

	if (path && path[0] != '/') {
		while (!strncmp(path, "./", 2))
			path += 2;
		if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
			path = NULL;
		else if (!cwd[1])
			cwd[0] = '\0';
	}
	if (path)
		n = text_format(source, FS_SOURCE_ROOM, "%s%s%s", cwd, path[0] == '/' ? "" : "/",
				path);
	if (n < 0 || n >= FS_SOURCE_ROOM)
		strcpy(source, "composefs");
}

int imagefd_read(const struct imagefd *im, u64 off, void *buf, size_t len)
{
	ssize_t n;

	if (im->img.bytes) {
		if (cfs_span_copy(image_span(&im->img), off, buf, len))
			return 0;
		errno = EUCLEAN;
		return -1;
	}
	n = io_pread(im->fd, buf, len, off);
	if (n >= 0 && (size_t)n != len)
		errno = EUCLEAN;
	return n >= 0 && (size_t)n == len ? 0 : -1;
}

int imagefd_read_all(struct imagefd *im, struct error *err)
{
	u8 *bytes = malloc((size_t)im->size + 1);
	ssize_t n;

	if (!bytes)
		return error_nomem(err);
	im->img.owned = bytes;
	n = io_pread(im->fd, bytes, (size_t)im->size, 0);
	if (n < 0)
		return error_sys(err, "%s: read", im->name);
	if ((u64)n != im->size)
		return error_set(err, EBUSY, "%s: changed while it was read", im->name);
	im->img.bytes = bytes;
	im->img.len = im->size;
	return 0;
}

int imagefd_ready(struct imagefd *im, struct host *host, struct error *err)
{
	char name[FDNAME_ROOM];
	int fd;

	if (!im->is_writable)
		return 0;
	if (host_names(host, err))
		return -1;
	fd = openat(AT_FDCWD, host_fdname(host, name, im->fd), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "%s: reopen the copy", im->name);
	close(im->fd);
	im->fd = fd;
	im->is_writable = false;
	return 0;
}
