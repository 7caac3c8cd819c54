// SPDX-License-Identifier: GPL-2.0-only
/* applets/common/near.c: which candidate is near enough to be suggested (command line 6). */
#include "applets/common/near.h"
#include "tests/unit/unit.h"

static const struct {
	const char *word, *candidates, *want; /* want NULL: none */
} rows[] = {
	/* one edit of each kind */
	{ "mkfz", "dump info mkfs mount", "mkfs" },
	{ "mkf", "dump info mkfs mount", "mkfs" },
	{ "mkfss", "dump info mkfs mount", "mkfs" },
	{ "mfks", "dump info mkfs mount", "mkfs" },
	/* two edits, if they are less than half of the word */
	{ "mounnnt", "mount", "mount" },
	{ "veirfi", "verify", "verify" },
	{ "pritn-digset", "print-digest", "print-digest" },
	{ "mkzz", "mkfs", NULL },
	/* three edits */
	{ "print-dggstxx", "print-digest", NULL },
	/* half of the word or more */
	{ "ls", "ls", "ls" },
	{ "lx", "ls", NULL },
	{ "x", "ls", NULL },
	{ "", "a", NULL },
	/* the nearest, and the first of equally near ones */
	{ "cat1", "cart1 cat", "cart1" },
	{ "catt", "cats cat", "cats" },
	{ "stats", "stat state", "stat" },
	{ "dumped", "dump dumper", "dumper" },
	/* words of more than 32 bytes match nothing */
	{ "abcdefghijklmnopqrstuvwxyz0123456", "abcdefghijklmnopqrstuvwxyz012345", NULL },
	{ "abcdefghijklmnopqrstuvwxyz01234", "abcdefghijklmnopqrstuvwxyz0123456", NULL },
	{ "abcdefghijklmnopqrstuvwxyz012345", "abcdefghijklmnopqrstuvwxyz01234",
	  "abcdefghijklmnopqrstuvwxyz01234" },
};

void unit_applets_common_near(void)
{
	char text[96];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct near near;

		near_start(&near, rows[i].word, strlen(rows[i].word));
		near_offer_words(&near, rows[i].candidates);
		CHECK(rows[i].want ? near.best && near.best_len == strlen(rows[i].want) &&
					     !memcmp(near.best, rows[i].want, near.best_len)
				   : !near.best,
		      "\"%s\": got \"%.*s\"", rows[i].word, near.best ? (int)near.best_len : 0,
		      near.best ? near.best : "");
	}
	near_offer_words(&(struct near){ .word = "a", .len = 1 }, NULL);

	struct near near;

	near_start(&near, "mkfz", 4);
	near_text(&near, "", text);
	CHECK(!*text, "no candidate: \"%s\"", text);
	near_offer_words(&near, "mkfs");
	near_text(&near, "--", text);
	CHECK(!strcmp(text, "; did you mean --mkfs?"), "text: \"%s\"", text);
}
