/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The results that the steps of image_write() pass to each other. The tree is const. Results
 * are arrays by inode number ("ino"): the position in the order of image format 6, stubs
 * included.
 */
#ifndef CFS_IMAGE_WRITE_PLAN_H
#define CFS_IMAGE_WRITE_PLAN_H

#include "core/erofs.h"
#include "files/io.h"
#include "tree/tree.h"

#define PLAN_STUBS 256u

/* The xattrs of an inode, if they differ from those of its node. */
struct lowered {
	u32 ino, n;
	const struct xattr **v;
};

/* The place of an inode and the sizes of its parts (image format 7.4, 8). */
struct place {
	u64 nid;
	u32 nblk;
	u16 tail;
	u16 icount; /* i_xattr_icount; unless it is 0 the area has 12 + 4 * (icount - 1) bytes */
};

struct plan {
	const struct tree *tree;
	struct error *err;
	unsigned int version; /* the version to write, 0 or 1 */
	struct arena arena;
	struct xattr_pool pool; /* the xattrs that lower makes */
	u32 xattrs;             /* number of different xattrs: ids of the tree, then of the pool */

	/* Made by order: */
	u32 count;     /* number of inodes */
	u32 nstubs;    /* 256, or fewer if the root has such names */
	u32 level;     /* number of nodes directly below the root, stubs included */
	u32 *root_ino; /* ino of the root's child with id i is at i - 1 */
	const struct node **root_level; /* those nodes by ino - 1 */
	struct node *stubs;

	/* Made by lower: */
	s64 min_sec;
	u32 min_nsec;
	u32 externals; /* number of files with a backing file */
	u32 odd_payloads; /* number of those whose backing path is not the object name of their digest */
	struct lowered *lowered; /* by ino, ascending */
	u32 nlowered;
	size_t lowered_cap;

	const struct xattr **
		user; /* by xattr id: the xattr, if an inode has it; shared has the number of inodes */

	/* Made by share: */
	bool has_acl;
	/* References to the shared table, as (offset in the table) / 4 + 1; 0: no reference. */
	u32 *shared;         /* by xattr id */
	u32 *metacopy_group; /* by ino: index of metacopy_shared + 1, 0: none */
	u32 *redirect_group; /* by ino; may be the same array */
	u32 *metacopy_shared, *redirect_shared;
	struct shared_entry *table; /* in the order of the table */
	u32 ntable;
	u64 table_size;

	/* Made by place: */
	struct place *place; /* by ino */
	u64 inodes_end, data_start, image_size;
};

/* An entry of the shared table. */
struct shared_entry {
	const char *name;
	const u8 *value;
	u32 len;         /* of the value */
	u32 *set_shared; /* receives the reference to this entry */
	u16 name_len;
	bool is_redirect; /* the value is '/' and then len - 1 bytes */
	u8 algorithm; /* not 0: the value is the metacopy of this digest, whose bytes are given */
};

static inline u32 plan_ino(const struct plan *plan, const struct node *node)
{
	u32 id = node->name.id;

	if (id == 0)
		return 0;
	return id <= plan->level - plan->nstubs ? plan->root_ino[id - 1] : id + plan->nstubs;
}

static inline const struct node *plan_node(const struct plan *plan, u32 ino)
{
	if (ino == 0)
		return plan->tree->root;
	return ino <= plan->level ? plan->root_level[ino - 1]
				  : plan->tree->order[ino - plan->nstubs];
}

/* Prefetch a node that comes up soon, because nodes in this order are anywhere in memory. */
static inline void plan_ahead(const struct plan *plan, u32 ino)
{
	const u32 far = 10;

	if (ino < plan->count - far && plan->count > far) {
		const char *p = (const char *)plan_node(plan, ino + far);

		__builtin_prefetch(p);
		__builtin_prefetch(p + 64);
		__builtin_prefetch(p + sizeof(struct node) - 1);
	}
}

/*
 * Whether the node is a stub: a node of the plan and not of the tree, which stays a device 0:0.
 */
static inline bool plan_is_stub(const struct plan *plan, const struct node *node)
{
	return node >= plan->stubs && node < plan->stubs + plan->nstubs;
}

/* Whether the node is a whiteout of the input, which becomes an empty regular file (image format 5.3). */
static inline bool plan_is_whiteout(const struct plan *plan, const struct node *node)
{
	return node_is_whiteout(node) && !plan_is_stub(plan, node);
}

/* The mode that the inode gets. */
static inline u32 plan_mode(const struct plan *plan, const struct node *node)
{
	if (plan_is_whiteout(plan, node))
		return (node->mode & 07777) | CFS_IFREG;
	return node->mode;
}

/*
 * Iterates over the entries of a directory as they are written: children, "." and "..", stubs.
 */
struct dir_entry {
	const char *s;
	u32 len;
	u32 ino;
	u8 type;
};

struct dir_walk {
	const struct plan *plan;
	const struct node *dir;
	const struct name *next;
	u32 stub; /* the next stub; nstubs: none is left, or this is not the root */
	u8 dots;  /* how many of "." and ".." were given */
};

void order_start(struct dir_walk *walk, const struct plan *plan, const struct node *dir);
bool order_entry(struct dir_walk *walk, struct dir_entry *e);

/*
 * The xattrs of an inode. *@cursor begins at 0; if the inos of the calls grow, each call takes
 * one step.
 */
const struct xattr *const *lower_xattrs(const struct plan *plan, u32 ino, const struct node *node,
					u32 *cursor, u32 *n);

/*
 * Iterates over all xattrs of an inode in the order of their names, metacopy and redirect
 * included, with the way each is stored: as a reference or inline (image format 7.3).
 */
struct stored_xattr {
	const struct xattr *xattr; /* NULL: metacopy or redirect */
	bool is_metacopy;
	u32 ref; /* position in the table / 4 + 1; 0: inline */
};

struct xattr_walk {
	const struct plan *plan;
	const struct node *node;
	const struct xattr *const *v;
	u32 ino, n, next;
	u32 refs;   /* references given so far */
	u8 backing; /* the next of metacopy (0) and redirect (1); 2: none is left */
};

void share_start(struct xattr_walk *walk, const struct plan *plan, u32 ino, const struct node *node,
		 u32 *cursor);
bool share_next(struct xattr_walk *walk, struct stored_xattr *x);

/* The exponent of the chunk size of an external file (image format 8.2). */
unsigned int place_chunk_bits(u64 size);

/* The values of i_size and i_nlink, and whether the inode is compact (image format 8.1). */
u64 place_size(const struct node *node, const struct place *at);
u32 place_nlink(const struct node *node);
bool place_is_compact(const struct plan *plan, const struct node *node, const struct place *at);

/* The steps of image_write(). They return -1 and set plan->err. */
int plan_order(struct plan *plan);
int plan_lower(struct plan *plan);
int plan_share(struct plan *plan);
int plan_place(struct plan *plan);
void plan_emit(const struct plan *plan, struct writer *w);

/* Put the path of a node in front of the error text. Returns -1. */
int plan_blame(const struct plan *plan, const struct node *node);

void plan_release(struct plan *plan);

#endif
