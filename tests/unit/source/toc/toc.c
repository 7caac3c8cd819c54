// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/toc.c, toc_entry.c (toc 3 to 5): what an entry means and what is
 * refused; times; every prefix of a good table and every byte of it changed:
 * refused with a line, or an image that the structural check accepts.
 */
#include "source/toc/toc.h"
#include "base/text.h"
#include "tests/unit/made.h"

#define SHA "4c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080"
#define LANDMARK "dc0e9c3658a1a3ed1ec94274d8b19925c93e1abb7ddba294923ad9bde30f8cb8"
#define REG "{\"type\":\"reg\",\"name\":\"a\""
#define OBJECT "4c/94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080"

struct text {
	const u8 *p;
	size_t len;
};

static ssize_t read_text(void *arg, void *to, size_t len, struct error *err)
{
	struct text *t = arg;

	(void)err;
	if (len > t->len)
		len = t->len;
	memcpy(to, t->p, len);
	t->p += len;
	t->len -= len;
	return (ssize_t)len;
}

/* A table to a sealed tree. */
static int parse(struct tree *tree, const void *s, size_t len, bool gzip, struct error *err)
{
	struct text text = { s, len };
	struct toc_input in = { .name = "TOC", .gzip = gzip, .read = read_text, .arg = &text };
	struct layers l;
	u32 line;
	int rc = layers_init(&l, tree, WHITEOUTS_APPLY);

	err->text[0] = 0;
	if (!rc)
		rc = toc_read(&l, &in, err);
	if (!rc)
		rc = layers_finish(&l, err);
	layers_release(&l);
	return rc ? rc : tree_seal(tree, &line, err);
}

