/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The property that makes the kernel command line fail closed (setup-root 10.2), in
 * other words than the program: count the words that look like composefs. Each of
 * them is an image, or the whole line is refused.
 */
#ifndef CFS_TESTS_LOOKALIKES_H
#define CFS_TESTS_LOOKALIKES_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One word without quotes, folded, up to its first '='. */
static inline unsigned int lookalike(const char *word, size_t len)
{
	char *folded = malloc(len + 1);
	size_t n = 0;
	unsigned int yes;

	if (!folded)
		abort();
	for (size_t i = 0; i < len && word[i] != '='; i++)
		if (!strchr("\"'", word[i]) || !word[i])
			folded[n++] =
				(char)(word[i] == '_' ? '-' : tolower((unsigned char)word[i]));
	folded[n] = '\0';
	yes = n >= 9 && !memcmp(folded, "composefs", 9);
	free(folded);
	return yes;
}

static inline unsigned int lookalikes(const char *text, size_t len)
{
	unsigned int found = 0;
	size_t start = 0, quotes = 0;

	for (size_t i = 0; i <= len; i++) {
		bool is_end =
			i == len || (quotes % 2 == 0 && text[i] && strchr(" \t\n\v\f\r", text[i]));

		if (is_end) {
			found += lookalike(text + start, i - start);
			start = i + 1;
			quotes = 0;
		} else if (text[i] == '"') {
			quotes++;
		}
	}
	return found;
}

#endif
