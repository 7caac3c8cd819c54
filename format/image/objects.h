/* SPDX-License-Identifier: GPL-2.0-only */
/* The objects that some images use, by name. */
#ifndef CFS_IMAGE_OBJECTS_H
#define CFS_IMAGE_OBJECTS_H

#include "base/sort.h"
#include "image/image.h"

/*
 * One item for each inode that names an object. After objects_sort() they stand
 * in byte order of the names; those with one name in the order of the images,
 * and within an image of its dump. Names point into the images, which must stay
 * open.
 */
struct objects {
	struct sort_item *v; /* s, len: the name; tie: which image; item: the inode number */
	size_t n, cap;
	const struct image *images;
	const char *const *filter; /* as a cursor's: only what is below these names of the root */
	unsigned int nfilter;      /* 0: all */
};

/* What an inode says about its object. */
struct object_record {
	u64 size;
	struct cfs_digest digest; /* algorithm 0: none */
};

/* Add those of objects->images[image], which has been checked. -1 and a text. */
int objects_add(struct objects *objects, u32 image, struct error *err);

/* -1 without memory. */
int objects_sort(struct objects *objects, struct error *err);

/* Keep of each name, once sorted, only the first item. */
void objects_unique(struct objects *objects);

/* Behind the last item with the name of item @i. */
size_t objects_end(const struct objects *objects, size_t i);

int objects_record(const struct objects *objects, size_t i, struct object_record *record,
		   struct error *err);

void objects_release(struct objects *objects);

#endif
