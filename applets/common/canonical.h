/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether an image is what mkfs writes for the tree in it (property RI-11). */
#ifndef CFS_APPLETS_CANONICAL_H
#define CFS_APPLETS_CANONICAL_H

#include "image/image.h"

enum canonical {
	CANONICAL_FAILED = -1,    /* no memory: the error says so */
	CANONICAL_SAME,           /* byte for byte */
	CANONICAL_DIFFERS,        /* *first is the offset of the first byte that differs */
	CANONICAL_CANNOT_BE_MADE, /* mkfs refuses the tree: the error says why */
};

/* Read a checked image back into a tree, write that again, and compare. */
enum canonical canonical_compare(const struct image *img, u64 *first, struct error *err);

#endif
