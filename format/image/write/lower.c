// SPDX-License-Identifier: GPL-2.0-only
/* Rewrite the tree for overlayfs: the xattrs that each inode gets (image format 5). */
#include <stdlib.h>
#include "core/backing.h"
#include "base/grow.h"
#include "image/write/plan.h"

/*
 * Find or make the xattr with this name and value. If the tree has it, it is that one, so that
 * equal xattrs have one id.
 */
static const struct xattr *intern(struct plan *plan, const char *name, size_t name_len,
				  const void *value, size_t len)
{
	for (const struct grower *g = plan->tree->growers; g; g = g->next) {
		const struct xattr *x = xattr_find(&g->pool, name, name_len, value, len);

		if (x)
			return x;
	}
	return xattr_intern(&plan->pool, name, name_len, value, len);
}

/*
 * Copy the xattrs of the node to @set with trusted.overlay.X escaped. The counter stays 0,
 * because image format 5.2 renames xattrs and does not set them.
 */
static int escape(struct plan *plan, const struct node *node, struct xattr_set *set)
{
	const size_t prefix = sizeof(CFS_OVERLAY CFS_ESCAPE) - 1;
	char name[CFS_XATTR_NAME_ESCAPED_MAX];

	xattr_set_clear(set);
	for (u32 i = 0; i < node->nxattrs; i++) {
		const struct xattr *x = node->xattrs[i];

		if (x->name->escaped) {
			size_t rest = x->name->len - (sizeof(CFS_OVERLAY) - 1);

			memcpy(name, CFS_OVERLAY CFS_ESCAPE, prefix);
			memcpy(name + prefix, x->name->s + sizeof(CFS_OVERLAY) - 1, rest);
			x = intern(plan, name, prefix + rest, x->value, x->len);
		}
		if (!x || xattr_set_add(set, x))
			return error_nomem(plan->err);
	}
	return 0;
}

/* Set an xattr as set() of image format 5.6 does. */
static int put(struct plan *plan, const struct node *node, struct xattr_set *set, const char *name,
	       const char *value)
{
	const struct xattr *x = intern(plan, name, strlen(name), value, strlen(value));

	if (!x)
		return error_nomem(plan->err);
	if (!xattr_set_put(set, x))
		return 0;
	if (errno == ENOMEM)
		return error_nomem(plan->err);
	error_set(plan->err, ENOSPC, "no room for the extended attributes that overlayfs needs");
	return plan_blame(plan, node);
}

static int put_whiteout(struct plan *plan, const struct node *node, struct xattr_set *set)
{
	if (put(plan, node, set, CFS_OVERLAY CFS_ESCAPE "whiteout", ""))
		return -1;
	return put(plan, node, set, "user.overlay.whiteout", "");
}

/* Mark a directory that holds whiteouts: steps W2 and W3 of image format 5.3. */
static int put_whiteouts(struct plan *plan, const struct node *dir, struct xattr_set *set)
{
	if (put(plan, dir, set, CFS_OVERLAY CFS_ESCAPE "whiteouts", "") ||
	    put(plan, dir, set, "user.overlay.whiteouts", ""))
		return -1;
	if (plan->version < 1)
		return 0;
	if (put(plan, dir, set, CFS_OVERLAY CFS_ESCAPE "opaque", "x"))
		return -1;
	return put(plan, dir, set, "user.overlay.opaque", "x");
}

static bool has_overlay(const struct node *node)
{
	for (u32 i = 0; i < node->nxattrs; i++)
		if (node->xattrs[i]->name->escaped)
			return true;
	return false;
}

static int keep(struct plan *plan, u32 ino, const struct xattr_set *set)
{
	struct lowered *l;

	if (grow(&plan->lowered, plan->nlowered, &plan->lowered_cap, sizeof(*plan->lowered), 64))
		return error_nomem(plan->err);
	l = &plan->lowered[plan->nlowered];
	*l = (struct lowered){ ino, set->n, arena_alloc(&plan->arena, set->n * sizeof(*set->v)) };
	if (!l->v)
		return error_nomem(plan->err);
	memcpy(l->v, set->v, set->n * sizeof(*set->v));
	plan->nlowered++;
	return 0;
}

