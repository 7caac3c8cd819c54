/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Check an image for all hard faults (RI-6) and, on request, all soft faults (RI-7), both
 * within a structure and between structures. Every reader checks an image before it walks it,
 * so that it prints nothing of an image that it refuses.
 *
 * Work and memory are bounded by the size of the image: the memory is 1/64 of the image and 24
 * bytes for each directory.
 */
#ifndef CFS_IMAGE_CHECK_H
#define CFS_IMAGE_CHECK_H

#include "image/odd.h"

/* A soft fault. */
struct check_odd {
	enum odd odd;
	const char *what; /* the text of the fault */
	u64 nid;          /* number of the inode; 0: the fault is one of the image as a whole */
	const char *
		path; /* path of the inode's first name in the walk, not terminated; empty for the image */
	size_t path_len;
};

typedef void check_odd_fn(void *arg, const struct check_odd *odd);

/* image_check() with the functions that look for soft faults; NULL: none. */
int image_check_with(struct image *img, const struct odd_look *look, check_odd_fn *odd, void *arg,
		     struct error *err);

/*
 * Check an image that image_open() opened, and fill the fields of @img that image_check()
 * fills. -1 and a text for the first hard fault: what, at which byte, of which path. @odd is
 * called for each soft fault; NULL does not look for them.
 */
static inline int image_check(struct image *img, check_odd_fn *odd, void *arg, struct error *err)
{
	return image_check_with(img, odd ? &odd_look : NULL, odd, arg, err);
}

#endif
