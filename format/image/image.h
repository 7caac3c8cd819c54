/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of an image in memory, and its structures one at a time: core/
 * with the whole image at hand. Faults of these functions, never NULL here,
 * have offsets that count from the start of the image.
 */
#ifndef CFS_IMAGE_IMAGE_H
#define CFS_IMAGE_IMAGE_H

#include "base/error.h"
#include "core/backing.h"

struct image {
	const u8 *bytes;
	u64 len;
	void *owned; /* freed by image_close(): the bytes, if they were read here */
	struct cfs_super super;

	/* By image_check(). */
	bool checked;
	u8 algorithms;   /* of the recorded digests: bit n stands for algorithm n */
	bool has_acl;    /* an inode has a POSIX ACL, whatever the header says */
	u64 inodes;      /* met, stubs included */
	u64 stubs;       /* directory entries that lead to a stub */
	u64 compact;     /* inodes of 32 bytes */
	u64 shared;      /* references to shared xattrs, of each inode once */
	u64 *twice;      /* a bit for each inode number: met under two names or more */
	u32 *twice_rank; /* how many of them lie before the bits of a word */
	u32 twice_count;
};

/*
 * Read a whole image, compressed or not, from @fd, which is taken as by
 * input_take_fd(), and decode what stands at its start. -1 and a text that begins
 * with @path.
 */
int image_open(struct image *img, int fd, const char *path, struct error *err);

/* The algorithm of the digests in a checked image; SHA-256 if it has none or both kinds. */
static inline u8 image_algorithm(const struct image *img)
{
	return img->algorithms == 1u << CFS_SHA512 ? CFS_SHA512 : CFS_SHA256;
}

/* The same from bytes that stay the caller's. The text does not say whose they are. */
int image_open_bytes(struct image *img, const void *bytes, u64 len, struct error *err);

void image_close(struct image *img);

static inline struct cfs_span image_span(const struct image *img)
{
	return (struct cfs_span){ img->bytes, img->len };
}

/* "text (at byte N)" of a fault, with the code it stands for. Returns -1. */
int image_fault(struct error *err, int rc, const struct cfs_fault *f);

int image_inode(const struct image *img, u64 nid, struct cfs_inode *inode, struct cfs_fault *f);

/* Piece @i of the flat data of an inode: a directory block, a part of a content. */
struct cfs_span image_piece(const struct image *img, const struct cfs_inode *inode, u64 i);

/*
 * The content of a regular file (cfs_inode_has_content()), or the target of a
 * symlink: in the image, or in @room if it does not stand there in one piece.
 */
struct cfs_span image_content(const struct image *img, const struct cfs_inode *inode,
			      u8 room[CFS_CONTENT_MAX]);

/* The xattrs of an inode in stored order, inline ones first. */
struct image_xattrs {
	const struct image *img;
	struct cfs_xattrs x;
	u64 area_off, at; /* of the next inline entry, in the area */
	u32 shared;       /* index of the next reference */
};

int image_xattrs(struct image_xattrs *w, const struct image *img, const struct cfs_inode *inode,
		 struct cfs_fault *f);

/* 1 and an xattr, 0 behind the last one, or a negative fault. */
int image_xattrs_next(struct image_xattrs *w, struct cfs_xattr *x, struct cfs_fault *f);

/* cfs_backing_xattr() with a fault that counts from the start of the image. */
int image_backing(const struct image *img, struct cfs_backing *b, const struct cfs_xattr *x,
		  struct cfs_shown *shown, struct cfs_fault *f);

/*
 * The inode called @name in a directory. -ENOENT if there is none. Trusts that
 * names are in order, as image_check() found.
 */
int image_find(const struct image *img, const struct cfs_inode *dir, const char *name, size_t len,
	       struct cfs_inode *found, struct cfs_fault *f);

static inline bool image_bit(const u64 *bits, u64 nid)
{
	return bits[nid / 64] >> nid % 64 & 1;
}

static inline void image_set_bit(u64 *bits, u64 nid)
{
	bits[nid / 64] |= (u64)1 << nid % 64;
}

/* A bitmap with a bit for each inode number that lies in the image; NULL without memory. */
u64 *image_bits(const struct image *img);

static inline bool image_is_twice(const struct image *img, u64 nid)
{
	return img->twice_count && image_bit(img->twice, nid);
}

/* The place of an inode among those met twice, counted from 0. */
u32 image_rank(const struct image *img, u64 nid);

#endif
