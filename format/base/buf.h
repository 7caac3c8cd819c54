/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that grow. A failed allocation is latched: everything added after it
 * is dropped, so that a whole line may be built and tested once.
 */
#ifndef CFS_BASE_BUF_H
#define CFS_BASE_BUF_H

#include "core/port.h"

struct buf {
	char *p;
	size_t len, cap;
	bool failed; /* an allocation failed, the content is not whole */
};

void buf_release(struct buf *b);

/* Room for @len more bytes at b->p + b->len; NULL and latched if there is no memory. */
char *buf_room(struct buf *b, size_t len);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_byte(struct buf *b, char c);
void buf_dec(struct buf *b, u64 v);
void buf_sdec(struct buf *b, s64 v);
void buf_oct(struct buf *b, u64 v);
void buf_hex(struct buf *b, const void *data, size_t len);
void buf_base64(struct buf *b, const void *data, size_t len); /* with padding */
/*
 * A chain of parents: store the name of @at and return its parent, or return NULL if @at is the
 * root, which has no name.
 */
typedef const void *buf_parent_fn(const void *chain, const void *at, const char **name,
				  size_t *len);

/* Append the path "/a/b" of @at, or "/" if it is the root. */
void buf_path(struct buf *b, buf_parent_fn *parent, const void *chain, const void *at);

/*
 * A string of JSON; @s is UTF-8. Characters that a terminal may act upon are
 * escaped: controls, line separators, and those that turn the direction of writing.
 */
void buf_json(struct buf *b, const void *s, size_t len);

/* buf_escape() does not escape 0x21 to 0x7e, except the backslash (dump format 6). These flags change it. */
enum {
	ESCAPE_SPACE_OK = 1, /* a space stands for itself */
	ESCAPE_EQUAL = 2,    /* '=' is escaped */
};
void buf_escape(struct buf *b, const void *data, size_t len, unsigned int flags);

#endif
