// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/list.h"

/* A field: "-" if there is nothing, "\x2d" if that is what it says. */
static void put_bytes(struct buf *b, struct bytes s, unsigned int flags)
{
	buf_byte(b, ' ');
	if (!s.p)
		buf_byte(b, '-');
	else if (s.len == 1 && *(const char *)s.p == '-')
		buf_str(b, "\\x2d");
	else
		buf_escape(b, s.p, s.len, flags);
}

static void put_number(struct buf *b, u64 v)
{
	buf_byte(b, ' ');
	buf_dec(b, v);
}

static void put_digest(struct buf *b, const struct cfs_digest *digest)
{
	buf_byte(b, ' ');
	if (digest)
		buf_hex(b, digest->b, cfs_digest_size(digest->algorithm));
	else
		buf_byte(b, '-');
}

/* The path of a first name, or "-". */
static int put_link(struct lister *l, struct buf *b, const struct location *first,
		    struct error *err)
{
	struct bytes path = { NULL, 0 };

	l->link.len = 0;
	if (first && location_path(&l->img[SIDE_A], first, &l->link, err))
		return -1;
	if (first)
		path = (struct bytes){ l->link.p, l->link.len };
	b->failed |= l->link.failed;
	if (!l->link.failed)
		put_bytes(b, path, 0);
	return 0;
}

/* The value of an attribute on one side, a space in front. */
static int put_value(struct lister *l, struct buf *b, const struct pair *p,
		     const struct changes *changes, enum attr attr, enum side side,
		     struct error *err)
{
	const struct cursor_entry *e = p->e[side];

	switch (attr) {
	case ATTR_TYPE:
		buf_byte(b, ' ');
		buf_str(b, type_words[entry_type(e)]);
		break;
	case ATTR_MODE:
		buf_byte(b, ' ');
		buf_oct(b, e->d.mode);
		break;
	case ATTR_UID:
		put_number(b, e->d.uid);
		break;
	case ATTR_GID:
		put_number(b, e->d.gid);
		break;
	case ATTR_MTIME:
		buf_byte(b, ' ');
		buf_sdec(b, e->d.mtime);
		buf_byte(b, '.');
		buf_dec(b, compare_nsec(l->ignore, e));
		break;
	case ATTR_NLINK:
		put_number(b, e->d.nlink);
		break;
	case ATTR_RDEV:
		put_number(b, e->d.rdev);
		break;
	case ATTR_SIZE:
		put_number(b, e->d.size);
		break;
	case ATTR_TARGET:
		put_bytes(b, entry_target(e), 0);
		break;
	case ATTR_CONTENT:
		put_bytes(b, entry_content(e), 0);
		break;
	case ATTR_OBJECT:
		put_bytes(b, entry_object(e), 0);
		break;
	case ATTR_DIGEST:
		put_digest(b, entry_digest(e));
		break;
	case ATTR_LINK:
		return put_link(l, b, changes->first[side], err);
	default:
		break;
	}
	return 0;
}

static void put_xattr(struct buf *b, const struct xattr_change *change)
{
	const struct dump_xattr *name = change->x[SIDE_A] ? change->x[SIDE_A] : change->x[SIDE_B];

	buf_str(b, " xattr:");
	buf_escape(b, name->prefix, name->prefix_len, ESCAPE_EQUAL);
	buf_escape(b, name->suffix, name->suffix_len, ESCAPE_EQUAL);
	for (int s = 0; s < SIDES; s++) {
		const struct dump_xattr *x = change->x[s];

		put_bytes(b, x ? (struct bytes){ x->value, x->len } : (struct bytes){ NULL, 0 },
			  ESCAPE_EQUAL);
	}
}

/* '<' and '>' for an entry that only one image has, '!' for one that differs. */
static char sign_of(const struct pair *p)
{
	if (!p->e[SIDE_B])
		return '<';
	return p->e[SIDE_A] ? '!' : '>';
}

/* The sign, a space, and the path. */
static void put_name(const struct pair *p, struct buf *out)
{
	const struct cursor_entry *e = p->e[SIDE_A] ? p->e[SIDE_A] : p->e[SIDE_B];

	buf_byte(out, sign_of(p));
	buf_byte(out, ' ');
	buf_escape(out, e->d.path, e->d.path_len, 0);
}

void list_name(const struct pair *p, struct buf *out)
{
	put_name(p, out);
	buf_byte(out, '\n');
}

int list_pair(struct lister *l, const struct pair *p, const struct changes *changes,
	      struct buf *out, struct error *err)
{
	put_name(p, out);
	if (!p->e[SIDE_A] || !p->e[SIDE_B]) {
		buf_byte(out, ' ');
		buf_str(out, type_words[entry_type(p->e[SIDE_A] ? p->e[SIDE_A] : p->e[SIDE_B])]);
		buf_byte(out, '\n');
		return 0;
	}
	for (int attr = 0; attr < ATTR_XATTRS; attr++) {
		if (!(changes->attrs & ATTR_BIT(attr)))
			continue;
		buf_byte(out, ' ');
		buf_str(out, attr_words[attr]);
		for (int s = 0; s < SIDES; s++)
			if (put_value(l, out, p, changes, (enum attr)attr, (enum side)s, err))
				return -1;
	}
	for (u32 i = 0; i < changes->nxattrs; i++)
		put_xattr(out, &changes->xattrs[i]);
	buf_byte(out, '\n');
	return 0;
}
