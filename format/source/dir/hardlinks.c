// SPDX-License-Identifier: GPL-2.0-only
#include "source/dir/hardlinks.h"

#include <stdlib.h>
#include "base/sort.h"
#include "base/text.h"

static size_t depth(const struct name *n)
{
	size_t d = 0;

	for (; n->parent; n = &n->parent->name)
		d++;
	return d;
}

/*
 * Whether @a comes before @b in a walk, depth first in byte order. Neither is a
 * directory, so neither is above the other: two of their parents are siblings.
 */
static bool before(const struct name *a, const struct name *b)
{
	size_t da = depth(a), db = depth(b);

	for (; da > db; da--)
		a = &a->parent->name;
	for (; db > da; db--)
		b = &b->parent->name;
	while (a->parent != b->parent) {
		a = &a->parent->name;
		b = &b->parent->name;
	}
	return text_order(a->s, a->len, b->s, b->len) < 0;
}

/* Brings the names of an inode together; their order does not matter. */
static int by_inode(const void *x, const void *y)
{
	const struct entry_link *a = x, *b = y;

	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return a->ino < b->ino ? -1 : a->ino > b->ino;
}

/* The names of all threads in one array. NULL without memory, or if there are none. */
static struct entry_link *collect(struct entry_work **work, unsigned int threads, size_t *count)
{
	struct entry_link *v;
	size_t n = 0;

	for (unsigned int i = 0; i < threads; i++)
		n += work[i]->nlinks;
	*count = n;
	v = n ? calloc(n, sizeof(*v)) : NULL;
	if (!v)
		return NULL;
	for (unsigned int i = 0; i < threads; i++) {
		if (!work[i]->nlinks)
			continue;
		n -= work[i]->nlinks;
		memcpy(v + n, work[i]->links, work[i]->nlinks * sizeof(*v));
	}
	return v;
}

/*
 * Make a link for every name of an inode but the first. A node that a link replaces
 * gets no type and points to the link, until replace_all() puts the link in its place.
 */
static int make_links(struct grower *g, struct entry_link *v, size_t n)
{
	struct node *first = v[0].node;

	for (size_t i = 1; i < n; i++)
		if (before(&v[i].node->name, &first->name))
			first = v[i].node;
	first->nlink = (u32)n;
	for (size_t i = 0; i < n; i++) {
		struct node *node = v[i].node;
		struct link *link;

		if (node == first)
			continue;
		link = arena_alloc(&g->arena, sizeof(*link));
		if (!link)
			return -1;
		link->name = node->name;
		link->name.is_link = true;
		link->target = first;
		v[i].node = NULL;
		g->links++;
		node->mode = 0; /* no type: it has been replaced */
		node->file.content = NULL;
		node->file.digest = NULL;
		node->algorithm = CFS_NO_ALGORITHM;
		node->file.replacement = link;
	}
	return 0;
}

/* Replace the nodes of a directory that have become links, in one pass. */
static void replace_in(struct node *dir)
{
	struct name *last = NULL;

	for (struct name **at = &dir->dir.first; *at; at = &(*at)->next) {
		struct node *node = (struct node *)*at;

		if (!node->name.is_link && node->mode == 0) {
			struct link *link = node->file.replacement;

			link->name.next = node->name.next;
			*at = &link->name;
		}
		last = *at;
	}
	dir->dir.last = last;
}

static void replace_all(struct tree *tree)
{
	for (struct name *n = &tree->root->name; n; n = tree_next(n))
		if (!n->is_link && node_is((struct node *)n, S_IFDIR))
			replace_in((struct node *)n);
}

/* @links nodes have become links: subtract them, from whichever thread has some. */
static void uncount(struct entry_work **work, unsigned int threads, u32 links)
{
	for (unsigned int i = 0; i < threads; i++) {
		struct grower *g = work[i]->g;
		u32 n = links < g->nodes ? links : g->nodes;

		g->nodes -= n;
		links -= n;
	}
}

int hardlinks_join(struct entry_work **work, unsigned int threads)
{
	struct tree *tree = work[0]->g->tree;
	size_t n, from = 0;
	struct entry_link *v = collect(work, threads, &n);
	int rc = 0;

	if (!v)
		return n ? -1 : 0;
	sort_records(v, n, sizeof(*v), by_inode);
	for (size_t i = 1; i <= n && !rc; i++) {
		if (i < n && !by_inode(&v[from], &v[i]))
			continue;
		rc = make_links(work[0]->g, v + from, i - from);
		from = i;
	}
	uncount(work, threads, work[0]->g->links);
	if (!rc)
		replace_all(tree);
	free(v);
	return rc;
}
