// SPDX-License-Identifier: GPL-2.0-only
#include "tree/tree.h"
#include <stdlib.h>
#include "base/text.h"
#include "core/erofs.h"

void tree_init(struct tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	hash_key_init(&tree->key);
}

void tree_release(struct tree *tree)
{
	struct grower *g = tree->growers;

	while (g) {
		struct grower *next = g->next;

		xattr_pool_release(&g->pool);
		xattr_set_release(&g->set);
		arena_release(&g->arena);
		free(g);
		g = next;
	}
	table_release(&tree->table);
	free(tree->order);
	memset(tree, 0, sizeof(*tree));
}

struct grower *tree_grower(struct tree *tree)
{
	struct grower *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->tree = tree;
	g->next = tree->growers;
	tree->growers = g;
	xattr_pool_init(&g->pool, &g->arena, &tree->key);
	return g;
}

static u64 name_hash(const struct tree *tree, const struct node *dir, const char *s, size_t len)
{
	return hash_bytes(&tree->key, (u64)(uintptr_t)dir, s, len);
}

struct wanted {
	const struct node *dir;
	const char *s;
	size_t len;
};

static bool same_name(const void *item, const void *want)
{
	const struct name *n = item;
	const struct wanted *w = want;

	return n->parent == w->dir && !text_order(n->s, n->len, w->s, w->len);
}

struct name *tree_indexed(const struct tree *tree, const struct node *dir, const char *s,
			  size_t len)
{
	struct wanted want = { dir, s, len };

	return table_find(&tree->table, name_hash(tree, dir, s, len), same_name, &want);
}

/* Index a duplicate name once: a million entries with one hash would make a long chain. */
int tree_index(struct tree *tree, struct name *n)
{
	if (n->parent->dir.unsorted && tree_indexed(tree, n->parent, n->s, n->len))
		return 0;
	return table_add(&tree->table, name_hash(tree, n->parent, n->s, n->len), n);
}

int tree_append(struct tree *tree, struct name *n)
{
	struct node *dir = n->parent;
	struct name *last = dir->dir.last;

	if (last && text_order(last->s, last->len, n->s, n->len) >= 0)
		dir->dir.unsorted = true;
	if (dir->dir.indexed && tree_index(tree, n))
		return -1;
	if (!last)
		dir->dir.first = n;
	else
		last->next = n;
	dir->dir.last = n;
	dir->dir.names++;
	return 0;
}

struct node *tree_add(struct grower *g, struct node *parent, const char *name, size_t len, u32 mode)
{
	struct node *node = arena_alloc(&g->arena, sizeof(*node));
	char *s;

	if (!node)
		return NULL;
	node->mode = mode & 0xffff;
	node->nlink = 1;
	if (!parent) {
		g->tree->root = node;
	} else {
		s = arena_bytes(&g->arena, len);
		if (!s)
			return NULL;
		text_copy(s, name, len);
		node->name.s = s;
		node->name.len = (u8)len;
		node->name.parent = parent;
		if (tree_append(g->tree, &node->name))
			return NULL;
	}
	g->nodes++;
	return node;
}

struct link *tree_add_link(struct grower *g, struct node *parent, const char *name, size_t len,
			   struct node *target)
{
	struct link *link = arena_alloc(&g->arena, sizeof(*link));
	char *s = arena_bytes(&g->arena, len);

	if (!link || !s)
		return NULL;
	text_copy(s, name, len);
	link->name.s = s;
	link->name.len = (u8)len;
	link->name.parent = parent;
	link->name.is_link = true;
	link->target = target;
	link->earlier = g->last_link;
	g->last_link = link;
	if (tree_append(g->tree, &link->name))
		return NULL;
	g->links++;
	return link;
}

int tree_check_name(const char *name, size_t len, struct error *err)
{
	if (!len)
		return error_set(err, EINVAL, "empty name");
	if (len > EROFS_NAME_LEN)
		return error_set(err, ENAMETOOLONG, "name of more than %u bytes", EROFS_NAME_LEN);
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return error_set(err, EINVAL, "name is \"%.*s\"", (int)len, name);
	for (size_t i = 0; i < len; i++)
		if (name[i] == '/' || !name[i])
			return error_set(err, EINVAL, "name with a slash or NUL byte");
	return 0;
}

