/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a name stands in a checked image: enough to make its path again, in a
 * size that does not depend on the length of the path.
 */
#ifndef CFS_IMAGE_LOCATION_H
#define CFS_IMAGE_LOCATION_H

#include "image/image.h"

struct location {
	u64 dir;        /* inode number of the directory that holds the name */
	const u8 *name; /* in the image, not terminated; NULL: the root directory */
	u8 len;
};

/*
 * Append the path of @at to @out, "/" for the root. Each directory is found in
 * its parent by ".." and by a search for its inode number, so one call reads at
 * most all directories once. A lack of memory is latched in @out; -1 and a text
 * if the image contradicts itself, which image_check() rules out.
 */
int location_path(const struct image *img, const struct location *at, struct buf *out,
		  struct error *err);

#endif
