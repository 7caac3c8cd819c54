// SPDX-License-Identifier: GPL-2.0-only
#include "source/ostree/object.h"
#include "base/text.h"
#include "core/erofs.h"

#define MODE_BITS 0177777u

/* Decode a checksum. -1 and a text that names the field. */
static int take_sum(struct sha256_sum *sum, struct cfs_span s, const char *what, struct error *err)
{
	if (s.len != sizeof(*sum))
		return error_set(err, EBADMSG, "%s of %llu bytes", what, (unsigned long long)s.len);
	memcpy(sum, s.p, sizeof(*sum));
	return 0;
}

static bool same_key(const void *item, const void *want)
{
	return !strcmp(item, want);
}

/* Refuse a key that occurs twice. Keys end with a NUL and stay in place. */
static int add_key(struct table *keys, const struct hash_key *hash_key, const char *key,
		   struct error *err)
{
	u64 hash = hash_bytes(hash_key, 0, key, strlen(key));

	if (table_find(keys, hash, same_key, key))
		return error_set(err, EBADMSG, "key \"%.64s\" twice", key);
	/* The table never writes through its items. */
	return table_add(keys, hash, (void *)(uintptr_t)key) ? error_nomem(err) : 0;
}

/* Decode one entry {sv}. Only the value of the digest is read. */
static int take_entry(struct ostree_commit *c, struct cfs_span s, bool wanted, struct cfs_span *key,
		      struct error *err)
{
	static const struct gvariant_member members[] = { { 1, 0 }, { 8, 0 } };
	struct cfs_span part[2], value, type;

	if (gvariant_tuple(s, members, 2, part, err) || gvariant_string(part[0], key, err) ||
	    gvariant_variant(part[1], &value, &type, err))
		return -1;
	if (!key->len)
		return error_set(err, EBADMSG, "empty key");
	if (!wanted || strcmp((const char *)key->p, "ostree.composefs.digest.v0"))
		return 0;
	c->has_digest = true;
	if (type.len != 2 || memcmp(type.p, "ay", 2))
		return error_set(err, EBADMSG, "the composefs digest is not a byte string");
	return take_sum(&c->digest, value, "composefs digest", err);
}

static int take_metadata(struct ostree_commit *c, struct cfs_span s, bool wanted, struct error *err)
{
	struct table keys = { 0 };
	struct gvariant_array a;
	struct hash_key hash_key;
	int rc;

	hash_key_init(&hash_key);
	rc = gvariant_array(&a, s, 8, err);
	for (u64 i = 0; i < a.n && !rc; i++) {
		struct cfs_span key;

		rc = take_entry(c, gvariant_element(&a, i), wanted, &key, err);
		if (!rc)
			rc = add_key(&keys, &hash_key, (const char *)key.p, err);
	}
	table_release(&keys);
	return rc ? error_in(err, "metadata") : 0;
}

/* Check the framing of the related objects; their contents have no effect. */
static int check_related(struct cfs_span s, struct error *err)
{
	static const struct gvariant_member members[] = { { 1, 0 }, { 1, 0 } };
	struct cfs_span part[2];
	struct gvariant_array a;

	if (gvariant_array(&a, s, 1, err))
		return error_in(err, "related objects");
	for (u64 i = 0; i < a.n; i++)
		if (gvariant_tuple(gvariant_element(&a, i), members, 2, part, err) ||
		    gvariant_string(part[0], &part[0], err))
			return error_in(err, "related objects");
	return 0;
}

int ostree_commit_decode(struct ostree_commit *c, struct cfs_span s, bool wanted, struct error *err)
{
	/* metadata, parent, related, subject, body, time, tree, dirmeta */
	static const struct gvariant_member members[] = { { 8, 0 }, { 1, 0 }, { 1, 0 }, { 1, 0 },
							  { 1, 0 }, { 8, 8 }, { 1, 0 }, { 1, 0 } };
	struct cfs_span part[8], text;

	*c = (struct ostree_commit){ 0 };
	if (gvariant_tuple(s, members, 8, part, err) || take_metadata(c, part[0], wanted, err) ||
	    check_related(part[2], err))
		return -1;
	if (gvariant_string(part[3], &text, err))
		return error_in(err, "subject");
	if (gvariant_string(part[4], &text, err))
		return error_in(err, "body");
	c->has_parent = part[1].len != 0;
	if (c->has_parent && take_sum(&c->parent, part[1], "parent checksum", err))
		return -1;
	return take_sum(&c->tree, part[6], "dirtree checksum", err) ||
			       take_sum(&c->meta, part[7], "dirmeta checksum", err)
		       ? -1
		       : 0;
}

