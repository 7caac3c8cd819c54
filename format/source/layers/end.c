// SPDX-License-Identifier: GPL-2.0-only
/* The end of a layer: put it over the layers below it. Then make the tree. */
#include "source/layers/layers_inside.h"

#include <stdlib.h>
#include "core/erofs.h"

static int at_fault(struct layers *l, const struct place *place, u32 line)
{
	l->fault = place;
	l->fault_line = line;
	return -1;
}

/* Put a thing at a place whose directory is alive: the table of toc 6 step 3. */
static void place_thing(struct layers *l, struct place *p, struct name *thing)
{
	struct node *node = (struct node *)thing, *old = (struct node *)p->thing;
	bool on_dir = place_stands(p) && thing_is(p->thing, CFS_IFDIR);

	if (on_dir && thing_is(thing, CFS_IFDIR)) {
		old->mode = node->mode;
		old->uid = node->uid;
		old->gid = node->gid;
		old->mtime = node->mtime;
		old->mtime_nsec = node->mtime_nsec;
		old->nxattrs = node->nxattrs;
		old->xattrs = node->xattrs;
		old->name.origin = node->name.origin;
		return;
	}
	if (on_dir)
		layers_empty(l, p);
	p->thing = thing;
	p->cleared = l->clock;
	p->born = ++l->clock;
}

static int push(struct layers *l, struct place *p, struct error *err)
{
	buf_add(&l->way, &p, sizeof(p));
	return l->way.failed ? error_nomem(err) : 0;
}

static struct place *pop(struct layers *l)
{
	struct place *p;

	l->way.len -= sizeof(p);
	memcpy(&p, l->way.p + l->way.len, sizeof(p));
	return p;
}

/* Whether enter() has found a living directory here and no directory was removed since. */
static bool is_known(const struct layers *l, const struct place *p)
{
	return p->entered && p->entered >= l->closed;
}

/*
 * Bring a directory and all its parents to life: put the entries that the layer has for
 * them, make those that are missing, refuse what is not a directory.
 */
static int enter(struct layers *l, struct place *dir, struct error *err)
{
	l->way.len = 0;
	for (struct place *p = dir; p && !is_known(l, p); p = p->parent)
		if (push(l, p, err))
			return -1;
	while (l->way.len) {
		struct place *p = pop(l);

		if (p->put) {
			place_thing(l, p, p->put);
			p->put = NULL;
		}
		if (!place_stands(p)) {
			struct node *node = layers_node(l, CFS_IFDIR | 0755, 0);

			if (!node)
				return error_nomem(err);
			place_thing(l, p, &node->name);
			l->implied++;
		}
		if (!thing_is(p->thing, CFS_IFDIR))
			return error_set(err, ENOTDIR,
					 "lies below something that is not a directory");
		p->entered = l->clock;
	}
	return 0;
}

/* Whether the thing at @place can be reached from the root. 1, 0, or -1 without memory. */
static int is_alive(struct layers *l, struct place *place, struct error *err)
{
	if (!place_stands(place))
		return 0;
	l->way.len = 0;
	for (struct place *p = place->parent; p && !is_known(l, p); p = p->parent)
		if (push(l, p, err))
			return -1;
	while (l->way.len) {
		struct place *p = pop(l);

		if (!place_stands(p) || !thing_is(p->thing, CFS_IFDIR))
			return 0;
		p->entered = l->clock;
	}
	return 1;
}

/* ---- hard links ---- */

/* Resolve a link of an ordered layer at once if this layer has placed its target. */
static int link_now(struct layers *l, struct place *place, struct link *link, struct error *err)
{
	struct place *to = layers_reach(l, link->path, link->path_len);
	struct name *thing = to ? to->thing : NULL;

	if (to == place)
		return error_set(err, ELOOP, "hard link to itself");
	if (!to || to->born <= l->layer_start)
		return 0;
	if (thing_is(thing, CFS_IFDIR))
		return error_set(err, EPERM, "hard link to a directory");
	link->target = thing->is_link ? ((struct link *)thing)->target : (struct node *)thing;
	return 0;
}

/* Look the path of a link up in the tree: it names a node or another link. */
static int look_up(struct layers *l, const struct place *place, struct link *link,
		   struct error *err)
{
	struct place *to = layers_reach(l, link->path, link->path_len);

	if (!to)
		return error_set(err, ENOENT, "hard link to a name that does not exist");
	if (to == place)
		return error_set(err, ELOOP, "hard link to itself");
	if (thing_is(to->thing, CFS_IFDIR))
		return error_set(err, EPERM, "hard link to a directory");
	if (to->thing->is_link)
		link->via = (struct link *)to->thing;
	else
		link->target = (struct node *)to->thing;
	return 0;
}

