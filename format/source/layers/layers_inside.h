/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by layers.c and end.c. */
#ifndef CFS_SOURCE_LAYERS_LAYERS_INSIDE_H
#define CFS_SOURCE_LAYERS_LAYERS_INSIDE_H

#include "source/layers/layers.h"

/* name.origin of a node: the line it came from, or this for a device that a whiteout became. */
#define LAYERS_MADE UINT32_MAX

struct layers_member {
	struct layers_member *next;
	struct place *place;
	struct name *thing;
};

/* A whiteout or an opaque marker that waits for the end of the layer. */
struct layers_mark {
	struct layers_mark *next;
	struct place *place; /* what is white, or the opaque directory */
	bool opaque;
	u32 uid, gid, line;
};

/* Places stand in blocks, a parent before what is in it. */
struct layers_block {
	struct layers_block *next;
	u32 n;
	struct place place[1024];
};

/* Whether something stands here, if the place it lies in is a directory that is alive. */
static inline bool place_stands(const struct place *p)
{
	return p->thing && (!p->parent || p->born > p->parent->cleared);
}

static inline bool thing_is(const struct name *thing, u32 type)
{
	return !thing->is_link && node_is((const struct node *)thing, type);
}

/* The place of a name, NULL if it was never named. */
struct place *layers_find(const struct layers *l, struct place *parent, const char *s, size_t len);

/* Take away what stands here and all below it. */
void layers_remove(struct layers *l, struct place *p);

/* Take away what lies in a directory. */
void layers_empty(struct layers *l, struct place *p);

/* The place that a path leads to through directories that are alive, or NULL. */
struct place *layers_reach(const struct layers *l, const char *path, size_t len);

#endif
