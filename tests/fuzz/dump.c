// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dump text -> tree -> image -> reader -> text; from the second round on nothing
 * changes (tests/README.md 5.1, WI-6). The lines of the tree itself are a dump of it.
 * The first byte says whether the strict rules hold ('s').
 */
#include <stdio.h>
#include <stdlib.h>
#include "image/check.h"
#include "image/cursor.h"
#include "image/write/write.h"
#include "dump/parse.h"
#include "dump/tree.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void must(bool good, const char *what, const char *text)
{
	if (good)
		return;
	fprintf(stderr, "dump: %s: %s\n", what, text);
	abort();
}

static void see(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

/* @lines: receives the tree's own lines; NULL. -1: refused, with a text. */
static int make(const void *text, size_t len, bool strict, struct buf *lines, struct buf *image,
		struct error *err)
{
	const struct image_version version = { 0, 1 };
	struct writer w = { 0 };
	struct input in;
	struct tree tree;
	int rc;

	if (input_open_memory(&in, text, len, "text", err))
		return -1;
	tree_init(&tree);
	rc = dump_parse(&tree, &in, "text", strict, err);
	if (!rc && lines) {
		struct dump_tree d = { 0 };

		dump_tree_start(&d, &tree);
		while (dump_tree_line(&d, lines) > 0)
			;
		dump_tree_release(&d);
	}
	image->len = 0;
	if (!rc) {
		must(!writer_init(&w, -1), "writer", "no memory");
		w.see = see;
		w.see_arg = image;
		rc = image_write(&tree, &version, &w, err);
		if (!rc)
			must(!writer_flush(&w), "flush", "failed");
		writer_release(&w);
	}
	if (rc)
		must(err->code && err->text[0] && memchr(err->text, '\0', sizeof(err->text)),
		     "refused", "without a word");
	tree_release(&tree);
	input_release(&in);
	return rc;
}

static void dump(const struct buf *image, struct buf *text)
{
	struct cursor_entry e;
	struct error err;
	struct image img;
	struct cursor c;
	int rc;

	text->len = 0;
	must(!image_open_bytes(&img, image->p, image->len, &err) &&
		     !image_check(&img, NULL, NULL, &err),
	     "our image", err.text);
	must(!cursor_init(&c, &img, CURSOR_XATTRS | CURSOR_LINKS, NULL, 0, &err), "cursor",
	     err.text);
	while ((rc = cursor_next(&c, &e, &err)) > 0)
		dump_print(text, &e.d);
	must(!rc, "walk", err.text);
	cursor_release(&c);
	image_close(&img);
}

static void same(const struct buf *a, const struct buf *b, const char *what)
{
	must(a->len == b->len && !memcmp(a->p, b->p, a->len), what, "differs");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct buf lines = { 0 }, image = { 0 }, again = { 0 }, text = { 0 }, second = { 0 };
	struct error err = { 0 };

	if (!size || make(data + 1, size - 1, data[0] == 's', &lines, &image, &err))
		goto out;
	must(!make(lines.p, lines.len, false, NULL, &again, &err), "the tree's lines", err.text);
	same(&image, &again, "image of the tree's lines");
	dump(&image, &text);
	must(!make(text.p, text.len, false, NULL, &again, &err), "second round", err.text);
	dump(&again, &second);
	must(!make(second.p, second.len, false, NULL, &image, &err), "third round", err.text);
	same(&image, &again, "image of the third round");
	dump(&image, &text);
	same(&text, &second, "text of the third round");
out:
	buf_release(&lines);
	buf_release(&image);
	buf_release(&again);
	buf_release(&text);
	buf_release(&second);
	return 0;
}
