// SPDX-License-Identifier: GPL-2.0-only
/* base/text.c: numbers (RT-1), escapes (dump format 2), order, UTF-8. */
#include "base/text.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	unsigned int base;
	u64 max, want;
	bool good;
} numbers[] = {
	{ "0", 10, 0, 0, true },
	{ "", 10, 9, 0, false },
	{ "007", 10, 7, 7, true },
	{ "8", 10, 7, 0, false },
	{ "18446744073709551615", 10, UINT64_MAX, UINT64_MAX, true },
	{ "18446744073709551616", 10, UINT64_MAX, 0, false },
	{ "184467440737095516150", 10, UINT64_MAX, 0, false },
	{ "+1", 10, 9, 0, false },
	{ "-1", 10, 9, 0, false },
	{ " 1", 10, 9, 0, false },
	{ "1 ", 10, 9, 0, false },
	{ "0x1", 10, 9, 0, false },
	{ "777", 8, 0777, 0777, true },
	{ "8", 8, 9, 0, false },
	{ "\xb2", 10, 9, 0, false },
};

static const struct {
	const char *text;
	s64 want;
	bool good;
} times[] = {
	{ "-1", -1, true },
	{ "-0", 0, true },
	{ "-", 0, false },
	{ "--1", 0, false },
	{ "9223372036854775807", INT64_MAX, true },
	{ "9223372036854775808", 0, false },
	{ "-9223372036854775808", INT64_MIN, true },
	{ "-9223372036854775809", 0, false },
};

static const struct {
	const char *text, *want; /* NULL: refused */
	ssize_t len;
} escapes[] = {
	{ "", "", 0 },
	{ "plain", "plain", 5 },
	{ "\\\\", "\\", 1 },
	{ "a\\nb\\rc\\t", "a\nb\rc\t", 6 },
	{ "\\x41\\x6a\\xFf", "Aj\xff", 3 },
	{ "\\x00z", "\0z", 2 },
	{ "\\", NULL, -1 },
	{ "\\x4", NULL, -1 },
	{ "\\x", NULL, -1 },
	{ "\\xg0", NULL, -1 },
	{ "\\a", NULL, -1 },
	{ "\\X41", NULL, -1 },
};

static const struct {
	const char *text;
	size_t len;
	bool good;
} utf8[] = {
	{ "", 0, true },
	{ "abc", 3, true },
	{ "\xc3\xa4", 2, true },
	{ "\xe2\x82\xac\xf0\x9f\x98\x80", 7, true },
	{ "\xc3", 1, false },
	{ "\xc0\x80", 2, false },
	{ "\xe0\x9f\xbf", 3, false },
	{ "\xed\xa0\x80", 3, false },
	{ "\xf0\x8f\xbf\xbf", 4, false },
	{ "\xf4\x90\x80\x80", 4, false },
	{ "\x80", 1, false },
	{ "\xff", 1, false },
};

static void check_numbers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		u64 v = 0;
		bool good = text_number(numbers[i].text, strlen(numbers[i].text), numbers[i].base,
					numbers[i].max, &v);

		CHECK(good == numbers[i].good && (!good || v == numbers[i].want), "number \"%s\"",
		      numbers[i].text);
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		s64 v = 0;
		bool good = text_signed(times[i].text, strlen(times[i].text), &v);

		CHECK(good == times[i].good && (!good || v == times[i].want), "seconds \"%s\"",
		      times[i].text);
	}
}

static void check_escapes(void)
{
	for (size_t i = 0; i < ARRAY_LEN(escapes); i++) {
		char to[32];
		ssize_t len = text_unescape(to, escapes[i].text, strlen(escapes[i].text));

		CHECK(len == escapes[i].len &&
			      (len < 0 || !memcmp(to, escapes[i].want, (size_t)len)),
		      "escape \"%s\"", escapes[i].text);
	}
}

/* text_order() against memcmp() for every place of a difference, around its steps of eight. */
static void check_order(void)
{
	char a[40], b[40];

	for (size_t n = 0; n <= 33; n++) {
		for (size_t at = 0; at <= n; at++) {
			memset(a, 0x80, sizeof(a));
			memset(b, 0x80, sizeof(b));
			if (at < n)
				b[at] = 0x7f;
			CHECK((text_order(a, n, b, n) > 0) == (memcmp(a, b, n) > 0),
			      "order %zu of %zu", at, n);
			CHECK(text_order(b, n, a, n) == -text_order(a, n, b, n),
			      "order is symmetric");
		}
		CHECK(text_order(a, n, a, n) == 0 && text_order(a, n, a, n + 1) < 0,
		      "prefix of %zu", n);
	}
}

void unit_base_text(void)
{
	check_numbers();
	check_escapes();
	check_order();
	for (size_t i = 0; i < ARRAY_LEN(utf8); i++)
		CHECK(text_is_utf8(utf8[i].text, utf8[i].len) == utf8[i].good, "utf-8 row %zu", i);
}
