/* SPDX-License-Identifier: GPL-2.0-only */
/* Loop devices (mount 9.2), for kernels and files that EROFS cannot mount directly. */
#ifndef CFS_MOUNT_LOOPDEV_H
#define CFS_MOUNT_LOOPDEV_H

struct job;

/*
 * A read-only loop device of the image; it goes away with its last user. Its
 * descriptor, to be closed when the kernel has mounted it, or -1 with j->err.
 */
int loopdev_attach(struct job *j);

/*
 * Look through a loop device that somebody else made (mount 3): the file behind
 * it, opened, and its path in *path, which the caller frees. -1: the device is to
 * be used as it is.
 */
int loopdev_file(int device, unsigned int number, char **path);

#endif
