/* SPDX-License-Identifier: GPL-2.0-only */
/* -o foreground: a mount for service managers (fuse 8.5). */
#ifndef CFS_MOUNT_FUSE_FOREGROUND_H
#define CFS_MOUNT_FUSE_FOREGROUND_H

#include <sys/types.h>
#include "base/error.h"

/*
 * Tell $NOTIFY_SOCKET that the mount is ready, and wait until the server @pid has
 * ended. On SIGTERM, SIGINT, SIGHUP or SIGQUIT, which the caller has blocked,
 * @unmount is called first. 0, or -1 and a text if the server ended by itself.
 */
int foreground_wait(pid_t pid, void (*unmount)(void *arg), void *arg, struct error *err);

#endif
