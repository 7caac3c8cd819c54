/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutations of images that know where the fields are (tests/README.md 5.1). The
 * image is walked as far as it can be, whatever is wrong with it; each field is
 * noted with its width and kind. Then a few of them get edge values, or the
 * value of another field of their kind: that is what makes loops and double links.
 */
#ifndef CFS_TESTS_FIELDS_H
#define CFS_TESTS_FIELDS_H

#include <stdlib.h>
#include "image/image.h"

enum field_kind {
	FIELD_SUPER,
	FIELD_FORMAT, /* i_format, mode */
	FIELD_COUNT,  /* xattr icount, shared count, lengths in xattr entries */
	FIELD_SIZE,
	FIELD_BLOCK,  /* i_u */
	FIELD_NUMBER, /* what is only shown */
	FIELD_REF,
	FIELD_INDEX,
	FIELD_NID,
	FIELD_NAMEOFF,
	FIELD_TYPE,
	FIELD_CHUNK,
	FIELD_BYTE, /* of a name, a value, a content */
	FIELD_KINDS
};

struct field {
	u32 off;
	u8 width;
	u8 kind;
};

#define FIELDS_MAX 16384
#define FIELDS_INODES 512

struct fields {
	struct image img;
	u32 n, inodes, seed;
	u64 todo[FIELDS_INODES];
	struct field v[FIELDS_MAX];
};

/* Provided by libFuzzer alone. */
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max) __attribute__((weak));

static inline u32 fields_random(struct fields *f, u32 below)
{
	f->seed ^= f->seed << 13;
	f->seed ^= f->seed >> 17;
	f->seed ^= f->seed << 5;
	return f->seed % below;
}

static inline void fields_add(struct fields *f, u64 off, unsigned int width, enum field_kind kind)
{
	if (f->n < FIELDS_MAX && cfs_inside(off, width, f->img.len))
		f->v[f->n++] = (struct field){ (u32)off, (u8)width, (u8)kind };
}

/* Some bytes of a name or a value, each a field. */
static inline void fields_bytes(struct fields *f, u64 off, u64 len)
{
	fields_add(f, off, 1, FIELD_BYTE);
	if (len > 1)
		fields_add(f, off + len - 1, 1, FIELD_BYTE);
	for (unsigned int i = 0; i < 4 && len > 2; i++)
		fields_add(f, off + fields_random(f, (u32)len), 1, FIELD_BYTE);
}

/* Name and value of the xattr at @off; metacopy has four bytes of meaning in front. */
static inline void fields_xattr(struct fields *f, u64 off)
{
	u64 name = f->img.bytes[off], len = get16(*(const le16 *)(f->img.bytes + off + 2));

	fields_add(f, off, 1, FIELD_COUNT);
	fields_add(f, off + 1, 1, FIELD_INDEX);
	fields_add(f, off + 2, 2, FIELD_COUNT);
	if (name)
		fields_bytes(f, off + 4, name);
	for (u64 i = 0; i < len && i < 4; i++)
		fields_add(f, off + 4 + name + i, 1, FIELD_BYTE);
	if (len > 4)
		fields_bytes(f, off + 4 + name + 4, len - 4);
}

static inline void fields_xattrs(struct fields *f, const struct cfs_inode *inode)
{
	u64 at = inode->xattr_off, end = at + inode->xattr_len;
	const u8 *p = f->img.bytes;
	u64 shared;

	if (!inode->xattr_len || end > f->img.len)
		return;
	fields_add(f, at, 4, FIELD_NUMBER);
	fields_add(f, at + 4, 1, FIELD_COUNT);
	shared = p[at + 4];
	at += 12;
	for (; shared && at + 4 <= end; shared--, at += 4) {
		u64 ref = f->img.super.shared + 4 * (u64)get32(*(const le32 *)(p + at));

		fields_add(f, at, 4, FIELD_REF);
		if (cfs_inside(ref, 4, f->img.len))
			fields_xattr(f, ref);
	}
	while (at + 4 <= end) {
		u64 len = p[at] + (u64)get16(*(const le16 *)(p + at + 2));

		fields_xattr(f, at);
		at = cfs_align(at + 4 + len, 4);
	}
}

