// SPDX-License-Identifier: GPL-2.0-only
#include "image/objects.h"
#include <stdlib.h>
#include "base/grow.h"
#include "base/text.h"
#include "image/cursor.h"

static int add(struct objects *o, u32 image, const struct cursor_entry *e)
{
	if (grow(&o->v, o->n, &o->cap, sizeof(*o->v), 1024))
		return -1;
	o->v[o->n++] = (struct sort_item){
		.prefix = sort_prefix(e->d.payload, e->d.payload_len),
		.s = e->d.payload, /* in the image */
		.len = (u32)e->d.payload_len,
		.tie = image,
		.number = e->nid,
	};
	return 0;
}

int objects_add(struct objects *o, u32 image, struct error *err)
{
	struct cursor_entry e;
	struct cursor c;
	int rc;

	if (cursor_init(&c, &o->images[image], 0, o->filter, o->nfilter, err))
		return -1;
	while ((rc = cursor_next(&c, &e, err)) > 0) {
		if (e.is_link || (e.d.mode & CFS_IFMT) != CFS_IFREG || !e.d.payload)
			continue;
		if (add(o, image, &e)) {
			rc = error_nomem(err);
			break;
		}
	}
	cursor_release(&c);
	return rc;
}

int objects_sort(struct objects *o, struct error *err)
{
	return sort_strings(o->v, o->n) ? error_nomem(err) : 0;
}

size_t objects_end(const struct objects *o, size_t i)
{
	const struct sort_item *first = &o->v[i];

	do
		i++;
	while (i < o->n && o->v[i].prefix == first->prefix &&
	       !text_order(o->v[i].s, o->v[i].len, first->s, first->len));
	return i;
}

void objects_unique(struct objects *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i = objects_end(o, i))
		o->v[n++] = o->v[i];
	o->n = n;
}

int objects_record(const struct objects *o, size_t i, struct object_record *record,
		   struct error *err)
{
	const struct image *img = &o->images[o->v[i].tie];
	struct cfs_fault f;
	struct cfs_backing b;
	struct cfs_inode inode;
	int rc = image_inode(img, o->v[i].number, &inode, &f);

	if (!rc)
		rc = image_meaning(img, &inode, &b, NULL, NULL, &f);
	if (rc)
		return image_fault(err, rc, &f);
	record->size = inode.size;
	record->digest = b.digest;
	return 0;
}

void objects_release(struct objects *o)
{
	free(o->v);
	*o = (struct objects){ 0 };
}
