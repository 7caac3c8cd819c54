/* SPDX-License-Identifier: GPL-2.0-only */
/* Write a tree as the bytes of an image (image format 4 to 11). */
#ifndef CFS_IMAGE_WRITE_WRITE_H
#define CFS_IMAGE_WRITE_WRITE_H

#include "files/io.h"
#include "tree/tree.h"

/* The range of versions that may be written; both are 0 or 1, max >= min (image format 4). */
struct image_version {
	unsigned int min, max;
};

/*
 * Write the image of a sealed tree. The output is sequential, so the writer may lead to a pipe;
 * the caller flushes it and checks its error. -1 and a text that begins with the path of the
 * node at fault, if there is one. Writes nothing before the whole tree was found to be good.
 */
int image_write(const struct tree *tree, const struct image_version *version, struct writer *w,
		struct error *err);

#endif
