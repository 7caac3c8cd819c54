/* SPDX-License-Identifier: GPL-2.0-only */
/* What tar.c and tar_data.c share. */
#ifndef CFS_SOURCE_TAR_TAR_INSIDE_H
#define CFS_SOURCE_TAR_TAR_INSIDE_H

#include "base/sort.h"
#include "source/tar/tar.h"
#include "source/tar/member.h"

/* name.id of a node: the layer it came from, and whether its xattrs are too many. */
#define TOO_MANY ((u32)1 << 31)
#define LAYER_MASK (TOO_MANY - 1)

struct tar {
	struct layers layers;
	const struct tar_options *options;
	struct content *content;
	const char *file;
	u32 layer;
	struct tar_stream s;
	struct tar_extensions ext;
	struct tar_member m;
	struct tar_map map;
	struct tar_walk walk;
	u64 left; /* bytes of the member's data still in the stream */
	struct sort_item *xattrs;
	size_t xattrs_max;
	struct error *err;
};

/*
 * The content of a regular file: inlined, or handed to t->content. -1 and a
 * text; t->s.failed says whether that is complete.
 */
int tar_add_content(struct tar *t, struct node *node);

/* The xattrs of the member that are wanted. Too many are only marked. -1 and a text. */
int tar_add_xattrs(struct tar *t, struct node *node);

#endif