/* Do @step with each link of the layer that has no target yet and is alive. */
static int each_link(struct layers *l,
		     int (*step)(struct layers *l, const struct place *place, struct link *link,
				 struct error *err),
		     struct error *err)
{
	for (struct place *p = l->first; p; p = p->queue) {
		struct link *link = (struct link *)p->thing;

		if (p->thing->is_link && !link->target && step(l, p, link, err))
			return at_fault(l, p, link->line);
	}
	for (struct layers_member *m = l->members; m; m = m->next) {
		struct link *link = (struct link *)m->thing;
		int rc;

		if (!m->thing->is_link || link->target || m->place->thing != m->thing)
			continue;
		rc = is_alive(l, m->place, err);
		if (rc < 0 || (rc && step(l, m->place, link, err)))
			return at_fault(l, m->place, link->line);
	}
	return 0;
}

static int follow(struct layers *l, const struct place *place, struct link *link, struct error *err)
{
	(void)l;
	(void)place;
	return link_follow(link, err);
}

/* ---- the end of a layer ---- */

static int place_set(struct layers *l, struct error *err)
{
	for (struct place *p = l->first; p; p = p->queue) {
		u32 line = p->put ? name_line(p->put) : 0;

		if (!p->put)
			continue; /* enter() has put it */
		if (p->parent && enter(l, p->parent, err))
			return at_fault(l, p, line);
		place_thing(l, p, p->put);
		p->put = NULL;
	}
	return 0;
}

static int place_members(struct layers *l, struct error *err)
{
	for (struct layers_member *m = l->members; m; m = m->next) {
		struct place *p = m->place;

		if (!p->parent && !thing_is(m->thing, CFS_IFDIR)) {
			error_set(err, ENOTDIR, "the root is not a directory");
			return at_fault(l, p, name_line(m->thing));
		}
		if ((p->parent && enter(l, p->parent, err)) ||
		    (m->thing->is_link && link_now(l, p, (struct link *)m->thing, err)))
			return at_fault(l, p, name_line(m->thing));
		place_thing(l, p, m->thing);
	}
	return 0;
}

static int set_opaque(struct layers *l, struct node *node, struct error *err)
{
	static const char name[] = "trusted.overlay.opaque";
	const struct xattr *x = xattr_intern(&l->g->pool, name, strlen(name), "y", 1);
	struct xattr_set *set = &l->g->set;

	if (!x)
		return error_nomem(err);
	xattr_set_clear(set);
	for (u32 i = 0; i <= node->nxattrs; i++) {
		if (xattr_set_put(set, i < node->nxattrs ? node->xattrs[i] : x))
			return xattr_failed(err);
	}
	return node_set_xattrs(l->g, node) ? error_nomem(err) : 0;
}

/* Whether a node is left out: devices, except those that whiteouts became. */
static bool is_skipped(const struct layers *l, const struct node *node)
{
	return l->skip_devices && (node_is(node, CFS_IFCHR) || node_is(node, CFS_IFBLK)) &&
	       node->name.origin != LAYERS_MADE;
}

/* Put a marker into the finished layer; its parents exist. */
static int place_mark(struct layers *l, const struct layers_mark *mark, struct error *err)
{
	struct place *p = mark->place;
	struct node *node;

	if (place_stands(p) && !is_skipped(l, name_node(p->thing)))
		return thing_is(p->thing, CFS_IFDIR) ? set_opaque(l, (struct node *)p->thing, err)
						     : 0;
	node = layers_node(l, CFS_IFCHR, 0);
	if (!node)
		return error_nomem(err);
	node->name.origin = LAYERS_MADE;
	node->uid = mark->uid;
	node->gid = mark->gid;
	place_thing(l, p, &node->name);
	return 0;
}

/* First the directories around markers, so that the order of markers makes no difference. */
static int place_marks(struct layers *l, struct error *err)
{
	for (struct layers_mark *m = l->marks; m; m = m->next)
		if (enter(l, m->opaque ? m->place : m->place->parent, err))
			return at_fault(l, m->place, m->line);
	for (struct layers_mark *m = l->marks; m; m = m->next)
		if (place_mark(l, m, err))
			return at_fault(l, m->place, m->line);
	return 0;
}

int layers_end(struct layers *l, struct error *err)
{
	int rc;

	l->fault = NULL;
	l->fault_line = 0;
	l->layer_start = l->clock;
	rc = place_set(l, err);
	if (!rc)
		rc = place_members(l, err);
	if (!rc)
		rc = each_link(l, look_up, err);
	if (!rc)
		rc = each_link(l, follow, err);
	if (!rc)
		rc = place_marks(l, err);
	l->layer++;
	l->first = NULL;
	l->end = &l->first;
	l->members = NULL;
	l->members_end = &l->members;
	l->marks = NULL;
	l->marks_end = &l->marks;
	arena_release(&l->arena);
	return rc;
}

