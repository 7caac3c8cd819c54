// SPDX-License-Identifier: GPL-2.0-only
/* image/read.c: an image, its tree, and the same image again (image format 15.2, RI-11). */
#include "image/read.h"
#include "files/io.h"
#include "image/check.h"
#include "image/write/write.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

static void see(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

/* Read and write again. */
static int rewrite(const struct sample *s, struct buf *to, struct error *err)
{
	struct tree tree;
	struct image img;
	struct writer w;
	int rc;

	tree_init(&tree);
	rc = image_open_bytes(&img, s->bytes, s->len, err);
	if (!rc)
		rc = image_check(&img, NULL, NULL, err);
	if (!rc)
		rc = image_read(&tree, &img, err);
	if (!rc) {
		const struct image_version version = { img.super.version, img.super.version };

		rc = writer_init(&w, -1);
		w.see = see;
		w.see_arg = to;
		if (!rc)
			rc = image_write(&tree, &version, &w, err);
		if (!rc)
			rc = writer_flush(&w);
		writer_release(&w);
	}
	image_close(&img);
	tree_release(&tree);
	return rc;
}

static void check_same(const char *title, const struct sample *s)
{
	struct error err = { 0 };
	struct buf b = { 0 };
	u64 i = 0;
	int rc = rewrite(s, &b, &err);

	while (i < b.len && i < s->len && s->bytes[i] == (u8)b.p[i])
		i++;
	CHECK(!rc && b.len == s->len && i == s->len, "%s: %d %s, differs at %llu", title, rc,
	      err.text, (unsigned long long)i);
	buf_release(&b);
}

#define ROOT "/ 0 40755 2 0 0 0 1.2 - - -\n"

/* The name that holds an inode is not the first one in dump order. */
static const char *const trees[] = {
	ROOT,
	ROOT "/b 9 100644 2 0 0 0 1.2 x - -\n/a 0 @100644 1 0 0 0 0.0 /b - -\n",
	ROOT
	"/z 9 100644 2 0 0 0 1.2 x - -\n/a 0 40755 1 0 0 0 0.0 - - -\n/a/b 0 @100644 1 0 0 0 0.0 /z - -\n",
	ROOT
	"/a 0 40755 1 0 0 0 0.0 - - -\n/a/b 9 100644 1 0 0 0 0.0 x - -\n/z 0 @100644 2 0 0 0 1.2 /a/b - -\n"
	"/00 0 @100644 2 0 0 0 1.2 /a/b - -\n",
	ROOT "/a 0 20644 1 0 0 0 0.0 - - -\n/b 0 @20644 1 0 0 0 0.0 /a - -\n",
	ROOT "/a 0 20644 1 0 0 1 0.0 - - -\n/b 0 @20644 1 0 0 0 0.0 /a - -\n",
	ROOT "/a 3 100644 1 0 0 0 0.0 x/y abc - trusted.overlay.x=1\n",
	ROOT "/a 0 120777 1 0 0 0 0.0 t - -\n/b 0 @120777 1 0 0 0 0.0 /a - -\n",
};

/* No name agrees with i_ino: the first one that is met holds the inode. */
static void check_liar(void)
{
	struct error err = { 0 };
	struct buf b = { 0 };
	struct sample s;

	sample_make(&s, trees[2], strlen(trees[2]), 0, 0);
	sample_put(&s, sample_inode(&s, "/z") + 20, 4, 12345);
	CHECK(!rewrite(&s, &b, &err), "%s", err.text);
	if (!b.failed && b.len) {
		struct sample again = { (u8 *)b.p, b.len };

		/* A root that is read first meets /z before /a/b. */
		CHECK(sample_inode(&again, "/z") == sample_inode(&again, "/a/b"), "one inode");
		CHECK(sample_inode(&again, "/z") == sample_inode(&s, "/z"), "held by /z");
	}
	buf_release(&b);
	sample_put(&s, 12, 4, 2);
	CHECK(rewrite(&s, &b, &err) && err.code == EOPNOTSUPP, "version 2: %s", err.text);
	sample_release(&s);
}

void unit_image_read(void)
{
	struct sample s;

	for (size_t i = 0; i < ARRAY_LEN(trees); i++) {
		sample_make(&s, trees[i], strlen(trees[i]), 0, 1);
		check_same(trees[i], &s);
		sample_release(&s);
	}
	sample_all(&s);
	check_same("sample", &s);
	sample_release(&s);
	check_liar();
}
