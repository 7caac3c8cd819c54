/* SPDX-License-Identifier: GPL-2.0-only */
/* The objects that a set of images uses, by name. */
#ifndef CFS_IMAGE_OBJECTS_H
#define CFS_IMAGE_OBJECTS_H

#include "base/sort.h"
#include "image/image.h"

/*
 * One item for each inode that names an object. objects_sort() sorts them by name in byte
 * order, equal names by image, and within an image by the order of its dump. Names point into
 * the images, which must stay open.
 */
struct objects {
	struct sort_item *v; /* s, len: the name; tie: which image; number: the inode number */
	size_t n, cap;
	const struct image *images;
	const char *const *filter; /* as for a cursor: only objects below these names of the root */
	unsigned int nfilter;      /* 0: all */
};

/* The size and digest that an inode records for its object. */
struct object_record {
	u64 size;
	struct cfs_digest digest; /* algorithm 0: none */
};

/* Add the objects of objects->images[image], which was checked. -1 and a text. */
int objects_add(struct objects *objects, u32 image, struct error *err);

/* -1 without memory. */
int objects_sort(struct objects *objects, struct error *err);

/* After sorting: keep only the first item of each name. */
void objects_unique(struct objects *objects);

/* The index behind the last item that has the name of item @i. */
size_t objects_end(const struct objects *objects, size_t i);

int objects_record(const struct objects *objects, size_t i, struct object_record *record,
		   struct error *err);

void objects_release(struct objects *objects);

#endif
