/* SPDX-License-Identifier: GPL-2.0-only */
/* Loop devices (mount 9.2), for kernels and files that EROFS cannot mount directly. */
#ifndef CFS_MOUNT_LOOPDEV_H
#define CFS_MOUNT_LOOPDEV_H

struct error;
struct host;
struct imagefd;

/*
 * Attach the image to a read-only loop device, which goes away with its last user. Returns
 * a descriptor of the device, to be closed when the kernel has mounted it; -1 with an error.
 */
int loopdev_attach(const struct imagefd *im, struct host *host, struct error *err);

/*
 * Open the file behind a loop device that somebody else made (mount 3). *@path is its path,
 * which the caller frees. -1: the file cannot be used; use the device as it is.
 */
int loopdev_file(int device, unsigned int number, char **path);

#endif
