/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tree of files (image format 2). Every input fills it and every output walks it. Each
 * inode is one node; each further name of an inode is a link.
 *
 * A source makes one grower for each thread and adds names with it; threads share nothing in a
 * grower. When all names are there, tree_seal() sorts them, numbers nodes and xattrs, and
 * resolves the links. From then on the tree is const.
 */
#ifndef CFS_TREE_TREE_H
#define CFS_TREE_TREE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "core/digest.h"
#include "tree/xattr.h"

/*
 * The limit on components of a path in a tar archive, a table of contents or an OSTree commit,
 * where a few bytes can imply a directory, or name one again and again.
 */
#define TREE_COMPONENTS_MAX 2048u

/* A name in a directory, the first member of a node or a link. */
struct name {
	struct name *next; /* the next name of the directory; in byte order after tree_seal() */
	const char *s;     /* not terminated; NULL for the root */
	struct node *parent;
	/* Of a node; a link has its own line and no number. */
	union {
		u32 origin; /* before tree_seal(): its line, or a number of the source */
		u32 id;     /* after it: its index in tree->order */
	};
	u8 len;
	bool is_link;
};

/* An inode, with the name that holds it. */
struct node {
	struct name name; /* first member */
	u32 mode;         /* type and permissions, 16 bits */
	u32 nlink, uid, gid;
	u32 rdev; /* of devices, else 0 */
	u32 mtime_nsec;
	s64 mtime;
	u64 size; /* 0 for directories (image format 2) */
	u32 nxattrs;
	u16 payload_len;
	bool payload_is_object;      /* the payload is cfs_object_name() of the digest */
	u8 algorithm;                /* of the digest; CFS_NO_ALGORITHM: there is none */
	const struct xattr **xattrs; /* in byte order of the names */
	union {
		struct { /* directory */
			struct name *first;
			union {
				struct name *last; /* before tree_seal() */
				struct {           /* after it: its nodes in tree->order */
					u32 start, nodes;
				};
			};
			union {
				u32 names;   /* before tree_seal(): its names, links included */
				u32 subdirs; /* after tree_seal(): the directories directly in it */
			};
			bool unsorted;      /* names came out of order, or one came twice */
			bool indexed;       /* all its names are in the tree's table */
			bool has_whiteouts; /* set by tree_seal(): a child is a whiteout */
		} dir;
		struct { /* regular file or symlink */
			union {
				/*
				 * The target of a symlink, the backing path of a file; NULL: there
				 * is none, or it is the object name of the digest.
				 */
				const char *payload;
				/* In source/dir: the link that takes the place of the node. */
				struct link *replacement;
			};
			const u8 *content; /* size bytes; NULL: none */
			const u8 *digest;  /* the bytes of the digest, or NULL */
		} file;
	};
};

/* A further name of an inode. */
struct link {
	struct name name;    /* first member, is_link */
	struct node *target; /* set by tree_seal() at the latest */
	const char *path;    /* path of the target, if tree_seal() has to look it up; else NULL */
	u32 path_len;
	u32 line;         /* line of the input for messages, or a number of the source; 0: none */
	struct link *via; /* during tree_seal(): the target, if it is a link itself */
	struct link *earlier; /* the link that the grower made before this one */
};

/* The line that the name came from. Of a node only before tree_seal(). */
static inline u32 name_line(const struct name *n)
{
	return n->is_link ? ((const struct link *)n)->line : n->origin;
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

/* Whether the data of the node is in a backing file. */
static inline bool node_is_external(const struct node *node)
{
	return node_is(node, 0100000) && node->size > 0 && !node->file.content;
}

struct tree;

/* The means by which one thread adds names. Its memory belongs to the tree. */
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
	/* Names of the indexed directories by (parent, name); during tree_seal(), of the links. */
	struct table table;
	struct hash_key key;     /* key of all tables of this tree */
	u8 algorithm;            /* of all digests; CFS_NO_ALGORITHM: there is none yet */
	bool algorithm_is_given; /* the user has chosen it */
	/* Set by tree_seal(): */
	bool whiteouts;           /* a node is a whiteout */
	u32 nodes, links, xattrs; /* numbers of nodes, of links, of different xattrs */
	struct node **order;      /* the nodes breadth first; the root is order[0] */
};

