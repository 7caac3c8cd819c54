// SPDX-License-Identifier: GPL-2.0-only
#include "image/write/plan.h"
#include <stdlib.h>

int plan_blame(const struct plan *plan, const struct node *node)
{
	struct buf path = { 0 };

	tree_path(&path, &node->name);
	if (!path.failed)
		error_in(plan->err, "%.*s", path.len > 4096 ? 4096 : (int)path.len, path.p);
	buf_release(&path);
	return -1;
}

void plan_release(struct plan *plan)
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