/* Entries, and what the dump of the tree says below the root; or the refusal. */
static const struct {
	const char *entries, *dump, *what;
} rows[] = {
	{ "", "", NULL },
	{ REG "}", "/a 0 100000 1 0 0 0 0.0 - - -\n", NULL },
	{ REG ",\"mode\":33188,\"uid\":4294967295,\"gid\":1,\"size\":9,\"digest\":\"sha256:" SHA
	      "\"}",
	  "/a 9 100644 1 4294967295 1 0 0.0 " OBJECT " - -\n", NULL },
	{ REG ",\"size\":9,\"digest\":\"" SHA "\",\"x-payload\":\"./b//c\",\"x-digest\":\"" SHA
	      "\"}",
	  "/a 9 100000 1 0 0 0 0.0 ./b//c - " SHA "\n", NULL },
	{ REG ",\"x-content\":\"aGk=\",\"x-payload\":\"p\"}", "/a 2 100000 1 0 0 0 0.0 - hi -\n",
	  NULL },
	{ REG ",\"x-content\":\"\",\"size\":0}", "/a 0 100000 1 0 0 0 0.0 - - -\n", NULL },
	{ REG ",\"size\":null,\"mode\":null,\"xattrs\":null,\"digest\":\"\",\"modtime\":\"\"}",
	  "/a 0 100000 1 0 0 0 0.0 - - -\n", NULL },
	{ REG ",\"xattrs\":{\"user.b\":\"\",\"user.a\":\"dg==\"}}",
	  "/a 0 100000 1 0 0 0 0.0 - - - user.a=v user.b=\n", NULL },
	{ "{\"name\":\"s\",\"linkName\":\"../x\",\"mode\":511,\"type\":\"symlink\"}",
	  "/s 4 120777 1 0 0 0 0.0 ../x - -\n", NULL },
	{ "{\"name\":\"c\",\"devMajor\":4095,\"devMinor\":1048575,\"type\":\"char\"}",
	  "/c 0 20000 1 0 0 4294967295 0.0 - - -\n", NULL },
	{ "{\"name\":\"p\",\"type\":\"fifo\"},{\"name\":\"b\",\"devMajor\":8,\"devMinor\":1,\"type\":\"block\"}",
	  "/b 0 60000 1 0 0 2049 0.0 - - -\n/p 0 10000 1 0 0 0 0.0 - - -\n", NULL },
	{ REG "},{\"type\":\"chunk\",\"size\":5},{\"type\":\"chunk\"}",
	  "/a 0 100000 1 0 0 0 0.0 - - -\n", NULL },
	{ REG
	  "},{\"type\":\"hardlink\",\"name\":\"b\",\"linkName\":\"/a\",\"mode\":1,\"modtime\":\"x\",\"xattrs\":{\"\":\"?\"}}",
	  "/a 0 100000 2 0 0 0 0.0 - - -\n/b 0 @100000 2 0 0 0 0.0 /a - -\n", NULL },
	{ REG ",\"zz\":[{\"a\":{}}],\"userName\":5,\"offset\":\"x\"}",
	  "/a 0 100000 1 0 0 0 0.0 - - -\n", NULL },
	{ "{\"type\":\"reg\",\"name\":\"stargz.index.json\",\"size\":1,\"digest\":\"" LANDMARK
	  "\"}",
	  "", NULL },
	{ "{\"type\":\"reg\",\"name\":\"stargz.index.json\"}",
	  "/stargz.index.json 0 100000 1 0 0 0 0.0 - - -\n", NULL },
	{ "{\"type\":\"reg\",\"name\":\"a/.prefetch.landmark\",\"size\":1,\"digest\":\"" LANDMARK
	  "\"}",
	  "/a 0 40755 1 0 0 0 0.0 - - -\n"
	  "/a/.prefetch.landmark 1 100000 1 0 0 0 0.0 dc/0e9c3658a1a3ed1ec94274d8b19925c93e1abb7ddba294923ad9bde30f8cb8 - -\n",
	  NULL },
	{ "5", NULL, "TOC:2: entry 1: entry that is not an object" },
	{ "{}", NULL, "TOC:2: entry 1: entry without type" },
	{ "{\"type\":\"reg\"}", NULL, "TOC:2: entry 1: entry without name" },
	{ "{\"type\":\"socket\",\"name\":\"a\"}", NULL,
	  "TOC:2: entry 1 (a): unknown type \"socket\"" },
	{ "{\"type\":5,\"name\":\"a\"}", NULL, "TOC:2: entry 1: type: is not a string" },
	{ REG ",\"mode\":65536}", NULL, "TOC:2: entry 1 (a): mode: is not between 0 and 65535" },
	{ REG ",\"mode\":\"1\"}", NULL, "TOC:2: entry 1 (a): mode: is not an integer" },
	{ REG ",\"mode\":16877}", NULL, "TOC:2: entry 1 (a): mode is that of another type" },
	{ REG ",\"size\":1}", NULL,
	  "TOC:2: entry 1 (a): file with neither digest, x-payload nor x-content" },
	{ REG ",\"size\":3,\"x-content\":\"aGk=\"}", NULL,
	  "TOC:2: entry 1 (a): size is not that of x-content" },
	{ REG ",\"x-content\":\"aGk\"}", NULL, "TOC:2: entry 1 (a): x-content is not base64" },
	{ REG ",\"x-digest\":\"\"}", NULL,
	  "TOC:2: entry 1 (a): x-digest is not 64 or 128 hex digits of lower case" },
	{ REG ",\"digest\":\"sha256:\"}", NULL,
	  "TOC:2: entry 1 (a): digest is not sha256: and 64 hex digits of lower case" },
	{ REG ",\"digest\":\"sha512:" SHA "\"}", NULL,
	  "TOC:2: entry 1 (a): digest is not sha256: and 64 hex digits of lower case" },
	{ REG ",\"x-payload\":\"a/../b\"}", NULL,
	  "TOC:2: entry 1 (a): x-payload has a component \"..\"" },
	{ REG ",\"x-payload\":\"./\"}", NULL, "TOC:2: entry 1 (a): x-payload names nothing" },
	{ REG ",\"xattrs\":{\"user.a\":\"dh==\"}}", NULL,
	  "TOC:2: entry 1 (a): value of an extended attribute is not base64" },
	{ REG ",\"xattrs\":{\"\":\"\"}}", NULL,
	  "TOC:2: entry 1 (a): name of an extended attribute is not 1 to 255 bytes without NUL" },
	{ REG ",\"xattrs\":{\"a\":null}}", NULL,
	  "TOC:2: entry 1 (a): value of an extended attribute that is not a string" },
	{ REG ",\"Mode\":1}", NULL, "TOC:2: entry 1 (a): key \"Mode\", which is not \"mode\"" },
	{ REG ",\"lin\xe2\x84\xaaName\":1}", NULL,
	  "TOC:2: entry 1 (a): key \"lin\xe2\x84\xaaName\", which is not \"linkName\"" },
	{ REG ",\"ENTRIES\":1}", NULL,
	  "TOC:2: entry 1 (a): key \"ENTRIES\", which is not \"entries\"" },
	{ "{\"type\":\"chunk\"}", NULL, "TOC:2: entry 1: chunk that does not follow a file" },
	{ "{\"type\":\"hardlink\",\"name\":\"a\"}", NULL,
	  "TOC:2: entry 1 (a): hard link without linkName" },
	{ "{\"type\":\"symlink\",\"name\":\"a\"}", NULL,
	  "TOC:2: entry 1 (a): target of a symlink is not 1 to 4095 bytes without NUL" },
	{ "{\"type\":\"hardlink\",\"name\":\"a\",\"linkName\":\"b\"}", NULL,
	  "TOC:2: entry a: hard link to a name that does not exist" },
	{ "{\"type\":\"hardlink\",\"name\":\"a\",\"size\":-1}", NULL,
	  "TOC:2: entry 1 (a): size: is not between 0 and 9223372036854775807" },
};

