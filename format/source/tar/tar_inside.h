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
	u64 left;                    /* bytes of the member's data still in the stream */
	struct tar_members *members; /* keep the members here; NULL: put them into the layers */
	tar_see_fn *see;             /* hand each member out in place of both; NULL */
	void *see_arg;
	struct tar_attrs attrs;
	struct error *err;
};

/* Keep the member in t->members. -1 and a text. */
int tar_keep_member(struct tar *t, const struct layers_name *what);

/* Put a path before the text, without its leading slash unless it is the root. -1. */
int tar_in_path(struct error *err, const struct buf *path);

/* Put the member at which layers_end() failed before the text. -1. */
int tar_in_fault(const struct layers *l, struct error *err);

/* A node of the member that was parsed last, with its content. NULL and a text. */
struct node *tar_make_node(struct tar *t);

/*
 * The content of a regular file: inlined, or handed to t->content. -1 and a
 * text; t->s.failed says whether that is complete.
 */
int tar_add_content(struct tar *t, struct node *node);

/* Up to @len bytes of the data of a member that is not sparse; @arg is the struct tar. */
ssize_t tar_read_data(void *arg, void *to, size_t len, struct error *err);

/* Add the extended attributes that the options ask for. If there are too many, only mark the node. -1 and a text. */
int tar_add_xattrs(struct tar *t, struct node *node);

/*
 * Warn of records that grant or deny something and have no effect, once for each
 * keyword. @name is that of the member.
 */
void tar_warn_rights(struct tar *t, const struct tar_pax *pax, const char *name, size_t len);

#endif
