/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source hands the bytes of files to a content sink. It hashes them and, if the applet
 * chose a store, stores them. Each thread has one.
 */
#ifndef CFS_STORE_CONTENT_H
#define CFS_STORE_CONTENT_H

#include <sys/types.h>
#include "base/error.h"
#include "verity/verity.h"

struct content;
struct store;
struct workers;

#define CONTENT_CHANGED 1 /* the file changed: put it once more, or fail */
#define CONTENT_STORE -2  /* the store failed, and the text begins with its name */

/*
 * NULL without memory. @store NULL: hash only. The digests have @algorithm, which is
 * that of the store. @workers as in struct verity_work.
 */
struct content *content_open(struct store *store, u8 algorithm, struct workers *workers);
u8 content_algorithm(const struct content *c);
void content_close(struct content *c);

/*
 * The content, not empty, of a regular file opened for reading; @before is what
 * fstat() said of @fd before anything else was read from it. The bytes of the digest
 * stand at @digest at the latest after content_finish(), because small files wait for
 * each other; the memory must stay until then.
 * 0, CONTENT_CHANGED, CONTENT_STORE, or -1 and a text without the name of the file.
 */
int content_put(struct content *c, int fd, const struct stat *before, u8 *digest,
		struct error *err);

/* Bytes that come one after the other. Up to @len, fewer only at the end; -1 and a text. */
struct content_stream {
	ssize_t (*read)(void *arg, void *to, size_t len, struct error *err);
	void *arg;
	u64 size; /* how many there must be */
	/*
	 * How many zeros come next, which read() leaves out then, and in *data how
	 * many bytes follow up to the next hole. NULL: there are no holes.
	 */
	u64 (*hole)(void *arg, u64 *data);
};

/* The same for a stream; too few bytes are an error. */
int content_put_stream(struct content *c, const struct content_stream *from, u8 *digest,
		       struct error *err);

/*
 * Complete all digests, and hand all objects to the store. The sink can be used again
 * afterwards. 0 or CONTENT_STORE.
 */
int content_finish(struct content *c, struct error *err);

#endif
