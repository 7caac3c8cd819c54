/* SPDX-License-Identifier: GPL-2.0-only */
/* The finished mount on its target (mount 9.4), and changes to one (9.6). */
#ifndef CFS_MOUNT_ATTACH_H
#define CFS_MOUNT_ATTACH_H

struct job;

/* All return 0, or -1 and j->err. */

/*
 * The result to its place. With -N the namespace is entered, and @target opened
 * there, first.
 */
int attach_mount(struct job *j, const char *target);

/* The flags of the result that were given, as fsmount() takes them. */
unsigned int attach_flags(const struct job *j);

/* The ids of @mount, detached, as idmap= wants them. */
int attach_idmap(struct job *j, int mount);

/* remount: ro or rw, and flags, of what is mounted on the target. */
int attach_remount(struct job *j);

#endif
