/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways to mount an image, and which of them is taken (mount 8).
 *
 * A back end is a file that defines a `const struct backend backend_NAME`, and NAME
 * in the Makefile's list `backends`, whose order is the order of preference. The
 * list becomes the table `backends[]`; a program without NAME in it has no such
 * back end. What belongs to one alone lies in a folder applets/mount/NAME/.
 */
#ifndef CFS_MOUNT_BACKEND_H
#define CFS_MOUNT_BACKEND_H

#include <stdbool.h>

struct job;

struct backend {
	/* The value of backend= that asks for it, and a second one or NULL. */
	const char *name, *synonym;

	/*
	 * Whether this kernel and this caller have it, and it can honour every option
	 * and j->level: 1; 0 and the reason in j->err: the next one is tried; -1 and
	 * j->err: the mount fails (a verdict, not an inability). Attaches nothing.
	 * Called when the image was opened and checked.
	 */
	int (*able)(struct job *j);

	/*
	 * Mount the image: j->mount is the mount, attached nowhere, and the caller
	 * attaches it. 0, or -1 and j->err; then nothing is left behind. What may be
	 * used of the job: opt, image (open, checked, ready for the kernel), dirs,
	 * upper, work, idmap, level, source, and target, on which something may be
	 * attached for a moment unless j->ns is given.
	 */
	int (*build)(struct job *j);

	/* It makes an overlay above anyway, so that upperdir= costs no further level of stacking. */
	bool layers;
};

/* In the order of preference; NULL behind the last. */
extern const struct backend *const backends[];

/* All return 0, or -1 and j->err. */

/* Steps 3 to 7 of mount 5, for what is open: nothing is mounted. */
int backend_prepare(struct job *j);

/* j->mount, by j->backend, attached nowhere. */
int backend_build(struct job *j);

#endif
