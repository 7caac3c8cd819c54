/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read an image into the tree it was made of, to write it again (image format 15.2). Each inode
 * gets the name that holds it in the image. Listings walk an image without a tree:
 * image/cursor.h.
 */
#ifndef CFS_IMAGE_READ_H
#define CFS_IMAGE_READ_H

#include "image/image.h"
#include "tree/tree.h"

/*
 * Fill and seal a tree that tree_init() made, from a checked image. The image may be closed
 * afterwards. Refuses format versions that are not written (above 1).
 */
int image_read(struct tree *tree, const struct image *img, struct error *err);

#endif
