/* SPDX-License-Identifier: GPL-2.0-only */
/* A digest, and an algorithm, as users give them. */
#ifndef CFS_APPLETS_DIGEST_H
#define CFS_APPLETS_DIGEST_H

#include "applets/applet.h"
#include "core/digest.h"

/*
 * 64 or 128 hex digits, alone or behind a prefix that names the algorithm, such as
 * "sha512:" or "v1-sha512-12:". -1 and a text without a subject for anything else.
 */
int digest_given(struct cfs_digest *digest, const char *text, struct error *err);

/* The value of --hash-alg; NULL: not given. Ends the process with 2 if it is no algorithm. */
u8 algorithm_given(const char *text);

#endif
