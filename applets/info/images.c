// SPDX-License-Identifier: GPL-2.0-only
#include "applets/info/images.h"
#include <stdlib.h>

static int add_entry(struct info *info, const struct cursor_entry *e, void *arg, struct error *err)
{
	struct objects *o = arg;

	(void)info;
	if (e->is_link || (e->d.mode & CFS_IFMT) != CFS_IFREG || !e->d.payload)
		return 0;
	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap + o->cap / 2 : 1024;
		struct sort_item *v = realloc(o->v, cap * sizeof(*v));

		if (!v)
			return error_nomem(err);
		o->v = v;
		o->cap = cap;
	}
	o->v[o->n++] = (struct sort_item){
		.prefix = sort_prefix(e->d.payload, e->d.payload_len),
		.s = e->d.payload, /* in the image */
		.len = (u32)e->d.payload_len,
		.tie = o->image,
		.item = (void *)(uintptr_t)e->nid,
	};
	return 0;
}

int objects_add(struct objects *o, struct info *info, u32 image, const char *name, struct error *err)
{
	o->image = image;
	return info_walk(info, &o->images[image], name, 0, add_entry, o, err);
}

int objects_sort(struct objects *o, struct error *err)
{
	size_t n = 0;

	if (sort_strings(o->v, o->n))
		return error_nomem(err);
	for (size_t i = 0; i < o->n; i++)
		if (!n || o->v[i].prefix != o->v[n - 1].prefix || o->v[i].len != o->v[n - 1].len ||
		    memcmp(o->v[i].s, o->v[n - 1].s, o->v[i].len))
			o->v[n++] = o->v[i];
	o->n = n;
	return 0;
}

int objects_record(const struct objects *o, size_t i, struct object_record *record, struct error *err)
{
	const struct image *img = &o->images[o->v[i].tie];
	struct cfs_fault f;
	struct image_xattrs w;
	struct cfs_backing b;
	struct cfs_shown shown;
	struct cfs_inode inode;
	struct cfs_xattr x;
	int rc;

	rc = image_inode(img, (uintptr_t)o->v[i].item, &inode, &f);
	if (!rc)
		rc = image_xattrs(&w, img, &inode, &f);
	if (!rc) {
		cfs_backing_init(&b, &inode);
		while ((rc = image_xattrs_next(&w, &x, &f)) > 0) {
			rc = image_backing(img, &b, &x, &shown, &f);
			if (rc < 0)
				break;
		}
	}
	if (rc)
		return image_fault(err, rc, &f);
	record->size = inode.size;
	record->has_digest = b.has_digest;
	record->digest = b.digest;
	return 0;
}

void objects_release(struct objects *o)
{
	free(o->v);
	*o = (struct objects){ 0 };
}
