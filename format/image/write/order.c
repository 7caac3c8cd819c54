// SPDX-License-Identifier: GPL-2.0-only
/*
 * Add the stubs, number the inodes (image format 5.5 and 6), and list the entries of a
 * directory.
 */
#include <stdlib.h>
#include "base/text.h"
#include "image/write/plan.h"

static const char stub_digits[] = "0123456789abcdef";

static void stub_init(struct node *stub, const struct node *root, char name[2],
		      const struct xattr **selinux)
{
	stub->name.s = name;
	stub->name.len = 2;
	stub->mode = CFS_IFCHR | 0644;
	stub->nlink = 1;
	stub->uid = root->uid;
	stub->gid = root->gid;
	stub->mtime = root->mtime;
	stub->mtime_nsec = root->mtime_nsec;
	if (*selinux) {
		stub->xattrs = selinux;
		stub->nxattrs = 1;
	}
}

/* Make the stubs: the 256 names without those that the root has. */
static int make_stubs(struct plan *plan)
{
	const struct node *root = plan->tree->root;
	const struct xattr **selinux = arena_alloc(&plan->arena, sizeof(*selinux));
	char *names = arena_bytes(&plan->arena, 2 * PLAN_STUBS);
	const struct name *n = root->dir.first;

	plan->stubs = arena_alloc(&plan->arena, PLAN_STUBS * sizeof(*plan->stubs));
	if (!selinux || !names || !plan->stubs)
		return error_nomem(plan->err);
	*selinux = xattr_get(root->xattrs, root->nxattrs, "security.selinux");
	for (u32 i = 0; i < PLAN_STUBS; i++, names += 2) {
		names[0] = stub_digits[i >> 4];
		names[1] = stub_digits[i & 15];
		while (n && text_order(n->s, n->len, names, 2) < 0)
			n = n->next;
		if (!n || text_order(n->s, n->len, names, 2))
			stub_init(&plan->stubs[plan->nstubs++], root, names, selinux);
	}
	return 0;
}

/* Number the stubs and the children of the root in byte order, from 1. */
static int number_root(struct plan *plan)
{
	const struct node *root = plan->tree->root;
	u32 children = 0, ino = 1, stub = 0, id = 0;

	for (const struct name *n = root->dir.first; n; n = n->next)
		children += !n->is_link;
	plan->level = children + plan->nstubs;
	plan->root_ino = arena_alloc(&plan->arena, (children + 1) * sizeof(*plan->root_ino));
	plan->root_level = arena_alloc(&plan->arena, (plan->level + 1) * sizeof(*plan->root_level));
	if (!plan->root_ino || !plan->root_level)
		return error_nomem(plan->err);
	for (const struct name *n = root->dir.first; n || stub < plan->nstubs;) {
		struct node *s = stub < plan->nstubs ? &plan->stubs[stub] : NULL;

		if (n && n->is_link) {
			n = n->next;
		} else if (s && (!n || text_order(s->name.s, 2, n->s, n->len) < 0)) {
			plan->root_level[ino - 1] = s;
			s->name.id = ino++;
			stub++;
		} else {
			plan->root_level[ino - 1] = (const struct node *)n;
			plan->root_ino[id++] = ino++;
			n = n->next;
		}
	}
	return 0;
}

int plan_order(struct plan *plan)
{
	const struct tree *tree = plan->tree;

	if (make_stubs(plan) || number_root(plan))
		return -1;
	if (tree->nodes > UINT32_MAX - plan->nstubs)
		return error_set(plan->err, EFBIG, "more than 4294967295 inodes");
	plan->count = tree->nodes + plan->nstubs;
	return 0;
}

void order_start(struct dir_walk *walk, const struct plan *plan, const struct node *dir)
{
	*walk = (struct dir_walk){ .plan = plan, .dir = dir, .next = dir->dir.first };
	if (dir->name.parent)
		walk->stub = plan->nstubs;
}

/* The next of "." and "..", or NULL after both. */
static const char *next_dots(const struct dir_walk *walk)
{
	if (walk->dots == 0)
		return ".";
	return walk->dots == 1 ? ".." : NULL;
}

bool order_entry(struct dir_walk *walk, struct dir_entry *e)
{
	const struct plan *plan = walk->plan;
	const struct node *stub = walk->stub < plan->nstubs ? &plan->stubs[walk->stub] : NULL;
	const struct node *up = walk->dir->name.parent;
	const char *dots = next_dots(walk);
	const struct name *n = walk->next;

	if (dots && (!n || text_order(dots, walk->dots + 1u, n->s, n->len) < 0)) {
		const struct node *to = walk->dots && up ? up : walk->dir;

		*e = (struct dir_entry){ dots, ++walk->dots, plan_ino(plan, to), EROFS_FT_DIR };
		return true;
	}
	if (stub && !dots && (!n || text_order(stub->name.s, 2, n->s, n->len) < 0)) {
		*e = (struct dir_entry){ stub->name.s, 2, stub->name.id, EROFS_FT_CHRDEV };
		walk->stub++;
		return true;
	}
	if (!n)
		return false;
	const struct node *node =
		n->is_link ? ((const struct link *)n)->target : (const struct node *)n;

	/*
	 * The nodes of consecutive names have consecutive numbers but are anywhere in memory.
	 */
	if (!n->is_link && plan->tree->nodes - node->name.id > 6)
		__builtin_prefetch(plan->tree->order[node->name.id + 6]);
	*e = (struct dir_entry){ n->s, n->len, plan_ino(plan, node),
				 cfs_ftype(plan_mode(plan, node)) };
	walk->next = n->next;
	return true;
}
