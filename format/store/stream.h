/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream of content, and the results that the object store and its content sink share. */
#ifndef CFS_STORE_STREAM_H
#define CFS_STORE_STREAM_H

#include <sys/types.h>
#include "base/error.h"

#define CONTENT_CHANGED 1 /* the file changed: put it once more, or fail */
#define CONTENT_STORE -2  /* the store failed, and the text begins with its name */

/* A source of bytes that is read once, from its beginning to its end. */
struct content_stream {
	/* Read up to @len bytes, fewer only at the end. -1 and a text. */
	ssize_t (*read)(void *arg, void *to, size_t len, struct error *err);
	void *arg;
	u64 size; /* the number of bytes that the stream must have */
	/*
	 * The number of zeros that come next, which read() then leaves out. *data receives the
	 * number of bytes between them and the next hole. NULL: there are no holes.
	 */
	u64 (*hole)(void *arg, u64 *data);
};

#endif
