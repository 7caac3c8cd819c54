// SPDX-License-Identifier: GPL-2.0-only
/* base/sort.c against the definition of byte order, for sizes around its runs; records by any order. */
#include "base/sort.h"
#include "tests/unit/unit.h"

static unsigned int seed = 1;

static unsigned int next(void)
{
	seed = seed * 1103515245 + 12345;
	return seed >> 16;
}

static bool in_order(const struct sort_item *a, const struct sort_item *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->s, b->s, n);

	if (!order && a->len != b->len)
		return a->len < b->len;
	return order ? order < 0 : a->tie < b->tie;
}

static void check(size_t n, unsigned int alphabet, unsigned int most)
{
	struct sort_item *v = calloc(n + 1, sizeof(*v));
	char *text = malloc(n * 20 + 1);
	bool good = true, *seen = calloc(n + 1, sizeof(*seen));

	for (size_t i = 0; i < n; i++) {
		char *s = text + 20 * i;
		u32 len = next() % (most + 1);

		for (u32 k = 0; k < len; k++)
			s[k] = (char)(next() % alphabet * 37);
		v[i] = (struct sort_item){ sort_prefix(s, len), s, len, (u32)i, { s } };
	}
	CHECK(!sort_strings(v, n), "memory for %zu", n);
	for (size_t i = 0; i < n; i++) {
		good = good && v[i].item == text + 20 * v[i].tie && !seen[v[i].tie];
		seen[v[i].tie] = true;
		good = good && (!i || in_order(&v[i - 1], &v[i]));
	}
	CHECK(good, "%zu strings of %u letters up to %u", n, alphabet, most);
	free(v);
	free(text);
	free(seen);
}

struct record {
	u8 key, odd[6];
};

static int by_key(const void *a, const void *b)
{
	const struct record *p = a, *q = b;

	return (int)p->key - (int)q->key;
}

static void check_records(size_t n, unsigned int keys)
{
	struct record *v = calloc(n + 1, sizeof(*v));
	unsigned int left[256] = { 0 };
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		v[i].key = (u8)(next() % keys);
		memset(v[i].odd, v[i].key / 2 + 1, sizeof(v[i].odd));
		left[v[i].key]++;
	}
	sort_records(v, n, sizeof(*v), by_key);
	for (size_t i = 0; i < n; i++) {
		good = good && (!i || v[i - 1].key <= v[i].key) && left[v[i].key]-- &&
		       v[i].odd[0] == v[i].key / 2 + 1 && v[i].odd[5] == v[i].odd[0];
	}
	CHECK(good, "%zu records of %u keys", n, keys);
	free(v);
}

void unit_base_sort(void)
{
	for (size_t n = 0; n < 70; n++) {
		check_records(n, 256);
		check_records(n, 3);
	}
	check_records(5000, 200);
	for (size_t n = 0; n < 60; n++)
		check(n, 3, 12);
	check(1000, 2, 9);
	check(4097, 7, 20);
	check(20000, 255, 16);
}
