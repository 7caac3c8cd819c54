/* SPDX-License-Identifier: GPL-2.0-only */
/* composefs= on the kernel command line (mount 16.1). */
#ifndef CFS_SETUP_ROOT_CMDLINE_H
#define CFS_SETUP_ROOT_CMDLINE_H

#include "base/error.h"
#include "core/digest.h"

struct cmdline {
	bool found;
	bool insecure; /* '?' before the digest: level 0 */
	struct cfs_digest digest;
	char hex[CFS_DIGEST_HEX + 1]; /* of it, lower case */
};

/*
 * Look for the first composefs= among words separated by white space, which
 * double quotes protect. -1 and a text: its value is no digest.
 */
int cmdline_parse(struct cmdline *c, const char *text, size_t len, struct error *err);

#endif
