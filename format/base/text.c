// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"
#include "core/span.h"

bool text_number(const char *s, size_t len, unsigned int base, u64 max, u64 *out)
{
	u64 v = 0;

	size_t easy = len < 19 ? len : 19, i = 0; /* digits that cannot overflow */

	if (!len)
		return false;
	for (; i < easy; i++) {
		unsigned int d = (unsigned int)(u8)s[i] - '0';

		if (d >= base)
			return false;
		v = v * base + d;
	}
	for (; i < len; i++) {
		unsigned int d = (unsigned int)(u8)s[i] - '0';

		if (d >= base || __builtin_mul_overflow(v, (u64)base, &v) ||
		    __builtin_add_overflow(v, (u64)d, &v))
			return false;
	}
	*out = v;
	return v <= max;
}

bool text_signed(const char *s, size_t len, s64 *out)
{
	bool minus = len && *s == '-';
	u64 v;

	if (!text_number(s + minus, len - minus, 10, (u64)INT64_MAX + minus, &v))
		return false;
	*out = (s64)(minus ? -v : v);
	return true;
}

/* The byte that an escape means; *used is how many bytes it took behind the backslash. */
static int escaped(const char *s, size_t left, size_t *used)
{
	int hi, lo;

	*used = 1;
	if (!left)
		return -1;
	switch (*s) {
	case '\\':
		return '\\';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'x':
		*used = 3;
		if (left < 3)
			return -1;
		hi = cfs_hex_digit((u8)s[1]);
		lo = cfs_hex_digit((u8)s[2]);
		return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
	default:
		return -1;
	}
}

ssize_t text_unescape(char *to, const char *s, size_t len)
{
	const char *end = s + len;
	char *start = to;

	for (;;) {
		const char *stop = memchr(s, '\\', (size_t)(end - s));
		size_t plain = (size_t)((stop ? stop : end) - s), used;
		int c;

		memmove(to, s, plain);
		to += plain;
		if (!stop)
			return to - start;
		c = escaped(stop + 1, (size_t)(end - stop - 1), &used);
		if (c < 0)
			return -1;
		*to++ = (char)c;
		s = stop + 1 + used;
	}
}

static u64 load_be(const u8 *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

int text_order(const void *a, size_t alen, const void *b, size_t blen)
{
	const u8 *s = a, *t = b;
	size_t n = alen < blen ? alen : blen;

	for (; n >= 8; n -= 8, s += 8, t += 8) {
		u64 x = load_be(s), y = load_be(t);

		if (x != y)
			return x < y ? -1 : 1;
	}
	for (; n; n--, s++, t++)
		if (*s != *t)
			return *s < *t ? -1 : 1;
	if (alen == blen)
		return 0;
	return alen < blen ? -1 : 1;
}

void text_copy(void *to, const void *from, size_t len)
{
	const u8 *s = from;
	u8 *d = to;

	if (len >= 256) {
		memcpy(d, s, len);
	} else if (len >= 8) {
		for (size_t i = 0; i + 8 < len; i += 8)
			memcpy(d + i, s + i, 8);
		memcpy(d + len - 8, s + len - 8, 8);
	} else if (len >= 4) {
		memcpy(d, s, 4);
		memcpy(d + len - 4, s + len - 4, 4);
	} else {
		for (; len; len--)
			*d++ = *s++;
	}
}

/* Length of the UTF-8 sequence that the byte @c begins, 0 if it begins none. */
static size_t utf8_announced(u8 c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c >= 0xf5)
		return 0;
	if (c < 0xe0)
		return 2;
	return c < 0xf0 ? 3 : 4;
}

/* Length of the UTF-8 sequence at @s, 0 if there is none. */
static size_t utf8_len(const u8 *s, size_t left)
{
	size_t n = utf8_announced(*s);

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

bool text_is_utf8(const void *data, size_t len)
{
	const u8 *s = data;

	while (len) {
		size_t n = utf8_len(s, len);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

size_t text_put_utf8(char to[4], u32 c)
{
	static const u8 first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = 1u + (c >= 0x80) + (c >= 0x800) + (c >= 0x10000);

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(first[n] | c);
	return n;
}

static int base64_digit(u8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

ssize_t text_base64(void *to, const char *s, size_t len)
{
	u8 *out = to;
	size_t pad = 0;

	if (len % 4)
		return -1;
	if (len && s[len - 1] == '=')
		pad = s[len - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < len; i += 4) {
		size_t digits = i + 4 == len ? 4 - pad : 4;
		u32 v = 0;

		for (size_t k = 0; k < 4; k++) {
			int d = k < digits ? base64_digit((u8)s[i + k]) : 0;

			if (d < 0)
				return -1;
			v = v << 6 | (u32)d;
		}
		if ((digits == 2 && v & 0xffff) || (digits == 3 && v & 0xff))
			return -1;
		for (size_t k = 0; k + 1 < digits; k++)
			*out++ = (u8)(v >> (16 - 8 * k));
	}
	return out - (u8 *)to;
}

const char *text_digest(char room[TEXT_DIGEST], const struct cfs_digest *digest)
{
	room[cfs_digest_print(room, digest)] = '\0';
	return room;
}
