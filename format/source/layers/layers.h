/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put layers over each other, bottom to top, and make one tree of them: whiteouts,
 * replacement, hard links and their homes (toc 4.4, 5, 6, tar 4, 5).
 *
 * A place is a path that some layer named. It stays when the thing there is removed.
 * For each entry a source asks layers_name() for the place, and gives the node or
 * link to layers_put() if the entries of a layer are a set, or to layers_append() if
 * their order counts. A layer changes the tree only in layers_end(), except for its
 * whiteouts, which act on the layers below at once.
 */
#ifndef CFS_SOURCE_LAYERS_LAYERS_H
#define CFS_SOURCE_LAYERS_LAYERS_H

#include "tree/tree.h"

enum whiteouts {
	WHITEOUTS_APPLY,
	WHITEOUTS_OVERLAY, /* of a single layer */
	WHITEOUTS_KEEP,
};

struct place {
	struct place *parent; /* NULL: the root */
	const char *s;        /* the name, not terminated */
	struct name *thing;   /* node or link that stands here, if it is alive; NULL */
	struct name *put;     /* what layers_put() was given in this layer */
	struct place *queue;  /* the next one that was given something */
	u32 born;             /* when thing came */
	u32 cleared;          /* what is below and born up to then is gone */
	u32 entered;          /* last seen as a directory that is alive */
	u32 below;            /* the last layer with an entry below */
	u32 touched;          /* the last archive of layers_touch() with this member */
	u32 touched_below;    /* the last one with a member below */
	u8 len;
	bool alive; /* layers_finish() */
};

struct layers_member;
struct layers_mark;
struct layers_block;

struct layers {
	struct tree *tree;
	struct grower *g;
	enum whiteouts whiteouts;
	bool skip_devices; /* to be set by the source: they do their work in the layers and are left out */
	struct arena arena; /* members, marks */
	struct layers_block *blocks, *last_block;
	struct table table; /* places by parent and name */
	struct place *root;
	u32 implied;      /* directories made because a path leads through them */
	u32 clock;        /* counts what is done to the tree */
	u32 closed;       /* when a directory was last removed */
	u32 layer;        /* from 1 */
	u32 layer_start;  /* the clock then */
	u32 ordered;      /* the number of the archive that gives each member as a layer; 0: none */
	bool own_removed; /* a whiteout has removed something that this archive has touched */
	bool first_homes; /* the first name of an inode holds it, not the one that came with it */
	struct place *first, **end; /* of the queue */
	struct layers_member *members, **members_end;
	struct layers_mark *marks, **marks_end; /* WHITEOUTS_OVERLAY */
	struct buf dir_path; /* the directory of the last name, as it was spelt */
	struct place *dir;
	struct buf way; /* places that lead to one */
	/* The place of the last error of layers_end() or layers_finish(): */
	const struct place *fault; /* NULL: the error concerns no single place */
	u32 fault_line;
};

/* -1 without memory. Release it in any case. The tree is still empty. */
int layers_init(struct layers *l, struct tree *tree, enum whiteouts whiteouts);
void layers_release(struct layers *l);

/* A node without a name yet, zeros but for the mode; a link to a path. NULL without memory. */
struct node *layers_node(struct layers *l, u32 mode, u32 line);
struct link *layers_link(struct layers *l, const char *path, size_t len, u32 line,
			 struct error *err);

/* Where an entry of a layer goes. */
struct layers_name {
	bool is_dir;
	bool needs_dir; /* it is an error if the directory of a whiteout is not there */
	u32 uid, gid;   /* what a whiteout has in WHITEOUTS_OVERLAY */
	u32 line;
};

/*
 * The place of a name, which is split, checked and made if it is new. NULL in
 * *place: it was a whiteout, which has been seen to, or something that is not
 * for the tree. -1 and a text.
 */
int layers_name(struct layers *l, const char *path, size_t len, const struct layers_name *what,
		struct place **place, struct error *err);

/*
 * An entry of a layer that is a set. If there is one for this place already it
 * must be the same and is dropped. -1 and a text.
 */
int layers_put(struct layers *l, struct place *place, struct name *thing, struct error *err);

/* An entry of a layer in which later ones win. -1 without memory. */
int layers_append(struct layers *l, struct place *place, struct name *thing);

/* The layer is complete. -1 and a text; then l->fault and l->fault_line say where. */
int layers_end(struct layers *l, struct error *err);

/* The root, as a directory that no member names, unless it is there. -1 without memory. */
int layers_make_root(struct layers *l, struct error *err);

/* Note that the archive l->ordered has a member at @place. NULL: it has no place. */
void layers_touch(struct layers *l, struct place *place);

/*
 * The directory that stands at a path; NULL: nothing stands there, or with a text something else
 * than a directory.
 */
struct node *layers_directory(struct layers *l, const char *path, struct error *err);

/* Remove everything in the directory that stands at a path. Other names of files in it stay. */
void layers_clear(struct layers *l, const char *path);

/*
 * All layers are there: make the tree of what is alive. -1 and a text. tree_seal()
 * is next.
 */
int layers_finish(struct layers *l, struct error *err);

/* The next component of a path that is neither empty nor ".". false: there is none. */
bool layers_component(const char **path, const char *end, const char **s, size_t *len);

/* The path of a place with a slash in front, added to @b. */
void layers_path(struct buf *b, const struct place *place);

#endif
