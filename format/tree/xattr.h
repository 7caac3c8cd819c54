/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended attributes of a tree. A pool has each different (name, value) once, and a node has
 * an array of pointers. Image format 5.6 sets the budget.
 */
#ifndef CFS_TREE_XATTR_H
#define CFS_TREE_XATTR_H

#include "base/arena.h"
#include "base/hash.h"

struct xattr_name {
	u32 hash;
	u32 filter; /* the bit that the name clears in the name filter of an inode (image format 7.5) */
	u16 len;
	u8 index, prefix; /* EROFS index, and the length of the prefix that it stands for */
	bool escaped;     /* cfs_name_is_escaped() */
	char s[];         /* terminated */
};

struct xattr {
	const struct xattr_name *name;
	u32 id; /* set by tree_seal(): equal xattrs of all pools have the same number */
	u32 hash;
	u16 len;
	u8 value[];
};

struct xattr_pool {
	struct arena *arena; /* not owned */
	struct hash_key key; /* the same for all pools of a tree */
	struct table names, xattrs;
};

void xattr_pool_init(struct xattr_pool *pool, struct arena *arena, const struct hash_key *key);
void xattr_pool_release(struct xattr_pool *pool);

/* The one xattr with this name (1..263 bytes) and value (0..65535) in the pool; NULL without memory. */
const struct xattr *xattr_intern(struct xattr_pool *pool, const void *name, size_t name_len,
				 const void *value, size_t len);

/* The xattr if it is in the pool, or NULL. */
const struct xattr *xattr_find(const struct xattr_pool *pool, const void *name, size_t name_len,
			       const void *value, size_t len);

/*
 * The xattrs of one inode while a source collects them, sorted by name, with the counter of
 * image format 5.6.
 */
struct xattr_set {
	const struct xattr **v;
	u32 n;
	size_t cap;
	u64 budget;
};

void xattr_set_release(struct xattr_set *set);

/* Remove all xattrs and set the counter to 0. */
void xattr_set_clear(struct xattr_set *set);

/*
 * Add or replace an xattr, as set() of image format 5.6 does. 0; -1 with errno ENOMEM, or
 * ENOSPC over the budget.
 */
int xattr_set_put(struct xattr_set *set, const struct xattr *xattr);

/* Add an xattr whose name is new, without counting it. -1 without memory. */
int xattr_set_add(struct xattr_set *set, const struct xattr *xattr);

/* The xattr called @name in a sorted array, or NULL. */
const struct xattr *xattr_get(const struct xattr *const *v, u32 n, const char *name);

int xattr_name_order(const struct xattr_name *a, const struct xattr_name *b);

#endif
