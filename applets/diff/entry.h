/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes of an entry that cfs diff compares (diff 3), and their values as text. */
#ifndef CFS_APPLETS_DIFF_ENTRY_H
#define CFS_APPLETS_DIFF_ENTRY_H

#include "image/cursor.h"

/* In the order of their words, by which groups are sorted. */
enum type {
	TYPE_BLOCK,
	TYPE_CHAR,
	TYPE_DIR,
	TYPE_FIFO,
	TYPE_FILE,
	TYPE_SOCKET,
	TYPE_SYMLINK,
	TYPE_WHITEOUT,
	TYPES
};

enum type entry_type(const struct cursor_entry *e);

/* "dir", as lists and JSON say it. */
extern const char *const type_words[TYPES];

/* In the order in which they are compared and printed. Xattrs come last, by name. */
enum attr {
	ATTR_TYPE,
	ATTR_MODE,
	ATTR_UID,
	ATTR_GID,
	ATTR_MTIME,
	ATTR_NLINK,
	ATTR_RDEV,
	ATTR_SIZE,
	ATTR_TARGET,
	ATTR_CONTENT,
	ATTR_OBJECT,
	ATTR_DIGEST,
	ATTR_LINK,
	ATTR_XATTRS,
	ATTRS
};

extern const char *const attr_words[ATTRS]; /* that of ATTR_XATTRS is "xattr" */

#define ATTR_BIT(attr) (1u << (attr))
#define ATTR_DATA                                                                                  \
	(ATTR_BIT(ATTR_SIZE) | ATTR_BIT(ATTR_CONTENT) | ATTR_BIT(ATTR_OBJECT) |                    \
	 ATTR_BIT(ATTR_DIGEST))

/* Bytes that may be absent. */
struct bytes {
	const void *p; /* NULL: none */
	size_t len;
};

/* The target of a symbolic link; the content of a regular file in the image; the path of its object. */
struct bytes entry_target(const struct cursor_entry *e);
struct bytes entry_content(const struct cursor_entry *e);
struct bytes entry_object(const struct cursor_entry *e);

/* The recorded digest of an external file; NULL: none. */
const struct cfs_digest *entry_digest(const struct cursor_entry *e);

/* Whether both are absent, or both are there and equal. */
bool bytes_equal(struct bytes a, struct bytes b);

/* Order of the full names of two xattrs; the same as that of byte strings. */
int xattr_order(const struct dump_xattr *a, const struct dump_xattr *b);

#endif
