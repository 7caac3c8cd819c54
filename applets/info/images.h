/* SPDX-License-Identifier: GPL-2.0-only */
/* Several images at once, and the objects they use. */
#ifndef CFS_APPLETS_IMAGES_H
#define CFS_APPLETS_IMAGES_H

#include "applets/info/info.h"
#include "base/sort.h"

/*
 * The objects of some images by name, byte order. After objects_sort() each
 * name stands once. Names point into the images, which must stay open.
 */
struct objects {
	struct sort_item *v; /* s, len: the name; tie: which image; item: the inode number */
	size_t n, cap;
	const struct image *images;
	u32 image; /* that is being read */
};

/* What the images say about one object. */
struct object_record {
	u64 size; /* of the first file that names it */
	bool has_digest;
	struct cfs_digest digest;
};

/* Add those of one more image, objects->images[image]. -1 and a text. */
int objects_add(struct objects *objects, struct info *info, u32 image, const char *name, struct error *err);

/* Sort and drop repeats. -1 without memory. */
int objects_sort(struct objects *objects, struct error *err);

int objects_record(const struct objects *objects, size_t i, struct object_record *record, struct error *err);

void objects_release(struct objects *objects);

#endif
