/* SPDX-License-Identifier: GPL-2.0-only */
/* What json.c and json_string.c share. */
#ifndef CFS_SOURCE_JSON_INSIDE_H
#define CFS_SOURCE_JSON_INSIDE_H

#include "source/json.h"

/* Set the text. Returns -1. */
int json_bad(struct json_reader *j, const char *text);

/* The next byte, not taken; -1 at the end; -2 and a text. */
int json_peek(struct json_reader *j);

/* The next byte, taken. -1 and a text, at the end as well. */
int json_take(struct json_reader *j);

/* A string behind its first quote, added to @to unless that is NULL. -1 and a text. */
int json_read_string(struct json_reader *j, struct buf *to);

#endif
