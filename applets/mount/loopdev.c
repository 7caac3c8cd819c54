// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/loopdev.h"
#include <fcntl.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/imagefd.h"
#include "applets/mount/status.h"
#include "files/io.h"
#include "base/text.h"

#define TRIES 64
#define BLOCK_SIZE 4096

/* A device file cannot be opened or used. Returns -1. */
static int no_device(struct error *err, const char *name)
{
	int code = errno;

	if (code == EPERM || code == EACCES)
		return status_not_root(err);
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		return error_set(
			err, FAULT_SYSTEM,
			"/dev/%s: %s; this kernel mounts this image through a loop device: load loop.ko",
			name, error_words(code));
	return error_set(err, FAULT_SYSTEM, "/dev/%s: %s", name, error_words(code));
}

/* Before Linux 5.8: in two steps. -1 and errno. */
static int configure_old(int device, int file, const struct loop_info64 *info)
{
	int code;

	if (ioctl(device, LOOP_SET_FD, file))
		return -1;
	if (!ioctl(device, LOOP_SET_STATUS64, info))
		return 0;
	code = errno;
	ioctl(device, LOOP_CLR_FD, 0);
	errno = code;
	return -1;
}

static int configure(int device, int file)
{
	const struct loop_config config = {
		.fd = (u32)file,
		.block_size = BLOCK_SIZE,
		.info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO,
	};
	const struct loop_info64 old = { .lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR };

	if (!ioctl(device, LOOP_CONFIGURE, &config))
		return 0;
	return errno == EINVAL || errno == ENOTTY ? configure_old(device, file, &old) : -1;
}

/*
 * Configure the device with the next free number: its descriptor; -1 with an error.
 * *@again: another process took the number, or the device is in use.
 */
static int attach_next(int control, const struct imagefd *im, struct host *host, bool *again,
		       struct error *err)
{
	int n = ioctl(control, LOOP_CTL_GET_FREE), device;
	char name[32];

	*again = false;
	if (n < 0)
		return error_set(err, FAULT_SYSTEM, "loop: no free device: %s", error_words(errno));
	text_format(name, sizeof(name), "loop%d", n);
	device = host_open_dev(host, name, O_RDONLY);
	if (device < 0)
		return no_device(err, name);
	if (!configure(device, im->fd)) {
		verbose("/dev/%s: loop device of %s", name, im->name);
		return device;
	}
	*again = errno == EBUSY;
	if (*again)
		error_set(err, FAULT_SYSTEM, "loop: no free device");
	else
		no_device(err, name);
	close(device);
	return -1;
}

int loopdev_attach(const struct imagefd *im, struct host *host, struct error *err)
{
	int control = host_open_dev(host, "loop-control", O_RDWR), device = -1;
	bool again = true;

	if (control < 0)
		return no_device(err, "loop-control");
	for (int i = 0; again && i < TRIES; i++)
		device = attach_next(control, im, host, &again, err);
	close(control);
	return device;
}

/* Read the path from sysfs, because the name in the status is cut at 63 bytes. */
static int backing_path(unsigned int number, char *path, size_t room)
{
	char file[64];
	ssize_t n;
	int fd;

	text_format(file, sizeof(file), "/sys/block/loop%u/loop/backing_file", number);
	fd = openat(AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = io_read(fd, path, room - 1);
	close(fd);
	if (n < 2 || path[n - 1] != '\n')
		return -1;
	path[n - 1] = '\0';
	return 0;
}

int loopdev_file(int device, unsigned int number, char **path)
{
	struct loop_info64 info;
	struct stat st;
	char name[4200];
	int fd;

	if (ioctl(device, LOOP_GET_STATUS64, &info) || info.lo_offset || info.lo_sizelimit)
		return -1;
	if (backing_path(number, name, sizeof(name)))
		return -1;
	fd = openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -1;
	*path = NULL;
	if (!fstat(fd, &st) && st.st_dev == info.lo_device && st.st_ino == info.lo_inode)
		*path = strdup(name);
	if (!*path) {
		close(fd);
		return -1;
	}
	return fd;
}
