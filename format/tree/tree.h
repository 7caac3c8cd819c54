/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of files that every input fills and every output walks
 * (image-format 2): one node for each inode, and a link for each further name.
 *
 * A source makes a grower per thread and adds names with it; nothing in a
 * grower is shared. When all names are there tree_seal() sorts, numbers the nodes,
 * resolves the links among them, and numbers the xattrs. From then on the tree is const.
 */
#ifndef CFS_TREE_TREE_H
#define CFS_TREE_TREE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "core/digest.h"
#include "tree/xattr.h"

/*
 * Components of a path in a tar archive, a table of contents or an OSTree commit: a
 * few bytes of these can imply a directory, or name one again and again.
 */
#define TREE_COMPONENTS_MAX 2048u

/* A name in a directory; the head of a node or of a link. */
struct name {
	struct name *next; /* sibling; in byte order once the tree is sealed */
	const char *s;     /* not terminated; NULL for the root */
	struct node *parent;
	u32 id; /* of a node: breadth first, root 0, links not counted; before tree_seal() as a link's line */
	u8 len;
	bool is_link;
};

/* An inode, under the name that holds it. */
struct node {
	struct name name; /* first member */
	u32 mode;         /* type and permissions, 16 bits */
	u32 nlink, uid, gid;
	u32 rdev; /* devices only, else 0 */
	u32 mtime_nsec;
	s64 mtime;
	u64 size; /* image-format 2; of a directory 0 */
	u32 nxattrs;
	u16 payload_len;
	bool payload_is_object;      /* the payload is cfs_object_name() of the digest */
	u8 algorithm;                /* of the digest; CFS_NO_ALGORITHM: there is none */
	const struct xattr **xattrs; /* by name, byte order */
	union {
		struct { /* directory */
			struct name *first;
			union {
				struct name *last; /* before tree_seal() */
				struct {           /* by tree_seal(): its nodes in tree->order */
					u32 start, nodes;
				};
			};
			u32 count; /* names in it, links included; by tree_seal(): directories in it */
			bool unsorted;      /* names did not arrive in order, or one twice */
			bool indexed;       /* all its names stand in the tree's table */
			bool has_whiteouts; /* a child is one; by tree_seal() */
		} dir;
		struct { /* symlink: the target; regular file: the backing path */
			const char *payload; /* NULL: none, or the digest's object name */
			const u8 *content;   /* size bytes; NULL: none */
			const u8 *digest;    /* as many bytes as the algorithm has, or NULL */
		} file;
	};
};

/* A further name of an inode. */
struct link {
	struct name name;    /* first member, is_link */
	struct node *target; /* at the latest by tree_seal() */
	const char *path;    /* of the target, where it had to be looked up; NULL */
	u32 path_len;
	u32 line; /* of the input, for messages, or what the source has in its place; 0: none */
	struct link *via;     /* tree_seal(): the target is a link itself */
	struct link *earlier; /* the one that the grower made before this */
};

/* Where the name came from; of a node, before tree_seal(). */
static inline u32 name_line(const struct name *n)
{
	return n->is_link ? ((const struct link *)n)->line : n->id;
}

static inline struct node *name_node(struct name *n)
{
	return n->is_link ? ((struct link *)n)->target : (struct node *)n;
}

static inline bool node_is(const struct node *node, u32 type)
{
	return (node->mode & 0170000) == type;
}

/* Whether the inode will be a whiteout: a character device 0:0. */
static inline bool node_is_whiteout(const struct node *node)
{
	return node_is(node, 0020000) && node->rdev == 0;
}

/* Whether the data of the node stands in a backing file. */
static inline bool node_is_external(const struct node *node)
{
	return node_is(node, 0100000) && node->size > 0 && !node->file.content;
}

struct tree;

/* What one thread adds names with. Its memory belongs to the tree. */
struct grower {
	struct tree *tree;
	struct grower *next;
	struct arena arena;
	struct xattr_pool pool;
	struct xattr_set set; /* scratch of one node, see xattr.h */
	struct link *last_link;
	u32 nodes, links;
};

struct tree {
	struct node *root;
	struct grower *growers;
	struct table
		table; /* names by (parent, name) of the indexed directories; in tree_seal() of links */
	struct hash_key key;      /* of all tables of this tree */
	u32 nodes, links, xattrs; /* by tree_seal(): numbers of nodes, links, different xattrs */
	bool whiteouts;           /* by tree_seal(): there are some */
	u8 algorithm;             /* of all digests; CFS_NO_ALGORITHM: there is none yet */
	bool algorithm_is_given;  /* the user has chosen it */
	struct node **order;      /* by tree_seal(): nodes by id */
	void *image;              /* malloc()ed bytes that names and values point into, or NULL */
};

