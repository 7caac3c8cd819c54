/* SPDX-License-Identifier: GPL-2.0-only */
/* key= and signature=: a signed statement has to vouch for the image (signature 6). */
#ifndef CFS_MOUNT_STATED_H
#define CFS_MOUNT_STATED_H

#include "core/digest.h"

struct job;

/*
 * Read the files that were named and judge the statement; nothing if none was asked
 * for. Called before anything of the image is read. -1 with j->err.
 */
int stated_judge(struct job *j);

/*
 * Compare the image, which is a sealed copy, with the statement and with digest=.
 * -1 with j->err.
 */
int stated_compare(struct job *j);

/* Whether the digest that the kernel measured is all that has to be known. */
bool stated_has(const struct job *j, const struct cfs_digest *digest);

#endif
