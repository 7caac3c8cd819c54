// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/json.c (RT-10): what JSON is, what it is not, and where a fault is;
 * every prefix of a good text and every byte of it changed, read whole and a
 * byte at a time, which must make no difference.
 */
#include "source/json/json.h"
#include "base/text.h"
#include "tests/unit/made.h"

struct text {
	const u8 *p;
	size_t len, step;
};

static ssize_t read_text(void *arg, void *to, size_t len, struct error *err)
{
	struct text *t = arg;

	(void)err;
	if (len > t->step)
		len = t->step;
	if (len > t->len)
		len = t->len;
	memcpy(to, t->p, len);
	t->p += len;
	t->len -= len;
	return (ssize_t)len;
}

/* One value, of which strings and integers are kept in @out. */
static int value(struct json_reader *j, struct buf *out)
{
	u32 outside = j->depth;
	struct json_key key;
	u64 n;
	int rc = 1;

	for (;;) {
		enum json_type type = rc ? json_value(j) : JSON_NULL;

		if (type == JSON_ERROR)
			return -1;
		if (rc)
			buf_byte(out, "zbns[{"[type]);
		if (rc && type == JSON_STRING) {
			if (json_text(j, out))
				return -1;
		} else if (rc && type == JSON_NUMBER) {
			if (json_integer(j, UINT64_MAX, &n))
				return -1;
			buf_dec(out, n);
		}
		if (j->depth == outside)
			return 0;
		if (j->level[j->depth - 1].object) {
			rc = json_next_key(j, &key);
			if (rc > 0)
				buf_add(out, key.s, key.len);
		} else {
			rc = json_next_item(j);
		}
		if (rc < 0)
			return -1;
		if (rc == 0 && j->depth == outside)
			return 0;
	}
}

static int parse(const void *s, size_t len, size_t step, bool skip, struct buf *out, u64 *line,
		 struct error *err)
{
	struct text t = { s, len, step };
	struct json_reader j;
	enum json_type type;
	int rc = json_init(&j, read_text, &t, err);

	err->text[0] = 0;
	out->len = 0;
	if (!rc && skip) {
		type = json_value(&j);
		rc = type == JSON_ERROR ? -1 : json_skip(&j, type);
	} else if (!rc) {
		rc = value(&j, out);
	}
	if (!rc)
		rc = json_end(&j);
	*line = j.line;
	json_release(&j);
	return rc;
}

