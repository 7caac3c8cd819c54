// SPDX-License-Identifier: GPL-2.0-only
/*
 * The description of a repository, meta.json. A text that is refused leaves no algorithm
 * and a message; the result does not depend on white space around the text or on what the
 * structure held before; and an accepted text with anything behind it is refused.
 */
#include <stdlib.h>
#include "repo/repo.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool good)
{
	if (!good)
		abort();
}

static int parse(struct repo *r, const char *text, size_t len)
{
	struct error err = { 0 };
	int rc = repo_meta_parse(r, text, len, &err);

	must(rc == 0 || (rc == -1 && err.text[0]));
	must((r->algorithm == CFS_NO_ALGORITHM) == (rc != 0));
	return rc;
}

static bool equal(const struct repo *a, const struct repo *b)
{
	return a->algorithm == b->algorithm && a->formats == b->formats &&
	       a->unknown_feature == b->unknown_feature &&
	       (!a->unknown_feature || !strcmp(a->feature, b->feature));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct repo r = { .fd = -1 },
		    again = { .fd = -1, .algorithm = CFS_SHA512, .formats = 0xff };
	char *text = calloc(1, size + 4);
	int rc;

	if (!text)
		abort();
	memcpy(text, "\n\t", 2);
	if (size)
		memcpy(text + 2, data, size);
	rc = parse(&r, text + 2, size);
	memcpy(text + size + 2, " \r", 2);
	must(parse(&again, text, size + 4) == rc);
	must(rc || equal(&r, &again));
	text[size + 3] = '}';
	must(rc || parse(&again, text, size + 4));
	free(text);
	return 0;
}