void tree_init(struct tree *tree);
void tree_release(struct tree *tree);

/* A new grower, or NULL without memory. Not safe for several threads at once. */
struct grower *tree_grower(struct tree *tree);

/*
 * Add a node to a directory, or make it the root if @parent is NULL. Copies the name. nlink is
 * 1, every other field is 0. Returns NULL without memory. The caller checked that the name is
 * legal (RT-4); one thread at a time adds to a directory.
 */
struct node *tree_add(struct grower *g, struct node *parent, const char *name, size_t len,
		      u32 mode);

/* Add a link. If @target is NULL, tree_seal() looks its path up. */
struct link *tree_add_link(struct grower *g, struct node *parent, const char *name, size_t len,
			   struct node *target);

/*
 * Append a name that the caller filled in to the names of its parent, for a source that makes
 * nodes and links before it knows whether the tree will have them. The source has to count the
 * name in its grower. -1 without memory.
 */
int tree_append(struct tree *tree, struct name *n);

/*
 * Sort each directory that is not sorted. -1 and a text without memory or if a name is there
 * twice; *@line is then the lowest line that repeats a name, else 0.
 */
int tree_sort(struct tree *tree, u32 *line, struct error *err);

/*
 * Follow the chain of link->via to its end and give all its links that target. Cuts a chain
 * that ends nowhere. All calls together take O(links). -1 and a text for a cycle.
 */
int link_follow(struct link *link, struct error *err);

/*
 * Check that a name is legal: 1 to 255 bytes, no '/' and no NUL, not "." and not "..". -1 and a
 * text if not.
 */
int tree_check_name(const char *name, size_t len, struct error *err);

/*
 * Copy payload, content or digest into the node. Set the digest before the payload. -1 without
 * memory.
 */
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
 * The backing path of a regular file, or NULL: node->file.payload or, if the path is the object
 * name of the digest, that name made in @room. Not terminated; *@len is its length.
 */
const char *node_payload(const struct node *node, char room[CFS_OBJECT_NAME_MAX], size_t *len);

/*
 * Put an xattr into g->set: a name of 1 to 255 bytes, a value of up to 65535. -1 and a text
 * without memory or over the budget (image format 5.6).
 */
int grow_xattr(struct grower *g, const void *name, size_t name_len, const void *value, size_t len,
	       struct error *err);

/* Set the text for a failed xattr_set_put(). Returns -1. */
int xattr_failed(struct error *err);

/* Copy the xattrs of g->set to the node. -1 without memory. */
int node_set_xattrs(struct grower *g, struct node *node);

/*
 * Look up a name in a directory while the tree grows. Returns NULL if there is none (err->code
 * is 0 then) or without memory to index the directory.
 */
struct name *tree_find(struct tree *tree, struct node *dir, const char *s, size_t len,
		       struct error *err);

/*
 * Use the table of the tree directly: tree_index() adds a name unless its directory already has
 * one of that name there (-1 without memory), tree_indexed() looks a name up.
 */
int tree_index(struct tree *tree, struct name *n);
struct name *tree_indexed(const struct tree *tree, const struct node *dir, const char *s,
			  size_t len);

/*
 * Complete the tree: sort each directory, resolve and check the links, number nodes and xattrs.
 * -1 and a text for a name that is there twice, a link without target, in a cycle or to a
 * directory; *@line is the line of that name, or 0.
 */
int tree_seal(struct tree *tree, u32 *line, struct error *err);

/* Append the path of a name to @b, not escaped; the root is "/". */
void tree_path(struct buf *b, const struct name *name);

/*
 * Walk depth first, parents before their children, without recursion:
 *	for (n = &tree->root->name; n; n = tree_next(n)) ...
 */
struct name *tree_next(const struct name *name);

#endif
