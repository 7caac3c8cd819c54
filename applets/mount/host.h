/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a mount uses of the running system: names for descriptors, device files, and the
 * kernel's own words. Where /proc or /dev is missing, as in an initramfs, a detached
 * procfs or devtmpfs takes its place, which no other process sees (mount 11).
 */
#ifndef CFS_MOUNT_HOST_H
#define CFS_MOUNT_HOST_H

#include "applets/mount/kmsg.h"
#include "base/error.h"

#define FDNAME_ROOM 40

/* How descriptors are named for the kernel. */
struct fdnames {
	bool ready;
	const char *prefix; /* "/proc/self/fd/" or "self/fd/" */
	int proc;           /* a detached procfs, which is the working directory; -1: none */
	int cwd;            /* the previous working directory; -1: it was not changed */
};

struct host {
	bool ignore_proc, ignore_dev; /* for tests: act as if /proc or /dev were missing */
	struct fdnames names;
	int dev; /* a detached devtmpfs; -1: none */
	struct kmsg log;
};

void host_init(struct host *h);
void host_close(struct host *h);

/*
 * Prepare names for descriptors. If a detached procfs is needed, it becomes the working
 * directory until host_names_end() or host_close(): open files that were named relative
 * to the working directory before. 0, or -1 with an error.
 */
int host_names(struct host *h, struct error *err);
void host_names_end(struct host *h);
const char *host_fdname(const struct host *h, char room[FDNAME_ROOM], int fd);

/*
 * Change the working directory to the one whose names are the numbers of descriptors,
 * so that a name is a number alone. 0, or -1 with an error.
 */
int host_enter_fds(struct host *h, struct error *err);

/* openat() in /dev, or in a detached devtmpfs. -1 and errno. */
int host_open_dev(struct host *h, const char *name, int flags);

/* Start to collect what the kernel says, and forget what it said before. */
void host_log_mark(struct host *h);

/* Print an error and what the kernel said; returns the exit status. */
int host_report(const struct host *h, const struct error *err);

/* Collect what the kernel said, from a context and from its log. Keeps errno. */
void host_log_take(struct host *h, int fs);

#endif
