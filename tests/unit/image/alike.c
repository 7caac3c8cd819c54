// SPDX-License-Identifier: GPL-2.0-only
/* image/alike.c: the quick look finds every difference, and most entries that are equal. */
#include "image/alike.h"
#include "image/check.h"
#include "image/cursor.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

#define DIGEST "4fbd62930172602f06de6b9a93c3e936b42b34cc06e768dcb1bd962a5c13a01f"
#define DIGEST2 "5fbd62930172602f06de6b9a93c3e936b42b34cc06e768dcb1bd962a5c13a01f"
#define PATH_ "4f/bd62930172602f06de6b9a93c3e936b42b34cc06e768dcb1bd962a5c13a01f"
#define HEAD "/ 0 40755 4 0 0 0 1.2 - - - user.s=shared user.t=other\n"
#define REST                                                                                       \
	"/x 0 40755 2 0 0 0 1.2 - - - user.s=shared\n"                                             \
	"/y 0 40755 2 0 0 0 1.2 - - - user.t=other\n"

/* The line /n of two images, and what the quick look says. */
static const struct {
	const char *a, *b;
	bool same; /* the lines are equal, and the look can tell */
} rows[] = {
	/* clang-format off */
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 40755 2 0 0 0 1.2 - - -", true },
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 40750 2 0 0 0 1.2 - - -", false },
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 40755 2 1 0 0 1.2 - - -", false },
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 40755 2 0 1 0 1.2 - - -", false },
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 40755 2 0 0 0 2.2 - - -", false },
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 40755 2 0 0 0 1.3 - - -", false },
	{ " 0 40755 2 0 0 0 1.2 - - -", " 0 10755 1 0 0 0 1.2 - - -", false },
	{ " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, true },
	{ " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, " 8 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, false },
	{ " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST2, false },
	{ " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, " 9 100644 1 0 0 0 1.2 4f/be - " DIGEST, false },
	{ " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, " 9 100644 1 0 0 0 1.2 " PATH_ " - -", false },
	{ " 9 100644 1 0 0 0 1.2 " PATH_ " - " DIGEST, " 9 100644 1 0 0 0 1.2 - 123456789 -", false },
	{ " 9 100644 1 0 0 0 1.2 a - -", " 9 100644 2 0 0 0 1.2 a - -", false },
	{ " 0 20644 1 0 0 5 1.2 - - -", " 0 20644 1 0 0 5 1.2 - - -", true },
	{ " 0 20644 1 0 0 5 1.2 - - -", " 0 20644 1 0 0 6 1.2 - - -", false },
	{ " 0 20644 1 0 0 5 1.2 - - -", " 0 60644 1 0 0 5 1.2 - - -", false },
	{ " 0 20644 1 0 0 0 1.2 - - -", " 0 20644 1 0 0 0 1.2 - - -", true },
	{ " 0 20644 1 0 0 0 1.2 - - -", " 0 100644 1 0 0 0 1.2 - - -", false },
	{ " 3 120777 1 0 0 0 1.2 abc - -", " 3 120777 1 0 0 0 1.2 abd - -", false },
	{ " 3 100644 1 0 0 0 1.2 - abc -", " 3 100644 1 0 0 0 1.2 - abd -", false },
	{ " 0 10644 1 0 0 0 1.2 - - - user.s=shared", " 0 10644 1 0 0 0 1.2 - - - user.s=shared", true },
	{ " 0 10644 1 0 0 0 1.2 - - - user.s=shared", " 0 10644 1 0 0 0 1.2 - - - user.t=other", false },
	{ " 0 10644 1 0 0 0 1.2 - - - user.s=shared", " 0 10644 1 0 0 0 1.2 - - - user.t=shared", false },
	{ " 0 10644 1 0 0 0 1.2 - - - user.s=shared", " 0 10644 1 0 0 0 1.2 - - -", false },
	{ " 0 10644 1 0 0 0 1.2 - - - user.q=inline", " 0 10644 1 0 0 0 1.2 - - - user.q=inline", true },
	{ " 0 10644 1 0 0 0 1.2 - - - user.q=inline", " 0 10644 1 0 0 0 1.2 - - - user.q=inlinf", false },
	{ " 0 10644 1 0 0 0 1.2 - - - user.q=inline", " 0 10644 1 0 0 0 1.2 - - - user.r=inline", false },
	{ " 0 10644 1 0 0 0 1.2 - - - trusted.q=inline", " 0 10644 1 0 0 0 1.2 - - - security.q=inline", false },
	/* clang-format on */
};

/* An image with the line /n and, with @more, a shared xattr that moves the places of all others. */
static void make(struct sample *s, struct image *img, const char *line, bool more)
{
	struct buf b = { 0 };
	struct error err = { 0 };

	buf_str(&b, HEAD "/n");
	buf_str(&b, line);
	buf_str(&b, "\n" REST);
	if (more)
		buf_str(&b, "/z1 0 10644 1 0 0 0 1.2 - - - user.a=front\n"
			    "/z2 0 10644 1 0 0 0 1.2 - - - user.a=front\n");
	sample_make(s, b.p, b.len, 1, 1);
	CHECK(!image_open_bytes(img, s->bytes, s->len, &err) && !image_check(img, NULL, NULL, &err),
	      "%s: %s", line, err.text);
	buf_release(&b);
}

/* Walk both images as far as their names are the same ones. */
static void walk(struct alike *m, const struct image img[2], size_t row, bool more)
{
	struct buf line[2] = { { 0 }, { 0 } };
	struct cursor_entry e[2];
	struct error err = { 0 };
	struct cursor c[2];

	for (int s = 0; s < 2; s++)
		CHECK(!cursor_init(&c[s], &img[s], CURSOR_XATTRS | CURSOR_LATE, NULL, 0, &err),
		      "init");
	for (int n = 0; n < 4; n++) {
		bool yes, equal;

		for (int s = 0; s < 2; s++) {
			CHECK(cursor_next(&c[s], &e[s], &err) == 1 && !e[s].d.nxattrs, "row %zu",
			      row);
			CHECK(!cursor_fill(&c[s], &e[s], &err), "row %zu: %s", row, err.text);
			if (c[s].inode.ftype == EROFS_FT_DIR)
				e[s].d.size = e[s].d.nlink = 0; /* follow from the names */
			line[s].len = 0;
			dump_print(&line[s], &e[s].d);
		}
		yes = alike(m, &c[0].inode, &c[1].inode);
		equal = line[0].len == line[1].len && !memcmp(line[0].p, line[1].p, line[0].len);
		CHECK(!yes || equal, "row %zu, entry %d: differs and is not found", row, n);
		CHECK(yes == (n == 1 ? rows[row].same : equal), "row %zu, entry %d, more %d: %d",
		      row, n, more, yes);
	}
	for (int s = 0; s < 2; s++) {
		cursor_release(&c[s]);
		buf_release(&line[s]);
	}
}

void unit_image_alike(void)
{
	struct sample s[2];
	struct image img[2];
	struct alike m;

	for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
		size_t row = i / 2;

		make(&s[0], &img[0], rows[row].a, false);
		make(&s[1], &img[1], rows[row].b, i % 2);
		alike_init(&m, &img[0], &img[1]);
		walk(&m, img, row, i % 2);
		walk(&m, img, row, i % 2); /* with shared xattrs that are known by now */
		for (int k = 0; k < 2; k++) {
			image_close(&img[k]);
			sample_release(&s[k]);
		}
	}
}
