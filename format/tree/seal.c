// SPDX-License-Identifier: GPL-2.0-only
/* tree_seal(): the work that is done once, when the tree has all its names. */
#include <stdlib.h>
#include "base/sort.h"
#include "base/text.h"
#include "core/erofs.h"
#include "tree/tree.h"

/* A name that repeats an earlier one of its directory. */
struct repeat {
	const struct name *name, *first;
};

/* Of all names that repeat an earlier one, @repeat receives the one with the lowest line. */
static int sort_directory(struct node *dir, struct repeat *repeat)
{
	struct sort_item *v = malloc(dir->dir.names * sizeof(*v));
	struct name **end = &dir->dir.first;
	const struct name *first = NULL;
	size_t n = 0;

	if (!v)
		return -1;
	for (struct name *c = dir->dir.first; c; c = c->next)
		v[n++] = (struct sort_item){ sort_prefix(c->s, c->len), c->s, c->len, 0, { c } };
	if (sort_strings(v, n)) {
		free(v);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		struct name *c = *end = v[i].item;

		end = &c->next;
		if (!i || v[i].prefix != v[i - 1].prefix ||
		    text_order(v[i].s, v[i].len, v[i - 1].s, v[i - 1].len))
			first = c;
		else if (!repeat->name || name_line(c) < name_line(repeat->name))
			*repeat = (struct repeat){ c, first };
	}
	*end = NULL;
	dir->dir.last = v[n - 1].item;
	dir->dir.unsorted = false;
	free(v);
	return 0;
}

int tree_sort(struct tree *tree, u32 *line, struct error *err)
{
	struct repeat repeat = { 0 };

	*line = 0;
	for (struct name *n = &tree->root->name; n; n = tree_next(n)) {
		struct node *node = (struct node *)n;

		if (!n->is_link && node_is(node, CFS_IFDIR) && node->dir.unsorted &&
		    node->dir.first && sort_directory(node, &repeat))
			return error_nomem(err);
	}
	if (!repeat.name)
		return 0;
	*line = name_line(repeat.name);
	return error_set(err, EEXIST, "duplicate name, first given in line %u",
			 name_line(repeat.first));
}

/* Append the nodes of a directory to tree->order. */
static u32 number_children(struct tree *tree, struct node *dir, u32 tail)
{
	dir->dir.start = tail;
	dir->dir.subdirs = 0;
	for (struct name *n = dir->dir.first; n; n = n->next) {
		struct node *node = (struct node *)n;

		if (n->is_link)
			continue;
		tree->order[tail++] = node;
		dir->dir.subdirs += node_is(node, CFS_IFDIR);
		if (node_is_whiteout(node))
			dir->dir.has_whiteouts = tree->whiteouts = true;
	}
	dir->dir.nodes = tail - dir->dir.start;
	return tail;
}

/* Number the nodes breadth first. */
static int number(struct tree *tree)
{
	u32 head = 0, tail = 0;

	tree->order = malloc(tree->nodes * sizeof(*tree->order));
	if (!tree->order)
		return -1;
	tree->order[tail++] = tree->root;
	while (head < tail) {
		struct node *node = tree->order[head];

		node->name.id = head++;
		if (node_is(node, CFS_IFDIR))
			tail = number_children(tree, node, tail);
	}
	tree->nodes = tail;
	return 0;
}

/*
 * Call @step for all links. Reports the fault of the link with the lowest line, in whatever
 * order the names are; a link without a line counts as lowest.
 */
static int each_link(struct tree *tree,
		     int (*step)(struct tree *tree, struct link *link, struct error *err),
		     u32 *line, struct error *err)
{
	bool bad = false;

	for (struct grower *g = tree->growers; g; g = g->next) {
		for (struct link *link = g->last_link; link; link = link->earlier) {
			struct error e;

			if (!step(tree, link, &e))
				continue;
			if (!bad || link->line <= *line) {
				*err = e;
				*line = link->line;
			}
			bad = true;
			if (e.code == ENOMEM)
				return -1;
		}
	}
	return bad ? -1 : 0;
}

