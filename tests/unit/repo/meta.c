// SPDX-License-Identifier: GPL-2.0-only
/* meta.c: the description of a repository (repository 2). */
#include "repo/repo.h"
#include "tests/unit/unit.h"

#define V "\"version\":1,"
#define A "\"algorithm\":\"fsverity-sha256-12\""

static const struct {
	const char *text;
	u8 algorithm, formats;
	const char *unknown; /* the feature that forbids writing */
	const char *error;   /* part of the message; NULL: accepted */
} rows[] = {
	{ "{" V A "}", CFS_SHA256, 1 << 2, NULL, NULL },
	{ "{" A ",\"version\":1}", CFS_SHA256, 1 << 2, NULL, NULL },
	{ "{" V "\"algorithm\":\"fsverity-sha512-12\"}", CFS_SHA512, 1 << 2, NULL, NULL },
	{ "{" V A ",\"features\":{\"read-only-compatible\":[\"v1_erofs\"]}}", CFS_SHA256, 1 << 1,
	  NULL, NULL },
	{ "{" V A ",\"erofs_formats\":{\"default\":1}}", CFS_SHA256, 1 << 1, NULL, NULL },
	{ "{" V A ",\"erofs_formats\":{\"default\":0,\"extra\":[1]}}", CFS_SHA256, 3, NULL, NULL },
	{ "{" V A ",\"erofs_formats\":{\"default\":2,\"extra\":[1]}}", CFS_SHA256, 6, NULL, NULL },
	{ "{" V A ",\"erofs_formats\":{\"default\":2}}", CFS_SHA256, 1 << 2, NULL, NULL },
	{ "{" V A
	  ",\"erofs_formats\":{\"default\":2},\"features\":{\"read-only-compatible\":[\"v1_erofs\"]}}",
	  CFS_SHA256, 1 << 1, NULL, NULL },
	{ "{" V A ",\"erofs_formats\":{\"default\":900}}", CFS_SHA256, 0, NULL, NULL },
	{ "{" V A ",\"features\":{\"compatible\":[\"x\"]},\"more\":[{}]}", CFS_SHA256, 1 << 2, NULL,
	  NULL },
	{ "{" V A ",\"features\":{\"read-only-compatible\":[\"x\",\"y\"]}}", CFS_SHA256, 1 << 2,
	  "x", NULL },
	{ "{" V A ",\"features\":{\"incompatible\":[\"x\"]}}", 0, 0, NULL,
	  "unknown incompatible feature \"x\"" },
	{ "{" V A ",\"features\":[]}", 0, 0, NULL, "features is not an object" },
	{ "{" V A ",\"features\":{\"incompatible\":{}}}", 0, 0, NULL, "not a list of strings" },
	{ "{" V A ",\"features\":{\"compatible\":[1]}}", 0, 0, NULL, "a feature is not a string" },
	{ "{" V A ",\"erofs_formats\":1}", 0, 0, NULL, "erofs_formats is not an object" },
	{ "{" V A ",\"erofs_formats\":{\"default\":\"1\"}}", 0, 0, NULL,
	  "default is not a number" },
	{ "{" V A ",\"erofs_formats\":{\"extra\":[\"1\"]}}", 0, 0, NULL,
	  "extra is not a list of numbers" },
	{ "{\"version\":2," A "}", 0, 0, NULL, "version 2, this program knows 1" },
	{ "{\"version\":\"1\"," A "}", 0, 0, NULL, "version is not a number" },
	{ "{" V "\"algorithm\":\"fsverity-sha512-16\"}", 0, 0, NULL,
	  "unknown algorithm \"fsverity-sha512-16\"" },
	{ "{" V "\"algorithm\":\"sha256\"}", 0, 0, NULL, "unknown algorithm" },
	{ "{" V "\"algorithm\":1}", 0, 0, NULL, "algorithm is not a string" },
	{ "{" A "}", 0, 0, NULL, "has no version" },
	{ "{\"version\":1}", 0, 0, NULL, "has no algorithm" },
	{ "{" V V A "}", 0, 0, NULL, "version" },
	{ "[]", 0, 0, NULL, "is not a JSON object" },
	{ "", 0, 0, NULL, "" },
	{ "{" V A "}x", 0, 0, NULL, "" },
};

static void known(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct repo r = { .fd = -1 };
		struct error err = { 0 };
		int rc = repo_meta_parse(&r, rows[i].text, strlen(rows[i].text), &err);

		CHECK(!rc == !rows[i].error, "%s: %s", rows[i].text, err.text);
		CHECK(r.algorithm == rows[i].algorithm, "%s: algorithm %u", rows[i].text,
		      r.algorithm);
		if (rc) {
			CHECK(err.text[0] && strstr(err.text, rows[i].error), "%s: %s",
			      rows[i].text, err.text);
			continue;
		}
		CHECK(r.formats == rows[i].formats, "%s: formats %u", rows[i].text, r.formats);
		CHECK(r.unknown_feature == !!rows[i].unknown, "%s: feature", rows[i].text);
		CHECK(!rows[i].unknown || !strcmp(r.feature, rows[i].unknown), "%s: %s",
		      rows[i].text, r.feature);
	}
}

/* No prefix is a description, and whatever one changed byte makes is judged. */
static void spoilt(const char *text)
{
	size_t len = strlen(text);
	struct repo r = { .fd = -1 };
	struct error err;
	char copy[512];

	for (size_t n = 0; n < len; n++) {
		err.text[0] = 0;
		CHECK(repo_meta_parse(&r, text, n, &err) && err.text[0] && !r.algorithm,
		      "prefix %zu", n);
	}
	memcpy(copy, text, len);
	for (size_t at = 0; at < len; at += UNIT_STEP) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			int rc;

			err.text[0] = 0;
			copy[at] = (char)byte;
			rc = repo_meta_parse(&r, copy, len, &err);
			CHECK(!rc == !!r.algorithm && !rc == !err.text[0], "byte %zu = %u", at,
			      byte);
			/* Only names and digits that nothing is known of may change. */
			CHECK(rc || r.algorithm == CFS_SHA512, "byte %zu = %u", at, byte);
		}
		copy[at] = text[at];
	}
}

void unit_repo_meta(void)
{
	known();
	spoilt("{\"version\":1,\"algorithm\":\"fsverity-sha512-12\",\"features\":{\"compatible\":[\"a\"],"
	       "\"read-only-compatible\":[\"v1_erofs\"],\"incompatible\":[]},\"erofs_formats\":{\"default\":1}}");
}
