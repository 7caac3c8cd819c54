/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that can be wrong with an image, each structure and all of them
 * together (reliability RI-6, RI-7). Whoever walks an image checks it first, so
 * that nothing is printed of one that is refused.
 *
 * The work is bounded by the size of the image, whatever is in it; so is the
 * memory: 1/64 of the image, and 24 bytes for each directory.
 */
#ifndef CFS_IMAGE_CHECK_H
#define CFS_IMAGE_CHECK_H

#include "image/odd.h"

/* A soft fault. */
struct check_odd {
	enum odd odd;
	const char *what; /* odd_text() */
	u64 nid;          /* of the inode; 0: of the image as a whole */
	const char *path; /* of the first name that was met; not terminated; empty for the image */
	size_t path_len;
};

typedef void check_odd_fn(void *arg, const struct check_odd *odd);

/*
 * Check an image that image_open() opened, and fill what it says is filled
 * here. -1 and a text for the first hard fault: what, at which byte, of which
 * path. @odd is called for each soft fault; NULL: nobody looks for them.
 */
int image_check(struct image *img, check_odd_fn *odd, void *arg, struct error *err);

#endif
