// SPDX-License-Identifier: GPL-2.0-only
#include "tree/xattr.h"
#include <stdlib.h>
#include "base/grow.h"
#include "base/text.h"
#include "core/backing.h"
#include "core/decode.h"

void xattr_pool_init(struct xattr_pool *pool, struct arena *arena, const struct hash_key *key)
{
	*pool = (struct xattr_pool){ .arena = arena, .key = *key };
}

void xattr_pool_release(struct xattr_pool *pool)
{
	table_release(&pool->names);
	table_release(&pool->xattrs);
}

struct bytes {
	const void *p;
	size_t len;
};

static bool same_name(const void *item, const void *want)
{
	const struct xattr_name *name = item;
	const struct bytes *b = want;

	return !text_order(name->s, name->len, b->p, b->len);
}

static struct xattr_name *find_name(const struct xattr_pool *pool, const void *s, size_t len,
				    u64 *hash)
{
	struct bytes want = { s, len };

	*hash = hash_bytes(&pool->key, 0, s, len);
	return table_find(&pool->names, *hash, same_name, &want);
}

static const struct xattr_name *intern_name(struct xattr_pool *pool, const void *s, size_t len)
{
	u64 hash;
	u32 prefix;
	struct xattr_name *name = find_name(pool, s, len, &hash);

	if (name)
		return name;
	name = arena_alloc(pool->arena, sizeof(*name) + len + 1);
	if (!name)
		return NULL;
	name->hash = (u32)(hash >> 32);
	name->len = (u16)len;
	memcpy(name->s, s, len);
	name->index = cfs_xattr_index(s, len, &prefix);
	name->prefix = (u8)prefix;
	name->filter = cfs_xattr_filter_bit(name->index, name->s + prefix, len - prefix);
	name->escaped = cfs_name_is_escaped(s, len);
	return table_add(&pool->names, hash, name) ? NULL : name;
}

struct pair {
	const struct xattr_name *name;
	struct bytes value;
};

static bool same_xattr(const void *item, const void *want)
{
	const struct xattr *x = item;
	const struct pair *pair = want;

	return x->name == pair->name &&
	       !text_order(x->value, x->len, pair->value.p, pair->value.len);
}

static struct xattr *find_xattr(const struct xattr_pool *pool, const struct xattr_name *name,
				const void *value, size_t len, u64 *hash)
{
	struct pair want = { name, { value, len } };

	*hash = hash_bytes(&pool->key, name->hash, value, len);
	return table_find(&pool->xattrs, *hash, same_xattr, &want);
}

const struct xattr *xattr_find(const struct xattr_pool *pool, const void *s, size_t name_len,
			       const void *value, size_t len)
{
	u64 hash;
	const struct xattr_name *name = find_name(pool, s, name_len, &hash);

	return name ? find_xattr(pool, name, value, len, &hash) : NULL;
}

const struct xattr *xattr_intern(struct xattr_pool *pool, const void *s, size_t name_len,
				 const void *value, size_t len)
{
	const struct xattr_name *name = intern_name(pool, s, name_len);
	struct xattr *x;
	u64 hash;

	if (!name)
		return NULL;
	x = find_xattr(pool, name, value, len, &hash);
	if (x)
		return x;
	x = arena_alloc(pool->arena, sizeof(*x) + len);
	if (!x)
		return NULL;
	x->name = name;
	x->hash = (u32)(hash >> 32);
	x->len = (u16)len;
	text_copy(x->value, value, len);
	return table_add(&pool->xattrs, hash, x) ? NULL : x;
}

void xattr_set_release(struct xattr_set *set)
{
	free(set->v);
	*set = (struct xattr_set){ 0 };
}

void xattr_set_clear(struct xattr_set *set)
{
	set->n = 0;
	set->budget = 0;
}

int xattr_name_order(const struct xattr_name *a, const struct xattr_name *b)
{
	return a == b ? 0 : text_order(a->s, a->len, b->s, b->len);
}

/* The first place whose name is not below @name. *@there: it is that name. */
static u32 place_of(const struct xattr *const *v, u32 n, const struct xattr_name *name, bool *there)
{
	u32 lo = 0, hi = n;
	int order = n ? xattr_name_order(name, v[n - 1]->name) : 1;

	*there = false;
	if (order > 0)
		return n; /* names usually come in order */
	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;

		order = xattr_name_order(name, v[mid]->name);
		if (!order) {
			*there = true;
			return mid;
		}
		if (order < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static u64 cost(const struct xattr *x)
{
	return 7u + x->name->len + x->len;
}

/* Count the xattr against the budget of image format 5.6, modulo 2^64 as that section says. */
static int charge(struct xattr_set *set, const struct xattr *old, const struct xattr *x)
{
	u32 left = set->n - (old ? 1 : 0);
	u64 add = cost(x) + (left ? 0 : 12);

	if (old)
		set->budget = left ? set->budget - cost(old) : 0;
	if (set->budget + add > CFS_XATTR_BUDGET) {
		errno = ENOSPC;
		return -1;
	}
	set->budget += add;
	return 0;
}

static int insert(struct xattr_set *set, u32 at, const struct xattr *x)
{
	if (grow(&set->v, set->n, &set->cap, sizeof(*set->v), 16)) {
		errno = ENOMEM;
		return -1;
	}
	memmove(set->v + at + 1, set->v + at, (set->n - at) * sizeof(*set->v));
	set->v[at] = x;
	set->n++;
	return 0;
}

int xattr_set_add(struct xattr_set *set, const struct xattr *x)
{
	bool there;

	return insert(set, place_of(set->v, set->n, x->name, &there), x);
}

int xattr_set_put(struct xattr_set *set, const struct xattr *x)
{
	bool there;
	u32 at = place_of(set->v, set->n, x->name, &there);

	if (charge(set, there ? set->v[at] : NULL, x))
		return -1;
	if (!there)
		return insert(set, at, x);
	set->v[at] = x;
	return 0;
}

const struct xattr *xattr_get(const struct xattr *const *v, u32 n, const char *name)
{
	for (u32 i = 0; i < n; i++)
		if (!strcmp(v[i]->name->s, name))
			return v[i];
	return NULL;
}
