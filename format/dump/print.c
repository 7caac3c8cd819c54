// SPDX-License-Identifier: GPL-2.0-only
#include "dump/print.h"

/* Print PAYLOAD or CONTENT. A string that is exactly "-" is escaped, because "-" means none. */
static void print_string(struct buf *b, const void *s, size_t len)
{
	if (!s)
		buf_byte(b, '-');
	else if (len == 1 && *(const char *)s == '-')
		buf_str(b, "\\x2d");
	else
		buf_escape(b, s, len, 0);
}

static void print_number(struct buf *b, u64 v)
{
	buf_byte(b, ' ');
	buf_dec(b, v);
}

static void print_xattr(struct buf *b, const struct dump_xattr *x)
{
	buf_byte(b, ' ');
	buf_escape(b, x->prefix, x->prefix_len, ESCAPE_EQUAL);
	buf_escape(b, x->suffix, x->suffix_len, ESCAPE_EQUAL);
	buf_byte(b, '=');
	buf_escape(b, x->value, x->len, ESCAPE_EQUAL);
}

void dump_print(struct buf *b, const struct dump_entry *e)
{
	const char *payload = e->link ? e->link : e->payload;

	buf_escape(b, e->path, e->path_len, 0);
	print_number(b, e->size);
	buf_byte(b, ' ');
	if (e->link)
		buf_byte(b, '@');
	buf_oct(b, e->mode);
	print_number(b, e->nlink);
	print_number(b, e->uid);
	print_number(b, e->gid);
	print_number(b, e->rdev);
	buf_byte(b, ' ');
	buf_sdec(b, e->mtime);
	buf_byte(b, '.');
	buf_dec(b, e->mtime_nsec);
	buf_byte(b, ' ');
	print_string(b, payload, e->link ? e->link_len : e->payload_len);
	buf_byte(b, ' ');
	print_string(b, e->content, e->content_len);
	buf_byte(b, ' ');
	if (e->digest)
		buf_hex(b, e->digest->b, cfs_digest_size(e->digest->algorithm));
	else
		buf_byte(b, '-');
	for (u32 i = 0; i < e->nxattrs; i++)
		print_xattr(b, &e->xattrs[i]);
	buf_byte(b, '\n');
}
