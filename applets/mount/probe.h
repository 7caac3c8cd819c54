/* SPDX-License-Identifier: GPL-2.0-only */
/* A look into the image before anything is mounted: which objects it refers to (mount 4, 7). */
#ifndef CFS_MOUNT_PROBE_H
#define CFS_MOUNT_PROBE_H

#include "applets/mount/imagefd.h"
#include "core/backing.h"

/* A file of an image whose content is an object. */
struct probe {
	bool found;
	struct cfs_digest digest;       /* the recorded one; algorithm 0: none */
	char *path;                     /* in the image; freed by probe_release() */
	char payload[CFS_PATH_MAX + 1]; /* the name of the object in the store */
	size_t payload_len;
};

/*
 * Find such a file, breadth first, after @skip others. Reads only the directories and
 * inodes on the way. 0, also if there is none; -1 with an error.
 */
int probe_find(const struct imagefd *im, unsigned int skip, struct probe *p, struct error *err);
void probe_release(struct probe *p);

/*
 * Whether the image's root has all names 00 to ff, none of them a directory, which
 * overlayfs would merge with an object directory: 1 or 0; -1 with an error.
 */
int probe_hides_objects(const struct imagefd *im, struct error *err);

#endif
