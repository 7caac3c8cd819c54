/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorting many byte strings (performance 5: musl's qsort is six times slower), and few records. */
#ifndef CFS_BASE_SORT_H
#define CFS_BASE_SORT_H

#include "core/port.h"

struct sort_item {
	u64 prefix; /* first 8 bytes of the string, by sort_prefix() */
	const char *s;
	u32 len;
	u32 tie; /* decides between equal strings, smaller first */
	union {  /* carried along */
		void *item;
		u64 number;
	};
};

/* Big endian, missing bytes zero: the order of prefixes is that of strings. */
u64 sort_prefix(const char *s, size_t len);

/* Stable, O(n log n), no recursion. -1 without memory. */
int sort_strings(struct sort_item *v, size_t n);

/*
 * Sort the @n records of @size bytes at @v. @order() compares two: below, equal to or
 * above 0. In place, O(n log n); equal records come in any order.
 */
void sort_records(void *v, size_t n, size_t size, int (*order)(const void *a, const void *b));

#endif
