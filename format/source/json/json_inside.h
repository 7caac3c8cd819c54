/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by json.c, string.c and bytes.c. */
#ifndef CFS_SOURCE_JSON_JSON_INSIDE_H
#define CFS_SOURCE_JSON_JSON_INSIDE_H

#include "source/json/json.h"

#define JSON_ROOM ((size_t)64 << 10) /* bytes that are read at once */

/* Set the text of the error. Returns -1. */
int json_bad(struct json_reader *j, const char *text);

/* Read more bytes; returns as json_peek(). */
int json_more(struct json_reader *j);

/* The next byte, not taken; -1 at the end; -2 and a text. */
static inline int json_peek(struct json_reader *j)
{
	return j->p < j->end ? *j->p : json_more(j);
}

/* The next byte, taken. -1 and a text, at the end as well. */
int json_take(struct json_reader *j);

#endif
