/* SPDX-License-Identifier: GPL-2.0-only */
/* An overlay over mounts that are attached nowhere: the paths A to D of mount 9.3. */
#ifndef CFS_MOUNT_OVERLAY_H
#define CFS_MOUNT_OVERLAY_H

#include "core/port.h"

struct job;

struct overlay {
	int lower; /* a detached mount */
	int empty; /* set by overlay_build(): an empty layer where no basedir was given, or -1 */
	bool is_attached; /* or a directory that can be named already */
	bool userxattr;   /* marks and digests are user.overlay.*: FUSE, user namespaces */
	bool is_image; /* of an image, with the objects of j->dirs below; else all there is below */
};

/*
 * Build it: j->mount. Which path the kernel can do is found by trying. Where the
 * lower mount has to be attached somewhere for a moment, that is j->target.
 * 0, or -1 and j->err; nothing is attached then.
 */
int overlay_build(struct job *j, struct overlay *o);

enum {
	OVERLAY_ABSENT,   /* the kernel has none */
	OVERLAY_CHECKS,   /* it can compare objects with their digests: verity= */
	OVERLAY_NO_CHECK, /* it cannot */
};

/* What this kernel's overlayfs can do, or -1 and j->err. */
int overlay_probe(struct job *j);

/*
 * Whether overlayfs takes data-only layers together with userxattr, from this caller
 * and at j->level. Asks with the target in the place of the image; attaches nothing.
 */
bool overlay_takes_data(struct job *j);

#endif
