// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/canonical.h"
#include "image/read.h"
#include "image/write/write.h"

/* Compares what the writer makes with the bytes of the image. */
struct same {
	const struct image *img;
	u64 off;
	u64 first; /* differing byte; UINT64_MAX: none yet */
};

static void see_bytes(void *arg, const void *data, size_t len)
{
	struct same *s = arg;
	const u8 *p = data;
	size_t have = s->off < s->img->len ? (size_t)(s->img->len - s->off) : 0,
	       n = len < have ? len : have;

	if (s->first == UINT64_MAX && (n < len || memcmp(p, s->img->bytes + s->off, n))) {
		size_t i = 0;

		while (i < n && p[i] == s->img->bytes[s->off + i])
			i++;
		s->first = s->off + i;
	}
	s->off += len;
}

static int write_again(struct same *same, struct error *err)
{
	const struct cfs_super *super = &same->img->super;
	const struct image_version version = { super->version, super->version };
	struct tree tree;
	struct writer w;
	int rc;

	tree_init(&tree);
	rc = image_read(&tree, same->img, err);
	if (!rc && writer_init(&w, -1)) {
		rc = error_nomem(err);
	} else if (!rc) {
		w.see = see_bytes;
		w.see_arg = same;
		rc = image_write(&tree, &version, &w, err);
		(void)writer_flush(&w); /* to nowhere: cannot fail */
		writer_release(&w);
	}
	tree_release(&tree);
	return rc;
}

enum canonical canonical_compare(const struct image *img, u64 *first, struct error *err)
{
	struct same same = { .img = img, .first = UINT64_MAX };

	if (write_again(&same, err))
		return err->code == ENOMEM ? CANONICAL_FAILED : CANONICAL_CANNOT_BE_MADE;
	if (same.first == UINT64_MAX && same.off != img->len)
		same.first = same.off;
	*first = same.first;
	return same.first == UINT64_MAX ? CANONICAL_SAME : CANONICAL_DIFFERS;
}
