/* SPDX-License-Identifier: GPL-2.0-only */
/* The objects that the files of a table of contents refer to (toc 7, --digest-from). */
#ifndef CFS_SOURCE_TOC_OBJECTS_H
#define CFS_SOURCE_TOC_OBJECTS_H

#include "base/workers.h"
#include "source/toc/toc.h"

#define TOC_MISMATCH 1 /* an object is missing, or is not what the table says */

/* Where the objects are, and the threads that read them. */
struct toc_from {
	const char *name; /* of the directory */
	int fd;           /* the directory */
	u8 algorithm;     /* of the digests that files get */
	unsigned int threads;
	struct workers_pool *pool; /* NULL: none */
};

/*
 * Read the object of each external file of a sealed tree beneath @from, each
 * once, check size, SHA-256 (@shas) and fs-verity digest, and give the nodes
 * their digests. 0; -1 or TOC_MISMATCH and a text. @progress as in scan.h.
 */
int toc_objects(struct tree *tree, const struct table *shas, const struct toc_from *from,
		void (*progress)(void *arg, u64 names, u64 bytes), void *progress_arg,
		struct error *err);

#endif