static const struct {
	const char *text;
	const char *what; /* NULL: good */
	const char *out;  /* what value() makes of it */
} rows[] = {
	{ "{}", NULL, "{" },
	{ " \t\r\n[ ]\n", NULL, "[" },
	{ "{\"a\":[1,\"x\",null,true,false,{}],\"b\":0}", NULL, "{a[n1sxzbb{bn0" },
	{ "-0", NULL, "n0" },
	{ "18446744073709551615", NULL, "n18446744073709551615" },
	{ "18446744073709551616", "is not between 0 and 18446744073709551615", NULL },
	{ "-1", "is not between 0 and 18446744073709551615", NULL },
	{ "1.0", "is not an integer", NULL },
	{ "1e0", "is not an integer", NULL },
	{ "01", "unexpected data after the end of the JSON text", NULL },
	{ "-", "a number lacks a digit", NULL },
	{ "1.", "a number lacks a digit", NULL },
	{ "1e+", "a number lacks a digit", NULL },
	{ "NaN", "not a JSON value", NULL },
	{ "nul", "the JSON text ends too early", NULL },
	{ "nulx", "not a JSON value", NULL },
	{ "", "the JSON text ends too early", NULL },
	{ "{", "the JSON text ends too early", NULL },
	{ "{\"a\"", "the JSON text ends too early", NULL },
	{ "{\"a\":", "the JSON text ends too early", NULL },
	{ "[1", "the JSON text ends too early", NULL },
	{ "[1 2]", "expected ',' or ']' after a value", NULL },
	{ "[1,]", "not a JSON value", NULL },
	{ "[1}", "expected ',' or ']' after a value", NULL },
	{ "{\"a\":1,}", "a key is missing", NULL },
	{ "{'a':1}", "a key is missing", NULL },
	{ "{\"a\" 1}", "expected ':' after a key", NULL },
	{ "{\"a\":1 \"b\":2}", "expected ',' or '}' after a value", NULL },
	{ "{\"a\":1,\"a\":2}", "key \"a\" twice in one object", NULL },
	{ "{\"a\":1,\"\\u0061\":2}", "key \"a\" twice in one object", NULL },
	{ "{\"a\":{\"a\":1},\"b\":{\"a\":1}}", NULL, "{a{an1b{an1" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"", NULL, "s\"\\/\b\f\n\r\tA" },
	{ "\"\\u00e9\\u20ac\\ud83d\\ude00\"", NULL, "s\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", NULL,
	  "s\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
	{ "\"\\ud83d\"", "lone surrogate", NULL },
	{ "\"\\ud83dx\"", "lone surrogate", NULL },
	{ "\"\\ud83d\\n\"", "lone surrogate", NULL },
	{ "\"\\ud83d\\u0041\"", "lone surrogate", NULL },
	{ "\"\\ude00\"", "lone surrogate", NULL },
	{ "\"\\u12g4\"", "\\u is not followed by four hex digits", NULL },
	{ "\"\\x\"", "unknown escape in a string", NULL },
	{ "\"a", "the JSON text ends too early", NULL },
	{ "\"a\\", "the JSON text ends too early", NULL },
	{ "\"\n\"", "control character in a string", NULL },
	{ "\"\xc3(\"", "string is not UTF-8", NULL },
	{ "\"\xed\xa0\x80\"", "string is not UTF-8", NULL },
	{ "\"\xc0\x80\"", "string is not UTF-8", NULL },
	{ "\"\xff\"", "string is not UTF-8", NULL },
	{ "1 1", "unexpected data after the end of the JSON text", NULL },
	{ "\xef\xbb\xbf{}", "not a JSON value", NULL },
};

static void known(void)
{
	struct buf out = { 0 };
	struct error err;
	u64 line;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t step = 1; step < 100; step += 98) {
			int rc = parse(rows[i].text, strlen(rows[i].text), step, false, &out, &line,
				       &err);

			CHECK(!rc == !rows[i].what, "%s: %s", rows[i].text, err.text);
			CHECK(!rc || !rows[i].what || !strcmp(err.text, rows[i].what), "%s: %s",
			      rows[i].text, err.text);
			CHECK(!rows[i].out || (out.len == strlen(rows[i].out) &&
					       !memcmp(out.p, rows[i].out, out.len)),
			      "%s gives %.*s", rows[i].text, (int)out.len, out.p);
		}
	}
	CHECK(parse("{\n\"a\":\n[\n!", 10, 3, false, &out, &line, &err) && line == 4, "line %llu",
	      (unsigned long long)line);
	buf_release(&out);
}

/* @n arrays in each other, and objects in objects. */
static void depth(void)
{
	char text[1024];
	struct buf out = { 0 };
	struct error err;
	u64 line;

	for (size_t n = 63; n < 67; n++) {
		size_t len = 0;

		memset(text, '[', n);
		memset(text + n, ']', n);
		CHECK(!parse(text, 2 * n, 9, false, &out, &line, &err) == (n <= JSON_DEPTH),
		      "%zu arrays", n);
		CHECK(!parse(text, 2 * n, 9, true, &out, &line, &err) == (n <= JSON_DEPTH),
		      "%zu arrays", n);
		for (size_t i = 0; i < n; i++, len += 5)
			memcpy(text + len, "{\"\":", 5);
		len -= n;
		for (size_t i = 0; i < n; i++)
			memcpy(text + 4 * i, "{\"\":", 4);
		memcpy(text + 4 * n, "1", 1);
		memset(text + 4 * n + 1, '}', n);
		CHECK(!parse(text, 5 * n + 1, 7, false, &out, &line, &err) == (n <= JSON_DEPTH),
		      "%zu objects", n);
	}
	buf_release(&out);
}

