/* SPDX-License-Identifier: GPL-2.0-only */
/* A look into the store before anything is mounted: a sample of the objects (mount 5 and 7). */
#ifndef CFS_MOUNT_STOREPROBE_H
#define CFS_MOUNT_STOREPROBE_H

#include "applets/mount/imagefd.h"
#include "store/basedirs.h"

/* Refuse an image with objects if there is no basedir. 0, or -1 with an error. */
int storeprobe_basedir(const struct imagefd *im, const struct basedirs *dirs, struct error *err);

/* What the store is to be good for. */
struct storeprobe {
	const struct imagefd *im;
	const struct basedirs *dirs;
	int level;          /* verity_check */
	bool hashes;        /* the back end hashes objects that have no fs-verity */
	const char *remedy; /* the options that a store without fs-verity needs, for the message */
};

/*
 * Refuse a store if a sample object shows that the level cannot work. At level 0 warn if
 * the first few objects are in no basedir. *@sealed: the sample has fs-verity with the
 * recorded digest. 0, or -1 with an error.
 */
int storeprobe_run(const struct storeprobe *s, bool *sealed, struct error *err);

#endif
