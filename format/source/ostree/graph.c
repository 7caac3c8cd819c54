// SPDX-License-Identifier: GPL-2.0-only
#include "source/ostree/graph.h"
#include "base/text.h"

#define PATH_SHOWN 2048 /* a message shows that many bytes at the end of a path */

void graph_init(struct graph *graph, const struct ostree_repo *repo, struct tree *tree,
		struct grower *g)
{
	*graph = (struct graph){ .repo = repo, .tree = tree, .g = g };
	graph->last = &graph->first;
}

void graph_release(struct graph *graph)
{
	table_release(&graph->trees);
	table_release(&graph->metas);
	table_release(&graph->files);
	arena_release(&graph->arena);
}

/* Write the end of the path that fits into @room. Returns its length. */
static size_t place_path(const struct graph_place *place, char room[PATH_SHOWN])
{
	struct graph_place p = *place;
	size_t at = PATH_SHOWN;

	while (p.dir && at) {
		const struct graph_entry *e = &p.dir->v[p.at];
		size_t len = e->len < at ? e->len : at;

		at -= len;
		memcpy(room + at, e->name + e->len - len, len);
		if (at)
			room[--at] = '/';
		p = p.dir->place;
	}
	if (at == PATH_SHOWN)
		room[--at] = '/';
	memmove(room, room + at, PATH_SHOWN - at);
	return PATH_SHOWN - at;
}

int graph_in(const struct graph_place *place, const struct sha256_sum *sum, const char *ext,
	     struct error *err)
{
	char path[PATH_SHOWN], hex[SHA256_HEX];
	size_t len = place_path(place, path), used = strlen(err->text);

	sha256_sum_print(hex, sum);
	if (used < sizeof(err->text) / 4) {
		struct error old = { .code = err->code };

		memcpy(old.text, err->text, used + 1);
		return error_set(err, old.code, "%.64s.%s: %s (%.*s)", hex, ext, old.text, (int)len,
				 path);
	}
	return error_in(err, "%.64s.%s", hex, ext);
}

static bool same_sum(const void *item, const void *want)
{
	return !memcmp(item, want, sizeof(struct sha256_sum));
}

static u64 hash_of(const struct graph *graph, const struct sha256_sum *sum)
{
	return hash_bytes(&graph->tree->key, 0, sum, sizeof(*sum));
}

static void *find(const struct graph *graph, const struct table *t, const struct sha256_sum *sum)
{
	return table_find(t, hash_of(graph, sum), same_sum, sum);
}

static int load_meta(struct graph *graph, struct graph_meta *m, struct error *err)
{
	struct ostree_attrs attrs;
	struct cfs_span data;

	if (ostree_metadata_read(graph->repo, &graph->arena, &m->sum, "dirmeta", &data, err) ||
	    ostree_dirmeta_decode(&attrs, data, err) ||
	    ostree_xattrs_decode(&attrs.xattrs, true, graph->g, err))
		return -1;
	m->mode = attrs.mode;
	m->uid = attrs.uid;
	m->gid = attrs.gid;
	return ostree_xattrs_keep(graph->g, &m->xattrs, &m->nxattrs, err);
}

static struct graph_meta *get_meta(struct graph *graph, const struct sha256_sum *sum,
				   const struct graph_place *place, struct error *err)
{
	struct graph_meta *m = find(graph, &graph->metas, sum);

	if (m)
		return m;
	m = arena_alloc(&graph->arena, sizeof(*m));
	if (!m) {
		error_nomem(err);
		return NULL;
	}
	m->sum = *sum;
	if (load_meta(graph, m, err)) {
		graph_in(place, sum, "dirmeta", err);
		return NULL;
	}
	if (table_add(&graph->metas, hash_of(graph, sum), m)) {
		error_nomem(err);
		return NULL;
	}
	return m;
}

static struct graph_file *get_file(struct graph *graph, const struct sha256_sum *sum,
				   const struct graph_place *place, struct error *err)
{
	struct graph_file *f = find(graph, &graph->files, sum);

	if (f)
		return f;
	f = arena_alloc(&graph->g->arena, sizeof(*f));
	if (f)
		f->f.sum = *sum;
	if (!f || table_add(&graph->files, hash_of(graph, sum), f)) {
		error_nomem(err);
		return NULL;
	}
	f->place = *place;
	*graph->last = f;
	graph->last = &f->next;
	return f;
}

static int order(const struct ostree_entry *a, const struct ostree_entry *b)
{
	return text_order(a->name, a->len, b->name, b->len);
}

/* One of the two lists of a dirtree while they are merged. */
struct list {
	const struct ostree_dirtree *t;
	bool dirs;
	u64 n, next; /* the entry behind e */
	bool more;   /* e is an entry */
	struct ostree_entry e;
};

/* Decode the next entry into l->e. */
static int advance(struct list *l, struct error *err)
{
	struct ostree_entry last = l->e;
	bool had = l->more;

	l->more = l->next < l->n;
	if (!l->more)
		return 0;
	if (ostree_entry_decode(&l->e, l->t, l->dirs, l->next++, err))
		return -1;
	if (had && order(&last, &l->e) >= 0)
		return error_set(err, EBADMSG,
				 "%s %llu: name is not greater than the name before it",
				 l->dirs ? "directory" : "file", (unsigned long long)l->next);
	return 0;
}

