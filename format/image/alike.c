// SPDX-License-Identifier: GPL-2.0-only
#include "image/alike.h"
#include "base/text.h"

void alike_init(struct alike *m, const struct image *a, const struct image *b)
{
	*m = (struct alike){ .img = { a, b } };
}

static bool spans_equal(struct cfs_span a, struct cfs_span b)
{
	return a.len == b.len &&
	       !text_order((const char *)a.p, (size_t)a.len, (const char *)b.p, (size_t)b.len);
}

/* The bytes of a shared xattr: header, name and value. Empty if they are not in the image. */
static struct cfs_span shared_bytes(const struct image *img, u64 off)
{
	struct erofs_xattr_entry e;
	u64 len;

	if (!cfs_span_load(image_span(img), off, &e))
		return (struct cfs_span){ 0 };
	len = sizeof(e) + e.e_name_len + (u64)get16(e.e_value_size);
	return cfs_span_cut(image_span(img), off, len);
}

/* Whether the references number @i of both areas lead to equal xattrs. */
static bool shared_alike(struct alike *m, const struct cfs_xattrs x[2], u32 i)
{
	struct cfs_fault f;
	u64 off[2], *known;

	for (int s = 0; s < 2; s++)
		if (cfs_xattrs_shared(&x[s], &m->img[s]->super, i, &off[s], &f))
			return false;
	known = m->known[off[0] / 4 % ALIKE_SLOTS].off;
	if (known[0] == off[0] && known[1] == off[1])
		return true;
	if (!spans_equal(shared_bytes(m->img[0], off[0]), shared_bytes(m->img[1], off[1])))
		return false;
	known[0] = off[0];
	known[1] = off[1];
	return true;
}

static bool xattrs_alike(struct alike *m, const struct cfs_inode *const inode[2])
{
	struct cfs_span inline_part[2];
	struct cfs_xattrs x[2];
	struct cfs_fault f;

	if (inode[0]->xattr_len != inode[1]->xattr_len)
		return false;
	if (!inode[0]->xattr_len)
		return true;
	for (int s = 0; s < 2; s++) {
		struct cfs_span area = cfs_span_cut(image_span(m->img[s]), inode[s]->xattr_off,
						    inode[s]->xattr_len);

		if (cfs_xattrs_open(&x[s], area, &f))
			return false;
		inline_part[s] = cfs_span_cut(area, x[s].first, area.len - x[s].first);
	}
	if (x[0].nshared != x[1].nshared || !spans_equal(inline_part[0], inline_part[1]))
		return false;
	for (u32 i = 0; i < x[0].nshared; i++)
		if (!shared_alike(m, x, i))
			return false;
	return true;
}

bool alike(struct alike *m, const struct cfs_inode *a, const struct cfs_inode *b)
{
	const struct cfs_inode *const inode[2] = { a, b };

	if (a->mode != b->mode || a->uid != b->uid || a->gid != b->gid || a->mtime != b->mtime ||
	    a->mtime_nsec != b->mtime_nsec)
		return false;
	if (a->ftype == EROFS_FT_SYMLINK)
		return false;
	if (a->ftype != EROFS_FT_DIR &&
	    (a->nlink != b->nlink || a->size != b->size || a->rdev != b->rdev))
		return false;
	if (cfs_inode_has_content(a) || cfs_inode_has_content(b))
		return false;
	return xattrs_alike(m, inode);
}
