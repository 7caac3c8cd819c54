/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects of a commit, each held once: a dirtree may occur at many paths, a dirmeta
 * may belong to many directories, and a file may have many names.
 */
#ifndef CFS_SOURCE_OSTREE_GRAPH_H
#define CFS_SOURCE_OSTREE_GRAPH_H

#include "source/ostree/file.h"

/* Limit of names in a commit, counted at every path. */
#define OSTREE_NAMES_MAX ((u64)1 << 23)

/* The entry of a dirtree at which an object was found first. dir NULL: the root. */
struct graph_place {
	struct graph_tree *dir;
	u32 at;
};

/* The next three begin with the checksum that is their key in the tables. */
struct graph_meta {
	struct sha256_sum sum;
	u32 mode, uid, gid;
	u32 nxattrs;
	const struct xattr **xattrs; /* in the grower */
};

struct graph_file {
	struct ostree_file f; /* first member; not read yet */
	struct graph_place place;
	struct graph_file *next; /* in the order in which they were met */
	const char *payload;     /* of its nodes, once one has been made */
};

struct graph_tree {
	struct sha256_sum sum;
	struct graph_entry *v; /* files and directories, by name */
	u32 n;
	u32 next;    /* the first entry that has not been looked at */
	bool loaded; /* with all that is below it */
	u64 names;   /* at all paths below it; when it is loaded */
	u32 depth;   /* components of the longest path below it; when it is loaded */
	struct graph_place place;
};

struct graph_entry {
	const char *name; /* not terminated */
	u32 len;
	bool dir;
	const struct sha256_sum *sum; /* of a directory, that of its dirmeta follows it */
	struct graph_meta *meta;      /* of a directory */
	union {
		struct graph_file *file;
		struct graph_tree *tree;
	};
};

struct graph {
	const struct ostree_repo *repo;
	struct tree *tree; /* its key is that of the tables */
	struct grower *g;  /* files, and xattrs of dirmetas, are the tree's */
	struct arena arena;
	struct table trees, metas, files;
	struct graph_file *first, **last;
	u64 names; /* in all dirtrees */
	struct graph_tree *root;
	struct graph_meta *root_meta;
};

void graph_init(struct graph *graph, const struct ostree_repo *repo, struct tree *tree,
		struct grower *g);
void graph_release(struct graph *graph);

/*
 * Read and check all dirtrees and dirmetas below a commit, and find its files.
 * A commit of more than OSTREE_NAMES_MAX names, or with a path of more than
 * TREE_COMPONENTS_MAX components, is refused. -1 and a text with
 * object and path, without the repository.
 */
int graph_load(struct graph *graph, const struct sha256_sum *tree, const struct sha256_sum *meta,
	       struct error *err);

/* Put "OBJECT.EXT: " before the text and the path behind it. Returns -1. */
int graph_in(const struct graph_place *place, const struct sha256_sum *sum, const char *ext,
	     struct error *err);

#endif