int node_set_payload(struct grower *g, struct node *node, const char *s, size_t len)
{
	char object[CFS_OBJECT_NAME_MAX];

	node->payload_len = (u16)len;
	if (node->algorithm && len == cfs_object_name_len(node->algorithm)) {
		cfs_object_name(object, node->algorithm, node->file.digest);
		node->payload_is_object = !text_order(object, len, s, len);
		if (node->payload_is_object)
			return 0;
	}
	node->file.payload = arena_copy(&g->arena, s, len);
	return node->file.payload ? 0 : -1;
}

int node_set_content(struct grower *g, struct node *node, const void *data, size_t len)
{
	u8 *p = arena_bytes(&g->arena, len);

	if (!p)
		return -1;
	text_copy(p, data, len);
	node->file.content = p;
	node->size = len;
	return 0;
}

int node_set_digest(struct grower *g, struct node *node, const struct cfs_digest *digest)
{
	const size_t size = cfs_digest_size(digest->algorithm);
	u8 *bytes = arena_bytes(&g->arena, size);

	if (!bytes)
		return -1;
	memcpy(bytes, digest->b, size);
	node->algorithm = digest->algorithm;
	node->file.digest = bytes;
	return 0;
}

int tree_use_algorithm(struct tree *tree, u8 algorithm, struct error *err)
{
	const char *is = cfs_algorithm_name(algorithm);

	if (!tree->algorithm)
		tree->algorithm = algorithm;
	if (tree->algorithm == algorithm)
		return 0;
	if (tree->algorithm_is_given)
		return error_set(err, EINVAL, "digest is %s, but --hash-alg=%s", is,
				 cfs_algorithm_word(tree->algorithm));
	return error_set(err, EINVAL, "digest is %s, but %s is used before", is,
			 cfs_algorithm_name(tree->algorithm));
}

void node_await_digest(struct node *node, u8 algorithm, const u8 *bytes)
{
	node->algorithm = algorithm;
	node->file.digest = bytes;
	node->payload_is_object = true;
	node->payload_len = (u16)cfs_object_name_len(algorithm);
}

const char *node_payload(const struct node *node, char room[CFS_OBJECT_NAME_MAX], size_t *len)
{
	*len = node->payload_len;
	if (!node->payload_is_object)
		return node->file.payload;
	cfs_object_name(room, node->algorithm, node->file.digest);
	return room;
}

int xattr_failed(struct error *err)
{
	if (errno == ENOMEM)
		return error_nomem(err);
	return error_set(err, ENOSPC, "more than %u bytes of extended attributes",
			 CFS_XATTR_BUDGET);
}

int grow_xattr(struct grower *g, const void *name, size_t name_len, const void *value, size_t len,
	       struct error *err)
{
	const struct xattr *x = xattr_intern(&g->pool, name, name_len, value, len);

	if (!x)
		return error_nomem(err);
	return xattr_set_put(&g->set, x) ? xattr_failed(err) : 0;
}

int node_set_xattrs(struct grower *g, struct node *node)
{
	size_t size = g->set.n * sizeof(*node->xattrs);

	node->nxattrs = g->set.n;
	if (!size)
		return 0;
	node->xattrs = arena_alloc(&g->arena, size);
	if (!node->xattrs)
		return -1;
	memcpy(node->xattrs, g->set.v, size);
	return 0;
}

struct name *tree_find(struct tree *tree, struct node *dir, const char *s, size_t len,
		       struct error *err)
{
	struct name *last = dir->dir.last;

	err->code = 0;
	if (last && !text_order(last->s, last->len, s, len))
		return last;
	for (struct name *n = dir->dir.indexed ? NULL : dir->dir.first; n; n = n->next) {
		if (tree_index(tree, n)) {
			error_nomem(err);
			return NULL;
		}
	}
	dir->dir.indexed = true;
	return tree_indexed(tree, dir, s, len);
}

static const void *name_parent(const void *chain, const void *at, const char **s, size_t *len)
{
	const struct name *n = at;

	(void)chain;
	*s = n->s;
	*len = n->len;
	return n->parent ? &n->parent->name : NULL;
}

void tree_path(struct buf *b, const struct name *name)
{
	buf_path(b, name_parent, NULL, name);
}

struct name *tree_next(const struct name *name)
{
	if (!name->is_link) {
		const struct node *node = (const struct node *)name;

		if (node_is(node, CFS_IFDIR) && node->dir.first)
			return node->dir.first;
	}
	while (!name->next) {
		if (!name->parent)
			return NULL;
		name = &name->parent->name;
	}
	return name->next;
}
