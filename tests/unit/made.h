/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of sources: what came of a tree, and inputs that are damaged a byte at a time. */
#ifndef CFS_TESTS_MADE_H
#define CFS_TESTS_MADE_H

#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"
#include "image/check.h"
#include "image/write/write.h"
#include "tests/unit/unit.h"
#include "dump/tree.h"

/* The dump of a sealed tree, in @b. */
static inline void made_dump(const struct tree *tree, struct buf *b)
{
	struct dump_tree d;

	b->len = 0;
	dump_tree_start(&d, tree);
	while (dump_tree_line(&d, b) > 0)
		;
	dump_tree_release(&d);
	buf_byte(b, 0);
}

static inline void made_see(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

/*
 * Whether a sealed tree becomes an image that the structural check accepts, or
 * is refused with a text, as a file of more than 2^53 bytes is.
 */
static inline bool made_image(const struct tree *tree, struct error *err)
{
	const struct image_version version = { 0, 1 };
	struct buf bytes = { 0 };
	struct image img;
	struct writer w;
	bool good;

	if (writer_init(&w, -1))
		return false;
	w.see = made_see;
	w.see_arg = &bytes;
	err->text[0] = 0;
	if (image_write(tree, &version, &w, err) || writer_flush(&w)) {
		good = err->text[0] != 0;
	} else {
		good = !image_open_bytes(&img, bytes.p, bytes.len, err);
		if (good) {
			good = !image_check(&img, NULL, NULL, err);
			image_close(&img);
		}
	}
	writer_release(&w);
	buf_release(&bytes);
	return good;
}

/* A file in memory with these bytes, read from its beginning; its path. */
struct made_file {
	int fd;
	char path[32];
};

static inline void made_file(struct made_file *f, const void *data, size_t len)
{
	f->fd = memfd_create("made", 0);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	if (f->fd < 0 || io_write(f->fd, data, len))
		abort();
}

/* Call @fn with every prefix of @data, in memory of just that size. */
static inline void made_prefixes(const u8 *data, size_t len,
				 void (*fn)(void *arg, const u8 *data, size_t len), void *arg)
{
	for (size_t i = 0; i < len; i += UNIT_STEP) {
		u8 *copy = malloc(i + !i);

		memcpy(copy, data, i);
		fn(arg, copy, i);
		free(copy);
	}
}

/* Call @fn with every byte of @data changed to each of the @n @values, in the long form to all. */
static inline void made_changes(const u8 *data, size_t len, const u8 *values, unsigned int n,
				void (*fn)(void *arg, const u8 *data, size_t len), void *arg)
{
	u8 *copy = malloc(len);

	memcpy(copy, data, len);
	for (size_t i = 0; i < len; i += UNIT_STEP) {
		for (unsigned int v = 0; v < (unit_long ? 256 : n); v++) {
			copy[i] = unit_long ? (u8)v : values[v];
			if (copy[i] != data[i])
				fn(arg, copy, len);
		}
		copy[i] = data[i];
	}
	free(copy);
}

/* Both, with values that matter to a JSON text, and to numbers and names in general. */
static inline void made_damage(const u8 *data, size_t len,
			       void (*fn)(void *arg, const u8 *data, size_t len), void *arg)
{
	static const u8 values[] = { 0,   1,   '"', '/', '0',  '1',  '7',  '9',
				     ',', '{', ']', 'a', 0x7f, 0x80, 0xc3, 0xff };

	made_prefixes(data, len, fn, arg);
	made_changes(data, len, values, sizeof(values), fn, arg);
}

#endif
