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

void buf_json(struct buf *b, const void *data, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const u8 *s = data;

	buf_byte(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\') {
			buf_byte(b, '\\');
			buf_byte(b, (char)s[i]);
		} else if (s[i] < 0x20 || s[i] == 0x7f) {
			const char text[] = { '\\', 'u', '0', '0', hex[s[i] >> 4], hex[s[i] & 15] };

			buf_add(b, text, sizeof(text));
		} else {
			buf_byte(b, (char)s[i]);
		}
	}
	buf_byte(b, '"');
}
