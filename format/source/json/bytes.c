// SPDX-License-Identifier: GPL-2.0-only
/* The bytes of a JSON text, one after the other. */
#include "source/json/json_inside.h"

int json_bad(struct json_reader *j, const char *text)
{
	return error_set(j->err, EINVAL, "%s", text);
}

/* After the end or an error, every further call returns the same. */
int json_more(struct json_reader *j)
{
	if (j->got > 0) {
		j->got = j->read(j->arg, j->room, JSON_ROOM, j->err);
		j->read_failed = j->got < 0;
		if (j->got > 0)
			j->total += (u64)j->got;
		if (j->total > JSON_LIMIT)
			j->got = error_set(j->err, EFBIG, "more than %llu bytes of text",
					   (unsigned long long)JSON_LIMIT);
		j->p = j->room;
		j->end = j->p + (j->got > 0 ? j->got : 0);
	}
	if (j->got > 0)
		return *j->p;
	return j->got ? -2 : -1;
}

int json_take(struct json_reader *j)
{
	int c = json_peek(j);

	if (c < 0)
		return c == -1 ? json_bad(j, "the JSON text ends too early") : -1;
	j->p++;
	return c;
}