int ostree_dirtree_decode(struct ostree_dirtree *t, struct cfs_span s, struct error *err)
{
	static const struct gvariant_member members[] = { { 1, 0 }, { 1, 0 } };
	struct cfs_span part[2];

	if (gvariant_tuple(s, members, 2, part, err))
		return -1;
	if (gvariant_array(&t->files, part[0], 1, err))
		return error_in(err, "files");
	return gvariant_array(&t->dirs, part[1], 1, err) ? error_in(err, "directories") : 0;
}

static int decode_entry(struct ostree_entry *e, struct cfs_span s, bool dir, struct error *err)
{
	static const struct gvariant_member members[] = { { 1, 0 }, { 1, 0 }, { 1, 0 } };
	struct cfs_span part[3], name;
	struct sha256_sum sum;

	if (gvariant_tuple(s, members, dir ? 3 : 2, part, err) ||
	    gvariant_string(part[0], &name, err) ||
	    tree_check_name((const char *)name.p, name.len, err) ||
	    take_sum(&sum, part[1], dir ? "dirtree checksum" : "checksum", err) ||
	    (dir && take_sum(&sum, part[2], "dirmeta checksum", err)))
		return -1;
	*e = (struct ostree_entry){
		.name = (const char *)name.p,
		.len = name.len,
		.sum = (const struct sha256_sum *)part[1].p,
		.meta = dir ? (const struct sha256_sum *)part[2].p : NULL,
	};
	return 0;
}

int ostree_entry_decode(struct ostree_entry *e, const struct ostree_dirtree *t, bool dir, u64 i,
			struct error *err)
{
	struct cfs_span s = gvariant_element(dir ? &t->dirs : &t->files, i);

	if (!decode_entry(e, s, dir, err))
		return 0;
	return error_in(err, "%s %llu", dir ? "directory" : "file", (unsigned long long)i + 1);
}

/* (uuua(ayay)) */
static int decode_attrs(struct ostree_attrs *a, struct cfs_span s, struct error *err)
{
	static const struct gvariant_member members[] = { { 4, 4 }, { 4, 4 }, { 4, 4 }, { 1, 0 } };
	struct cfs_span part[4];

	if (gvariant_tuple(s, members, 4, part, err))
		return -1;
	a->uid = gvariant_be32(part[0].p);
	a->gid = gvariant_be32(part[1].p);
	a->mode = gvariant_be32(part[2].p);
	return gvariant_array(&a->xattrs, part[3], 1, err) ? error_in(err, "extended attributes")
							   : 0;
}

int ostree_dirmeta_decode(struct ostree_attrs *a, struct cfs_span s, struct error *err)
{
	if (decode_attrs(a, s, err))
		return -1;
	if ((a->mode & ~MODE_BITS) || (a->mode & CFS_IFMT) != CFS_IFDIR)
		return error_set(err, EBADMSG, "mode 0%o is not that of a directory", a->mode);
	return 0;
}

int ostree_filemeta_decode(struct ostree_attrs *a, struct cfs_span s, struct error *err)
{
	return decode_attrs(a, s, err);
}

int ostree_header_decode(struct ostree_header *h, struct cfs_span s, struct error *err)
{
	/* size, uid, gid, mode, rdev, target, xattrs */
	static const struct gvariant_member members[] = { { 8, 8 }, { 4, 4 }, { 4, 4 }, { 4, 4 },
							  { 4, 4 }, { 1, 0 }, { 1, 0 } };
	struct cfs_span part[7];

	if (gvariant_tuple(s, members, 7, part, err) || gvariant_string(part[5], &h->target, err))
		return -1;
	h->size = gvariant_be64(part[0].p);
	h->attrs.uid = gvariant_be32(part[1].p);
	h->attrs.gid = gvariant_be32(part[2].p);
	h->attrs.mode = gvariant_be32(part[3].p);
	if (gvariant_be32(part[4].p))
		return error_set(err, EBADMSG, "device number of a file is not 0");
	if (h->size > INT64_MAX)
		return error_set(err, EBADMSG, "size is out of range");
	if (gvariant_array(&h->attrs.xattrs, part[6], 1, err))
		return error_in(err, "extended attributes");
	return 0;
}