static inline void fields_dir(struct fields *f, const struct cfs_inode *dir)
{
	for (u64 i = 0; i < cfs_inode_pieces(dir) && i < 16; i++) {
		struct cfs_span s = image_piece(&f->img, dir, i);
		u64 off = (u64)(s.p - f->img.bytes);
		u32 count = s.p && s.len >= 12 ? get16(*(const le16 *)(s.p + 8)) / 12u : 0;

		for (u32 k = 0; k < count && 12 * (k + 1) <= s.len; k++, off += 12) {
			u64 name = (u64)(s.p - f->img.bytes) +
				   get16(*(const le16 *)(s.p + 12 * k + 8));

			fields_add(f, off, 8, FIELD_NID);
			fields_add(f, off + 8, 2, FIELD_NAMEOFF);
			fields_add(f, off + 10, 1, FIELD_TYPE);
			fields_add(f, off + 11, 1, FIELD_NUMBER);
			fields_add(f, name, 1, FIELD_BYTE);
			/* Stubs look like each other: of them a few are enough. */
			if (f->inodes < FIELDS_INODES &&
			    (s.p[12 * k + 10] != EROFS_FT_CHRDEV || !fields_random(f, 32)))
				f->todo[f->inodes++] = get64(*(const le64 *)(s.p + 12 * k));
		}
	}
}

static inline void fields_inode(struct fields *f, const struct cfs_inode *inode)
{
	/* clang-format off */
	static const struct field compact[] = {
		{ 0, 2, FIELD_FORMAT }, { 2, 2, FIELD_COUNT }, { 4, 2, FIELD_FORMAT }, { 6, 2, FIELD_NUMBER },
		{ 8, 4, FIELD_SIZE }, { 12, 4, FIELD_NUMBER }, { 16, 4, FIELD_BLOCK }, { 20, 4, FIELD_NUMBER },
		{ 24, 2, FIELD_NUMBER }, { 26, 2, FIELD_NUMBER }, { 28, 4, FIELD_NUMBER },
	}, extended[] = {
		{ 0, 2, FIELD_FORMAT }, { 2, 2, FIELD_COUNT }, { 4, 2, FIELD_FORMAT }, { 6, 2, FIELD_NUMBER },
		{ 8, 8, FIELD_SIZE }, { 16, 4, FIELD_BLOCK }, { 20, 4, FIELD_NUMBER }, { 24, 4, FIELD_NUMBER },
		{ 28, 4, FIELD_NUMBER }, { 32, 8, FIELD_NUMBER }, { 40, 4, FIELD_NUMBER }, { 44, 4, FIELD_NUMBER },
		{ 48, 4, FIELD_NUMBER },
	};
	/* clang-format on */
	bool wide = inode->head_len == 64;
	const struct field *row = wide ? extended : compact;
	size_t n = wide ? sizeof(extended) / sizeof(*row) : sizeof(compact) / sizeof(*row);

	while (n--) {
		fields_add(f, inode->off + row->off, row->width, row->kind);
		row++;
	}
	fields_xattrs(f, inode);
	if (inode->ftype == EROFS_FT_DIR)
		fields_dir(f, inode);
	else if (inode->layout == EROFS_INODE_CHUNK_BASED)
		fields_add(f, inode->tail_off, 4, FIELD_CHUNK);
	else if (inode->tail_len)
		fields_bytes(f, inode->tail_off, inode->tail_len);
}

/* False if there is no image to be seen. */
static inline bool fields_collect(struct fields *f, const u8 *data, size_t size)
{
	struct cfs_inode inode;
	struct cfs_fault fault;
	struct error err;

	f->n = 0;
	if (image_open_bytes(&f->img, data, size, &err))
		return false;
	for (unsigned int off = 0; off < 16; off += 4)
		fields_add(f, off, 4, FIELD_SUPER);
	for (unsigned int off = 1024, len; off < 1152; off += len) {
		len = off == 1036 || off == 1038 ? 2 : 4;
		fields_add(f, off, len, FIELD_SUPER);
	}
	f->inodes = 1;
	f->todo[0] = f->img.super.root_nid;
	for (u32 i = 0; i < f->inodes; i++)
		if (!image_inode(&f->img, f->todo[i], &inode, &fault))
			fields_inode(f, &inode);
	return true;
}