static void known(void)
{
	struct buf text = { 0 }, dump = { 0 };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct tree tree;
		const char *s;
		int rc;

		text.len = 0;
		buf_str(&text, "{\"version\":1,\n\"entries\":[");
		buf_str(&text, rows[i].entries);
		buf_str(&text, "]}");
		tree_init(&tree);
		rc = parse(&tree, text.p, text.len, false, &err);
		CHECK(!rc == !rows[i].what, "%s: %s", rows[i].entries, err.text);
		CHECK(!rc || !rows[i].what || !strcmp(err.text, rows[i].what), "%s: %s",
		      rows[i].entries, err.text);
		if (!rc) {
			made_dump(&tree, &dump);
			s = strchr(dump.p, '\n') + 1;
			CHECK(rows[i].dump && !strcmp(s, rows[i].dump), "%s: %s", rows[i].entries,
			      s);
			CHECK(made_image(&tree, &err), "%s: image: %s", rows[i].entries, err.text);
		}
		tree_release(&tree);
	}
	buf_release(&text);
	buf_release(&dump);
}

static const struct {
	const char *text, *time; /* NULL: refused */
} times[] = {
	{ "2023-11-14T23:13:20.5+01:00", "1700000000.500000000" },
	{ "1970-01-01T00:00:00Z", "0.0" },
	{ "1969-12-31T23:59:59.25Z", "-1.250000000" },
	{ "0000-01-01T00:00:00Z", "-62167219200.0" },
	{ "0000-02-29T00:00:00Z", "-62162121600.0" },
	{ "9999-12-31T23:59:59.9999999999Z", "253402300799.999999999" },
	{ "2000-02-29T12:00:00-23:59", "951911940.0" },
	{ "0001-01-01T00:00:00Z", "0.0" },
	{ "0000-12-31T23:00:00-01:00", "0.0" },
	{ "0001-01-01T00:00:00.000000001Z", "-62135596800.1" },
	{ "1900-02-29T00:00:00Z", NULL },
	{ "2023-02-29T00:00:00Z", NULL },
	{ "2023-00-01T00:00:00Z", NULL },
	{ "2023-13-01T00:00:00Z", NULL },
	{ "2023-01-00T00:00:00Z", NULL },
	{ "2023-01-32T00:00:00Z", NULL },
	{ "2023-01-01T24:00:00Z", NULL },
	{ "2023-01-01T00:60:00Z", NULL },
	{ "2023-01-01T00:00:60Z", NULL },
	{ "2023-01-01T00:00:00", NULL },
	{ "2023-01-01T00:00:00z", NULL },
	{ "2023-01-01t00:00:00Z", NULL },
	{ "2023-01-01 00:00:00Z", NULL },
	{ "2023-01-01T00:00:00.Z", NULL },
	{ "2023-01-01T00:00:00,5Z", NULL },
	{ "2023-01-01T00:00:00+1:00", NULL },
	{ "2023-01-01T00:00:00+24:00", NULL },
	{ "2023-01-01T00:00:00+01:60", NULL },
	{ "2023-01-01T00:00:00+0100", NULL },
	{ "2023-01-01T00:00:00Z ", NULL },
	{ "+2023-01-01T00:00:00Z", NULL },
	{ "-001-01-01T00:00:00Z", NULL },
};

