/* SPDX-License-Identifier: GPL-2.0-only */
/* What must hold of an image before it is mounted (mount 5 and 6). */
#ifndef CFS_MOUNT_IMAGECHECK_H
#define CFS_MOUNT_IMAGECHECK_H

#include "applets/common/signed.h"
#include "applets/mount/imagefd.h"

#define IMAGECHECK_MAX ((u64)4 << 30) /* bytes that are read to check an image without a digest */

/* What was asked for. */
struct image_trust {
	struct cfs_digest digest; /* the digest that the image must have; algorithm 0: any */
	const struct statement *statement; /* vouches for the image; NULL: none was asked for */
	const struct signed_options *sign; /* by which the statement was judged */
	bool unchecked;                    /* without digest and statement: skip the check */
};

/*
 * Check header and size. Then verify the digest, by fs-verity or in a sealed copy; if none
 * is asked for, let a confined child check the whole structure. 0, or -1 with an error.
 */
int imagecheck_run(struct imagefd *im, const struct image_trust *trust, struct error *err);

/* Report that the image has another digest than was asked for. Returns -1. */
int imagecheck_differs(const struct imagefd *im, const struct cfs_digest *want,
		       const struct cfs_digest *is, struct error *err);

#endif
