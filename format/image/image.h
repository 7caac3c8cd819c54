/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An image in memory, and its structures one at a time: the functions of core/ with the whole
 * image at hand. They need a fault pointer that is not NULL; its offset counts from the start
 * of the image.
 */
#ifndef CFS_IMAGE_IMAGE_H
#define CFS_IMAGE_IMAGE_H

#include "base/error.h"
#include "core/backing.h"

struct image {
	const u8 *bytes;
	u64 len;
	void *owned; /* freed by image_close(): the bytes, if image_open() read them */
	struct cfs_super super;

	/* Filled by image_check(): */
	bool checked;
	u8 algorithms;   /* of the recorded digests: bit n stands for algorithm n */
	bool has_acl;    /* an inode has a POSIX ACL, whatever the header says */
	u64 inodes;      /* inodes found, stubs included */
	u64 stubs;       /* directory entries that lead to a stub */
	u64 compact;     /* inodes of 32 bytes */
	u64 shared;      /* references to shared xattrs, of each inode once */
	u64 *twice;      /* a bit for each inode number, set if it has two names or more */
	u32 *twice_rank; /* the number of bits before each word */
	u32 twice_count;
};

/*
 * Read a whole image, compressed or not, from @fd, which is taken as by input_take_fd(), and
 * decode header and superblock. -1 and a text that begins with @path.
 */
int image_open(struct image *img, int fd, const char *path, struct error *err);

/* The algorithm of the digests in a checked image; SHA-256 if it has none or both kinds. */
static inline u8 image_algorithm(const struct image *img)
{
	return img->algorithms == 1u << CFS_SHA512 ? CFS_SHA512 : CFS_SHA256;
}

/* The same from bytes that the caller keeps. The text does not begin with a name. */
int image_open_bytes(struct image *img, const void *bytes, u64 len, struct error *err);

void image_close(struct image *img);

static inline struct cfs_span image_span(const struct image *img)
{
	return (struct cfs_span){ img->bytes, img->len };
}

/* Set the text "fault (at byte N)" and the code @rc. Returns -1. */
int image_fault(struct error *err, int rc, const struct cfs_fault *f);

int image_inode(const struct image *img, u64 nid, struct cfs_inode *inode, struct cfs_fault *f);

/* Piece @i of the flat data of an inode: a directory block, or a part of a content. */
struct cfs_span image_piece(const struct image *img, const struct cfs_inode *inode, u64 i);

/*
 * The content of a regular file (cfs_inode_has_content()) or the target of a symlink. It is in
 * the image, or in @room if the image has it in two pieces.
 */
struct cfs_span image_content(const struct image *img, const struct cfs_inode *inode,
			      u8 room[CFS_CONTENT_MAX]);

/* Iterates over the xattrs of an inode in stored order, inline ones first. */
struct image_xattrs {
	const struct image *img;
	struct cfs_xattrs x;
	u64 area_off, at; /* offset of the next inline entry, in the area */
	u32 shared;       /* index of the next reference */
};

int image_xattrs(struct image_xattrs *w, const struct image *img, const struct cfs_inode *inode,
		 struct cfs_fault *f);

/* Returns 1 and an xattr, 0 behind the last one, or a negative fault. */
int image_xattrs_next(struct image_xattrs *w, struct cfs_xattr *x, struct cfs_fault *f);

/* cfs_backing_xattr() with a fault whose offset counts from the start of the image. */
int image_backing(const struct image *img, struct cfs_backing *b, const struct cfs_xattr *x,
		  struct cfs_shown *shown, struct cfs_fault *f);

/* Called for each visible xattr. A result other than 0 ends the loop and is returned. */
typedef int image_shown_fn(void *arg, const struct cfs_xattr *x, const struct cfs_shown *shown);

/*
 * Read all xattrs of an inode: their meaning into *@b, and each visible one to @shown unless that
 * is NULL.
 */
int image_meaning(const struct image *img, const struct cfs_inode *inode, struct cfs_backing *b,
		  image_shown_fn *shown, void *arg, struct cfs_fault *f);

/*
 * Find the inode called @name in a directory. -ENOENT if there is none. Relies on the order of
 * names, which image_check() checks.
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

/* A cleared bitmap with a bit for each inode number in the image; NULL without memory. */
u64 *image_bits(const struct image *img);

static inline bool image_is_twice(const struct image *img, u64 nid)
{
	return img->twice_count && image_bit(img->twice, nid);
}

/* The rank of an inode among those with several names, counted from 0. */
u32 image_rank(const struct image *img, u64 nid);

#endif