static inline u64 fields_get(const u8 *p, unsigned int width)
{
	u64 v = 0;

	while (width--)
		v = v << 8 | p[width];
	return v;
}

static inline void fields_put(u8 *p, unsigned int width, u64 v)
{
	for (; width--; v >>= 8)
		*p++ = (u8)v;
}

static inline u64 fields_edge(struct fields *f, u64 v, unsigned int width)
{
	static const s64 steps[] = { 1, -1, 2, -2, 4, 8, 12, -12, 32, -32, 4096, -4096, 1 << 16 };
	u64 max = width == 8 ? UINT64_MAX : ((u64)1 << 8 * width) - 1;

	switch (fields_random(f, 10)) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return max;
	case 3:
		return max - 1;
	case 4:
		return v ^ ((max >> 1) + 1);
	case 5:
		return v ^ (u64)1 << fields_random(f, 8 * width);
	case 6:
		return fields_random(f, 256);
	default:
		return v + (u64)steps[fields_random(f, sizeof(steps) / sizeof(steps[0]))];
	}
}

/* A field of a kind that is drawn first, so that rare ones have their turn; NULL: this time none. */
static inline const struct field *fields_draw(struct fields *f, int kind)
{
	if (kind < 0)
		kind = (int)fields_random(f, FIELD_KINDS);
	for (unsigned int tries = 0; f->n && tries < 200; tries++) {
		const struct field *v = &f->v[fields_random(f, f->n)];

		if (v->kind == kind)
			return v;
	}
	return NULL;
}

static inline void fields_one(struct fields *f, u8 *data)
{
	const struct field *v = fields_draw(f, -1), *from;
	u64 value;

	if (!v)
		return;
	value = fields_get(data + v->off, v->width);
	from = fields_random(f, 3) ? NULL : fields_draw(f, v->kind);
	fields_put(data + v->off, v->width,
		   from ? fields_get(data + from->off, from->width)
			: fields_edge(f, value, v->width));
}

/* Blocks: cut, zeroed, repeated, added; the superblock counts them, most of the time. */
static inline size_t fields_blocks(struct fields *f, u8 *data, size_t size, size_t max)
{
	size_t blocks = size / EROFS_BLKSZ, a = fields_random(f, (u32)blocks),
	       b = fields_random(f, (u32)blocks);

	switch (fields_random(f, 4)) {
	case 0:
		size = blocks > 1 ? (blocks - 1) * EROFS_BLKSZ : size;
		break;
	case 1:
		size -= fields_random(f, (u32)size / 4);
		break;
	case 2:
		if (a)
			memmove(data + a * EROFS_BLKSZ, data + b * EROFS_BLKSZ, EROFS_BLKSZ);
		break;
	default:
		if (size + EROFS_BLKSZ <= max) {
			memmove(data + size, data + b * EROFS_BLKSZ, EROFS_BLKSZ);
			size += EROFS_BLKSZ;
		}
	}
	if (size >= CFS_INODES_START && fields_random(f, 4))
		fields_put(data + 1060, 4, size / EROFS_BLKSZ);
	return size;
}

static inline size_t fields_mutate(u8 *data, size_t size, size_t max, unsigned int seed)
{
	static struct fields fields;
	struct fields *f = &fields;
	unsigned int n;

	f->seed = seed | 1;
	if (!fields_random(f, 16) || size < 2 * (size_t)EROFS_BLKSZ ||
	    !fields_collect(f, data, size))
		return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max) : size;
	if (!fields_random(f, 16))
		return fields_blocks(f, data, size, max);
	for (n = 1 + fields_random(f, 3); n; n--)
		fields_one(f, data);
	return size;
}

#endif
