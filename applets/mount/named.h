/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that was named on the command line, opened before anything else is done (mount 5.2). */
#ifndef CFS_MOUNT_NAMED_H
#define CFS_MOUNT_NAMED_H

struct job;

/* All return 0, or -1 and j->err. */

/* The mount point; its name stays the caller's. */
int named_target(struct job *j, const char *path);

/* The mount namespace of -N: a path, or the number of a process. */
int named_namespace(struct job *j, const char *name);

/*
 * The directories and the file of the options: basedir, upperdir, workdir, idmap.
 * A basedir that was named twice is used once; one inside another is refused.
 */
int named_options(struct job *j);

/* What overlayfs would only say to the kernel log about upperdir and workdir (mount 5.7). */
int named_upper_check(struct job *j);

#endif
