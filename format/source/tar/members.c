// SPDX-License-Identifier: GPL-2.0-only
/* The node of a member; and members that are kept, and how they become part of a tree later. */
#include "source/tar/tar_inside.h"

#include "core/erofs.h"

struct node *tar_make_node(struct tar *t)
{
	const struct tar_member *m = &t->m;
	struct node *node = layers_node(&t->layers, m->mode, t->layer);

	if (!node) {
		error_nomem(t->err);
		return NULL;
	}
	node->uid = m->uid;
	node->gid = m->gid;
	node->mtime = m->mtime;
	node->mtime_nsec = m->mtime_nsec;
	node->rdev = m->rdev;
	if (tar_add_xattrs(t, node) || (node_is(node, CFS_IFREG) && tar_add_content(t, node)))
		return NULL;
	if (node_is(node, CFS_IFLNK)) {
		node->size = m->link_len;
		if (node_set_payload(t->layers.g, node, m->link, m->link_len)) {
			error_nomem(t->err);
			return NULL;
		}
	}
	return node;
}

struct tar_kept {
	struct tar_kept *next;
	const char *name;
	const char *link;  /* target of a hard link; NULL: none */
	struct node *node; /* NULL: a hard link, or a name with ".wh." in it */
	u32 name_len, link_len, uid, gid;
	bool is_dir;
};

/* Whether a component begins like a whiteout: then the member itself never becomes part of a tree. */
static bool has_marker(const char *path, size_t len)
{
	const char *end = path + len, *s;
	size_t n;

	while (layers_component(&path, end, &s, &n))
		if (n >= 4 && !memcmp(s, ".wh.", 4))
			return true;
	return false;
}

int tar_keep_member(struct tar *t, const struct layers_name *what)
{
	const struct tar_member *m = &t->m;
	struct arena *arena = &t->layers.g->arena;
	struct tar_kept *kept = arena_alloc(arena, sizeof(*kept));

	if (!kept || !(kept->name = arena_copy(arena, m->name, m->name_len)))
		return error_nomem(t->err);
	kept->name_len = (u32)m->name_len;
	kept->uid = what->uid;
	kept->gid = what->gid;
	kept->is_dir = what->is_dir;
	if (!m->mode) {
		kept->link = arena_copy(arena, m->link, m->link_len);
		kept->link_len = (u32)m->link_len;
		if (!kept->link)
			return error_nomem(t->err);
	} else if (!has_marker(m->name, m->name_len)) {
		kept->node = tar_make_node(t);
		if (!kept->node)
			return -1;
	}
	*t->members->end = kept;
	t->members->end = &kept->next;
	return 0;
}

static bool is_wanted(const struct tar_put *put, const struct xattr *x)
{
	if (!put->only_capability || !strcmp(x->name->s, "security.capability"))
		return true;
	return put->and_user && !strncmp(x->name->s, "user.", 5);
}

/* The layers change the nodes that they are given, and the list stays as it is. */
static struct node *copy_node(struct layers *l, const struct node *from, const struct tar_put *put)
{
	struct node *node = arena_alloc(&l->g->arena, sizeof(*node));
	struct xattr_set *set = &l->g->set;

	if (!node)
		return NULL;
	*node = *from;
	node->name.origin = (from->name.origin & TOO_MANY) | put->layer;
	node->nxattrs = 0;
	node->xattrs = NULL;
	xattr_set_clear(set);
	for (u32 i = 0; i < from->nxattrs; i++) {
		const struct xattr *x = from->xattrs[i];

		if (!is_wanted(put, x))
			continue;
		/* The pool of another tree may have it. */
		x = xattr_intern(&l->g->pool, x->name->s, x->name->len, x->value, x->len);
		if (!x || xattr_set_add(set, x))
			return NULL;
	}
	return node_set_xattrs(l->g, node) ? NULL : node;
}

static int append(struct layers *l, struct place *place, const struct tar_kept *kept,
		  const struct tar_put *put, struct error *err)
{
	struct link *link;
	struct node *node;

	if (!kept->link) {
		node = copy_node(l, kept->node, put);
		return !node || layers_append(l, place, &node->name) ? error_nomem(err) : 0;
	}
	link = layers_link(l, kept->link, kept->link_len, put->layer, err);
	if (!link)
		return -1;
	return layers_append(l, place, &link->name) ? error_nomem(err) : 0;
}

static int put_member(struct layers *l, const struct tar_kept *kept, const struct tar_put *put,
		      struct error *err)
{
	const struct layers_name what = { .line = put->layer,
					  .is_dir = kept->is_dir,
					  .uid = kept->uid,
					  .gid = kept->gid,
					  .needs_dir = put->in_order };
	const u32 implied = l->implied;
	struct place *place;

	if (layers_name(l, kept->name, kept->name_len, &what, &place, err) ||
	    (place && append(l, place, kept, put, err)))
		return -1;
	if (!put->in_order)
		return 0;
	if (layers_end(l, err))
		return -1;
	if (l->implied > implied)
		return error_set(err, ENOENT, "the directory in which it lies is not there");
	layers_touch(l, place);
	return 0;
}

static int in_member(const struct tar_kept *kept, struct error *err)
{
	size_t len = kept->name_len < 1000 ? kept->name_len : 1000;

	return error_in(err, "member %.*s", (int)len, kept->name);
}

int tar_in_path(struct error *err, const struct buf *path)
{
	size_t skip = path->len > 1;

	return error_in(err, "member %.*s", path->len > 1000 ? 1000 : (int)(path->len - skip),
			path->p + skip);
}

int tar_in_fault(const struct layers *l, struct error *err)
{
	struct buf b = { 0 };

	if (l->fault) {
		layers_path(&b, l->fault);
		if (b.len)
			tar_in_path(err, &b);
		buf_release(&b);
	}
	return -1;
}

int tar_put(struct layers *l, const struct tar_members *members, struct tar_put *put,
	    struct error *err)
{
	l->ordered = put->in_order ? put->layer : 0;
	l->own_removed = false;
	if (put->in_order && layers_make_root(l, err))
		return -1;
	for (const struct tar_kept *kept = members->first; kept; kept = kept->next)
		if (put_member(l, kept, put, err))
			return in_member(kept, err);
	put->own_removed = l->own_removed;
	return layers_end(l, err) ? tar_in_fault(l, err) : 0;
}
