// SPDX-License-Identifier: GPL-2.0-only
#include "source/ostree/ostree.h"
#include <stdlib.h>
#include "base/grow.h"
#include "base/workers.h"
#include "core/erofs.h"
#include "source/ostree/graph.h"

#define PAYLOAD_EXT ".file"       /* in an archive, too (ostree 5) */
#define NAME_LEN (SHA256_HEX + 1) /* xx/ and 62 digits */
#define PAYLOAD_LEN (NAME_LEN + sizeof(PAYLOAD_EXT) - 1)

/* ---- the revision ------------------------------------------------------- */

static int read_commit(const struct ostree_repo *repo, const struct sha256_sum *sum, bool wanted,
		       struct ostree_commit *c, struct error *err)
{
	char hex[SHA256_HEX];
	struct arena arena = { 0 };
	struct cfs_span data;
	int rc = ostree_metadata_read(repo, &arena, sum, "commit", &data, err) ||
		 ostree_commit_decode(c, data, wanted, err);

	arena_release(&arena);
	if (!rc)
		return 0;
	sha256_sum_print(hex, sum);
	return error_in(err, "%.64s.commit", hex);
}

/* The length of the revision without the "^" at its end. */
static size_t base_length(const struct ostree *o)
{
	size_t len = strlen(o->rev);

	while (len && o->rev[len - 1] == '^')
		len--;
	return len;
}

static int find_ref(struct ostree *o, struct error *err)
{
	char *base = strndup(o->rev, base_length(o));
	int rc;

	if (!base)
		return error_nomem(err);
	rc = ostree_ref_resolve(&o->opened, base, &o->found, err);
	free(base);
	return rc ? error_in(err, "%s", o->rev) : 0;
}

/* The commit that the revision names, after as many steps to a parent as there are "^" behind it. */
static int find_commit(const struct ostree *o, struct ostree_commit *c, struct error *err)
{
	const struct ostree_repo *repo = &o->opened;
	size_t steps = strlen(o->rev) - base_length(o);
	struct sha256_sum sum = o->found;

	for (;; steps--) {
		if (read_commit(repo, &sum, o->verity && !steps, c, err))
			return -1;
		if (!steps)
			return 0;
		if (!c->has_parent) {
			error_set(err, ENOENT, "commit without a parent");
			return error_in(err, "%s", o->rev);
		}
		sum = c->parent;
	}
}

/* ---- file objects ------------------------------------------------------- */

struct reading {
	const struct ostree *o;
	const struct ostree_repo *repo;
	struct graph_file **v;
	struct ostree_reader **reader; /* one for each thread */
};

static int read_one(struct workers *w, unsigned int index, size_t item, void *arg,
		    struct error *err)
{
	const struct reading *reading = arg;
	struct graph_file *file = reading->v[item];
	const struct ostree *o = reading->o;

	(void)w;
	if (!ostree_file_read(reading->reader[index], &file->f, err)) {
		if (o->progress)
			o->progress(o->progress_arg, 1, file->f.size);
		return 0;
	}
	return graph_in(&file->place, &file->f.sum, ostree_file_ext(reading->repo), err);
}

static int read_files(const struct ostree *o, const struct graph *graph, struct error *err)
{
	size_t n = 0, files = graph->files.used;
	unsigned int most = files ? (unsigned int)files : 1;
	unsigned int threads = o->threads < most ? o->threads : most;
	struct reading reading = { .o = o, .repo = graph->repo };
	int rc = -1;

	reading.v = malloc(files * sizeof(*reading.v) + 1);
	reading.reader = calloc(threads, sizeof(*reading.reader));
	if (!reading.v || !reading.reader)
		goto nomem;
	for (struct graph_file *f = graph->first; f; f = f->next)
		reading.v[n++] = f;
	for (unsigned int i = 0; i < threads; i++) {
		struct grower *g = tree_grower(graph->tree);

		reading.reader[i] = g ? ostree_reader_open(graph->repo, g, o->verity) : NULL;
		if (!reading.reader[i])
			goto nomem;
	}
	rc = workers_each_of(o->pool, threads, n, read_one, &reading, err);
	goto out;
nomem:
	error_nomem(err);
out:
	for (unsigned int i = 0; reading.reader && i < threads; i++)
		ostree_reader_close(reading.reader[i]);
	free(reading.reader);
	free(reading.v);
	return rc;
}

/* ---- the tree ----------------------------------------------------------- */

static void describe_directory(struct node *node, const struct graph_meta *m)
{
	node->mode = m->mode;
	node->uid = m->uid;
	node->gid = m->gid;
	node->xattrs = m->xattrs;
	node->nxattrs = m->nxattrs;
}

