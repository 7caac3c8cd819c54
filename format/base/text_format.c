// SPDX-License-Identifier: GPL-2.0-only
/* Texts for messages and names. */
#include "base/text.h"

/* A text under construction; bytes that do not fit are only counted. */
struct format {
	char *to;
	size_t size, len;
};

static __attribute__((cold)) void put(struct format *f, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++, f->len++)
		if (f->len + 1 < f->size)
			f->to[f->len] = s[i];
}

static __attribute__((cold)) void put_number(struct format *f, u64 v, unsigned int base,
					     size_t width, char fill)
{
	char text[24], *p = text + sizeof(text);

	do
		*--p = "0123456789abcdef"[v % base];
	while (v /= base);
	for (size_t len = (size_t)(text + sizeof(text) - p); len < width; len++)
		put(f, &fill, 1);
	put(f, p, (size_t)(text + sizeof(text) - p));
}

/* Decimal digits at *fmt. */
static __attribute__((cold)) size_t take_number(const char **fmt)
{
	size_t n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; ++*fmt)
		n = 10 * n + (size_t)(**fmt - '0');
	return n;
}

/* The part of a conversion before its letter. */
struct conversion {
	char fill;
	size_t width, most; /* most: bytes of a string */
	unsigned int longs; /* 2: 64 bits, as far as that differs from long */
};

/* The next argument, a number of the width that the conversion states. */
#define TAKE_LONG(c, ap, type)                                                                     \
	((c).longs > 1 ? (u64)va_arg(ap, type long long) : (u64)va_arg(ap, type long))
#define TAKE(c, ap, type) ((c).longs ? TAKE_LONG(c, ap, type) : (u64)va_arg(ap, type int))

int text_vformat(char *to, size_t size, const char *fmt, va_list ap)
{
	struct format f = { to, size, 0 };

	for (; *fmt; fmt++) {
		struct conversion c = { .fill = ' ', .most = SIZE_MAX };
		const char *s;
		char byte;
		s64 v;

		if (*fmt != '%') {
			put(&f, fmt, 1);
			continue;
		}
		if (*++fmt == '0')
			c.fill = '0';
		c.width = take_number(&fmt);
		if (*fmt == '.' && *++fmt == '*') {
			c.most = (size_t)va_arg(ap, int);
			fmt++;
		} else if (fmt[-1] == '.') {
			c.most = take_number(&fmt);
		}
		for (; *fmt == 'l' || *fmt == 'z'; fmt++)
			c.longs++;
		switch (*fmt) {
		case 's':
			s = va_arg(ap, const char *);
			put(&f, s, strnlen(s, c.most));
			break;
		case 'c':
			byte = (char)va_arg(ap, int);
			put(&f, &byte, 1);
			break;
		case 'd':
			v = (s64)TAKE(c, ap, signed);
			if (v < 0)
				put(&f, "-", 1);
			put_number(&f, v < 0 ? -(u64)v : (u64)v, 10, c.width, c.fill);
			break;
		case 'u':
			put_number(&f, TAKE(c, ap, unsigned), 10, c.width, c.fill);
			break;
		case 'x':
			put_number(&f, TAKE(c, ap, unsigned), 16, c.width, c.fill);
			break;
		case 'o':
			put_number(&f, TAKE(c, ap, unsigned), 8, c.width, c.fill);
			break;
		default:
			/* %%. The compiler checks formats and refuses other letters. */
			put(&f, fmt, 1);
			break;
		}
	}
	if (size)
		to[f.len < size ? f.len : size - 1] = 0;
	return (int)f.len;
}

int text_format(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = text_vformat(to, size, fmt, ap);
	va_end(ap);
	return len;
}
