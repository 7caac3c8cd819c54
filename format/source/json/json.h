/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pull parser for JSON (RFC 8259) that is read once, from its beginning to
 * its end (toc 4.1, RT-10). Only the keys of the open objects are kept, to refuse
 * a key that occurs twice.
 *
 *	json_init(&j, read, arg, err);
 *	if (json_value(&j) == JSON_OBJECT)
 *		while ((rc = json_next_key(&j, &key)) > 0)
 *			... json_value(&j), and what that says, or json_skip(&j, type)
 *	json_end(&j);
 */
#ifndef CFS_SOURCE_JSON_JSON_H
#define CFS_SOURCE_JSON_JSON_H

#include <sys/types.h>
#include "base/buf.h"
#include "base/error.h"
#include "base/hash.h"

#define JSON_DEPTH 64u
#define JSON_LIMIT ((u64)4 << 30) /* bytes of text */

/* The type of a value that begins. After JSON_ERROR there is a text. */
enum json_type {
	JSON_ERROR = -1,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_level {
	bool object;
	bool some;          /* it has had a member */
	u32 count;          /* of keys */
	u64 seen;           /* a bit for each key, the same for some: key_bit() */
	size_t keys;        /* where they begin */
	struct table table; /* of them, where they are many */
};

struct json_key {
	const char *s; /* until the next call */
	size_t len;
};

struct json_reader {
	/* Up to @len bytes of the text, none only at its end; -1 and a text. */
	ssize_t (*read)(void *arg, void *to, size_t len, struct error *err);
	void *arg;
	struct error *err; /* of all calls; the texts are without name and line */
	ssize_t got;       /* what the last read returned */
	bool read_failed;  /* the error is that of reading */
	u64 line;          /* the line of the byte that was read last, from 1 */
	u64 total;
	const u8 *p, *end; /* bytes that have not been used */
	struct buf keys;   /* of the open objects: length and bytes */
	struct hash_key hash;
	u32 depth;
	struct json_level level[JSON_DEPTH];
	u8 *room;
};

/* -1 without memory, with a text. Release it in any case. */
int json_init(struct json_reader *j,
	      ssize_t (*read)(void *arg, void *to, size_t len, struct error *err), void *arg,
	      struct error *err);
void json_release(struct json_reader *j);

/*
 * Begin the next value. null, true and false are complete then; a number or a string
 * is read by json_integer(), json_text() or json_skip(), an
 * array by json_next_item() and json_value() in turn, an object by
 * json_next_key() and json_value() in turn.
 */
enum json_type json_value(struct json_reader *j);

/* 1: a key, its value is next; 0: that was the end of the object; -1 and a text. */
int json_next_key(struct json_reader *j, struct json_key *key);

/*
 * Whether Go's decoder, which ignores the case of letters, takes the key for @word: a key that is
 * not @word itself then means something else to some programs.
 */
bool json_key_folds_to(const struct json_key *key, const char *word);

/* 1: another value is next; 0: that was the end of the array; -1 and a text. */
int json_next_item(struct json_reader *j);

/* Read the string that has begun, and add it unescaped to @to unless that is NULL. -1 and a text. */
int json_text(struct json_reader *j, struct buf *to);

/* Read the number that has begun, which must be an integer from 0 to @max. -1 and a text. */
int json_integer(struct json_reader *j, u64 max, u64 *out);

/* Skip a value of @type that has begun. -1 and a text. */
int json_skip(struct json_reader *j, enum json_type type);

/* Check that only white space follows. -1 and a text. */
int json_end(struct json_reader *j);

#endif