/* The name of a directory that holds an inode, or NULL. */
static struct name *find_node(const struct tree *tree, const struct node *dir, const char *s,
			      size_t len)
{
	u32 lo = dir->dir.start, hi = lo + dir->dir.nodes;

	while (lo < hi) {
		u32 mid = lo + (hi - lo) / 2;
		struct name *n = &tree->order[mid]->name;
		int order = text_order(n->s, n->len, s, len);

		if (!order)
			return n;
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int index_link(struct tree *tree, struct link *link, struct error *err)
{
	return tree_index(tree, &link->name) ? error_nomem(err) : 0;
}

/*
 * Look up a path. Runs of slashes count as one; leading and trailing slashes are ignored; the
 * empty path is the root; links on the way are not followed. Returns NULL if there is no such
 * name, or without memory for the table of links, which few trees need (err->code tells).
 */
static struct name *find_path(struct tree *tree, const char *path, size_t len, struct error *err)
{
	const char *end = path + len, *stop;
	struct name *n = &tree->root->name;
	u32 line;

	err->code = 0;
	for (;; path = stop) {
		struct node *dir = (struct node *)n;

		while (path < end && *path == '/')
			path++;
		if (path == end)
			return n;
		if (n->is_link || !node_is(dir, CFS_IFDIR))
			return NULL;
		stop = memchr(path, '/', (size_t)(end - path));
		if (!stop)
			stop = end;
		n = find_node(tree, dir, path, (size_t)(stop - path));
		if (n)
			continue;
		if (!tree->table.used && each_link(tree, index_link, &line, err))
			return NULL;
		n = tree_indexed(tree, dir, path, (size_t)(stop - path));
		if (!n)
			return NULL;
	}
}

/* Find the target of a link: a node, or another link (via). */
static int look_up(struct tree *tree, struct link *link, struct error *err)
{
	struct name *n;

	if (link->target)
		return 0;
	n = find_path(tree, link->path, link->path_len, err);
	if (!n)
		return err->code
			       ? -1
			       : error_set(err, ENOENT, "hard link to a path that does not exist");
	if (n == &link->name)
		return error_set(err, ELOOP, "hard link to itself");
	if (n->is_link)
		link->via = (struct link *)n;
	else
		link->target = (struct node *)n;
	return 0;
}

/* Cut a chain after its fault was reported, so that no later link walks it again. */
static void cut_chain(struct link *link)
{
	while (link->via) {
		struct link *next = link->via;

		link->via = NULL;
		link = next;
	}
}

int link_follow(struct link *link, struct error *err)
{
	struct link *slow = link, *end = link;
	struct node *target;

	for (bool odd = false; !end->target; odd = !odd) {
		if (!end->via) {
			cut_chain(link); /* the fault at its end was reported */
			return 0;
		}
		end = end->via;
		if (odd)
			slow = slow->via;
		if (end == slow) {
			cut_chain(link);
			return error_set(err, ELOOP, "hard link into a cycle of hard links");
		}
	}
	target = end->target;
	for (; link != end; link = link->via)
		link->target = target;
	return 0;
}

static int follow(struct tree *tree, struct link *link, struct error *err)
{
	(void)tree;
	return link_follow(link, err);
}

static int check_target(struct tree *tree, struct link *link, struct error *err)
{
	(void)tree;
	if (link->target && node_is(link->target, CFS_IFDIR))
		return error_set(err, EPERM, "hard link to a directory");
	return 0;
}

static bool equal_xattr(const void *item, const void *want)
{
	const struct xattr *a = item, *b = want;

	return a->len == b->len && !memcmp(a->value, b->value, a->len) &&
	       !xattr_name_order(a->name, b->name);
}

/* Give equal xattrs of all pools the same number. The numbers do not reach any output. */
static int number_xattrs(struct tree *tree)
{
	struct table all = { 0 };
	bool merge = tree->growers && tree->growers->next;
	int rc = 0;

	for (struct grower *g = tree->growers; g && !rc; g = g->next) {
		for (size_t i = 0; i < g->pool.xattrs.size && !rc; i++) {
			struct xattr *x = g->pool.xattrs.item[i], *twin = NULL;
			u64 hash;

			if (!x)
				continue;
			hash = (u64)x->hash << 32;
			if (merge)
				twin = table_find(&all, hash, equal_xattr, x);
			x->id = twin ? twin->id : tree->xattrs++;
			if (merge && !twin)
				rc = table_add(&all, hash, x);
		}
	}
	table_release(&all);
	return rc;
}

int tree_seal(struct tree *tree, u32 *line, struct error *err)
{
	u64 nodes = 0, links = 0;

	*line = 0;
	for (struct grower *g = tree->growers; g; g = g->next) {
		nodes += g->nodes;
		links += g->links;
	}
	if (nodes + links > UINT32_MAX)
		return error_set(err, EFBIG, "more than 4294967295 names");
	tree->nodes = (u32)nodes;
	tree->links = (u32)links;
	table_release(&tree->table);
	if (tree_sort(tree, line, err))
		return -1;
	if (number(tree))
		return error_nomem(err);
	if (each_link(tree, look_up, line, err) || each_link(tree, follow, line, err) ||
	    each_link(tree, check_target, line, err))
		return -1;
	table_release(&tree->table);
	return number_xattrs(tree) ? error_nomem(err) : 0;
}
