/* SPDX-License-Identifier: GPL-2.0-only */
/* An overlay above detached mounts: the paths A to D of mount 9.3. */
#ifndef CFS_MOUNT_OVERLAY_H
#define CFS_MOUNT_OVERLAY_H

#include "applets/mount/request.h"

struct host;

/* The overlay that is to be made. Nothing is owned. */
struct overlay_request {
	int lower;           /* a detached mount */
	bool lower_attached; /* it is not detached but a directory that can be named */
	const struct imagefd
		*image; /* @lower shows this image, whose objects are in @data; or NULL */
	const struct basedirs *data;
	int level;       /* verity_check, for an image */
	bool userxattr;  /* marks and digests are user.overlay.*: FUSE, user namespaces */
	int upper, work; /* -1: none */
	const char *upper_name;
	const struct mount_flags *flags;
	const char *source; /* that mountinfo shows */
	/*
	 * Where layers may be attached while the overlay is made, if the kernel does not
	 * take detached ones, and a name of it for messages. -1: nowhere.
	 */
	int scratch;
	const char *scratch_name;
	const char *level0; /* the option that goes without verification, for a message */
	unsigned int debug; /* MOUNT_DEBUG_* */
};

/* The request for an overlay above @lower that honours the options of a mount, as plain overlay. */
struct overlay_request overlay_request(const struct mount_request *r, int lower);

/* Add what makes it an overlay of the image. */
void overlay_add_image(struct overlay_request *o, const struct mount_request *r);

/*
 * Make it, by the best path that this kernel can do, which is found by trying. Returns a
 * detached mount, or -1 with an error; then nothing is left attached.
 */
int overlay_build(const struct overlay_request *o, struct host *host, struct error *err);

enum {
	OVERLAY_ABSENT,   /* the kernel has none */
	OVERLAY_CHECKS,   /* it can compare objects with their digests: verity= */
	OVERLAY_NO_CHECK, /* it cannot */
};

/* What this kernel's overlayfs can do, or -1 with an error. */
int overlay_probe(struct error *err);

/*
 * Whether overlayfs accepts data-only layers together with userxattr, from this caller
 * and at this level. Asks with the target in the place of the image; attaches nothing.
 */
bool overlay_takes_data(const struct mount_request *r);

#endif
