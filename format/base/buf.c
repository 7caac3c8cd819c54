// SPDX-License-Identifier: GPL-2.0-only
#include "base/buf.h"
#include <stdlib.h>
#include "base/text.h"

void buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ 0 };
}

char *buf_room(struct buf *b, size_t len)
{
	if (b->failed)
		return NULL;
	if (len > b->cap - b->len) {
		size_t need, cap = b->cap < 128 ? 128 : b->cap;
		char *p;

		if (__builtin_add_overflow(b->len, len, &need))
			goto fail;
		while (cap < need)
			if (__builtin_mul_overflow(cap, (size_t)2, &cap))
				goto fail;
		p = realloc(b->p, cap);
		if (!p)
			goto fail;
		b->p = p;
		b->cap = cap;
	}
	return b->p + b->len;
fail:
	b->failed = true;
	return NULL;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	char *p = len ? buf_room(b, len) : NULL;

	if (p) {
		text_copy(p, data, len);
		b->len += len;
	}
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_byte(struct buf *b, char c)
{
	char *p = buf_room(b, 1);

	if (p) {
		*p = c;
		b->len++;
	}
}

/* Digits of @v in @base, at the end of a text of 22 bytes; returns the first. */
static char *digits(char text[22], u64 v, unsigned int base)
{
	char *p = text + 22;

	do
		*--p = (char)('0' + v % base);
	while (v /= base);
	return p;
}

void buf_dec(struct buf *b, u64 v)
{
	char text[22], *p = digits(text, v, 10);

	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

void buf_sdec(struct buf *b, s64 v)
{
	if (v < 0)
		buf_byte(b, '-');
	buf_dec(b, v < 0 ? -(u64)v : (u64)v);
}

void buf_oct(struct buf *b, u64 v)
{
	char text[22], *p = digits(text, v, 8);

	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

static const char hex_digits[] = "0123456789abcdef";

void buf_hex(struct buf *b, const void *data, size_t len)
{
	const u8 *s = data;
	char *p = len > SIZE_MAX / 2 ? NULL : buf_room(b, 2 * len);

	if (!p) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		*p++ = hex_digits[s[i] >> 4];
		*p++ = hex_digits[s[i] & 15];
	}
	b->len += 2 * len;
}

/* Bytes that stand for themselves without any flag: 0x21..0x7e but the backslash. */
static bool is_plain(u8 c, unsigned int flags)
{
	if (c > 0x20 && c < 0x7f)
		return c != '\\' && !(c == '=' && flags & ESCAPE_EQUAL);
	return c == ' ' && flags & ESCAPE_SPACE_OK;
}

static char *put_escaped(char *p, u8 c)
{
	*p++ = '\\';
	switch (c) {
	case '\\':
		*p++ = '\\';
		break;
	case '\n':
		*p++ = 'n';
		break;
	case '\r':
		*p++ = 'r';
		break;
	case '\t':
		*p++ = 't';
		break;
	default:
		*p++ = 'x';
		*p++ = hex_digits[c >> 4];
		*p++ = hex_digits[c & 15];
	}
	return p;
}

void buf_escape(struct buf *b, const void *data, size_t len, unsigned int flags)
{
	const u8 *s = data, *end = s + len;

	while (s < end) {
		size_t part = (size_t)(end - s) < 1024 ? (size_t)(end - s) : 1024;
		char *p = buf_room(b, 4 * part);

		if (!p)
			return;
		for (; part; part--, s++) {
			if (is_plain(*s, flags))
				*p++ = (char)*s;
			else
				p = put_escaped(p, *s);
		}
		b->len = (size_t)(p - b->p);
	}
}

void buf_base64(struct buf *b, const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const u8 *s = data;

	for (size_t i = 0; i < len; i += 3) {
		u32 v = (u32)s[i] << 16 | (i + 1 < len ? (u32)s[i + 1] << 8 : 0) |
			(i + 2 < len ? s[i + 2] : 0);
		const char four[] = { digits[v >> 18], digits[v >> 12 & 63],
				      i + 1 < len ? digits[v >> 6 & 63] : '=',
				      i + 2 < len ? digits[v & 63] : '=' };

		buf_add(b, four, sizeof(four));
	}
}

/*
 * The character at @s if a terminal may act upon it: a control character, a line
 * or paragraph separator, or one that turns the direction of writing (the
 * Unicode property Bidi_Control). *used: its bytes. 0: no such character.
 */
static u32 control_at(const u8 *s, size_t left, size_t *used)
{
	u32 c;

	*used = 1;
	if (*s < 0x20 || *s == 0x7f)
		return *s ? *s : 0x10000;
	if (left >= 2 && (*s == 0xc2 || *s == 0xd8)) {
		*used = 2;
		c = (u32)(*s & 0x1f) << 6 | (s[1] & 0x3f);
		return (c >= 0x80 && c < 0xa0) || c == 0x61c ? c : 0;
	}
	if (left < 3 || *s != 0xe2)
		return 0;
	*used = 3;
	c = 0x2000 | (u32)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
	return (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
			       (c >= 0x2066 && c <= 0x2069)
		       ? c
		       : 0;
}

static void put_unicode(struct buf *b, u32 c)
{
	const char text[] = { '\\',
			      'u',
			      hex_digits[c >> 12 & 15],
			      hex_digits[c >> 8 & 15],
			      hex_digits[c >> 4 & 15],
			      hex_digits[c & 15] };

	buf_add(b, text, sizeof(text));
}

void buf_path(struct buf *b, buf_parent_fn *parent, const void *chain, const void *at)
{
	const void *p;
	const char *name;
	size_t len = 0, n;
	char *to;

	for (p = at; (p = parent(chain, p, &name, &n));)
		len += 1 + n;
	if (!len) {
		buf_byte(b, '/');
		return;
	}
	to = buf_room(b, len);
	if (!to)
		return;
	b->len += len;
	to += len;
	for (p = at; (p = parent(chain, p, &name, &n));) {
		to -= n;
		memcpy(to, name, n);
		*--to = '/';
	}
}

void buf_json(struct buf *b, const void *data, size_t len)
{
	const u8 *s = data, *end = s + len;

	buf_byte(b, '"');
	while (s < end) {
		size_t used;
		u32 c = control_at(s, (size_t)(end - s), &used);

		if (c) {
			put_unicode(b, c);
			s += used;
			continue;
		}
		if (*s == '"' || *s == '\\')
			buf_byte(b, '\\');
		buf_byte(b, (char)*s++);
	}
	buf_byte(b, '"');
}
