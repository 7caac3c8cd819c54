// SPDX-License-Identifier: GPL-2.0-only
/* What a member brings along: content and xattrs. */
#include "source/tar/tar_inside.h"

#include <stdlib.h>
#include "core/erofs.h"

/* ---- content ---- */

static ssize_t read_data(void *arg, void *to, size_t len, struct error *err)
{
	struct tar *t = arg;
	ssize_t n;

	if (len > t->left)
		len = (size_t)t->left;
	n = tar_stream_read(&t->s, to, len, err);
	if (n > 0)
		t->left -= (u64)n;
	if (n > 0 && t->options->progress)
		t->options->progress(t->options->progress_arg, 0, (u64)n);
	return n;
}

static ssize_t read_sparse(void *arg, void *to, size_t len, struct error *err)
{
	struct tar *t = arg;
	struct tar_walk *w = &t->walk;
	u8 *at = to;
	size_t got = 0;

	for (tar_walk_next(w); got < len && (w->hole || w->data); tar_walk_next(w)) {
		u64 part = w->hole ? w->hole : w->data;
		size_t n = part < len - got ? (size_t)part : len - got;

		if (w->hole) {
			memset(at + got, 0, n);
			w->hole -= n;
		} else {
			ssize_t is = read_data(t, at + got, n, err);

			if (is < 0)
				return -1;
			w->data -= (u64)is;
			if ((size_t)is < n)
				return (ssize_t)(got + (size_t)is);
		}
		got += n;
	}
	return (ssize_t)got;
}

static u64 next_hole(void *arg)
{
	struct tar *t = arg;
	u64 n;

	tar_walk_next(&t->walk);
	n = t->walk.hole;
	t->walk.hole = 0;
	return n;
}

static int add_inline(struct tar *t, struct node *node, const struct content_stream *from)
{
	u8 data[TAR_INLINE];
	ssize_t n = from->read(t, data, (size_t)from->size, t->err);

	if (n < 0)
		return -1;
	if ((u64)n < from->size)
		return error_set(t->err, EBADMSG, "ends too early");
	return node_set_content(t->layers.g, node, data, (size_t)n) ? error_nomem(t->err) : 0;
}

int tar_add_content(struct tar *t, struct node *node)
{
	struct content_stream from = { .read = read_data, .arg = t, .size = t->m.size };
	u8 algorithm = content_algorithm(t->content), *digest;

	if (t->m.sparse) {
		tar_walk_start(&t->walk, &t->map);
		from.read = read_sparse;
		from.hole = next_hole;
		from.size = t->map.real;
	}
	node->size = from.size;
	if (!from.size)
		return 0;
	if (from.size <= TAR_INLINE)
		return add_inline(t, node, &from);
	digest = arena_bytes(&t->layers.g->arena, cfs_digest_size(algorithm));
	if (!digest)
		return error_nomem(t->err);
	/* The digest comes later, at the latest with content_finish(). */
	node_await_digest(node, algorithm, digest);
	return content_put_stream(t->content, &from, digest, t->err);
}

/* ---- xattrs ---- */

/* All xattr records that are wanted, the last of each name, by name. Returns their number, or -1. */
static ssize_t sort_xattrs(struct tar *t)
{
	const struct tar_pax *pax = &t->m.pax;
	const char *at = pax->data, *end = at + pax->len;
	size_t skip = strlen(TAR_XATTR), n = 0, kept = 0;
	struct tar_record r = { 0 };

	if (pax->xattrs > t->xattrs_max) {
		struct sort_item *v = realloc(t->xattrs, pax->xattrs * sizeof(*v));

		if (!v)
			return error_nomem(t->err);
		t->xattrs = v;
		t->xattrs_max = pax->xattrs;
	}
	while (tar_pax_next(&at, end, &r, t->err) > 0) {
		const char *name = r.key + skip;
		size_t len = r.key_len - skip;

		if (r.key_len < skip || memcmp(r.key, TAR_XATTR, skip))
			continue;
		if (!len || len > CFS_XATTR_NAME_MAX)
			return error_set(t->err, EINVAL,
					 "name of an extended attribute is not 1 to 255 bytes");
		if (t->options->skip_xattrs ||
		    (t->options->user_xattrs && (len < 5 || memcmp(name, "user.", 5))))
			continue;
		/* The value follows the '=' behind the name and ends in front of the next record. */
		t->xattrs[n] =
			(struct sort_item){ sort_prefix(name, len), name, (u32)len, (u32)n, NULL };
		t->xattrs[n++].item = (void *)(uintptr_t)r.len;
	}
	if (sort_strings(t->xattrs, n))
		return error_nomem(t->err);
	for (size_t i = 0; i < n; i++)
		if (i + 1 == n || t->xattrs[i].len != t->xattrs[i + 1].len ||
		    memcmp(t->xattrs[i].s, t->xattrs[i + 1].s, t->xattrs[i].len))
			t->xattrs[kept++] = t->xattrs[i];
	return (ssize_t)kept;
}

int tar_add_xattrs(struct tar *t, struct node *node)
{
	struct grower *g = t->layers.g;
	u64 sum = 12;
	ssize_t n;

	if (!t->m.pax.xattrs)
		return 0;
	n = sort_xattrs(t);
	if (n < 0)
		return -1;
	for (ssize_t i = 0; i < n; i++)
		sum += 7u + t->xattrs[i].len + (uintptr_t)t->xattrs[i].item;
	if (sum > CFS_XATTR_BUDGET && n) {
		node->name.id |= TOO_MANY; /* refused if it is still there at the end */
		return 0;
	}
	xattr_set_clear(&g->set);
	for (ssize_t i = 0; i < n; i++) {
		const struct sort_item *item = &t->xattrs[i];
		const struct xattr *x =
			xattr_intern(&g->pool, item->s, item->len, item->s + item->len + 1,
				     (size_t)(uintptr_t)item->item);

		if (!x || xattr_set_add(&g->set, x))
			return error_nomem(t->err);
	}
	return node_set_xattrs(g, node) ? error_nomem(t->err) : 0;
}
