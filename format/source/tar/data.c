// SPDX-License-Identifier: GPL-2.0-only
/* The content of a member. */
#include "source/tar/tar_inside.h"

#include <stdlib.h>
#include "core/erofs.h"

ssize_t tar_read_data(void *arg, void *to, size_t len, struct error *err)
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
			ssize_t is = tar_read_data(t, at + got, n, err);

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

static u64 next_hole(void *arg, u64 *data)
{
	struct tar *t = arg;
	u64 n;

	tar_walk_next(&t->walk);
	n = t->walk.hole;
	t->walk.hole = 0;
	*data = t->walk.data;
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
	struct content_stream from = { .read = tar_read_data, .arg = t, .size = t->m.size };
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