int ostree_file_check(u32 mode, struct cfs_span target, struct error *err)
{
	u32 type = mode & CFS_IFMT;

	if ((mode & ~MODE_BITS) || (type != CFS_IFREG && type != CFS_IFLNK))
		return error_set(err, EBADMSG, "mode 0%o is not that of a file or symlink", mode);
	if (type == CFS_IFREG)
		return target.len ? error_set(err, EBADMSG, "file with a symlink target") : 0;
	if (!target.len || target.len > CFS_PATH_MAX)
		return error_set(err, EBADMSG, "symlink target of %llu bytes",
				 (unsigned long long)target.len);
	if (memchr(target.p, 0, target.len) || !text_is_utf8(target.p, target.len))
		return error_set(err, EBADMSG, "symlink target is not UTF-8");
	return 0;
}

int ostree_xattr_add(struct grower *g, struct cfs_span name, struct cfs_span value,
		     struct error *err)
{
	u32 had = g->set.n;

	if (!name.len || name.len > CFS_XATTR_NAME_MAX)
		return error_set(err, EBADMSG, "extended attribute with a name of %llu bytes",
				 (unsigned long long)name.len);
	if (value.len > UINT16_MAX)
		return error_set(err, ENOSPC, "extended attribute of more than 65535 bytes");
	if (grow_xattr(g, name.p, name.len, value.p, value.len, err))
		return -1;
	return g->set.n > had ? 0
			      : error_set(err, EBADMSG, "extended attribute %.*s twice",
					  (int)name.len, name.p);
}

int ostree_xattrs_decode(const struct gvariant_array *xattrs, bool ascending, struct grower *g,
			 struct error *err)
{
	static const struct gvariant_member members[] = { { 1, 0 }, { 1, 0 } };
	struct cfs_span last = { NULL, 0 };

	xattr_set_clear(&g->set);
	for (u64 i = 0; i < xattrs->n; i++) {
		struct cfs_span part[2], name;

		if (gvariant_tuple(gvariant_element(xattrs, i), members, 2, part, err) ||
		    gvariant_bytestring(part[0], &name, err))
			return error_in(err, "extended attribute %llu", (unsigned long long)i + 1);
		if (ascending && i && text_order(last.p, last.len, name.p, name.len) >= 0)
			return error_set(err, EBADMSG,
					 "extended attributes are not in ascending order");
		if (ostree_xattr_add(g, name, part[1], err))
			return -1;
		last = name;
	}
	return 0;
}

int ostree_xattrs_keep(struct grower *g, const struct xattr ***v, u32 *n, struct error *err)
{
	*n = g->set.n;
	*v = NULL;
	if (!*n)
		return 0;
	*v = arena_alloc(&g->arena, *n * sizeof(**v));
	if (!*v)
		return error_nomem(err);
	memcpy(*v, g->set.v, *n * sizeof(**v));
	return 0;
}

/* a(ayay) */
static void encode_xattrs(struct buf *b, const struct xattr_set *set)
{
	size_t start = b->len, len = 0;
	unsigned int width;

	if (!set->n)
		return;
	for (u32 i = 0; i < set->n; i++) {
		const struct xattr *x = set->v[i];
		u64 name_len = (u64)x->name->len + 1;

		buf_add(b, x->name->s, name_len);
		buf_add(b, x->value, x->len);
		gvariant_put_offset(b, gvariant_width(name_len + x->len, 1), name_len);
	}
	len = b->len - start;
	width = gvariant_width(len, set->n);
	len = 0;
	for (u32 i = 0; i < set->n; i++) {
		const struct xattr *x = set->v[i];
		u64 body = (u64)x->name->len + 1 + x->len;

		len += body + gvariant_width(body, 1);
		gvariant_put_offset(b, width, len);
	}
}

void ostree_header_encode(struct buf *b, const struct ostree_attrs *a, struct cfs_span target,
			  const struct xattr_set *xattrs)
{
	u64 target_end = 16 + target.len + 1, len;

	b->len = 0;
	gvariant_put_be32(b, 0); /* the length, set below */
	gvariant_put_be32(b, 0);
	gvariant_put_be32(b, a->uid);
	gvariant_put_be32(b, a->gid);
	gvariant_put_be32(b, a->mode);
	gvariant_put_be32(b, 0);
	buf_add(b, target.p, target.len);
	buf_byte(b, 0);
	encode_xattrs(b, xattrs);
	gvariant_put_offset(b, gvariant_width(b->len - 8, 1), target_end);
	if (b->failed)
		return;
	len = b->len - 8;
	b->p[0] = (char)(len >> 24);
	b->p[1] = (char)(len >> 16);
	b->p[2] = (char)(len >> 8);
	b->p[3] = (char)len;
}
