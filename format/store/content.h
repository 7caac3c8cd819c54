/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source hands the bytes of files to a content sink. It hashes them and, if the applet
 * chose a store, stores them. Each thread has one.
 */
#ifndef CFS_STORE_CONTENT_H
#define CFS_STORE_CONTENT_H

#include <sys/types.h>
#include "base/error.h"
#include "store/stream.h"
#include "verity/verity.h"

struct content;
struct store;
struct workers;

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

/* The same for a stream; too few bytes are an error. */
int content_put_stream(struct content *c, const struct content_stream *from, u8 *digest,
		       struct error *err);

/*
 * Complete all digests, and hand all objects to the store. The sink can be used again
 * afterwards. 0 or CONTENT_STORE.
 */
int content_finish(struct content *c, struct error *err);

#endif
