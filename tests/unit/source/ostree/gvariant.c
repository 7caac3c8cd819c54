// SPDX-License-Identifier: GPL-2.0-only
/* source/gvariant.c: framing in normal form, and nothing else (RT-11, ostree 3.1). */
#include "source/ostree/gvariant.h"
#include "tests/unit/unit.h"

#define S(text)                                                                                    \
	{                                                                                          \
		(const u8 *)(text), sizeof(text) - 1                                               \
	}

static const struct gvariant_member say[] = { { 1, 0 }, { 1, 0 } },
				    sayay[] = { { 1, 0 }, { 1, 0 }, { 1, 0 } },
				    sv[] = { { 1, 0 }, { 8, 0 } }, uay[] = { { 4, 4 }, { 1, 0 } },
				    ayt[] = { { 1, 0 }, { 8, 8 } };

static const struct {
	const char *name;
	const struct gvariant_member *member;
	unsigned int n;
	struct cfs_span bytes;
	const char *want; /* the members, '|' behind each; NULL: refused */
} tuples[] = {
	{ "two of varying size", say, 2, S("ab\0xyz\3"), "ab\\x00|xyz|" },
	{ "both empty", say, 2, S("\0"), "||" },
	{ "three", sayay, 3, S("a\0bc\4\2"), "a\\x00|bc||" },
	{ "padding", sv, 2, S("k\0\0\0\0\0\0\0v\0s\2"), "k\\x00|v\\x00s|" },
	{ "no offset", uay, 2, S("\1\2\3\4ab"), "\\x01\\x02\\x03\\x04|ab|" },
	{ "fixed size last", ayt, 2,
	  S("a\0\0\0\0\0\0\0"
	    "12345678\1"),
	  "a|12345678|" },
	{ "nothing", say, 2, S(""), NULL },
	{ "offset outside", say, 2, S("ab\4"), NULL },
	{ "offset into the offsets", say, 2, S("ab\3"), NULL },
	{ "offsets not in order", sayay, 3, S("abc\1\2"), NULL },
	{ "room for one offset of two", sayay, 3, S("\0"), NULL },
	{ "padding not zero", sv, 2, S("k\0\0\0\1\0\0\0v\0s\2"), NULL },
	{ "end within padding", sv, 2, S("k\0\0\0\2"), NULL },
	{ "fixed size cut", uay, 2, S("\1\2\3"), NULL },
	{ "bytes behind the last", ayt, 2,
	  S("a\0\0\0\0\0\0\0"
	    "12345678x\1"),
	  NULL },
};

static const struct {
	const char *name;
	unsigned int align;
	struct cfs_span bytes;
	const char *want;
} arrays[] = {
	{ "none", 1, S(""), "" },
	{ "one", 1, S("ab\2"), "ab|" },
	{ "one, empty", 1, S("\0"), "|" },
	{ "three", 1, S("abbccc\1\3\6"), "a|bb|ccc|" },
	{ "padding", 8, S("a\0\0\0\0\0\0\0b\1\x9"), "a|b|" },
	{ "last offset outside", 1, S("ab\3"), NULL },
	{ "offsets not in order", 1, S("abc\2\1\3"), NULL },
	{ "padding not zero", 8, S("a\0\0\0x\0\0\0b\1\x9"), NULL },
	{ "element begins behind the end", 8, S("a\0\1\2"), NULL },
};

static void show(struct buf *b, struct cfs_span s)
{
	buf_escape(b, s.p, s.len, 0);
	buf_byte(b, '|');
}

static bool shows(struct buf *b, const char *want)
{
	bool same = b->len == strlen(want) && !memcmp(b->p ? b->p : "", want, b->len);

	b->len = 0;
	return same;
}

