/* SPDX-License-Identifier: GPL-2.0-only */
/* A look at the image and at the store before anything is mounted (mount 4, 7). */
#ifndef CFS_MOUNT_PROBE_H
#define CFS_MOUNT_PROBE_H

#include "core/backing.h"

struct job;

/* The first file of an image whose content is an object. */
struct probe {
	bool found;
	struct cfs_digest digest; /* algorithm 0: none */
	char *path;               /* in the image; the caller frees it */
	char payload[CFS_PATH_MAX + 1];
	size_t payload_len;
};

/* Look for it. Reads what it passes and nothing else. -1 and j->err. */
int probe_first(struct job *j, struct probe *p);

/* Refuse an image with objects where no basedir was given. */
int probe_basedir(struct job *j);

/*
 * Refuse a store in which one object shows that j->level cannot be had. At level 0
 * warn if the first few objects are in no basedir.
 */
int probe_store(struct job *j);

/*
 * Whether the image's root has all names 00 to ff, none of them a directory
 * that an object directory would be merged with: 1 or 0, -1 and j->err.
 */
int probe_hides_objects(struct job *j);

#endif