static void known_times(void)
{
	struct error err;
	char text[200];

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct tree tree;
		const struct node *node;
		int rc;

		snprintf(text, sizeof(text),
			 "{\"entries\":[{\"name\":\"\",\"type\":\"dir\",\"modtime\":\"%s\"}]}",
			 times[i].text);
		tree_init(&tree);
		rc = parse(&tree, text, strlen(text), false, &err);
		CHECK(!rc == !!times[i].time, "%s: %s", times[i].text, err.text);
		if (!rc && times[i].time) {
			node = tree.root;
			if (node->mtime_nsec > 1)
				snprintf(text, sizeof(text), "%lld.%09u", (long long)node->mtime,
					 node->mtime_nsec);
			else
				snprintf(text, sizeof(text), "%lld.%u", (long long)node->mtime,
					 node->mtime_nsec);
			CHECK(!strcmp(text, times[i].time), "%s: %s", times[i].text, text);
		}
		tree_release(&tree);
	}
}

static void landmarks(void)
{
	static const char text[] =
		"{\"entries\":[{\"type\":\"reg\",\"name\":\"./.no.prefetch.landmark\",\"size\":1},"
		"{\"type\":\"chunk\"},{\"type\":\"reg\",\"name\":\"d/.no.prefetch.landmark\"},"
		"{\"type\":\"dir\",\"name\":\"stargz.index.json\"}]}";
	struct error err;
	struct tree tree;

	tree_init(&tree);
	CHECK(!parse(&tree, text, strlen(text), true, &err) && tree.nodes == 4, "%u nodes: %s",
	      tree.nodes, err.text);
	tree_release(&tree);
}

struct damage {
	unsigned int good, bad;
};

static void damaged(void *arg, const u8 *data, size_t len)
{
	struct damage *d = arg;
	struct error err;
	struct tree tree;
	int rc;

	tree_init(&tree);
	rc = parse(&tree, data, len, false, &err);
	CHECK(!rc || !strncmp(err.text, "TOC:", 4), "refused without a line: %s", err.text);
	CHECK(rc || made_image(&tree, &err), "image: %s", err.text);
	*(rc ? &d->bad : &d->good) += 1;
	tree_release(&tree);
}

void unit_source_toc_toc(void)
{
	static const char text[] =
		"{\"version\":1,\"x\":[{}],\"entries\":[{\"type\":\"dir\",\"name\":\"d/\",\"mode\":16877},\n"
		"{\"type\":\"reg\",\"name\":\"d/f\",\"size\":100,\"digest\":\"sha256:" SHA
		"\",\"modtime\":\"2023-11-14T22:13:20.5Z\","
		"\"xattrs\":{\"user.a\":\"dg==\",\"b\":\"\"},\"uid\":1000},{\"type\":\"chunk\",\"name\":\"d/f\",\"chunkSize\":5},\n"
		"{\"type\":\"hardlink\",\"name\":\"h\",\"linkName\":\"d/f\"},{\"type\":\"symlink\",\"name\":\"s\",\"linkName\":\"/\\u00e9\"},"
		"{\"type\":\"reg\",\"name\":\"i\",\"x-content\":\"aGk=\"},{\"type\":\"char\",\"name\":\"d/.wh.x\",\"devMajor\":5},"
		"{\"type\":\"reg\",\"name\":\"p\",\"size\":5,\"x-payload\":\"a/b\",\"x-digest\":\"" SHA
		"\"}]}\n";
	struct damage d = { 0 };

	known();
	known_times();
	landmarks();
	made_damage((const u8 *)text, strlen(text), damaged, &d);
	CHECK(d.good * UNIT_STEP > 500 && d.bad * UNIT_STEP > 5000, "%u good, %u bad", d.good,
	      d.bad);
}
