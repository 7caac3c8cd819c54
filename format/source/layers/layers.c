// SPDX-License-Identifier: GPL-2.0-only
#include "source/layers/layers_inside.h"

#include <stdlib.h>
#include "core/erofs.h"

int layers_init(struct layers *l, struct tree *tree, enum whiteouts whiteouts)
{
	*l = (struct layers){ .tree = tree, .whiteouts = whiteouts, .layer = 1 };
	l->end = &l->first;
	l->members_end = &l->members;
	l->marks_end = &l->marks;
	l->g = tree_grower(tree);
	return l->g ? 0 : -1;
}

void layers_release(struct layers *l)
{
	while (l->blocks) {
		struct layers_block *next = l->blocks->next;

		free(l->blocks);
		l->blocks = next;
	}
	table_release(&l->table);
	arena_release(&l->arena);
	buf_release(&l->dir_path);
	buf_release(&l->way);
}

struct node *layers_node(struct layers *l, u32 mode, u32 line)
{
	struct node *node = arena_alloc(&l->g->arena, sizeof(*node));

	if (node) {
		node->mode = mode;
		node->name.origin = line == LAYERS_MADE ? line - 1 : line;
	}
	return node;
}

/* ---- paths ---- */

bool layers_component(const char **path, const char *end, const char **s, size_t *len)
{
	const char *at = *path;

	for (;;) {
		const char *stop;

		while (at < end && *at == '/')
			at++;
		if (at == end)
			return false;
		stop = memchr(at, '/', (size_t)(end - at));
		if (!stop)
			stop = end;
		*s = at;
		*len = (size_t)(stop - at);
		at = stop;
		if (*len != 1 || **s != '.')
			break;
	}
	*path = at;
	return true;
}

static int check_component(const char *s, size_t len, struct error *err)
{
	if (len == 2 && s[0] == '.' && s[1] == '.')
		return error_set(err, EINVAL, "component \"..\" in a name");
	if (len > EROFS_NAME_LEN)
		return error_set(err, ENAMETOOLONG, "component of more than %u bytes in a name",
				 EROFS_NAME_LEN);
	return 0;
}

static int check_nul(const char *path, size_t len, struct error *err)
{
	return memchr(path, 0, len) ? error_set(err, EINVAL, "name with a NUL byte") : 0;
}

static int check_depth(u32 components, struct error *err)
{
	if (components <= TREE_COMPONENTS_MAX)
		return 0;
	return error_set(err, ENAMETOOLONG, "path of more than %u components", TREE_COMPONENTS_MAX);
}

struct link *layers_link(struct layers *l, const char *path, size_t len, u32 line,
			 struct error *err)
{
	struct link *link = arena_alloc(&l->g->arena, sizeof(*link));
	const char *end = path + len, *s;
	u32 components = 0;
	char *to;
	size_t n;

	if (check_nul(path, len, err))
		return NULL;
	/* Empty components, "." and slashes at the end are dropped, so this is room enough. */
	to = arena_bytes(&l->arena, len + 1);
	if (!link || !to) {
		error_nomem(err);
		return NULL;
	}
	link->name.is_link = true;
	link->line = line;
	link->path = to;
	while (layers_component(&path, end, &s, &n)) {
		if (check_component(s, n, err) || check_depth(++components, err))
			return NULL;
		if (to > link->path)
			*to++ = '/';
		memcpy(to, s, n);
		to += n;
	}
	link->path_len = (u32)(to - link->path);
	return link;
}

struct wanted {
	const struct place *parent;
	const char *s;
	size_t len;
};

static bool same_place(const void *item, const void *want)
{
	const struct place *p = item;
	const struct wanted *w = want;

	return p->parent == w->parent && p->len == w->len && !memcmp(p->s, w->s, w->len);
}

static u64 place_hash(const struct layers *l, const struct place *parent, const char *s, size_t len)
{
	return hash_bytes(&l->tree->key, (u64)(uintptr_t)parent, s, len);
}

struct place *layers_find(const struct layers *l, struct place *parent, const char *s, size_t len)
{
	struct wanted want = { parent, s, len };

	return table_find(&l->table, place_hash(l, parent, s, len), same_place, &want);
}

