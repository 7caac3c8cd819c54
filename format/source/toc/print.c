// SPDX-License-Identifier: GPL-2.0-only
#include "source/toc/print.h"
#include "base/text.h"
#include "core/erofs.h"

void toc_print_start(struct toc_print *p, const struct tree *tree)
{
	*p = (struct toc_print){ .next = &tree->root->name };
}

void toc_print_release(struct toc_print *p)
{
	buf_release(&p->path);
}

/* Print a comma, a key, and a string or a number. */
static void put_key(struct buf *b, const char *key)
{
	buf_str(b, ",\"");
	buf_str(b, key);
	buf_str(b, "\":");
}

static int put_string(struct buf *b, const char *key, const char *s, size_t len, struct error *err)
{
	if (!text_is_utf8(s, len))
		return error_set(err, EILSEQ, "%s is not UTF-8", key);
	put_key(b, key);
	buf_json(b, s, len);
	return 0;
}

static void put_number(struct buf *b, const char *key, u64 v)
{
	put_key(b, key);
	buf_dec(b, v);
}

static int put_xattrs(struct buf *b, const struct node *node, struct error *err)
{
	for (u32 i = 0; i < node->nxattrs; i++) {
		const struct xattr *x = node->xattrs[i];

		if (!text_is_utf8(x->name->s, x->name->len))
			return error_set(err, EILSEQ, "name of an extended attribute is not UTF-8");
		if (i)
			buf_byte(b, ',');
		else
			buf_str(b, ",\"xattrs\":{");
		buf_json(b, x->name->s, x->name->len);
		buf_str(b, ":\"");
		buf_base64(b, x->value, x->len);
		buf_byte(b, '"');
	}
	if (node->nxattrs)
		buf_byte(b, '}');
	return 0;
}

static int put_file(struct buf *b, const struct node *node, struct error *err)
{
	char room[CFS_OBJECT_NAME_MAX];
	const char *payload;
	size_t len;

	put_number(b, "size", node->size);
	if (!node->size)
		return 0;
	payload = node_payload(node, room, &len);
	if (payload && put_string(b, "x-payload", payload, len, err))
		return -1;
	if (node->algorithm) {
		put_key(b, "x-digest");
		buf_byte(b, '"');
		buf_hex(b, node->file.digest, cfs_digest_size(node->algorithm));
		buf_byte(b, '"');
	}
	return 0;
}

static const char *type_of(const struct name *n)
{
	const struct node *node = (const struct node *)n;

	if (n->is_link)
		return NULL;
	if (node_is(node, CFS_IFDIR))
		return "dir";
	if (node_is(node, CFS_IFLNK))
		return "symlink";
	return node_is(node, CFS_IFREG) && !node->file.content ? "reg" : NULL;
}

/* Print the next name, whose path is p->path. */
static int put_entry(struct toc_print *p, struct buf *b, struct error *err)
{
	const struct node *node = (const struct node *)p->next;
	const char *type = type_of(p->next);
	int rc = 0;

	if (!type)
		return error_set(err, EINVAL,
				 "a table of contents cannot hold a file of this type");
	buf_str(b, "{\"type\":\"");
	buf_str(b, type);
	buf_byte(b, '"');
	if (!p->next->parent)
		buf_str(b, ",\"name\":\".\"");
	else if (put_string(b, "name", p->path.p + 1, p->path.len - 1, err))
		return -1;
	put_number(b, "mode", node->mode);
	put_number(b, "uid", node->uid);
	put_number(b, "gid", node->gid);
	if (node_is(node, CFS_IFREG))
		rc = put_file(b, node, err);
	else if (node_is(node, CFS_IFLNK))
		rc = put_string(b, "linkName", node->file.payload, node->payload_len, err);
	return rc || put_xattrs(b, node, err) ? -1 : 0;
}

int toc_print_line(struct toc_print *p, struct buf *out, struct error *err)
{
	if (!p->begun) {
		buf_str(out, "{\"version\":1,\"entries\":[\n");
		p->begun = true;
	} else if (p->next) {
		p->path.len = 0;
		tree_path(&p->path, p->next);
		if (p->path.failed)
			return error_nomem(err);
		if (put_entry(p, out, err))
			return error_in(err, "%.*s", (int)(p->path.len < 2048 ? p->path.len : 2048),
					p->path.p);
		p->next = tree_next(p->next);
		buf_byte(out, '}');
		buf_str(out, p->next ? ",\n" : "\n");
	} else if (!p->ended) {
		buf_str(out, "]}\n");
		p->ended = true;
	} else {
		return 0;
	}
	return out->failed ? error_nomem(err) : 1;
}
