// SPDX-License-Identifier: GPL-2.0-only
/*
 * A table of contents; the first byte says what it came from and what becomes of
 * whiteouts. A tree that can be printed as one is read again from that, and
 * printed the same.
 */
#include "source/toc/toc.h"
#include <stdlib.h>
#include "source/toc/print.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

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

/* Into a new tree, sealed. */
static int read_again(struct tree *tree, const struct buf *b, struct error *err)
{
	struct text text = { (const u8 *)b->p, b->len };
	struct toc_input in = { .name = "printed", .read = read_text, .arg = &text };
	struct layers l;
	u32 line;
	int rc;

	tree_init(tree);
	rc = layers_init(&l, tree, (enum whiteouts)0);
	if (!rc)
		rc = toc_read(&l, &in, err);
	if (!rc)
		rc = layers_finish(&l, err);
	layers_release(&l);
	return rc ? rc : tree_seal(tree, &line, err);
}

/* False: the tree has what a table cannot hold. */
static bool print(const struct tree *tree, struct buf *b)
{
	struct error err = { 0 };
	struct toc_print p;
	int rc;

	toc_print_start(&p, tree);
	do
		rc = toc_print_line(&p, b, &err);
	while (rc > 0);
	toc_print_release(&p);
	return !rc;
}

static void print_round(const struct tree *tree)
{
	struct buf once = { 0 }, twice = { 0 };
	struct error err = { 0 };
	struct tree again;

	/* A name that was kept as it is would be taken for a whiteout now. */
	if (print(tree, &once) && !memmem(once.p, once.len, ".wh.", 4)) {
		if (read_again(&again, &once, &err) || !print(&again, &twice) ||
		    once.len != twice.len || memcmp(once.p, twice.p, once.len))
			abort();
		tree_release(&again);
	}
	buf_release(&once);
	buf_release(&twice);
}

/* The text in layers, where a line has nothing but a dash. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct toc_input in = { .name = "toc", .read = read_text };
	struct error err = { 0 };
	struct layers l;
	struct tree tree;
	u32 line;
	int rc;

	if (!size)
		return 0;
	tree_init(&tree);
	rc = layers_init(&l, &tree, (enum whiteouts)(data[0] % 3));
	in.gzip = data[0] & 4;
	for (size_t at = 1; !rc && at < size;) {
		const u8 *end = memmem(data + at, size - at, "\n-\n", 3);
		struct text text = { data + at, (size_t)((end ? end : data + size) - data) - at };

		in.arg = &text;
		rc = toc_read(&l, &in, &err);
		at = end ? (size_t)(end - data) + 3 : size;
		if (l.whiteouts == WHITEOUTS_OVERLAY)
			break;
	}
	if (!rc)
		rc = layers_finish(&l, &err);
	layers_release(&l);
	if (!rc && !tree_seal(&tree, &line, &err))
		print_round(&tree);
	tree_release(&tree);
	return 0;
}