/* Make a place. NULL without memory. */
static struct place *make(struct layers *l, struct place *parent, const char *s, size_t len)
{
	struct layers_block *block = l->last_block;
	struct place *p;
	char *copy;

	if (!block || block->n == sizeof(block->place) / sizeof(*block->place)) {
		block = malloc(sizeof(*block));
		if (!block)
			return NULL;
		block->next = NULL;
		block->n = 0;
		if (l->last_block)
			l->last_block->next = block;
		else
			l->blocks = block;
		l->last_block = block;
	}
	copy = arena_bytes(&l->g->arena, len ? len : 1); /* the root has none */
	if (!copy)
		return NULL;
	memcpy(copy, s, len);
	p = &block->place[block->n];
	*p = (struct place){ .parent = parent, .s = copy, .len = (u8)len };
	if (parent && table_add(&l->table, place_hash(l, parent, s, len), p))
		return NULL;
	block->n++;
	return p;
}

/* Find the place of a name or make it. NULL without memory. */
static struct place *get(struct layers *l, struct place *parent, const char *s, size_t len)
{
	struct place *p = layers_find(l, parent, s, len);

	return p ? p : make(l, parent, s, len);
}

void layers_touch(struct layers *l, struct place *place)
{
	if (!place)
		return;
	place->touched = l->ordered;
	for (struct place *p = place->parent; p && p->touched_below != l->ordered; p = p->parent)
		p->touched_below = l->ordered;
}

struct node *layers_directory(struct layers *l, const char *path, struct error *err)
{
	struct place *p = layers_reach(l, path, strlen(path));

	err->text[0] = 0;
	if (!p)
		return NULL;
	if (thing_is(p->thing, CFS_IFDIR))
		return (struct node *)p->thing;
	error_set(err, ENOTDIR, "%s is not a directory", path);
	return NULL;
}

void layers_clear(struct layers *l, const char *path)
{
	struct place *p = layers_reach(l, path, strlen(path));

	if (p)
		layers_empty(l, p);
}

struct place *layers_reach(const struct layers *l, const char *path, size_t len)
{
	struct place *p = l->root;
	const char *end = path + len, *s;
	size_t n;

	while (p && place_stands(p) && layers_component(&path, end, &s, &n)) {
		p = layers_find(l, p, s, n);
		if (!p)
			return NULL;
	}
	return p && place_stands(p) ? p : NULL;
}

void layers_path(struct buf *b, const struct place *place)
{
	size_t len = 0;
	char *to;

	for (const struct place *p = place; p->parent; p = p->parent)
		len += p->len + 1u;
	to = buf_room(b, len ? len : 1);
	if (!to)
		return;
	if (!len)
		to[len++] = '/';
	b->len += len;
	to += len;
	for (const struct place *p = place; p->parent; p = p->parent) {
		to -= p->len;
		memcpy(to, p->s, p->len);
		*--to = '/';
	}
}

/* ---- whiteouts ---- */

void layers_empty(struct layers *l, struct place *p)
{
	p->cleared = l->clock;
	l->closed = ++l->clock;
}

void layers_remove(struct layers *l, struct place *p)
{
	if (thing_is(p->thing, CFS_IFDIR))
		layers_empty(l, p);
	p->thing = NULL;
}

static bool begins(const char *s, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && !memcmp(s, with, n);
}

enum kind {
	ORDINARY,
	HOUSEKEEPING,
	OPAQUE,
	WHITEOUT,
	BAD,
};

static bool is_opaque(const char *s, size_t len)
{
	return len == strlen(".wh..wh..opq") && begins(s, len, ".wh..wh..opq");
}

/* The rules of toc 6 step 1 for a component. */
static enum kind classify(const struct layers *l, const char *s, size_t len, bool first, bool last)
{
	if (l->whiteouts == WHITEOUTS_KEEP || !begins(s, len, ".wh."))
		return ORDINARY;
	if (first && begins(s, len, ".wh..wh.") && !is_opaque(s, len))
		return HOUSEKEEPING;
	if (!last)
		return BAD;
	return is_opaque(s, len) ? OPAQUE : WHITEOUT;
}

