// SPDX-License-Identifier: GPL-2.0-only
#include "image/image.h"
#include <stdlib.h>
#include "files/input.h"

int image_fault(struct error *err, int rc, const struct cfs_fault *f)
{
	return error_set(err, -rc, "%s (at byte %llu)", f->what, (unsigned long long)f->off);
}

/* The bytes that a refused image should have, if it is refused because it was cut off; or 0. */
static u64 bytes_cut_off(const struct image *img, struct cfs_span head)
{
	u64 need = (u64)img->super.blocks << EROFS_BLKSZ_BITS;
	struct cfs_header h;

	if (!cfs_span_load(head, 0, &h) || get32(h.magic) != CFS_MAGIC)
		return 0;
	if (need < CFS_INODES_START)
		need = CFS_INODES_START;
	return need > img->len ? need : 0;
}

int image_open_bytes(struct image *img, const void *bytes, u64 len, struct error *err)
{
	struct cfs_fault f;
	struct cfs_span head;
	int rc;

	*img = (struct image){ .bytes = bytes, .len = len };
	head = image_span(img);
	if (head.len > CFS_INODES_START)
		head.len = CFS_INODES_START;
	rc = cfs_super_decode(&img->super, head, len, &f);
	if (rc && bytes_cut_off(img, head))
		return error_set(err, -rc, "truncated: needs %llu bytes, has %llu",
				 (unsigned long long)bytes_cut_off(img, head),
				 (unsigned long long)len);
	return rc ? image_fault(err, rc, &f) : 0;
}

int image_open(struct image *img, int fd, const char *path, struct error *err)
{
	struct input in;
	u8 *bytes;
	size_t len;
	int rc;

	*img = (struct image){ 0 };
	if (input_take_fd(&in, fd, path, err))
		return -1;
	rc = input_slurp(&in, &bytes, &len, err);
	input_release(&in);
	if (rc)
		return -1;
	rc = image_open_bytes(img, bytes, len, err);
	img->owned = bytes;
	if (rc) {
		image_close(img);
		return error_in(err, "%s", path);
	}
	return 0;
}

void image_close(struct image *img)
{
	free(img->owned);
	free(img->twice);
	free(img->twice_rank);
	*img = (struct image){ 0 };
}

u64 *image_bits(const struct image *img)
{
	return calloc((size_t)(img->len / EROFS_SLOT / 64 + 1), sizeof(u64));
}

u32 image_rank(const struct image *img, u64 nid)
{
	u64 below = img->twice[nid / 64] & (((u64)1 << nid % 64) - 1);

	return img->twice_rank[nid / 64] + (u32)__builtin_popcountll(below);
}

int image_inode(const struct image *img, u64 nid, struct cfs_inode *inode, struct cfs_fault *f)
{
	struct cfs_span bytes;
	u64 off, left;
	int rc;

	rc = cfs_inode_offset(&img->super, nid, &off, f);
	if (rc)
		return rc;
	left = img->len - off;
	bytes = cfs_span_cut(image_span(img), off, left < 64 ? left : 64);
	rc = cfs_inode_decode(inode, &img->super, nid, bytes, f);
	if (rc)
		f->off += off;
	return rc;
}

struct cfs_span image_piece(const struct image *img, const struct cfs_inode *inode, u64 i)
{
	u32 len;
	u64 off = cfs_inode_piece(inode, i, &len);

	return cfs_span_cut(image_span(img), off, len);
}

struct cfs_span image_content(const struct image *img, const struct cfs_inode *inode,
			      u8 room[CFS_CONTENT_MAX])
{
	u64 pieces = cfs_inode_pieces(inode), i;
	size_t used = 0;

	if (inode->blocks == pieces)
		return cfs_span_cut(image_span(img), inode->block_off, inode->size);
	if (pieces == 1)
		return image_piece(img, inode, 0);
	for (i = 0; i < pieces; i++) {
		struct cfs_span s = image_piece(img, inode, i);

		memcpy(room + used, s.p, (size_t)s.len);
		used += (size_t)s.len;
	}
	return (struct cfs_span){ room, used };
}

int image_xattrs(struct image_xattrs *w, const struct image *img, const struct cfs_inode *inode,
		 struct cfs_fault *f)
{
	struct cfs_span area = cfs_span_cut(image_span(img), inode->xattr_off, inode->xattr_len);
	int rc = cfs_xattrs_open(&w->x, area, f);

	w->img = img;
	w->area_off = inode->xattr_off;
	w->at = w->x.first;
	w->shared = 0;
	if (rc)
		f->off += inode->xattr_off;
	return rc;
}

int image_xattrs_next(struct image_xattrs *w, struct cfs_xattr *x, struct cfs_fault *f)
{
	u64 off;
	int rc;

	if (w->at < w->x.area.len) {
		rc = cfs_xattr_decode(x, w->x.area, w->at, &w->at, f);
		if (rc)
			f->off += w->area_off;
		return rc ? rc : 1;
	}
	if (w->shared == w->x.nshared)
		return 0;
	rc = cfs_xattrs_shared(&w->x, &w->img->super, w->shared++, &off, f);
	if (rc) {
		f->off += w->area_off;
		return rc;
	}
	rc = cfs_xattr_decode(x, image_span(w->img), off, NULL, f);
	return rc ? rc : 1;
}

int image_backing(const struct image *img, struct cfs_backing *b, const struct cfs_xattr *x,
		  struct cfs_shown *shown, struct cfs_fault *f)
{
	int rc = cfs_backing_xattr(b, x, shown, f);

	if (rc < 0)
		f->off += (u64)(x->value - img->bytes);
	return rc;
}

int image_meaning(const struct image *img, const struct cfs_inode *inode, struct cfs_backing *b,
		  image_shown_fn *shown, void *arg, struct cfs_fault *f)
{
	struct image_xattrs w;
	struct cfs_shown as;
	struct cfs_xattr x;
	int rc = image_xattrs(&w, img, inode, f);

	cfs_backing_init(b, inode);
	while (!rc && (rc = image_xattrs_next(&w, &x, f)) > 0) {
		rc = image_backing(img, b, &x, &as, f);
		if (rc > 0)
			rc = shown ? shown(arg, &x, &as) : 0;
	}
	return rc;
}

int image_find(const struct image *img, const struct cfs_inode *dir, const char *name, size_t len,
	       struct cfs_inode *found, struct cfs_fault *f)
{
	u64 lo = 0, hi = cfs_inode_pieces(dir);

	if (!len || len > EROFS_NAME_LEN)
		return -ENOENT;
	while (lo < hi) {
		u64 mid = lo + (hi - lo) / 2;
		struct cfs_span piece = image_piece(img, dir, mid);
		struct cfs_dirblock block;
		struct cfs_dirent e;
		u32 at;
		int rc = cfs_dirblock_open(&block, piece, f);

		if (!rc)
			rc = cfs_dirblock_find(&block, name, (u32)len, &e, &at, f);
		if (!rc)
			return image_inode(img, e.nid, found, f);
		if (rc != -ENOENT) {
			f->off += (u64)(piece.p - img->bytes);
			return rc;
		}
		/* The name is before this block, in a gap of it, or behind it. */
		if (at == block.count)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -ENOENT;
}
