/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the steps of a mount share: what was asked for, what is open, what went
 * wrong. One for each mount; for mount and setup-root.
 */
#ifndef CFS_MOUNT_JOB_H
#define CFS_MOUNT_JOB_H

#include "applets/mount/imagefd.h"
#include "applets/mount/kmsg.h"
#include "applets/mount/optlist.h"
#include "store/basedirs.h"

/* Exit statuses, as mount(8) has them (mount 13). */
enum {
	MOUNT_DONE = 0,
	MOUNT_USAGE = 1, /* or no permission */
	MOUNT_SYSTEM = 2,
	MOUNT_INTERNAL = 4,
	MOUNT_INTERRUPTED = 8,
	MOUNT_FAILED = 32,
};

/* How descriptors are named for the kernel (mount 11). */
struct fdnames {
	bool ready;
	const char *prefix; /* "/proc/self/fd/" or "self/fd/" */
	int proc;           /* a procfs of our own, which the working directory is in; -1: none */
	int cwd;            /* the one before; -1: not changed */
};

#define FDNAME_ROOM 40

struct job {
	const struct optlist *opt;
	const char *target_name;
	int target; /* O_PATH; -1: not open yet */
	const char *ns_name;
	int ns; /* mount namespace to attach in; -1: ours */
	struct imagefd image;
	struct statement *statement; /* that vouches for the image; NULL: none is asked for */
	char source[FS_SOURCE_ROOM]; /* what mountinfo shows */
	struct basedirs dirs;        /* O_PATH */
	int upper, work, idmap;
	int level;                     /* 0, 1, 2: decided by probe_level() */
	const struct backend *backend; /* decided by backend_prepare() */
	int mount;                     /* the result, detached; -1: none yet */
	bool sealed;                   /* the sampled object has fs-verity and the right digest */
	bool attached;                 /* the result is on the target already */
	pid_t server;                  /* the process behind the mount; 0: none */
	struct fdnames names;
	int dev; /* a devtmpfs of our own; -1: none */
	struct kmsg log;
	struct error err; /* the first thing that went wrong */
	int status;       /* and what it makes of the exit status */
};

/* Nothing is open. */
void job_init(struct job *j, const struct optlist *opt);

/* Close everything. The result, if it was not attached, is gone then. */
void job_release(struct job *j);

/* Note what went wrong. Both return -1. */
int job_fail(struct job *j, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with errno's words behind: no memory is MOUNT_SYSTEM, all else MOUNT_FAILED. */
int job_sys(struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A call that needs privilege failed: EPERM is "must be root", all else job_sys(). */
int job_denied(struct job *j, const char *what);

/* Print it, the kernel's words, too; returns the exit status. */
int job_report(struct job *j);

/*
 * Signals that would end the process are kept back from now on, so that whatever
 * happens everything is undone. job_interrupted() is -1 if one has come.
 */
int job_hold_signals(struct job *j);
int job_interrupted(struct job *j);

/* A descriptor becomes readable, or a signal has come: -1. */
int job_wait(struct job *j, int fd);

/*
 * Names for descriptors from now on: /proc if it is there, else a procfs of our
 * own. Names that were given are relative to another directory afterwards, until
 * job_names_end() or job_release().
 */
int job_names(struct job *j);
void job_names_end(struct job *j);
const char *job_fdname(const struct job *j, char room[FDNAME_ROOM], int fd);

/* Go to where the names of descriptors are numbers (mount 9.3). */
int job_enter_fds(struct job *j);

/* openat() in /dev, or in a devtmpfs of our own where there is none. -1 and errno. */
int job_open_dev(struct job *j, const char *name, int flags);

#endif