/* The payload HH/REST.file, made once for all names of an object. */
static const char *payload_of(struct grower *g, struct graph_file *file)
{
	char *p;

	if (file->payload)
		return file->payload;
	p = arena_bytes(&g->arena, PAYLOAD_LEN);
	if (!p)
		return NULL;
	cfs_object_name(p, CFS_SHA256, file->f.sum.b);
	memcpy(p + NAME_LEN, PAYLOAD_EXT, sizeof(PAYLOAD_EXT) - 1);
	file->payload = p;
	return p;
}

/* The nodes of all names of an object share the memory they point to, which belongs to the tree. */
static int describe_file(const struct ostree *o, struct grower *g, struct node *node,
			 struct graph_file *file)
{
	const struct ostree_file *f = &file->f;

	node->uid = f->uid;
	node->gid = f->gid;
	node->size = f->size;
	node->xattrs = f->xattrs;
	node->nxattrs = f->nxattrs;
	if (f->target) {
		node->file.payload = f->target;
		node->payload_len = (u16)f->size;
	} else if (f->size) {
		if (o->verity) {
			node->algorithm = CFS_SHA256;
			node->file.digest = f->digest.b;
		}
		node->file.payload = payload_of(g, file);
		node->payload_len = PAYLOAD_LEN;
		return node->file.payload ? 0 : -1;
	}
	return 0;
}

/* A directory whose entries are being added. */
struct open_dir {
	const struct graph_tree *tree;
	struct node *node;
	u32 next;
};

struct stack {
	struct open_dir *v;
	size_t n, cap;
};

static int push(struct stack *s, const struct graph_tree *tree, struct node *node)
{
	if (grow(&s->v, s->n, &s->cap, sizeof(*s->v), 64))
		return -1;
	s->v[s->n++] = (struct open_dir){ tree, node, 0 };
	return 0;
}

static int add_entry(const struct ostree *o, struct grower *g, struct stack *s,
		     const struct graph_entry *e, struct node *dir)
{
	struct node *node =
		tree_add(g, dir, e->name, e->len, e->dir ? e->meta->mode : e->file->f.mode);

	if (!node)
		return -1;
	if (!e->dir)
		return describe_file(o, g, node, e->file);
	describe_directory(node, e->meta);
	return e->tree->n ? push(s, e->tree, node) : 0;
}

/* Make a name in the tree for every path of the commit. */
static int expand(const struct ostree *o, const struct graph *graph)
{
	struct node *root = tree_add(graph->g, NULL, NULL, 0, graph->root_meta->mode);
	struct stack s = { 0 };
	int rc = root ? push(&s, graph->root, root) : -1;

	if (root)
		describe_directory(root, graph->root_meta);
	while (!rc && s.n) {
		struct open_dir *d = &s.v[s.n - 1];

		if (d->next == d->tree->n)
			s.n--;
		else
			rc = add_entry(o, graph->g, &s, &d->tree->v[d->next++], d->node);
	}
	free(s.v);
	return rc;
}

/* Directories that the root of a system must have (ostree 5). */
static int add_root_directories(const struct graph *graph, struct error *err)
{
	static const char *const names[] = { "usr", "etc", "boot", "var", "sysroot" };
	struct node *root = graph->tree->root;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);

		if (tree_find(graph->tree, root, names[i], len, err))
			continue;
		if (err->code)
			return -1;
		if (!tree_add(graph->g, root, names[i], len, CFS_IFDIR | 0755))
			return error_nomem(err);
	}
	return 0;
}

static int read_tree(struct ostree *o, struct tree *tree, struct error *err)
{
	struct grower *g = tree_grower(tree);
	struct ostree_commit c = { 0 };
	struct graph graph;
	u32 line;
	int rc;

	if (!g)
		return error_nomem(err);
	if (find_commit(o, &c, err))
		return -1;
	if (c.has_digest)
		cfs_digest_set(&o->digest, CFS_SHA256, c.digest.b);
	graph_init(&graph, &o->opened, tree, g);
	rc = graph_load(&graph, &c.tree, &c.meta, err) || read_files(o, &graph, err) ? -1 : 0;
	if (!rc && expand(o, &graph))
		rc = error_nomem(err);
	if (!rc)
		rc = add_root_directories(&graph, err);
	graph_release(&graph);
	return rc ? rc : tree_seal(tree, &line, err);
}

int ostree_begin(struct ostree *o, struct error *err)
{
	if (ostree_repo_open(&o->opened, o->repo, err))
		return -1;
	if (!find_ref(o, err))
		return 0;
	ostree_end(o);
	return error_in(err, "%s", o->repo);
}

void ostree_end(struct ostree *o)
{
	ostree_repo_close(&o->opened);
}

int ostree_read(struct ostree *o, struct tree *tree, struct error *err)
{
	return read_tree(o, tree, err) ? error_in(err, "%s", o->repo) : 0;
}
