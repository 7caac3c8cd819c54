// SPDX-License-Identifier: GPL-2.0-only
#include "applets/diff/list.h"

static void put_bytes(struct json *j, const char *key, struct bytes s)
{
	if (s.p)
		json_bytes(j, key, s.p, s.len);
}

static int put_link(struct lister *l, struct json *j, const struct location *first,
		    struct error *err)
{
	l->link.len = 0;
	if (!first)
		return 0;
	if (location_path(&l->img[SIDE_A], first, &l->link, err))
		return -1;
	j->b->failed |= l->link.failed;
	if (!l->link.failed)
		json_bytes(j, attr_words[ATTR_LINK], l->link.p, l->link.len);
	return 0;
}

/* An attribute of one side, if it exists there. */
static int put_value(struct lister *l, struct json *j, const struct pair *p,
		     const struct changes *changes, enum attr attr, enum side side,
		     struct error *err)
{
	const struct cursor_entry *e = p->e[side];
	const struct cfs_digest *digest;
	const char *key = attr_words[attr];

	switch (attr) {
	case ATTR_TYPE:
		json_string(j, key, type_words[entry_type(e)]);
		break;
	case ATTR_MODE:
		json_number(j, key, e->d.mode);
		break;
	case ATTR_UID:
		json_number(j, key, e->d.uid);
		break;
	case ATTR_GID:
		json_number(j, key, e->d.gid);
		break;
	case ATTR_MTIME:
		json_time(j, key, e->d.mtime, compare_nsec(l->ignore, e));
		break;
	case ATTR_NLINK:
		json_number(j, key, e->d.nlink);
		break;
	case ATTR_RDEV:
		json_number(j, key, e->d.rdev);
		break;
	case ATTR_SIZE:
		json_number(j, key, e->d.size);
		break;
	case ATTR_TARGET:
		put_bytes(j, key, entry_target(e));
		break;
	case ATTR_CONTENT:
		put_bytes(j, key, entry_content(e));
		break;
	case ATTR_OBJECT:
		put_bytes(j, key, entry_object(e));
		break;
	case ATTR_DIGEST:
		digest = entry_digest(e);
		if (digest)
			json_hex(j, key, digest->b, cfs_digest_size(digest->algorithm));
		break;
	case ATTR_LINK:
		return put_link(l, j, changes->first[side], err);
	default:
		break;
	}
	return 0;
}

static void put_xattrs(struct json *j, const struct changes *changes, enum side side)
{
	bool more = false;

	json_key(j, "xattrs");
	buf_byte(j->b, '[');
	for (u32 i = 0; i < changes->nxattrs; i++) {
		const struct dump_xattr *x = changes->xattrs[i].x[side];
		char name[EROFS_NAME_LEN + 64]; /* a stored suffix behind the longest prefix */
		struct json inner;

		if (!x)
			continue;
		if (more)
			buf_byte(j->b, ',');
		more = true;
		memcpy(name, x->prefix, x->prefix_len);
		memcpy(name + x->prefix_len, x->suffix, x->suffix_len);
		json_open(&inner, j->b);
		json_bytes(&inner, "name", name, x->prefix_len + (size_t)x->suffix_len);
		json_bytes(&inner, "value", x->value, x->len);
		json_close_in(&inner);
	}
	buf_byte(j->b, ']');
}

static int put_side(struct lister *l, struct json *line, const struct pair *p,
		    const struct changes *changes, enum side side, struct error *err)
{
	struct json j;

	json_open_in(&j, line, side == SIDE_A ? "a" : "b");
	for (int attr = 0; attr < ATTR_XATTRS; attr++)
		if (changes->attrs & ATTR_BIT(attr) &&
		    put_value(l, &j, p, changes, (enum attr)attr, side, err))
			return -1;
	if (changes->nxattrs)
		put_xattrs(&j, changes, side);
	json_close_in(&j);
	return 0;
}

int json_pair(struct lister *l, const struct pair *p, const struct changes *changes,
	      struct buf *out, struct error *err)
{
	const struct cursor_entry *e = p->e[SIDE_A] ? p->e[SIDE_A] : p->e[SIDE_B];
	bool both = p->e[SIDE_A] && p->e[SIDE_B];
	const char *kind = p->e[SIDE_A] ? "only-a" : "only-b";
	struct json j;

	if (both)
		kind = "differ";
	json_open(&j, out);
	json_string(&j, "kind", kind);
	json_bytes(&j, "path", e->d.path, e->d.path_len);
	if (!both)
		json_string(&j, "type", type_words[entry_type(e)]);
	else if (put_side(l, &j, p, changes, SIDE_A, err) ||
		 put_side(l, &j, p, changes, SIDE_B, err))
		return -1;
	json_close(&j);
	return 0;
}
