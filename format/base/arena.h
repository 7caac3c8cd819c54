/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that dies together: chunks that double, 256 KiB to 32 MiB. */
#ifndef CFS_BASE_ARENA_H
#define CFS_BASE_ARENA_H

#include "core/port.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the one in use first */
	char *lo, *hi;              /* free bytes of it: structs from below, bytes from above */
	size_t next;                /* size of the next chunk */
	u64 used;                   /* bytes handed out, for statistics */
};

/* An arena of zeros is a good empty one. */
void arena_release(struct arena *a);

/* Zeroed, aligned to 8; NULL without memory. */
void *arena_alloc(struct arena *a, size_t len);

/* Not aligned, not zeroed: names and values. */
void *arena_bytes(struct arena *a, size_t len);

/* A copy of @len bytes; a NUL follows that @len does not count. */
char *arena_copy(struct arena *a, const void *data, size_t len);

/* Move all chunks of @from to @to. */
void arena_join(struct arena *to, struct arena *from);

#endif
