// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/entry.h"
#include "base/text.h"

const char *const type_words[TYPES] = {
	[TYPE_BLOCK] = "block",     [TYPE_CHAR] = "char",         [TYPE_DIR] = "dir",
	[TYPE_FIFO] = "fifo",       [TYPE_FILE] = "file",         [TYPE_SOCKET] = "socket",
	[TYPE_SYMLINK] = "symlink", [TYPE_WHITEOUT] = "whiteout",
};

const char *const attr_words[ATTRS] = {
	[ATTR_TYPE] = "type",       [ATTR_MODE] = "mode",     [ATTR_UID] = "uid",
	[ATTR_GID] = "gid",         [ATTR_MTIME] = "mtime",   [ATTR_NLINK] = "nlink",
	[ATTR_RDEV] = "rdev",       [ATTR_SIZE] = "size",     [ATTR_TARGET] = "target",
	[ATTR_CONTENT] = "content", [ATTR_OBJECT] = "object", [ATTR_DIGEST] = "digest",
	[ATTR_LINK] = "link",       [ATTR_XATTRS] = "xattr",
};

enum type entry_type(const struct cursor_entry *e)
{
	switch (e->d.mode & CFS_IFMT) {
	case CFS_IFBLK:
		return TYPE_BLOCK;
	case CFS_IFDIR:
		return TYPE_DIR;
	case CFS_IFIFO:
		return TYPE_FIFO;
	case CFS_IFREG:
		return TYPE_FILE;
	case CFS_IFSOCK:
		return TYPE_SOCKET;
	case CFS_IFLNK:
		return TYPE_SYMLINK;
	default:
		return e->d.rdev ? TYPE_CHAR : TYPE_WHITEOUT;
	}
}

static bool is_file(const struct cursor_entry *e)
{
	return (e->d.mode & CFS_IFMT) == CFS_IFREG;
}

struct bytes entry_target(const struct cursor_entry *e)
{
	if ((e->d.mode & CFS_IFMT) != CFS_IFLNK)
		return (struct bytes){ NULL, 0 };
	return (struct bytes){ e->d.payload, e->d.payload_len };
}

struct bytes entry_content(const struct cursor_entry *e)
{
	if (!e->has_content)
		return (struct bytes){ NULL, 0 };
	return (struct bytes){ e->d.content, e->d.content_len };
}

struct bytes entry_object(const struct cursor_entry *e)
{
	if (!is_file(e) || e->has_content)
		return (struct bytes){ NULL, 0 };
	return (struct bytes){ e->d.payload, e->d.payload_len };
}

const struct cfs_digest *entry_digest(const struct cursor_entry *e)
{
	return is_file(e) && !e->has_content ? e->d.digest : NULL;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	if (!a.p || !b.p)
		return !a.p == !b.p;
	return a.len == b.len && !text_order(a.p, a.len, b.p, b.len);
}

/* The bytes from @at on that stand in one piece of a name: the prefix or the suffix. */
static const char *name_piece(const struct dump_xattr *x, size_t at, size_t *len)
{
	if (at < x->prefix_len) {
		*len = x->prefix_len - at;
		return x->prefix + at;
	}
	*len = x->prefix_len + (size_t)x->suffix_len - at;
	return x->suffix + (at - x->prefix_len);
}

int xattr_order(const struct dump_xattr *a, const struct dump_xattr *b)
{
	size_t at = 0;

	for (;;) {
		size_t alen, blen, len;
		const char *p = name_piece(a, at, &alen), *q = name_piece(b, at, &blen);
		int order;

		len = alen < blen ? alen : blen;
		if (!len)
			return (alen > 0) - (blen > 0);
		order = text_order(p, len, q, len);
		if (order)
			return order;
		at += len;
	}
}
