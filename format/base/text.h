/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, escapes and lists as text (dump format 2 and 3, command line 3). */
#ifndef CFS_BASE_TEXT_H
#define CFS_BASE_TEXT_H

#include "core/port.h"
#include "core/digest.h"
#include <stdarg.h>
#include <sys/types.h>

/*
 * A small snprintf(), without the floating point and the streams of the C library (12 KB):
 * %s %c %d %u %x %o %%, with l, ll and z, a width, leading zeros, and a precision for
 * strings. Writes at most @size - 1 bytes and a NUL. Returns the length of the whole text.
 */
int text_format(char *to, size_t size, const char *fmt, ...)
	__attribute__((cold, format(printf, 3, 4)));
int text_vformat(char *to, size_t size, const char *fmt, va_list ap)
	__attribute__((cold, format(printf, 3, 0)));

/*
 * One or more digits of base 8 or 10 and nothing else, at most @max; false for
 * all other texts.
 */
bool text_number(const char *s, size_t len, unsigned int base, u64 max, u64 *out);

/* The same in decimal with an optional '-' in front, for the range of s64. */
bool text_signed(const char *s, size_t len, s64 *out);

/*
 * Undo the escapes of dump format 2 into @to, which has room for @len bytes.
 * Returns the length of the result, or -1 for a bad escape.
 */
ssize_t text_unescape(char *to, const char *s, size_t len);

/*
 * Order of byte strings: unsigned bytes, a proper prefix is smaller
 * (image format, head). Compares eight bytes at a time.
 */
int text_order(const void *a, size_t alen, const void *b, size_t blen);

/*
 * memcpy() for names, values and other short strings of any length: musl's takes
 * three times as long there (performance 6).
 */
void text_copy(void *to, const void *from, size_t len);

/* A digest in hex as a string. Returns @room. */
#define TEXT_DIGEST (CFS_HEX_MAX + 1)
const char *text_digest(char room[TEXT_DIGEST], const struct cfs_digest *digest);

/* Valid UTF-8 without surrogates and overlong forms. */
bool text_is_utf8(const void *s, size_t len);

/* The UTF-8 form of a code point up to 0x10ffff; returns its length. */
size_t text_put_utf8(char to[4], u32 c);

/*
 * Base64 (RFC 4648 4) with padding, nothing else in it and unused bits zero, to
 * @to, which has room for @len / 4 * 3 bytes and may be @s. Returns the length
 * of the result, or -1.
 */
ssize_t text_base64(void *to, const char *s, size_t len);

#endif
