/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of this folder. */
#ifndef CFS_SOURCE_TAR_TAR_INSIDE_H
#define CFS_SOURCE_TAR_TAR_INSIDE_H

#include "source/tar/tar.h"
#include "source/tar/member.h"

/* name.origin of a node: the layer it came from, and whether it has too many xattrs. */
#define TOO_MANY ((u32)1 << 31)
#define LAYER_MASK (TOO_MANY - 1)

struct tar_attribute;

/* Scratch memory for the extended attributes of one member, and what was warned about. */
struct tar_attrs {
	struct tar_attribute *v; /* allocated */
	size_t n, max;
	struct buf decoded;
	struct buf warned; /* keywords of pax records, each ended by NUL */
	bool told_names;   /* that numbers came from this machine's lists */
};

void tar_attrs_release(struct tar_attrs *a);

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
	struct tar_attrs attrs;
	struct error *err;
};

/*
 * The content of a regular file: inlined, or handed to t->content. -1 and a
 * text; t->s.failed says whether that is complete.
 */
int tar_add_content(struct tar *t, struct node *node);

/* Add the extended attributes that the options ask for. If there are too many, only mark the node. -1 and a text. */
int tar_add_xattrs(struct tar *t, struct node *node);

/*
 * Warn of records that grant or deny something and have no effect, once for each
 * keyword. @name is that of the member.
 */
void tar_warn_rights(struct tar *t, const struct tar_pax *pax, const char *name, size_t len);

#endif
