// SPDX-License-Identifier: GPL-2.0-only
#include "image/write/write.h"
#include <stdlib.h>
#include "image/write/plan.h"

/* image-format 4. */
static unsigned int choose_version(const struct tree *tree, const struct image_version *range)
{
	return range->min == 0 && range->max == 1 && tree->whiteouts ? 1 : range->min;
}

int plan_blame(const struct plan *plan, const struct node *node)
{
	struct buf path = { 0 };

	tree_path(&path, &node->name);
	if (!path.failed)
		error_in(plan->err, "%.*s", path.len > 4096 ? 4096 : (int)path.len, path.p);
	buf_release(&path);
	return -1;
}

static void plan_release(struct plan *plan)
{
	xattr_pool_release(&plan->pool);
	arena_release(&plan->arena);
	free(plan->lowered);
	free(plan->shared);
	free(plan->user);
	if (plan->redirect_group != plan->metacopy_group)
		free(plan->redirect_group);
	free(plan->metacopy_group);
	free(plan->metacopy_shared);
	free(plan->redirect_shared);
	free(plan->table);
	free(plan->place);
}

int image_write(const struct tree *tree, const struct image_version *version, struct writer *w,
		struct error *err)
{
	struct plan plan = { .tree = tree, .err = err, .version = choose_version(tree, version) };
	int rc = -1;

	xattr_pool_init(&plan.pool, &plan.arena, &tree->key);
	if (!plan_order(&plan) && !plan_lower(&plan) && !plan_share(&plan) && !plan_place(&plan)) {
		plan_emit(&plan, w);
		rc = 0;
	}
	plan_release(&plan);
	return rc;
}
