/* SPDX-License-Identifier: GPL-2.0-only */
/* Which back end mounts (mount 8), and all the work up to there (mount 5). */
#ifndef CFS_MOUNT_BACKEND_H
#define CFS_MOUNT_BACKEND_H

struct job;

/* All return 0, or -1 and j->err. */

/* Steps 3 to 7 of mount 5, for what is open: nothing is mounted. */
int backend_prepare(struct job *j);

/* j->backend: the first that can honour every option. */
int backend_choose(struct job *j);

/* j->mount, attached nowhere. */
int backend_build(struct job *j);

#endif
