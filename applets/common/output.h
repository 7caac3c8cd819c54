/* SPDX-License-Identifier: GPL-2.0-only */
/* Results on stdout, checked to the end (WI-4), and JSON lines (command line 3). */
#ifndef CFS_APPLETS_OUTPUT_H
#define CFS_APPLETS_OUTPUT_H

#include "base/buf.h"
#include "base/error.h"

/*
 * Lines are built in out->line and go out in large writes. An error is latched;
 * output_end() reports it.
 */
struct output {
	struct buf line;
};

/* Call after each line: writes when the buffer is large enough. -1: writing failed, so stop. */
int output_poll(struct output *out, struct error *err);

/* Write the rest and release. -1 and a text ("-: write: ...") if anything was not written. */
int output_end(struct output *out, struct error *err);

/* Write a whole short text at once, without allocating. */
int output_text(const char *text, size_t len, struct error *err);

/* JSON objects: json_open() writes "{", json_close() "}\n". The order of calls is not checked. */
struct json {
	struct buf *b;
	bool more; /* the next member needs a comma */
};
void json_open(struct json *j, struct buf *b);
void json_close(struct json *j);
void json_bytes(struct json *j, const char *key, const void *s, size_t len); /* KEY or KEY_hex */
void json_string(struct json *j, const char *key, const char *s);
void json_number(struct json *j, const char *key, u64 v); /* as a string above 2^53 */
void json_bool(struct json *j, const char *key, bool v);
void json_hex(struct json *j, const char *key, const void *data, size_t len);
void json_time(struct json *j, const char *key, s64 sec, u32 nsec);
void json_key(struct json *j, const char *key); /* the value is what the caller appends to j->b */

/* Open an object as the value of a key; json_close_in() ends it without a newline. */
void json_open_in(struct json *inner, struct json *j, const char *key);
void json_close_in(struct json *inner);

#endif
