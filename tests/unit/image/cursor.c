// SPDX-License-Identifier: GPL-2.0-only
/* image/cursor.c: what dumps and listings are made of (dump format 6, RI-9). */
#include "image/cursor.h"
#include "image/check.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

static void open_checked(struct image *img, const struct sample *s)
{
	struct error err = { 0 };

	CHECK(!image_open_bytes(img, s->bytes, s->len, &err) && !image_check(img, NULL, NULL, &err),
	      "%s", err.text);
}

/* Dump lines in, dump lines out, as far as @filter shows them. */
static void check_dump(const char *title, const char *in, const char *const *filter,
		       unsigned int nfilter, const char *want)
{
	struct buf b = { 0 };
	struct cursor_entry e;
	struct sample s;
	struct error err = { 0 };
	struct cursor c;
	struct image img;
	int rc;

	sample_make(&s, in, strlen(in), 0, 1);
	open_checked(&img, &s);
	rc = cursor_init(&c, &img, CURSOR_XATTRS | CURSOR_LINKS, filter, nfilter, &err);
	CHECK(!rc, "%s: init", title);
	while ((rc = cursor_next(&c, &e, &err)) > 0)
		dump_print(&b, &e.d);
	buf_byte(&b, '\0');
	CHECK(!rc && !strcmp(b.p, want), "%s: %d %s\ngot  %s\nwant %s", title, rc, err.text, b.p,
	      want);
	cursor_release(&c);
	buf_release(&b);
	image_close(&img);
	sample_release(&s);
}

#define ROOT "/ 4096 40755 2 0 0 0 1.2 - - -\n"
#define ROOT3 "/ 4096 40755 3 0 0 0 1.2 - - -\n"
#define FILE_ " 9 100644 2 0 0 0 1.2 ab/cd - - user.x=1\n"

static void check_dumps(void)
{
	static const char *const b[] = { "b" }, *const none[] = { "nothing" },
				 *const both[] = { "z", "a" };

	check_dump("root", ROOT, NULL, 0, ROOT);
	check_dump("escapes",
		   ROOT "/\\x20\\n\\\\=\\xff 1 100644 1 0 0 0 -1.0 - \\x2d - user.=\\x3d=\n", NULL,
		   0,
		   ROOT "/\\x20\\n\\\\=\\xff 1 100644 1 0 0 0 -1.0 - \\x2d - user.=\\x3d\\x3d\n");
	/* The first name in dump order is the file, whichever holds it in the image. */
	check_dump("links",
		   ROOT3 "/b" FILE_
			 "/a 0 40755 2 0 0 0 1.2 - - -\n/a/x 0 @100644 0 0 0 0 0.0 /b - -\n",
		   NULL, 0,
		   ROOT3 "/a 40 40755 2 0 0 0 1.2 - - -\n/a/x" FILE_
			 "/b 9 @100644 2 0 0 0 1.2 /a/x - - user.x=1\n");
	check_dump("filter",
		   ROOT3 "/b" FILE_
			 "/a 0 40755 2 0 0 0 1.2 - - -\n/a/x 0 @100644 0 0 0 0 0.0 /b - -\n",
		   b, 1, ROOT3 "/b" FILE_);
	check_dump("filter of two",
		   ROOT "/a" FILE_
			"/m 0 @100644 0 0 0 0 0.0 /a - -\n/z 0 @100644 0 0 0 0 0.0 /a - -\n",
		   both, 2, ROOT "/a" FILE_ "/z 9 @100644 2 0 0 0 1.2 /a - - user.x=1\n");
	check_dump("filter of nothing", ROOT "/a" FILE_, none, 1, ROOT);
	check_dump("whiteout with two names",
		   ROOT "/a 0 20644 2 0 0 0 1.2 - - -\n/b 0 @20644 0 0 0 0 0.0 /a - -\n", NULL, 0,
		   "/ 4096 40755 2 0 0 0 1.2 - - - trusted.overlay.opaque=x user.overlay.opaque=x\n"
		   "/a 0 20644 2 0 0 0 1.2 - - -\n/b 0 @20644 2 0 0 0 1.2 /a - -\n");
	check_dump("file with a stub's name", ROOT "/00" FILE_, NULL, 0, ROOT "/00" FILE_);
}

/* More hidden xattrs than are read again for a further name; and the same entries shared. */
static void check_hidden(void)
{
	struct buf in = { 0 }, want = { 0 };
	struct buf *const bufs[] = { &in, &want };
	struct sample s;
	struct image img;
	struct buf out = { 0 };

	for (int k = 0; k < 2; k++) {
		struct buf *b = bufs[k];

		for (char name = 'a'; name <= 'e'; name++) {
			bool link = name == 'b' || name == 'e';
			const char *target = name == 'b' ? "/a - -" : "/d - -";

			if (name == 'a')
				buf_str(b, ROOT);
			buf_byte(b, '/');
			buf_byte(b, name);
			buf_str(b, link ? " 0 @100644 2 0 0 0 1.2 " : " 0 100644 2 0 0 0 1.2 ");
			buf_str(b, link ? target : "- - -");
			/* Renamed below to trusted.overlay.hNN. */
			for (char x = 'a'; !k && x < 'z' && !link; x++) {
				buf_str(b, " trusted.0verlay.h");
				buf_byte(b, x);
				buf_str(b, name == 'a' ? "=1" : "=shared");
			}
			if (name == 'a' || name == 'b')
				buf_str(b, " user.a=A user.z=Z");
			else
				buf_str(b, name == 'c' ? " user.y=c user.a=shared"
						       : " user.y=d user.a=shared");
			buf_byte(b, '\n');
		}
	}
	sample_make(&s, in.p, in.len, 0, 1);
	for (u64 i = 0; i + 8 < s.len; i++)
		if (!memcmp(s.bytes + i, "0verlay.", 8))
			s.bytes[i] = 'o';
	open_checked(&img, &s);
	CHECK(!sample_dump(&img, &out), "dump");
	CHECK(out.len == want.len && !memcmp(out.p, want.p, out.len),
	      "hidden xattrs\ngot  %.*s\nwant %.*s", (int)out.len, out.p, (int)want.len, want.p);
	buf_release(&in);
	buf_release(&want);
	buf_release(&out);
	image_close(&img);
	sample_release(&s);
}

/* Facts beside the dump. */
static void check_facts(void)
{
	struct cursor_entry e;
	struct sample s;
	struct error err;
	struct cursor c;
	struct image img;
	unsigned int names = 0, links = 0, contents = 0;

	sample_all(&s);
	open_checked(&img, &s);
	CHECK(!cursor_init(&c, &img, 0, NULL, 0, &err), "init");
	while (cursor_next(&c, &e, &err) > 0) {
		names++;
		links += e.is_link;
		contents += e.has_content;
		CHECK(!e.d.nxattrs && !e.d.link, "nothing that was not asked for");
		CHECK(!e.name == (e.d.path_len == 1), "name of the root");
		if (!strncmp(e.d.path, "/content5000", e.d.path_len) && e.has_content)
			CHECK(e.d.content_len == 5000 && e.d.content[4096] == 'c' &&
				      e.d.content[4999] == '9',
			      "content in two pieces");
	}
	CHECK(links == 4 && contents == 4, "%u links, %u contents of %u names", links, contents,
	      names);
	cursor_release(&c);
	image_close(&img);
	sample_release(&s);
}

void unit_image_cursor(void)
{
	check_dumps();
	check_hidden();
	check_facts();
}
