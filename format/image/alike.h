/* SPDX-License-Identifier: GPL-2.0-only */
/* Compare inodes of two images without decoding their xattrs. */
#ifndef CFS_IMAGE_ALIKE_H
#define CFS_IMAGE_ALIKE_H

#include "image/image.h"

#define ALIKE_SLOTS 64u /* a power of two */

/* Two checked images, and references to shared xattrs that are known to lead to equal ones. */
struct alike {
	const struct image *img[2];
	struct {
		u64 off[2]; /* of the entries in the images; 0: free */
	} known[ALIKE_SLOTS];
};

void alike_init(struct alike *m, const struct image *a, const struct image *b);

/*
 * Returns true if the inodes @a of the first image and @b of the second are of one type and
 * have the same attributes, xattrs and data. Of directories the sizes and link counts may
 * differ. Returns false if they differ, and also if a quick look cannot tell: for symlinks,
 * for content in the image, and for xattrs in another order.
 */
bool alike(struct alike *m, const struct cfs_inode *a, const struct cfs_inode *b);

#endif
