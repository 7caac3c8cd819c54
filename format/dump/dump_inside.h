/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by fields.c, path.c and parse.c. */
#ifndef CFS_DUMP_DUMP_INSIDE_H
#define CFS_DUMP_DUMP_INSIDE_H

#include "tree/tree.h"

/* The eleven fixed fields in their order (dump format 1). */
enum {
	PATH,
	SIZE,
	MODE,
	NLINK,
	UID,
	GID,
	RDEV,
	MTIME,
	PAYLOAD,
	CONTENT,
	DIGEST,
	FIELDS
};

/* Part of a line. It may be changed in place. */
struct field {
	char *s;
	size_t len;
	bool escaped; /* has a backslash */
};

struct known;

struct parser {
	struct tree *tree;
	struct grower *g;
	struct error *err;
	bool strict;
	u32 line; /* every accepted line is a name in the tree, so there are fewer than 2^32 */
	struct field field[FIELDS];
	struct field
		xattrs; /* the text behind the space after DIGEST; s is NULL without that space */
	bool has_nul;   /* the line has a NUL byte */
	struct known *known;
	/* The directory of the previous line, and its path as that line spelled it. */
	struct node *dir;
	struct buf dir_path;
};

/* Set an error without the line number. Return -1. */
int dump_bad(struct parser *p, const char *text);
int dump_bad_field(struct parser *p, int f, const char *text);

/*
 * Split the line at @s into the fields; missing fields are empty. Returns the end of the line:
 * a newline, or @end. Eight bytes behind @end are readable.
 */
char *dump_split(struct parser *p, char *s, char *end);

/* Undo escapes in place. @what is the name of the field. -1 and a text. */
int dump_unescape(struct parser *p, struct field *v, const char *what);

/* The same for strings that end at their first NUL (dump format 2). */
int dump_unescape_cut(struct parser *p, struct field *v, const char *what);

/* Read the field as a decimal number of at most @max. -1 and a text. */
int dump_number(struct parser *p, int f, u64 max, u64 *out);
int dump_number32(struct parser *p, int f, u32 *out);
int dump_mode(struct parser *p, u32 *mode, bool *is_link);
int dump_mtime(struct parser *p, struct node *node);

/* Length of the common start of two texts of @n bytes. */
size_t dump_common_start(const char *a, const char *b, size_t n);

/* The directory that a path without its last component leads to; NULL and a text. */
struct node *dump_find_parent(struct parser *p, const char *path, size_t len);

#endif