static void known_answers(struct buf *b)
{
	struct gvariant_array a;
	struct cfs_span out[3];
	struct error err;
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(tuples); i++) {
		rc = gvariant_tuple(tuples[i].bytes, tuples[i].member, tuples[i].n, out, &err);
		CHECK(!rc == !!tuples[i].want, "tuple: %s: %s", tuples[i].name, rc ? err.text : "");
		for (unsigned int k = 0; !rc && k < tuples[i].n; k++)
			show(b, out[k]);
		CHECK(rc || shows(b, tuples[i].want), "tuple: %s: members", tuples[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(arrays); i++) {
		rc = gvariant_array(&a, arrays[i].bytes, arrays[i].align, &err);
		CHECK(!rc == !!arrays[i].want, "array: %s: %s", arrays[i].name, rc ? err.text : "");
		for (u64 k = 0; !rc && k < a.n; k++)
			show(b, gvariant_element(&a, k));
		CHECK(rc || shows(b, arrays[i].want), "array: %s: elements", arrays[i].name);
	}
}

static void strings(void)
{
	static const struct {
		struct cfs_span bytes;
		bool good, utf8;
	} rows[] = {
		{ S("a\0"), true, true },        { S("\0"), true, true },
		{ S(""), false, false },         { S("a"), false, false },
		{ S("a\0b\0"), false, false },   { S("\xff\0"), true, false },
		{ S("\xc3\xa4\0"), true, true },
	};
	struct cfs_span out, type;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(!gvariant_bytestring(rows[i].bytes, &out, &err) == rows[i].good,
		      "byte string %zu", i);
		CHECK(!gvariant_string(rows[i].bytes, &out, &err) == rows[i].utf8, "string %zu", i);
	}
	CHECK(!gvariant_variant((struct cfs_span)S("x\0y\0ay"), &out, &type, &err) &&
		      out.len == 3 && type.len == 2,
	      "variant is split at the last NUL");
	CHECK(gvariant_variant((struct cfs_span)S("x\0"), &out, &type, &err) &&
		      gvariant_variant((struct cfs_span)S("x"), &out, &type, &err) &&
		      gvariant_variant((struct cfs_span)S(""), &out, &type, &err),
	      "variant without type");
}

/* An array of @n elements of @each bytes, with offsets of @width bytes; to be freed. */
static struct cfs_span make_array(u64 n, u64 each, unsigned int width)
{
	struct buf b = { 0 };

	for (u64 i = 0; i < n * each; i++)
		buf_byte(&b, (char)i);
	for (u64 i = 1; i <= n; i++)
		gvariant_put_offset(&b, width, i * each);
	return (struct cfs_span){ (u8 *)b.p, b.len };
}

/* Offsets are as wide as the whole container makes necessary, and no wider. */
static void widths(void)
{
	static const struct {
		u64 n, each;
		unsigned int good;
	} rows[] = { { 1, 254, 1 },   { 1, 255, 2 },   { 127, 1, 1 },  { 128, 1, 2 },
		     { 1, 65533, 2 }, { 1, 65534, 4 }, { 4000, 20, 4 } };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(gvariant_width(rows[i].n * rows[i].each, rows[i].n) == rows[i].good,
		      "width %zu", i);
		for (unsigned int width = 1; width <= 8; width *= 2) {
			struct cfs_span s = make_array(rows[i].n, rows[i].each, width);
			struct gvariant_array a;
			bool good = !gvariant_array(&a, s, 1, &err) && a.n == rows[i].n;

			CHECK(good == (width == rows[i].good), "row %zu with offsets of %u", i,
			      width);
			free((void *)(uintptr_t)s.p);
		}
	}
	CHECK(gvariant_width(0xffffffff, 1) == 8 && gvariant_width(UINT64_MAX, 1) == 8,
	      "eight bytes");
}

/* Whatever comes out lies inside; elements follow each other. */
static void judge(struct cfs_span s, unsigned int *good)
{
	struct gvariant_array a;
	struct cfs_span out[3];
	struct error err;
	u64 end = 0;

	if (!gvariant_array(&a, s, 1, &err)) {
		++*good;
		for (u64 i = 0; i < a.n; i++) {
			struct cfs_span e = gvariant_element(&a, i);

			CHECK(e.p == s.p + end && e.len <= s.len - end, "element %llu",
			      (unsigned long long)i);
			end += e.len;
		}
		CHECK(end == a.table, "elements fill the array");
	}
	if (!gvariant_tuple(s, sayay, 3, out, &err)) {
		++*good;
		CHECK(out[0].p == s.p && out[1].p == s.p + out[0].len &&
			      out[2].p == out[1].p + out[1].len &&
			      out[0].len + out[1].len + out[2].len + 2 == s.len,
		      "members fill the tuple");
	}
}

static void mutants(void)
{
	static const u8 seed[] = "one\0two\0three\0\4\x8\xe";
	unsigned int good = 0;

	for (size_t len = 0; len < sizeof(seed); len++) {
		u8 *p = malloc(len + !len);

		memcpy(p, seed, len);
		judge((struct cfs_span){ p, len }, &good);
		for (size_t at = 0; at < len; at++) {
			for (unsigned int v = 0; v < 256; v++) {
				p[at] = (u8)v;
				judge((struct cfs_span){ p, len }, &good);
			}
			p[at] = seed[at];
		}
		free(p);
	}
	CHECK(good > 1000, "%u accepted", good);
}

void unit_source_ostree_gvariant(void)
{
	struct buf b = { 0 };

	known_answers(&b);
	strings();
	widths();
	mutants();
	buf_release(&b);
}
