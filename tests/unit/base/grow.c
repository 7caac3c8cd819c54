// SPDX-License-Identifier: GPL-2.0-only
#include "base/grow.h"
#include <stdint.h>
#include <stdlib.h>
#include "tests/unit/unit.h"

void unit_base_grow(void)
{
	unsigned int *v = NULL;
	size_t cap = 0, n = 0;
	unsigned int *before;

	for (; n < 1000; n++) {
		if (grow(&v, n, &cap, sizeof(*v), 4))
			break;
		v[n] = (unsigned int)n * 7;
	}
	CHECK(n == 1000 && cap >= n, "an array grows to %zu elements", n);
	for (n = 0; n < 1000 && v[n] == n * 7; n++)
		;
	CHECK(n == 1000, "element %zu keeps its value", n);

	before = v;
	cap = SIZE_MAX / 2;
	CHECK(grow(&v, SIZE_MAX / 2, &cap, sizeof(*v), 4) == -1 && v == before,
	      "a size that overflows is refused and the array stays");
	CHECK(cap == SIZE_MAX / 2, "the capacity stays as well");
	free(v);
}
