// SPDX-License-Identifier: GPL-2.0-only
#include "base/grow.h"
#include <stdlib.h>
#include <string.h>

int grow(void *array, size_t n, size_t *cap, size_t size, size_t step)
{
	size_t more, bytes;
	void *v;

	if (n < *cap)
		return 0;
	if (__builtin_add_overflow(*cap, *cap / 2 + step, &more) ||
	    __builtin_mul_overflow(more, size, &bytes))
		return -1;
	/* The pointer has the type of its elements: copy it instead of casting its address. */
	memcpy(&v, array, sizeof(v));
	v = realloc(v, bytes);
	if (!v)
		return -1;
	memcpy(array, &v, sizeof(v));
	*cap = more;
	return 0;
}
