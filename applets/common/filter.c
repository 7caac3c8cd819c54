// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/filter.h"
#include <string.h>

void filter_check(const struct option_list *filter)
{
	for (unsigned int i = 0; i < filter->n; i++)
		if (!*filter->v[i] || strchr(filter->v[i], '/'))
			options_refuse("--filter", "\"%s\" is not a name in the root directory",
				       filter->v[i]);
}
