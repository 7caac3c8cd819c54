// SPDX-License-Identifier: GPL-2.0-only
#include "base/sort.h"
#include <stdlib.h>
#include "base/text.h"

u64 sort_prefix(const char *s, size_t len)
{
	u64 v = 0;

	if (len >= 8) {
		memcpy(&v, s, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		v = __builtin_bswap64(v);
#endif
		return v;
	}
	for (size_t i = 0; i < len; i++)
		v |= (u64)(u8)s[i] << (56 - 8 * i);
	return v;
}

static bool after(const struct sort_item *a, const struct sort_item *b)
{
	int order;

	if (a->prefix != b->prefix)
		return a->prefix > b->prefix;
	order = text_order(a->s, a->len, b->s, b->len);
	return order ? order > 0 : a->tie > b->tie;
}

#define RUN 12

static void insertion(struct sort_item *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_item x = v[i];
		size_t j = i;

		for (; j && after(&v[j - 1], &x); j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

/* a[0..na) and b[0..nb), each sorted, to @to. */
static void merge(struct sort_item *to, const struct sort_item *a, size_t na,
		  const struct sort_item *b, size_t nb)
{
	while (na && nb) {
		if (after(a, b)) {
			*to++ = *b++;
			nb--;
		} else {
			*to++ = *a++;
			na--;
		}
	}
	memcpy(to, na ? a : b, (na + nb) * sizeof(*to));
}

int sort_strings(struct sort_item *v, size_t n)
{
	struct sort_item *from = v, *to, *spare = NULL;

	for (size_t i = 0; i < n; i += RUN)
		insertion(v + i, n - i < RUN ? n - i : RUN);
	if (n <= RUN)
		return 0;
	to = spare = malloc(n * sizeof(*v));
	if (!spare)
		return -1;
	for (size_t width = RUN; width < n; width *= 2) {
		for (size_t i = 0; i < n; i += 2 * width) {
			size_t na = n - i < width ? n - i : width;
			size_t nb = n - i - na < width ? n - i - na : width;

			merge(to + i, from + i, na, from + i + na, nb);
		}
		struct sort_item *swap = from;

		from = to;
		to = swap;
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
	free(spare);
	return 0;
}

static void swap(u8 *a, u8 *b, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		u8 x = a[i];

		a[i] = b[i];
		b[i] = x;
	}
}

/* A heap below @root again, when the record there is the only wrong one. */
static void sift(u8 *v, size_t root, size_t n, size_t size,
		 int (*order)(const void *a, const void *b))
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		if (child + 1 < n && order(v + child * size, v + (child + 1) * size) < 0)
			child++;
		if (order(v + root * size, v + child * size) >= 0)
			return;
		swap(v + root * size, v + child * size, size);
	}
}

void sort_records(void *v, size_t n, size_t size, int (*order)(const void *a, const void *b))
{
	for (size_t i = n / 2; i--;)
		sift(v, i, n, size, order);
	while (n-- > 1) {
		swap(v, (u8 *)v + n * size, size);
		sift(v, 0, n, size, order);
	}
}
