// SPDX-License-Identifier: GPL-2.0-only
#include "signature/date.h"
#include "base/text.h"

#define DAY 86400u
#define LAST 253402300799u /* 9999-12-31T23:59:59Z */

static bool is_leap(u32 year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static u32 days_of(u32 year, u32 month)
{
	static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1970-01-01 to the first of January of a year. */
static u64 days_before(u32 year)
{
	const u32 y = year - 1;

	return 365u * (year - 1970u) + (y / 4 - y / 100 + y / 400) - (1969u / 4 - 19u + 4u);
}

/* Digits at @s, and @after behind them. */
static bool field(const char **s, u32 digits, char after, u32 *out)
{
	u64 v;

	if (!text_number(*s, digits, 10, 9999, &v) || (*s)[digits] != after)
		return false;
	*s += digits + 1;
	*out = (u32)v;
	return true;
}

bool date_parse(const char *s, size_t len, u64 *seconds)
{
	u32 year, month, day, hour, minute, second;
	u64 days;

	if (len != DATE_LEN || !field(&s, 4, '-', &year) || !field(&s, 2, '-', &month) ||
	    !field(&s, 2, 'T', &day) || !field(&s, 2, ':', &hour) || !field(&s, 2, ':', &minute) ||
	    !field(&s, 2, 'Z', &second))
		return false;
	if (year < 1970 || !month || month > 12 || !day || day > days_of(year, month) ||
	    hour > 23 || minute > 59 || second > 59)
		return false;
	days = days_before(year) + day - 1;
	while (--month)
		days += days_of(year, month);
	*seconds = days * DAY + hour * 3600u + minute * 60u + second;
	return true;
}

void date_print(char to[DATE_LEN + 1], u64 seconds)
{
	u32 year = 1970, month = 1, day, rest;

	if (seconds > LAST)
		seconds = LAST;
	day = (u32)(seconds / DAY);
	rest = (u32)(seconds % DAY);
	while (days_before(year + 1) <= day)
		year++;
	day -= (u32)days_before(year);
	while (day >= days_of(year, month))
		day -= days_of(year, month++);
	text_format(to, DATE_LEN + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month, day + 1,
		    rest / 3600, rest / 60 % 60, rest % 60);
}
