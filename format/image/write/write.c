// SPDX-License-Identifier: GPL-2.0-only
#include "image/write/write.h"
#include "image/write/plan.h"

/* Choose the version from the range (image format 4). */
static unsigned int choose_version(const struct tree *tree, const struct image_version *range)
{
	return range->min == 0 && range->max == 1 && tree->whiteouts ? 1 : range->min;
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
