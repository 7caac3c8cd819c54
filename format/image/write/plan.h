/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the steps of image_write() hand to each other. The tree is const; all
 * that a step finds stands here, by inode number ("ino": position in the order
 * of image-format 6, stubs included).
 */
#ifndef CFS_IMAGE_WRITE_PLAN_H
#define CFS_IMAGE_WRITE_PLAN_H

#include "core/erofs.h"
#include "image/write/write.h"

#define PLAN_STUBS 256u

/* The xattrs of an inode that differ from those of its node. */
struct lowered {
	u32 ino, n;
	const struct xattr **v;
};

/* Where an inode goes and how large its parts are (image-format 7.4, 8). */
struct place {
	u64 nid;
	u32 nblk;
	u16 tail;
	u16 icount; /* i_xattr_icount; the area has 12 + 4 * (icount - 1) bytes */
};

struct plan {
	const struct tree *tree;
	struct error *err;
	unsigned int version; /* the one to write, 0 or 1 */
	struct arena arena;
	struct xattr_pool pool; /* xattrs that lower makes */
	u32 xattrs;             /* different ones: ids of the tree, then of the pool */

	/* order */
	u32 count;                      /* inodes */
	u32 nstubs;                     /* 256, or fewer if the root has such names */
	u32 level;                      /* nodes directly below the root, stubs included */
	u32 *root_ino;                  /* ino of the root's child with id i, at i - 1 */
	const struct node **root_level; /* those nodes, at ino - 1 */
	struct node *stubs;

	/* lower */
	s64 min_sec;
	u32 min_nsec;
	u32 externals;           /* files with a backing file */
	u32 odd_payloads;        /* those whose backing path is not made of the digest */
	struct lowered *lowered; /* by ino, ascending */
	u32 nlowered;
	size_t lowered_cap;

	const struct xattr **
		user; /* by xattr id: the xattr, if an inode has it; how many have it stands in shared */

	/* share */
	bool has_acl;
	/* What refers to the shared table, as (offset in the table) / 4 + 1; 0: nothing */
	u32 *shared;         /* by xattr id */
	u32 *metacopy_group; /* by ino: index of metacopy_shared + 1, 0: none */
	u32 *redirect_group; /* by ino; may be the same array */
	u32 *metacopy_shared, *redirect_shared;
	struct shared_entry *table; /* in the order of the table */
	u32 ntable;
	u64 table_size;

	/* place */
	struct place *place; /* by ino */
	u64 inodes_end, data_start, image_size;
};

/* An entry of the shared table. */
struct shared_entry {
	const char *name;
	const u8 *value;
	u32 len;         /* of the value */
	u32 *set_shared; /* where the reference to it goes */
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

/* Have the processor fetch an inode that comes up soon: in this order nodes lie anywhere in memory. */
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

/* A stub is a node of the plan, not of the tree: it stays a device 0:0. */
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

/* The entries of a directory as they are written: children, "." and "..", stubs. */
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
	u32 stub; /* the next one; nstubs: none left, or not the root */
	u8 dots;  /* how many of "." and ".." have been given */
};

void order_start(struct dir_walk *walk, const struct plan *plan, const struct node *dir);
bool order_entry(struct dir_walk *walk, struct dir_entry *e);

/* The xattrs of an inode. For growing inos *cursor, 0 at first, makes it a step each. */
const struct xattr *const *lower_xattrs(const struct plan *plan, u32 ino, const struct node *node,
					u32 *cursor, u32 *n);

/*
 * All xattrs of an inode in the order of their names, those for the backing
 * file included, as they are stored: a reference or inline (image-format 7.3).
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
	u32 refs;   /* given so far */
	u8 backing; /* next of metacopy, redirect; 2: none left */
};

void share_start(struct xattr_walk *walk, const struct plan *plan, u32 ino, const struct node *node,
		 u32 *cursor);
bool share_next(struct xattr_walk *walk, struct stored_xattr *x);

/* Exponent of the chunk size of an external file (8.2). */
unsigned int place_chunk_bits(u64 size);

/* What i_size and i_nlink say, and whether the inode has 32 bytes (8.1) or 64. */
u64 place_size(const struct node *node, const struct place *at);
u32 place_nlink(const struct node *node);
bool place_is_compact(const struct plan *plan, const struct node *node, const struct place *at);

/* The steps. -1 and plan->err. */
int plan_order(struct plan *plan);
int plan_lower(struct plan *plan);
int plan_share(struct plan *plan);
int plan_place(struct plan *plan);
void plan_emit(const struct plan *plan, struct writer *w);

/* Put the path of a node before the error text. */
int plan_blame(const struct plan *plan, const struct node *node);

#endif