/* ---- the tree ---- */

/* Add a living thing to the tree. */
static int attach(struct layers *l, struct place *p)
{
	struct name *thing = p->thing;
	struct node *node = name_node(thing);

	p->alive = true;
	node->nlink++;
	if (thing->is_link)
		l->g->links++;
	else
		l->g->nodes++;
	if (!p->parent) {
		l->tree->root = node;
		return 0;
	}
	thing->s = p->s;
	thing->len = p->len;
	thing->parent = (struct node *)p->parent->thing;
	return tree_append(l->tree, thing);
}

static int attach_all(struct layers *l)
{
	for (struct layers_block *b = l->blocks; b; b = b->next) {
		for (u32 i = 0; i < b->n; i++) {
			struct place *p = &b->place[i];

			if (!place_stands(p) || (p->parent && !p->parent->alive))
				continue;
			if (is_skipped(l, name_node(p->thing)))
				continue;
			if (attach(l, p))
				return -1;
		}
	}
	return 0;
}

/* Whether an inode has lost the name that holds it while others remain. */
static bool has_orphans(const struct layers *l)
{
	for (const struct layers_block *b = l->blocks; b; b = b->next)
		for (u32 i = 0; i < b->n; i++) {
			const struct place *p = &b->place[i];

			if (p->alive && p->thing->is_link && !name_node(p->thing)->name.parent)
				return true;
		}
	return false;
}

/*
 * Move an inode that has lost its own name to the first of its other names, in a walk
 * depth first with siblings in byte order. @at is the pointer to that name, in its
 * directory or in the sibling before it.
 */
static void adopt(struct layers *l, struct name **at)
{
	struct name *n = *at;
	struct node *node = name_node(n);

	if (!n->is_link || node->name.parent)
		return;
	node->name.next = n->next;
	node->name.s = n->s;
	node->name.len = n->len;
	node->name.parent = n->parent;
	if (n->parent->dir.last == n)
		n->parent->dir.last = &node->name;
	*at = &node->name;
	l->g->links--;
	l->g->nodes++;
}

static void adopt_orphans(struct layers *l)
{
	struct node *dir = l->tree->root;
	struct name **at = &dir->dir.first;

	for (;;) {
		if (!*at) {
			if (!dir->name.parent)
				return;
			at = &dir->name.next;
			dir = dir->name.parent;
			continue;
		}
		adopt(l, at);
		if (thing_is(*at, CFS_IFDIR)) {
			dir = (struct node *)*at;
			at = &dir->dir.first;
		} else {
			at = &(*at)->next;
		}
	}
}

int layers_make_root(struct layers *l, struct error *err)
{
	struct place *root;

	return layers_name(l, "", 0, &(struct layers_name){ 0 }, &root, err) || enter(l, root, err)
		       ? -1
		       : 0;
}

/* Call @fn with each place where something stands. */
static int each_place(struct layers *l, int (*fn)(struct layers *l, struct place *p))
{
	for (struct layers_block *b = l->blocks; b; b = b->next)
		for (u32 i = 0; i < b->n; i++)
			if (place_stands(&b->place[i]) && fn(l, &b->place[i]))
				return -1;
	return 0;
}

/* Until attach() counts names, nlink marks an inode that has a link. */
static int mark_target(struct layers *l, struct place *p)
{
	(void)l;
	if (p->thing->is_link)
		name_node(p->thing)->nlink = 1;
	return 0;
}

static int clear_mark(struct layers *l, struct place *p)
{
	(void)l;
	name_node(p->thing)->nlink = 0;
	return 0;
}

/* Leave a link in the place of an inode that has others: adopt_orphans() finds its home. */
static int leave_home(struct layers *l, struct place *p)
{
	struct node *node = (struct node *)p->thing;
	struct link *link;

	if (p->thing->is_link || !node->nlink)
		return 0;
	link = arena_alloc(&l->g->arena, sizeof(*link));
	if (!link)
		return -1;
	link->name.is_link = true;
	link->target = node;
	p->thing = &link->name;
	return 0;
}

int layers_finish(struct layers *l, struct error *err)
{
	bool orphans;

	l->fault = NULL;
	l->fault_line = 0;
	if (layers_make_root(l, err))
		return -1;
	table_release(&l->table);
	if (l->first_homes &&
	    (each_place(l, mark_target) || each_place(l, leave_home) || each_place(l, clear_mark)))
		return error_nomem(err);
	if (attach_all(l))
		return error_nomem(err);
	orphans = has_orphans(l);
	layers_release(l);
	if (orphans) {
		if (tree_sort(l->tree, &l->fault_line, err))
			return -1;
		adopt_orphans(l);
	}
	return 0;
}
