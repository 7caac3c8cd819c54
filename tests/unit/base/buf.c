// SPDX-License-Identifier: GPL-2.0-only
/* base/buf.c: JSON strings that move no cursor (command line 3 "JSON"). */
#include "base/buf.h"
#include "tests/unit/unit.h"

/* The ranges are those of Unicode: Cc, Zl, Zp and the property Bidi_Control. */
static bool is_escaped(u32 c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static size_t utf8(char to[4], u32 c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Each character alone, between two others. */
void unit_base_buf(void)
{
	for (u32 c = 0; c < 0x110000; c += c < 0x3000 ? 1 : 0x101) {
		char text[8], want[32];
		size_t len, want_len;
		struct buf b = { 0 };

		if (c >= 0xd800 && c < 0xe000)
			continue;
		text[0] = 'a';
		len = 1 + utf8(text + 1, c);
		text[len] = 'b';
		if (is_escaped(c))
			want_len = (size_t)snprintf(want, sizeof(want), "\"a\\u%04xb\"",
						    (unsigned int)c);
		else
			want_len = (size_t)snprintf(want, sizeof(want), "\"a%s%.*sb\"",
						    c == '"' || c == '\\' ? "\\" : "", (int)len - 1,
						    text + 1);
		buf_json(&b, text, len + 1);
		CHECK(b.len == want_len && !memcmp(b.p, want, want_len), "U+%04X: %.*s",
		      (unsigned int)c, (int)b.len, b.p);
		buf_release(&b);
	}
}
