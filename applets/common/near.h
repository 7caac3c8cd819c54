/* SPDX-License-Identifier: GPL-2.0-only */
/* Suggestions for mistyped words (command line 6: "did you mean"). */
#ifndef CFS_APPLETS_NEAR_H
#define CFS_APPLETS_NEAR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The search for the candidate that is nearest to a word. The distance counts
 * insertions, deletions, replacements and exchanges of two neighbours as 1
 * each. A candidate qualifies if its distance is at most 2 and less than half
 * of the length of the word. The first of several equally near candidates wins.
 */
struct near {
	const char *word;
	size_t len;
	const char *best; /* the nearest candidate so far, not NUL terminated; NULL: none */
	size_t best_len;
	unsigned int distance; /* of @best */
};

/* Start a search. A word of more than 32 bytes matches nothing. */
void near_start(struct near *near, const char *word, size_t len);

/* Offer a candidate. It must live as long as the search. */
void near_offer(struct near *near, const char *candidate, size_t len);

/* Offer each word of @list, which is separated by spaces; NULL: nothing. */
void near_offer_words(struct near *near, const char *list);

/* "; did you mean PREFIXcandidate?" in @text, or "" if no candidate qualified. */
void near_text(const struct near *near, const char *prefix, char text[96]);

#endif
