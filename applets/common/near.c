// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/near.h"
#include <string.h>
#include "base/text.h"

#define LONGEST 32
#define FARTHEST 2

void near_start(struct near *near, const char *word, size_t len)
{
	*near = (struct near){ .word = word, .len = len, .distance = FARTHEST + 1 };
}

static unsigned int smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* The edit distance of @a to @b; both have at most LONGEST bytes. */
static unsigned int distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned int rows[3][LONGEST + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2];

	for (unsigned int j = 0; j <= blen; j++)
		last[j] = j;
	for (unsigned int i = 1; i <= alen; i++) {
		unsigned int *free_row = before;

		now[0] = i;
		for (unsigned int j = 1; j <= blen; j++) {
			now[j] = smaller(last[j - 1] + (a[i - 1] != b[j - 1]),
					 smaller(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = smaller(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[blen];
}

void near_offer(struct near *near, const char *candidate, size_t len)
{
	unsigned int d;

	if (near->len > LONGEST || len > LONGEST)
		return;
	d = distance(near->word, near->len, candidate, len);
	if (d >= near->distance || 2 * d >= near->len)
		return;
	near->best = candidate;
	near->best_len = len;
	near->distance = d;
}

void near_offer_words(struct near *near, const char *list)
{
	while (list && *list) {
		size_t len = strcspn(list, " ");

		near_offer(near, list, len);
		list += len + (list[len] == ' ');
	}
}

void near_text(const struct near *near, const char *prefix, char text[96])
{
	*text = 0;
	if (near->best)
		text_format(text, 96, "; did you mean %s%.*s?", prefix, (int)near->best_len,
			    near->best);
}