static int lower(struct plan *plan, u32 ino, const struct node *node, struct xattr_set *set)
{
	bool whiteout = plan_is_whiteout(plan, node);
	bool parent = node_is(node, CFS_IFDIR) && node->dir.has_whiteouts;

	if (ino && !whiteout && !parent && !has_overlay(node))
		return 0;
	if (escape(plan, node, set) || (whiteout && put_whiteout(plan, node, set)) ||
	    (parent && put_whiteouts(plan, node, set)) ||
	    (!ino && put(plan, node, set, CFS_XATTR_OPAQUE, "y")))
		return -1;
	return keep(plan, ino, set);
}

/* Collect facts about all nodes: the least mtime, and counts for share and place. */
static void see(struct plan *plan, const struct node *node)
{
	if (node->mtime < plan->min_sec ||
	    (node->mtime == plan->min_sec && node->mtime_nsec < plan->min_nsec)) {
		plan->min_sec = node->mtime;
		plan->min_nsec = node->mtime_nsec;
	}
	if (node_is_external(node)) {
		plan->externals++;
		plan->odd_payloads += !node->payload_is_object;
	}
}

/* Make room for the counts of the xattrs from number @from on. */
static int make_room(struct plan *plan, u32 from)
{
	size_t n = plan->xattrs + (size_t)1;
	u32 *shared = realloc(plan->shared, n * sizeof(*shared));
	const struct xattr **user;

	if (shared)
		plan->shared = shared;
	user = realloc(plan->user, n * sizeof(*user));
	if (user)
		plan->user = user;
	if (!shared || !user)
		return error_nomem(plan->err);
	memset(shared + from, 0, (n - from) * sizeof(*shared));
	return 0;
}

static void count(struct plan *plan, const struct xattr *const *v, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		plan->shared[v[i]->id]++;
		plan->user[v[i]->id] = v[i];
	}
}

/* Number the new xattrs behind those of the tree, and count their uses. */
static int count_lowered(struct plan *plan)
{
	for (size_t i = 0; i < plan->pool.xattrs.size; i++) {
		struct xattr *x = plan->pool.xattrs.item[i];

		if (x)
			x->id = plan->xattrs++;
	}
	if (make_room(plan, plan->tree->xattrs))
		return -1;
	for (u32 i = 0; i < plan->nlowered; i++)
		count(plan, plan->lowered[i].v, plan->lowered[i].n);
	return 0;
}

int plan_lower(struct plan *plan)
{
	struct xattr_set set = { 0 };
	int rc;

	plan->min_sec = plan->tree->root->mtime;
	plan->min_nsec = plan->tree->root->mtime_nsec;
	plan->xattrs = plan->tree->xattrs;
	rc = make_room(plan, 0);
	for (u32 ino = 0; ino < plan->count && !rc; ino++) {
		const struct node *node = plan_node(plan, ino);
		u32 before = plan->nlowered;

		plan_ahead(plan, ino);
		see(plan, node);
		rc = lower(plan, ino, node, &set);
		if (plan->nlowered == before)
			count(plan, node->xattrs, node->nxattrs);
	}
	xattr_set_release(&set);
	return rc ? rc : count_lowered(plan);
}

const struct xattr *const *lower_xattrs(const struct plan *plan, u32 ino, const struct node *node,
					u32 *cursor, u32 *n)
{
	while (*cursor < plan->nlowered && plan->lowered[*cursor].ino < ino)
		++*cursor;
	if (*cursor < plan->nlowered && plan->lowered[*cursor].ino == ino) {
		*n = plan->lowered[*cursor].n;
		return plan->lowered[*cursor].v;
	}
	*n = node->nxattrs;
	return node->xattrs;
}
