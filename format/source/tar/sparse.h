/* SPDX-License-Identifier: GPL-2.0-only */
/* The map of a sparse file, from all four encodings (tar 3.3). */
#ifndef CFS_SOURCE_TAR_SPARSE_H
#define CFS_SOURCE_TAR_SPARSE_H

#include "base/buf.h"
#include "source/tar/pax.h"
#include "source/tar/stream.h"

#define TAR_SPARSE_MAX ((u64)1 << 53) /* bytes of a sparse file: the limit of every file */
#define TAR_SEGMENTS (1u << 20)

/*
 * Segments of data. Only those that are not empty are stored, as differences; most
 * take six bytes.
 */
struct tar_map {
	struct buf b;
	u64 real; /* size of the file */
	u64 end;  /* of the last segment */
	u64 kept; /* end of the last segment that is kept */
	u64 data; /* bytes of all */
	u32 segments;
	bool uneven; /* the last segment with data is not a whole number of blocks */
};

/* Empty the map and keep its memory. */
void tar_map_clear(struct tar_map *map);

/* Add a segment. -1 and a text if it is not behind the others or beyond the limit. */
int tar_map_add(struct tar_map *map, u64 off, u64 len, struct error *err);

/*
 * Read the map of a member whose header is @block, or whose pax records are
 * @pax with values of GNU.sparse.*; *stored, bytes that follow in the archive,
 * becomes what is left of them. -1 and a text; s->failed says whether it is
 * about reading.
 */
int tar_map_gnu(struct tar_map *map, struct tar_stream *s, const u8 block[TAR_BLOCK], u64 *stored,
		struct error *err);
int tar_map_pax(struct tar_map *map, struct tar_stream *s, const struct tar_pax *pax, u64 *stored,
		struct error *err);

/* A walk over data and holes. */
struct tar_walk {
	const struct tar_map *map;
	size_t at;
	u64 hole, data; /* bytes to come of the part that is next: first the hole */
	u64 left;       /* of the file, behind those */
};

void tar_walk_start(struct tar_walk *w, const struct tar_map *map);

/* Go on to the next hole or data, unless there is some left here or the file ends. */
void tar_walk_next(struct tar_walk *w);

#endif