static int check_whiteout(const char *s, size_t len, struct error *err)
{
	if (len == 4)
		return error_set(err, EINVAL, "whiteout of an empty name");
	if (s[4] == '.' && (len == 5 || (len == 6 && s[5] == '.')))
		return error_set(err, EINVAL, "whiteout of \"%.*s\"", (int)len - 4, s + 4);
	if (begins(s + 4, len - 4, ".wh."))
		return error_set(err, EINVAL, "whiteout of a whiteout");
	return 0;
}

/* Keep a marker until the layer is complete. */
static int keep_mark(struct layers *l, struct place *dir, const char *s, size_t len,
		     const struct layers_name *what, struct error *err)
{
	struct layers_mark *mark = arena_alloc(&l->arena, sizeof(*mark));

	if (!mark)
		return error_nomem(err);
	mark->opaque = is_opaque(s, len);
	mark->place = mark->opaque ? dir : get(l, dir, s + 4, len - 4);
	if (!mark->place)
		return error_nomem(err);
	mark->uid = what->uid;
	mark->gid = what->gid;
	mark->line = what->line;
	*l->marks_end = mark;
	l->marks_end = &mark->next;
	return 0;
}

/* Remove from the layers below what a marker hides. */
static void apply_mark(struct layers *l, struct place *dir, const char *s, size_t len)
{
	struct place *p = is_opaque(s, len) ? dir : layers_find(l, dir, s + 4, len - 4);

	if (!p || !place_stands(p))
		return;
	if (l->ordered &&
	    (p->touched_below == l->ordered || (p != dir && p->touched == l->ordered)))
		l->own_removed = true;
	if (p != dir)
		layers_remove(l, p);
	else if (thing_is(dir->thing, CFS_IFDIR))
		layers_empty(l, dir);
}

/* ---- names ---- */

static bool same_bytes(const void *a, const void *b, size_t len)
{
	return a == b || !len || (a && b && !memcmp(a, b, len));
}

/* A path cut in front of its last component. */
struct parts {
	const char *dir, *s; /* the component; NULL: the path is the root */
	size_t dir_len, len;
};

static struct parts cut(const char *path, size_t len)
{
	const char *end = path + len, *s;

	for (;;) {
		while (end > path && end[-1] == '/')
			end--;
		s = end;
		while (s > path && s[-1] != '/')
			s--;
		if (s == end)
			return (struct parts){ .dir = path };
		if (end - s != 1 || *s != '.')
			return (struct parts){ path, s, (size_t)(s - path), (size_t)(end - s) };
		end = s;
	}
}

/* Check all components of a directory: ORDINARY, HOUSEKEEPING or -1. */
static int check_dir(const struct layers *l, const struct parts *parts, bool *is_root,
		     struct error *err)
{
	const char *at = parts->dir, *end = at + parts->dir_len, *s;
	enum kind whole = ORDINARY;
	u32 components = 1; /* the one behind the directory */
	size_t n;

	*is_root = true;
	while (layers_component(&at, end, &s, &n)) {
		enum kind kind = classify(l, s, n, *is_root, false);

		if (check_component(s, n, err) || check_depth(++components, err))
			return -1;
		if (kind == HOUSEKEEPING)
			whole = kind;
		else if (kind != ORDINARY && whole == ORDINARY)
			return error_set(err, EINVAL, "name of a whiteout inside a path");
		*is_root = false;
	}
	return (int)whole;
}

static int get_dir(struct layers *l, const struct parts *parts, struct error *err)
{
	const char *at = parts->dir, *end = at + parts->dir_len, *s;
	struct place *p = l->root;
	size_t n;

	while (p && layers_component(&at, end, &s, &n))
		p = get(l, p, s, n);
	l->dir_path.len = 0;
	buf_add(&l->dir_path, parts->dir, parts->dir_len);
	l->dir = p;
	return p && !l->dir_path.failed ? 0 : error_nomem(err);
}

static int name_marker(struct layers *l, const struct parts *parts, enum kind kind,
		       const struct layers_name *what, struct error *err)
{
	struct place *dir;

	if (what->is_dir)
		return error_set(err, EINVAL, "whiteout that is a directory");
	if (kind == WHITEOUT && check_whiteout(parts->s, parts->len, err))
		return -1;
	if (l->whiteouts == WHITEOUTS_OVERLAY) {
		if (get_dir(l, parts, err))
			return -1;
		return keep_mark(l, l->dir, parts->s, parts->len, what, err);
	}
	dir = layers_reach(l, parts->dir, parts->dir_len);
	if (!dir && what->needs_dir)
		return error_set(err, ENOENT, "the directory in which it lies is not there");
	if (dir)
		apply_mark(l, dir, parts->s, parts->len);
	return 0;
}

