// SPDX-License-Identifier: GPL-2.0-only
/* A table of contents; the first byte says what it came from and what becomes of whiteouts. */
#include "source/toc.h"

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
	if (!rc)
		rc = tree_seal(&tree, &line, &err);
	tree_release(&tree);
	return 0;
}