/* Below 0 if the next entry is of @files, above 0 if it is of @dirs, 0 if both have its name. */
static int next_of(const struct list *files, const struct list *dirs)
{
	if (!files->more)
		return 1;
	return dirs->more ? order(&files->e, &dirs->e) : -1;
}

/* Merge both lists into d->v in the order of their names. */
static int merge(struct graph_tree *d, const struct ostree_dirtree *t, struct error *err)
{
	struct list files = { .t = t, .n = t->files.n },
		    dirs = { .t = t, .dirs = true, .n = t->dirs.n };

	if (advance(&files, err) || advance(&dirs, err))
		return -1;
	while (files.more || dirs.more) {
		int cmp = next_of(&files, &dirs);
		struct list *l = cmp < 0 ? &files : &dirs;

		if (!cmp)
			return error_set(err, EBADMSG, "a file and a directory have the same name");
		d->v[d->n++] = (struct graph_entry){
			.name = l->e.name, .len = (u32)l->e.len, .dir = l->dirs, .sum = l->e.sum
		};
		if (advance(l, err))
			return -1;
	}
	return 0;
}

static int read_tree(struct graph *graph, struct graph_tree *d, struct error *err)
{
	struct ostree_dirtree t;
	struct cfs_span data;
	u64 n;

	if (ostree_metadata_read(graph->repo, &graph->arena, &d->sum, "dirtree", &data, err) ||
	    ostree_dirtree_decode(&t, data, err))
		return -1;
	n = t.files.n + t.dirs.n;
	graph->names += n;
	if (graph->names > OSTREE_NAMES_MAX)
		return error_set(err, EFBIG, "the commit has more than %llu names",
				 (unsigned long long)OSTREE_NAMES_MAX);
	d->v = arena_alloc(&graph->arena, (n + 1) * sizeof(*d->v));
	return d->v ? merge(d, &t, err) : error_nomem(err);
}

/* Load a new dirtree with the dirmetas of its directories, but not the dirtrees below it. */
static struct graph_tree *load_tree(struct graph *graph, const struct sha256_sum *sum,
				    struct graph_place place, struct error *err)
{
	struct graph_tree *d = arena_alloc(&graph->arena, sizeof(*d));

	if (d)
		d->sum = *sum;
	if (!d || table_add(&graph->trees, hash_of(graph, sum), d)) {
		error_nomem(err);
		return NULL;
	}
	d->place = place;
	if (read_tree(graph, d, err)) {
		graph_in(&place, sum, "dirtree", err);
		return NULL;
	}
	for (u32 i = 0; i < d->n; i++) {
		struct graph_entry *e = &d->v[i];
		struct graph_place at = { d, i };

		if (e->dir)
			e->meta = get_meta(graph, e->sum + 1, &at, err);
		else
			e->file = get_file(graph, e->sum, &at, err);
		if (e->dir ? !e->meta : !e->file)
			return NULL;
	}
	return d;
}

/* All dirtrees below @d are loaded: count its names and its depth. */
static int count(struct graph_tree *d, struct error *err)
{
	d->names = d->n;
	d->depth = d->n ? 1 : 0;
	for (u32 i = 0; i < d->n; i++) {
		const struct graph_tree *below = d->v[i].dir ? d->v[i].tree : NULL;

		if (!below)
			continue;
		d->names += below->names; /* at most 2^23 each */
		if (d->depth < below->depth + 1)
			d->depth = below->depth + 1;
	}
	d->loaded = true;
	if (d->names <= OSTREE_NAMES_MAX && d->depth <= TREE_COMPONENTS_MAX)
		return 0;
	if (d->depth > TREE_COMPONENTS_MAX)
		error_set(err, ENAMETOOLONG, "a path below it has more than %u components",
			  TREE_COMPONENTS_MAX);
	else
		error_set(err, EFBIG, "the commit has more than %llu names",
			  (unsigned long long)OSTREE_NAMES_MAX);
	return graph_in(&d->place, &d->sum, "dirtree", err);
}

int graph_load(struct graph *graph, const struct sha256_sum *tree, const struct sha256_sum *meta,
	       struct error *err)
{
	struct graph_place top = { NULL, 0 };
	struct graph_tree *d;

	graph->root_meta = get_meta(graph, meta, &top, err);
	if (!graph->root_meta)
		return -1;
	d = graph->root = load_tree(graph, tree, top, err);
	if (!d)
		return -1;
	/* Depth first; d->place leads back. */
	while (d) {
		struct graph_place at = { d, d->next };
		struct graph_entry *e;

		if (d->next == d->n) {
			if (count(d, err))
				return -1;
			d = d->place.dir;
			continue;
		}
		e = &d->v[d->next++];
		if (!e->dir)
			continue;
		e->tree = find(graph, &graph->trees, e->sum);
		if (!e->tree) {
			e->tree = load_tree(graph, e->sum, at, err);
			if (!e->tree)
				return -1;
			d = e->tree;
		} else if (!e->tree->loaded) {
			error_set(err, ELOOP, "contains itself");
			return graph_in(&at, e->sum, "dirtree", err);
		}
	}
	return 0;
}
