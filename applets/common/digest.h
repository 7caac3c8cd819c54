/* SPDX-License-Identifier: GPL-2.0-only */
/* A digest as people give it (cli 8). */
#ifndef CFS_APPLETS_DIGEST_H
#define CFS_APPLETS_DIGEST_H

#include "core/digest.h"

/*
 * 64 hex digits, or the same behind "sha256:" or "v1-sha256-12:". False for
 * anything else: a digest of another length or algorithm is never compared.
 */
bool digest_given(struct cfs_digest *digest, const char *text);

#endif