/* Many keys in one object, the last one being there already or not. */
static void many_keys(void)
{
	struct buf text = { 0 }, out = { 0 };
	struct error err;
	u64 line;

	for (unsigned int n = 1; n <= 3000; n += n < 40 ? 1 : 700) {
		for (unsigned int again = 0; again < 2; again++) {
			text.len = 0;
			buf_byte(&text, '{');
			for (unsigned int i = 0; i < n; i++) {
				buf_str(&text, "\"k");
				buf_dec(&text, i);
				buf_str(&text, "\":{\"k1\":0},");
			}
			buf_str(&text, again ? "\"k0\":0}" : "\"K0\":0}");
			CHECK(!parse(text.p, text.len, 1000, true, &out, &line, &err) == !again,
			      "%u keys", n);
		}
	}
	buf_release(&text);
	buf_release(&out);
}

/* A reader that stops after its text, with 0 or -1, or has too much, and would go on if it were asked again. */
struct stop {
	const char *text;
	unsigned int calls;
	int rc;
};

static ssize_t read_stop(void *arg, void *to, size_t len, struct error *err)
{
	struct stop *s = arg;
	size_t n = strlen(s->text);

	(void)len;
	if (++s->calls == 2 && s->rc <= 0)
		return s->rc ? error_set(err, EIO, "stop") : 0;
	memcpy(to, s->text, n);
	return (ssize_t)n;
}

static void stops(void)
{
	static const char *const why[] = { "stop", "the JSON text ends too early",
					   "more than 4294967296 bytes of text" };
	static const char *const texts[] = { "\"ab", "[1", "[ ", "tru", "{\"a\"" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (int rc = -1; rc <= 1; rc++) {
			struct stop s = { texts[i], 0, rc };
			struct json_reader j;
			struct buf out = { 0 };
			struct error err;

			CHECK(!json_init(&j, read_stop, &s, &err), "json_init");
			j.total = rc > 0 ? JSON_LIMIT - strlen(texts[i]) : 0;
			CHECK(value(&j, &out) < 0, "\"%s\" is whole", texts[i]);
			CHECK(!strcmp(err.text, why[rc + 1]), "\"%s\": %s", texts[i], err.text);
			CHECK(out.len <= 2 * strlen(texts[i]), "\"%s\": %zu bytes of it", texts[i],
			      out.len);
			CHECK(j.read_failed == (rc < 0) && s.calls == 2, "\"%s\": %u calls",
			      texts[i], s.calls);
			json_release(&j);
			buf_release(&out);
		}
	}
}

struct damage {
	struct buf out, again;
	unsigned int good, bad;
};

static void damaged(void *arg, const u8 *data, size_t len)
{
	struct damage *d = arg;
	struct error err, err2;
	u64 line, line2;
	int rc = parse(data, len, 4096, false, &d->out, &line, &err);

	CHECK(rc == parse(data, len, 1, false, &d->again, &line2, &err2), "steps of one byte");
	CHECK(line == line2 && (!rc || !strcmp(err.text, err2.text)), "\"%s\", \"%s\"", err.text,
	      err2.text);
	CHECK(!rc || err.text[0], "refused without a word");
	CHECK(rc || (d->out.len == d->again.len && !memcmp(d->out.p, d->again.p, d->out.len)),
	      "another value");
	/* Skipping refuses the same, but for what is no integer. */
	if (!rc)
		CHECK(!parse(data, len, 4096, true, &d->again, &line, &err), "skipped: %s",
		      err.text);
	*(rc ? &d->bad : &d->good) += 1;
}

void unit_source_json_json(void)
{
	static const char text[] =
		"{\"a\\n\\u00e9\": [1, -0, 250, \"x\xc3\xa9\xf0\x9f\x98\x80\\ud83d\\ude00\"],\n"
		" \"b\": {\"c\": null, \"d\": true, \"e\": false}, \"f\": \"\"}\n";
	struct damage d = { 0 };

	known();
	depth();
	many_keys();
	stops();
	made_damage((const u8 *)text, strlen(text), damaged, &d);
	CHECK(d.good * UNIT_STEP > 100 && d.bad * UNIT_STEP > 500, "%u good, %u bad", d.good,
	      d.bad);
	buf_release(&d.out);
	buf_release(&d.again);
}
