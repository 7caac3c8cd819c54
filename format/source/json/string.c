// SPDX-License-Identifier: GPL-2.0-only
/* Strings of JSON: escapes and UTF-8. */
#include "source/json/json_inside.h"

#include "base/text.h"
#include "core/digest.h"

/* Four hex digits; -1 and a text. */
static int hex4(struct json_reader *j)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = json_take(j), d = c < 0 ? -1 : cfs_hex_digit((u8)c);

		if (d < 0)
			return c < 0 ? -1 : json_bad(j, "\\u is not followed by four hex digits");
		v = v << 4 | d;
	}
	return v;
}

/* Decode the digits behind "\u" to UTF-8. -1 and a text. */
static int unicode(struct json_reader *j, char out[4])
{
	int c = hex4(j), low;

	if (c < 0)
		return -1;
	if (c >= 0xd800 && c < 0xe000) {
		for (const char *s = "\\u"; *s; s++) {
			int next = c < 0xdc00 ? json_take(j) : 0;

			if (next != *s)
				return next < 0 ? -1 : json_bad(j, "lone surrogate");
		}
		low = hex4(j);
		if (low < 0)
			return -1;
		if (low < 0xdc00 || low > 0xdfff)
			return json_bad(j, "lone surrogate");
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	return (int)text_put_utf8(out, (u32)c);
}

/* Decode the escape behind a backslash to 1 to 4 bytes. -1 and a text. */
static int escape(struct json_reader *j, char out[4])
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = json_take(j);
	const char *at;

	if (c < 0)
		return -1;
	if (c == 'u')
		return unicode(j, out);
	at = c ? strchr(from, c) : NULL;
	if (!at)
		return json_bad(j, "unknown escape in a string");
	out[0] = to[at - from];
	return 1;
}

/* Check a character of 2 to 4 bytes. -1 and a text. */
static int multibyte(struct json_reader *j, char out[4])
{
	int c = json_take(j), n = 2 + (c >= 0xe0) + (c >= 0xf0);

	if (c < 0xc2 || c > 0xf4)
		return json_bad(j, "string is not UTF-8");
	out[0] = (char)c;
	for (int i = 1; i < n; i++) {
		c = json_take(j);
		if (c < 0)
			return -1;
		out[i] = (char)c;
	}
	return text_is_utf8(out, (size_t)n) ? n : json_bad(j, "string is not UTF-8");
}

/* Bytes of a string that stand for themselves. */
static size_t plain_run(const u8 *s, const u8 *end)
{
	const u8 *start = s;

	for (; end - s >= 8; s += 8) {
		u64 w, odd;
		le64 text;

		memcpy(&text, s, sizeof(text));
		w = get64(text);
		/* The upper bit of the first byte that is not ASCII, below the space, or one of the two. */
		odd = w | (w - CFS_BYTES * 0x20) | ((w ^ CFS_BYTES * '"') - CFS_BYTES) |
		      ((w ^ CFS_BYTES * '\\') - CFS_BYTES);
		odd &= CFS_BYTES * 0x80;
		if (odd)
			return (size_t)(s - start) + ((size_t)__builtin_ctzll(odd) >> 3);
	}
	while (s < end && *s >= 0x20 && *s < 0x80 && *s != '"' && *s != '\\')
		s++;
	return (size_t)(s - start);
}

/* Decode one character that is not plain to @out. Returns its length, 0 for the closing quote, or -1 and a text. */
static int special(struct json_reader *j, char out[4])
{
	int c = json_peek(j);

	if (c == '"' || c == '\\')
		j->p++;
	if (c == '"')
		return 0;
	if (c == '\\')
		return escape(j, out);
	if (c >= 0x80)
		return multibyte(j, out);
	if (c >= 0x20) { /* the plain bytes of another piece */
		out[0] = (char)json_take(j);
		return 1;
	}
	return c >= 0 ? json_bad(j, "control character in a string") : json_take(j);
}

int json_text(struct json_reader *j, struct buf *to)
{
	for (;;) {
		size_t run = plain_run(j->p, j->end);
		char out[4];
		int n;

		if (to)
			buf_add(to, j->p, run);
		j->p += run;
		n = special(j, out);
		if (n <= 0)
			return n || !to || !to->failed ? n : error_nomem(j->err);
		if (to)
			buf_add(to, out, (size_t)n);
	}
}
