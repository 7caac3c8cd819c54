// SPDX-License-Identifier: GPL-2.0-only
/* signature/date.c: known answers, every prefix and every changed byte, the calendar of the C library. */
#include "signature/date.h"
#include <time.h>
#include "tests/unit/unit.h"

/* From date(1) of GNU coreutils. */
static const struct {
	const char *text;
	u64 seconds;
} known[] = {
	/* clang-format off */
	{ "1970-01-01T00:00:00Z", 0 },
	{ "2000-02-29T12:34:56Z", 951827696 },
	{ "2027-06-30T00:00:00Z", 1814313600 },
	{ "2038-01-19T03:14:08Z", 2147483648 },
	{ "2100-03-01T00:00:00Z", 4107542400 },
	{ "2400-02-29T23:59:59Z", 13574649599 },
	{ "9999-12-31T23:59:59Z", 253402300799 },
	/* clang-format on */
};

static const char *const refused[] = {
	"1969-12-31T23:59:59Z",
	"0000-01-01T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"2001-02-29T00:00:00Z",
	"2100-02-29T00:00:00Z",
	"2023-02-30T00:00:00Z",
	"2023-04-31T00:00:00Z",
	"2023-13-01T00:00:00Z",
	"2023-00-01T00:00:00Z",
	"2023-01-00T00:00:00Z",
	"2023-01-32T00:00:00Z",
	"2023-01-01T24:00:00Z",
	"2023-01-01T00:60:00Z",
	"2016-12-31T23:59:60Z",
	"2023-01-01t00:00:00Z",
	"2023-01-01T00:00:00z",
	"2023-01-01 00:00:00Z",
	"2023-01-01T00:00:00+",
	"+023-01-01T00:00:00Z",
	"-023-01-01T00:00:00Z",
	"2023- 1-01T00:00:00Z",
	"2023-01-01T00:00:00ZZ",
	"",
};

/* What the C library makes of a text of this form; false: it is none, or no real date. */
static bool naive(const char *s, u64 *seconds)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
	struct tm tm = { 0 }, is;
	time_t t;

	for (size_t i = 0; i < DATE_LEN; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	tm.tm_year = atoi(s) - 1900;
	tm.tm_mon = atoi(s + 5) - 1;
	tm.tm_mday = atoi(s + 8);
	tm.tm_hour = atoi(s + 11);
	tm.tm_min = atoi(s + 14);
	tm.tm_sec = atoi(s + 17);
	is = tm;
	t = timegm(&is);
	*seconds = (u64)t;
	return t >= 0 && tm.tm_year == is.tm_year && tm.tm_mon == is.tm_mon &&
	       tm.tm_mday == is.tm_mday && tm.tm_hour == is.tm_hour && tm.tm_min == is.tm_min &&
	       tm.tm_sec == is.tm_sec;
}

static void check_text(const char *s, size_t len)
{
	u64 is = 0, want = 0;
	bool good = date_parse(s, len, &is);

	CHECK(good == naive(s, &want) && (!good || is == want), "%.*s: %d", (int)len, s, good);
}

/* Each byte of a good text with each value. */
static void check_bytes(const char *text)
{
	char s[DATE_LEN + 1];

	memcpy(s, text, sizeof(s));
	for (size_t i = 0; i < DATE_LEN * 256; i++) {
		s[i / 256] = (char)(i % 256);
		check_text(s, DATE_LEN);
		s[i / 256] = text[i / 256];
	}
}

/* Every day up to the year 2405: parsed, printed, as the C library has it. */
static void check_days(void)
{
	for (u64 t = 0; t < (u64)435 * 366 * 86400; t += 86400) {
		char s[DATE_LEN + 1], want[DATE_LEN + 1];
		time_t at = (time_t)(t + t / 86400 % 86400);
		struct tm tm;
		u64 again = 0;

		gmtime_r(&at, &tm);
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%SZ", &tm);
		date_print(s, (u64)at);
		CHECK(!strcmp(s, want) && date_parse(s, DATE_LEN, &again) && again == (u64)at,
		      "%s is printed as %s", want, s);
	}
}

void unit_signature_date(void)
{
	char s[DATE_LEN + 1];
	u64 seconds;

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		CHECK(date_parse(known[i].text, DATE_LEN, &seconds) && seconds == known[i].seconds,
		      "%s", known[i].text);
		date_print(s, known[i].seconds);
		CHECK(!strcmp(s, known[i].text), "%s is printed as %s", known[i].text, s);
		for (size_t cut = 0; cut < DATE_LEN; cut++)
			CHECK(!date_parse(known[i].text, cut, &seconds), "%.*s", (int)cut,
			      known[i].text);
		check_bytes(known[i].text);
	}
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		CHECK(!date_parse(refused[i], strlen(refused[i]), &seconds), "%s", refused[i]);
	date_print(s, (u64)-1);
	CHECK(!strcmp(s, "9999-12-31T23:59:59Z"), "the last one is %s", s);
	check_days();
}
