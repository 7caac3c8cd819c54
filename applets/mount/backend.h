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
	 * attaches it, unless j->attached says that it is on the target already. 0, or -1 and j->err; then nothing is left behind. What may be
	 * used of the job: opt, image (open, checked, ready for the kernel), dirs,
	 * upper, work, idmap, level, source, and target, on which something may be
	 * attached for a moment unless j->ns is given.
	 */
	int (*build)(struct job *j);

	/*
	 * Stay until the mount ends (foreground): 0, or -1 and j->err. NULL: the back end
	 * has no process to wait for.
	 */
	int (*wait)(struct job *j);

	/*
	 * Answer the requests that come from @fd, without a mount of our own ("fd:N"): 0,
	 * or -1 and j->err. NULL: not with this back end.
	 */
	int (*serve)(struct job *j, int fd);

	/* It makes an overlay above anyway, so that upperdir= costs no further level of stacking. */
	bool layers;

	/* It checks digests itself where a store has no fs-verity. */
	bool hashes;

	/* Taken only if backend= names it. */
	bool named_only;
};

/* In the order of preference; NULL behind the last. */
extern const struct backend *const backends[];

/* All return 0, or -1 and j->err. */

/* Steps 3 to 7 of mount 5, for what is open: nothing is mounted. */
int backend_prepare(struct job *j);

/*
 * Whether this caller may not mount file systems of @type, which the kernel has: then
 * j->err says so. It tells root of a user namespace from root.
 */
bool backend_denied(struct job *j, const char *type);

/* Serve the image at @fd in the place of a mount. For what is open, as backend_prepare(). */
int backend_serve(struct job *j, int fd);

/* j->mount, by j->backend, attached nowhere. */
int backend_build(struct job *j);

#endif
