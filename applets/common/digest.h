/* SPDX-License-Identifier: GPL-2.0-only */
/* Digests and algorithms as users write them. */
#ifndef CFS_APPLETS_DIGEST_H
#define CFS_APPLETS_DIGEST_H

#include "applets/applet.h"
#include "core/digest.h"

/*
 * Parse 64 or 128 hex digits, alone or after a prefix that names the algorithm, such as
 * "sha512:" or "v1-sha512-12:". Anything else is -1 and a text without a subject.
 */
int digest_given(struct cfs_digest *digest, const char *text, struct error *err);

/* The value of --hash-alg; NULL: not given. Any other value than an algorithm ends the process with status 2. */
u8 algorithm_given(const char *text);

#endif
