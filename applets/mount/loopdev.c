// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/loopdev.h"
#include <fcntl.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/job.h"
#include "files/io.h"
#include "base/text.h"

#define TRIES 64
#define BLOCK_SIZE 4096

/* Name and owner of the calls' failures; without /dev or the module there is no node. */
static int no_device(struct job *j, const char *name)
{
	int code = errno;

	if (code == EPERM || code == EACCES)
		return job_fail(j, MOUNT_USAGE, "must be root");
	job_sys(j, "/dev/%s", name);
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		job_fail(
			j, MOUNT_SYSTEM,
			"/dev/%s: %s; this kernel mounts this image through a loop device: load loop.ko",
			name, error_words(code));
	j->status = MOUNT_SYSTEM;
	return -1;
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

int loopdev_attach(struct job *j)
{
	int control = job_open_dev(j, "loop-control", O_RDWR);
	char name[32];
	int device = -1, rc = -1;

	if (control < 0)
		return no_device(j, "loop-control");
	for (int i = 0; i < TRIES; i++) {
		int n = ioctl(control, LOOP_CTL_GET_FREE);

		if (n < 0) {
			job_sys(j, "loop: no free device");
			j->status = MOUNT_SYSTEM;
			break;
		}
		text_format(name, sizeof(name), "loop%d", n);
		device = job_open_dev(j, name, O_RDONLY);
		if (device < 0) {
			no_device(j, name);
			break;
		}
		rc = configure(device, j->image.fd);
		if (!rc)
			break;
		/* Another process took the number, or it is in use elsewhere. */
		if (errno != EBUSY) {
			no_device(j, name);
			break;
		}
		close(device);
		device = -1;
		job_fail(j, MOUNT_SYSTEM, "loop: no free device");
	}
	close(control);
	if (rc && device >= 0)
		close(device);
	if (!rc)
		verbose("/dev/%s: loop device of %s", name, j->image.name);
	return rc ? -1 : device;
}

/* The path that sysfs knows; the name in the status is cut. */
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
