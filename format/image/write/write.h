/* SPDX-License-Identifier: GPL-2.0-only */
/* A tree to the bytes of an image (image-format 4 to 11). */
#ifndef CFS_IMAGE_WRITE_WRITE_H
#define CFS_IMAGE_WRITE_WRITE_H

#include "files/io.h"
#include "tree/tree.h"

/* The range of versions that may be written; both 0 or 1, max >= min (image-format 4). */
struct image_version {
	unsigned int min, max;
};

/*
 * Write the image of a sealed tree. Sequential, so the writer may lead to a
 * pipe; the caller flushes it and looks at its error. -1 and a text that begins
 * with the path of the node to blame, where there is one. Nothing is written
 * before all of the tree has been found to be good.
 */
int image_write(const struct tree *tree, const struct image_version *version, struct writer *w,
		struct error *err);

#endif
