// SPDX-License-Identifier: GPL-2.0-only
/*
 * RI-1: every prefix of a good image that has every kind of inode, and every
 * byte of it changed to 16 values (all 256 in the long form), through check,
 * ls, dump and objects. Each ends by itself, with an answer or a refusal, and
 * what the check accepted is walked to its end.
 */
#include "image/check.h"
#include "image/cursor.h"
#include "image/read.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

/* The other listings: the walk without xattrs, and the objects of it. */
static int list(const struct image *img, struct buf *b)
{
	struct cursor_entry e;
	struct error err;
	struct cursor c;
	int rc;

	if (cursor_init(&c, img, 0, NULL, 0, &err))
		return -1;
	while ((rc = cursor_next(&c, &e, &err)) > 0) {
		buf_escape(b, e.d.path, e.d.path_len, ESCAPE_SPACE_OK);
		if (e.d.payload)
			buf_add(b, e.d.payload, e.d.payload_len);
	}
	cursor_release(&c);
	return rc;
}

static void count(void *arg, const struct check_odd *odd)
{
	(void)odd;
	++*(unsigned int *)arg;
}

struct totals {
	unsigned int refused, accepted, odd;
};

/* @deep: into a tree, too. */
static void run(const u8 *bytes, u64 len, struct buf *b, struct totals *totals, bool deep,
		const char *what, u64 at)
{
	struct error err;
	struct image img;
	unsigned int odd = 0;

	if (image_open_bytes(&img, bytes, len, &err) ||
	    image_check(&img, deep ? count : NULL, &odd, &err)) {
		totals->refused++;
		CHECK(err.text[0] && (err.code == EUCLEAN || err.code == EOPNOTSUPP), "%s %llu: %s",
		      what, (unsigned long long)at, err.text);
		image_close(&img);
		return;
	}
	totals->accepted++;
	totals->odd += odd > 0;
	b->len = 0;
	CHECK(!sample_dump(&img, b), "%s %llu: dump", what, (unsigned long long)at);
	b->len = 0;
	CHECK(!list(&img, b), "%s %llu: list", what, (unsigned long long)at);
	if (deep && img.super.version < 2) {
		struct tree tree;

		/* Names that agree may hold what cannot be written: an error, no more. */
		tree_init(&tree);
		(void)image_read(&tree, &img, &err);
		tree_release(&tree);
	}
	image_close(&img);
}

static void prefixes(const struct sample *s, struct buf *b, struct totals *totals)
{
	for (u64 len = 0; len < s->len; len += UNIT_STEP) {
		/* Exactly as long as it is, so that a sanitizer sees the end. */
		u8 *bytes = malloc(len + !len);

		memcpy(bytes, s->bytes, len);
		run(bytes, len, b, totals, true, "prefix", len);
		free(bytes);
	}
	CHECK(!totals->accepted, "%u prefixes were accepted", totals->accepted);
}

static void bytes(const struct sample *s, struct buf *b, struct totals *totals)
{
	/* Beside the neighbours of the value that is there: these. */
	static const u8 values[] = { 0, 1, 2, 4, 7, 0x10, 0x2e, 0x2f, 0x40, 0x7f, 0x80, 0xff };
	const char *is_long = getenv("CFS_LONG"); /* set and not empty */
	bool all = is_long && *is_long;
	unsigned int n = all ? 256 : ARRAY_LEN(values) + 4;

	for (u64 at = 0; at < s->len; at += UNIT_STEP) {
		u8 was = s->bytes[at];

		for (unsigned int i = 0; i < n; i++) {
			const u8 near[] = { (u8)(was + 1), (u8)(was - 1), was ^ 0x20, was ^ 0x08 };
			u8 v = (u8)i;

			if (!all)
				v = i < ARRAY_LEN(values) ? values[i] : near[i - ARRAY_LEN(values)];
			if (v == was)
				continue;
			s->bytes[at] = v;
			run(s->bytes, s->len, b, totals, i % 16 == 1, "byte", at);
		}
		s->bytes[at] = was;
	}
}

void unit_image_mutants(void)
{
	struct totals totals = { 0 };
	struct buf b = { 0 };
	struct sample s;

	sample_all(&s);
	prefixes(&s, &b, &totals);
	memset(&totals, 0, sizeof(totals));
	bytes(&s, &b, &totals);
	CHECK(totals.refused * UNIT_STEP > s.len && totals.accepted * UNIT_STEP > s.len &&
		      totals.odd,
	      "%u refused, %u accepted, %u odd", totals.refused, totals.accepted, totals.odd);
	printf("# mutants: image of %llu bytes, %u refused, %u accepted, %u of them told of soft faults\n",
	       (unsigned long long)s.len, totals.refused, totals.accepted, totals.odd);
	buf_release(&b);
	sample_release(&s);
}
