/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image to the tree it was made of, to write it again (image-format 15.2).
 * Each inode is held by the name that holds it in the image. Only listings walk
 * an image without a tree: image/cursor.h.
 */
#ifndef CFS_IMAGE_READ_H
#define CFS_IMAGE_READ_H

#include "image/image.h"
#include "tree/tree.h"

/*
 * Fill and seal a tree that tree_init() made from a checked image, which may be
 * closed afterwards. Refuses versions that are not written (above 1).
 */
int image_read(struct tree *tree, const struct image *img, struct error *err);

#endif