int layers_name(struct layers *l, const char *path, size_t len, const struct layers_name *what,
		struct place **place, struct error *err)
{
	struct parts parts = cut(path, len);
	bool known, in_root;
	enum kind kind;
	int dir_kind;

	*place = NULL;
	if (!l->root && !(l->root = make(l, NULL, "", 0)))
		return error_nomem(err);
	if (check_nul(path, len, err))
		return -1;
	if (!parts.s) {
		*place = l->root;
		return 0;
	}
	known = l->dir && l->dir_path.len == parts.dir_len &&
		same_bytes(l->dir_path.p, parts.dir, parts.dir_len);
	in_root = l->dir == l->root;
	if (!known) {
		dir_kind = check_dir(l, &parts, &in_root, err);
		if (dir_kind)
			return dir_kind < 0 ? -1 : 0;
	}
	if (check_component(parts.s, parts.len, err))
		return -1;
	kind = classify(l, parts.s, parts.len, in_root, true);
	if (kind == HOUSEKEEPING)
		return 0;
	if (kind != ORDINARY)
		return name_marker(l, &parts, kind, what, err);
	if (!known && get_dir(l, &parts, err))
		return -1;
	*place = get(l, l->dir, parts.s, parts.len);
	return *place ? 0 : error_nomem(err);
}

/* ---- entries ---- */

static bool same_file(const struct node *a, const struct node *b)
{
	return a->payload_len == b->payload_len && a->payload_is_object == b->payload_is_object &&
	       same_bytes(a->file.payload, b->file.payload, a->payload_len) &&
	       same_bytes(a->file.content, b->file.content, a->size) &&
	       a->algorithm == b->algorithm &&
	       same_bytes(a->file.digest, b->file.digest, cfs_digest_size(a->algorithm));
}

/* Whether two entries are equal in everything that can reach the image. */
static bool same_thing(const struct name *x, const struct name *y)
{
	const struct node *a = (const struct node *)x, *b = (const struct node *)y;

	if (x->is_link || y->is_link) {
		const struct link *v = (const struct link *)x, *w = (const struct link *)y;

		return x->is_link && y->is_link && v->path_len == w->path_len &&
		       !memcmp(v->path, w->path, v->path_len);
	}
	return a->mode == b->mode && a->uid == b->uid && a->gid == b->gid && a->rdev == b->rdev &&
	       a->mtime == b->mtime && a->mtime_nsec == b->mtime_nsec && a->size == b->size &&
	       a->nxattrs == b->nxattrs &&
	       (!a->nxattrs || !memcmp(a->xattrs, b->xattrs, a->nxattrs * sizeof(*a->xattrs))) &&
	       (node_is(a, CFS_IFREG) || node_is(a, CFS_IFLNK) ? same_file(a, b) : true);
}

int layers_put(struct layers *l, struct place *place, struct name *thing, struct error *err)
{
	bool is_dir = thing_is(thing, CFS_IFDIR);

	if (place->put)
		return same_thing(place->put, thing)
			       ? 0
			       : error_set(err, EEXIST,
					   "differs from an earlier entry of the same name");
	if (!is_dir && !place->parent)
		return error_set(err, ENOTDIR, "the root is not a directory");
	if (!is_dir && place->below == l->layer)
		return error_set(err, ENOTDIR, "is not a directory, and an entry lies below it");
	for (struct place *p = place->parent; p; p = p->parent) {
		if (p->put && !thing_is(p->put, CFS_IFDIR))
			return error_set(err, ENOTDIR,
					 "lies below an entry that is not a directory");
		if (p->below == l->layer)
			break;
		p->below = l->layer;
	}
	place->put = thing;
	place->queue = NULL;
	*l->end = place;
	l->end = &place->queue;
	return 0;
}

int layers_append(struct layers *l, struct place *place, struct name *thing)
{
	struct layers_member *m = arena_alloc(&l->arena, sizeof(*m));

	if (!m)
		return -1;
	m->place = place;
	m->thing = thing;
	*l->members_end = m;
	l->members_end = &m->next;
	return 0;
}