void tree_init(struct tree *tree);
void tree_release(struct tree *tree);

/* A new grower, or NULL without memory. Not for several threads at once. */
struct grower *tree_grower(struct tree *tree);

/*
 * Add a node to a directory, or as the root with @parent NULL. Copies the name.
 * NULL without memory. The caller knows that the name is legal (RT-4) and is the
 * only one who adds to this directory.
 * nlink is 1, everything else 0.
 */
struct node *tree_add(struct grower *g, struct node *parent, const char *name, size_t len,
		      u32 mode);

/* Add a further name. With target NULL the path is looked up by tree_seal(). */
struct link *tree_add_link(struct grower *g, struct node *parent, const char *name, size_t len,
			   struct node *target);

/*
 * For a source that makes nodes and links before it knows whether they will be
 * in the tree: put a name that is filled in behind the others of its parent. It
 * has to count it in its grower. -1 without memory.
 */
int tree_append(struct tree *tree, struct name *n);

/*
 * Sort each directory, if it is not sorted. -1 and a text without memory, or if a
 * name is there twice; @line receives the first line that repeats one, else 0.
 */
int tree_sort(struct tree *tree, u32 *line, struct error *err);

/*
 * Follow the chain of link->via to its end and give all links of it that target;
 * a chain to nowhere is cut. The whole work is O(links). -1 and a text for a cycle.
 */
int link_follow(struct link *link, struct error *err);

/* -1 and a text unless the name is legal: 1 to 255 bytes, no '/' and NUL, not "." and "..". */
int tree_check_name(const char *name, size_t len, struct error *err);

/* Copy payload, content or digest into the node. -1 without memory. Set the digest before the payload. */
int node_set_payload(struct grower *g, struct node *node, const char *s, size_t len);
int node_set_content(struct grower *g, struct node *node, const void *data, size_t len);
int node_set_digest(struct grower *g, struct node *node, const struct cfs_digest *digest);

/*
 * A digest with @algorithm is about to be added from an input. All digests of a tree
 * have one algorithm: -1 and a text for another one.
 */
int tree_use_algorithm(struct tree *tree, u8 algorithm, struct error *err);

/* Give the node a digest whose bytes come later, and the object name made of them as payload. */
void node_await_digest(struct node *node, u8 algorithm, const u8 *bytes);

/*
 * The backing path of a regular file or NULL: either node->file.payload or, if that is
 * its digest's object name, that name made in @room. Not terminated; *len is its length.
 */
const char *node_payload(const struct node *node, char room[CFS_OBJECT_NAME_MAX], size_t *len);

/*
 * Put an xattr into g->set: a name of 1 to 255 bytes, a value of up to 65535.
 * -1 and a text without memory, or over the budget (image-format 5.6).
 */
int grow_xattr(struct grower *g, const void *name, size_t name_len, const void *value, size_t len,
	       struct error *err);

/* What a failed xattr_set_put() says. Returns -1. */
int xattr_failed(struct error *err);

/* Copy the xattrs of g->set to the node. -1 without memory. */
int node_set_xattrs(struct grower *g, struct node *node);

/*
 * Look up a name in a directory while the tree grows. NULL if there is none, or
 * there was no memory to index the directory (*err says which; err->code 0: not there).
 */
struct name *tree_find(struct tree *tree, struct node *dir, const char *s, size_t len,
		       struct error *err);

/*
 * The tree's table alone: put a name into it (-1 without memory) unless it has one that
 * is called so in that directory, and look one up.
 */
int tree_index(struct tree *tree, struct name *n);
struct name *tree_indexed(const struct tree *tree, const struct node *dir, const char *s,
			  size_t len);

/*
 * The tree is complete: sort each directory (a name that is there twice is an
 * error), resolve and check links (a missing target, a cycle and a directory are
 * errors), number nodes and xattrs. @line: receives the line of the name that is
 * wrong, or 0.
 */
int tree_seal(struct tree *tree, u32 *line, struct error *err);

/* The path of a name, root "/", added to @b (not escaped). */
void tree_path(struct buf *b, const struct name *name);

/*
 * Walk depth first, parents before children, without recursion:
 *	for (n = &tree->root->name; n; n = tree_next(n)) ...
 */
struct name *tree_next(const struct name *name);

#endif
