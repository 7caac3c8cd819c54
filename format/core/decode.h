/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From bytes of an image to numbers (image-format 15.1). Each function takes
 * the bytes of one structure and refuses every hard fault that can be seen in
 * it (reliability RI-6); it keeps nothing and allocates nothing, so that the
 * kernel module can bring a block at a time.
 *
 * All return 0, -EUCLEAN (broken) or -EOPNOTSUPP (valid, not ours); the fault
 * then holds a constant text and the offset in the span it is about. A fault
 * pointer may be NULL.
 */
#ifndef CFS_CORE_DECODE_H
#define CFS_CORE_DECODE_H

#include "core/erofs.h"
#include "core/xxh32.h"

#define CFS_NID_BITS 59 /* an inode number that can be shifted to an offset */

/* Composefs header and EROFS superblock. */
struct cfs_super {
	u64 image_len;
	u64 root_nid;
	u64 inos;
	s64 build_time; /* mtime of compact inodes */
	u32 build_time_nsec;
	u32 blocks;
	u32 flags;   /* CFS_FLAG_HAS_ACL */
	u32 version; /* composefs_version */
	u64 shared;  /* offset from which references to shared xattrs count */
};

/*
 * @head: the first CFS_INODES_START bytes of the image, or all it has;
 * @image_len: its whole length.
 */
int cfs_super_decode(struct cfs_super *sb, struct cfs_span head, u64 image_len,
		     struct cfs_fault *f);

/* An inode and where its parts are; offsets count from the start of the image. */
struct cfs_inode {
	u64 nid;
	u64 off;
	u64 size;
	s64 mtime;
	u32 mtime_nsec;
	u32 mode; /* 16 bits, one of the seven types */
	u32 nlink, uid, gid;
	u32 rdev; /* devices only, else 0 */
	u32 ino;  /* i_ino: the number the encoder gave */
	u8 ftype; /* EROFS_FT_* of the mode */
	u8 layout;
	u8 head_len;   /* 32 or 64 */
	u8 chunk_bits; /* log2 of the chunk size; chunk layout only */
	u32 chunks;    /* their number; the map is never to be followed (RI-8) */
	u32 xattr_len; /* 0: no xattrs */
	u64 xattr_off;
	u64 block_off; /* full blocks of flat data; the last may be used in part */
	u64 blocks;    /* their number */
	u64 tail_off;  /* inline data behind the xattrs, or the chunk map */
	u32 tail_len;  /* 0 with any layout but inline */
};

/* Where the inode @nid begins. At least 32 bytes of the image are there. */
int cfs_inode_offset(const struct cfs_super *sb, u64 nid, u64 *off, struct cfs_fault *f);

/*
 * @bytes: what the image has at that offset, 64 bytes or up to its end.
 * Whatever the inode points to lies inside the image when this returns 0.
 */
int cfs_inode_decode(struct cfs_inode *inode, const struct cfs_super *sb, u64 nid,
		     struct cfs_span bytes, struct cfs_fault *f);

/* A character device 0:0 hides an object directory and is no part of the tree (image-format 5.5). */
static inline bool cfs_inode_is_stub(const struct cfs_inode *inode)
{
	return inode->ftype == EROFS_FT_CHRDEV && inode->rdev == 0;
}

/* Whether an xattr may mark the inode as a whiteout: overlayfs honours the mark on empty regular files only. */
static inline bool cfs_inode_may_be_whiteout(const struct cfs_inode *inode)
{
	return inode->ftype == EROFS_FT_REG_FILE && !inode->size;
}

/* Whether a regular file has its content in the image. */
static inline bool cfs_inode_has_content(const struct cfs_inode *inode)
{
	return inode->ftype == EROFS_FT_REG_FILE && inode->size > 0 &&
	       inode->layout != EROFS_INODE_CHUNK_BASED;
}

/* Number of pieces in which the flat data of an inode stands: blocks, and the tail. */
static inline u64 cfs_inode_pieces(const struct cfs_inode *inode)
{
	return inode->blocks + (inode->tail_len > 0);
}

/* Offset and length of piece @i; the last block of plain data may be shorter. */
static inline u64 cfs_inode_piece(const struct cfs_inode *inode, u64 i, u32 *len)
{
	u64 left = inode->size - (i << EROFS_BLKSZ_BITS);

	*len = left < EROFS_BLKSZ ? (u32)left : EROFS_BLKSZ;
	if (i < inode->blocks)
		return inode->block_off + (i << EROFS_BLKSZ_BITS);
	return inode->tail_off;
}

/* The target of a symlink: 1 to 4095 bytes without NUL. */
int cfs_symlink_check(struct cfs_span target, struct cfs_fault *f);

/* One block of a directory, or its tail. */
struct cfs_dirblock {
	struct cfs_span bytes;
	u32 count; /* entries */
};

struct cfs_dirent {
	u64 nid;
	const u8 *name; /* in the block */
	u32 len;        /* 1 to 255 */
	u8 type;        /* EROFS_FT_* */
};

int cfs_dirblock_open(struct cfs_dirblock *block, struct cfs_span bytes, struct cfs_fault *f);

/*
 * Entry @i, which is less than the count. @prev: the entry before it, maybe of
 * the block before, whose name must be smaller; NULL: not asked.
 */
int cfs_dirblock_entry(const struct cfs_dirblock *block, u32 i, const struct cfs_dirent *prev,
		       struct cfs_dirent *e, struct cfs_fault *f);

/*
 * Entry @i, which is less than the count, and on which side of @name it is:
 * *@order is negative if it comes before, 0 if this is its name. Of other
 * entries only the place of the name is checked. @name is one that an entry may
 * have.
 */
int cfs_dirblock_order(const struct cfs_dirblock *block, u32 i, const void *name, u32 len,
		       struct cfs_dirent *e, int *order, struct cfs_fault *f);

/*
 * The entry called @name, by cfs_dirblock_order(); *@i is its number. -ENOENT if
 * there is none; *@i is then that of the first one behind @name, or the count.
 */
int cfs_dirblock_find(const struct cfs_dirblock *block, const void *name, u32 len,
		      struct cfs_dirent *e, u32 *i, struct cfs_fault *f);

/* "." gives 1, ".." gives 2, other names 0. */
static inline u32 cfs_dirent_dots(const struct cfs_dirent *e)
{
	if (e->name[0] != '.' || e->len > 2)
		return 0;
	return e->len == 1 || e->name[1] == '.' ? e->len : 0;
}

/* Byte order of names: negative, 0 or positive (image-format, head). */
int cfs_name_order(const u8 *a, u32 alen, const u8 *b, u32 blen);

/* The xattr area of an inode: references to shared entries, then entries. */
struct cfs_xattrs {
	struct cfs_span area;
	u32 filter;
	u32 nshared;
	u64 first; /* offset of the first entry; the end of the area if there is none */
};

struct cfs_xattr {
	const u8 *suffix; /* of the name, behind the prefix of the index */
	const u8 *value;
	u16 len; /* of the value */
	u8 suffix_len;
	u8 index; /* EROFS_XATTR_INDEX_* */
};

/* An empty area is one without xattrs. */
int cfs_xattrs_open(struct cfs_xattrs *x, struct cfs_span area, struct cfs_fault *f);

/* Offset in the image of the shared entry that reference @i, less than nshared, leads to. */
int cfs_xattrs_shared(const struct cfs_xattrs *x, const struct cfs_super *sb, u32 i, u64 *off,
		      struct cfs_fault *f);

/* Length of an entry with its padding, from the 4 bytes of its header. */
static inline u32 cfs_xattr_len(const struct erofs_xattr_entry *e)
{
	return (u32)cfs_align(sizeof(*e) + e->e_name_len + (u32)get16(e->e_value_size), 4);
}

/*
 * The entry at @off of @s: of an area (the next one is at *@next), or of the
 * whole image, or of a copy of one shared entry (@next NULL: its padding may be
 * missing).
 */
int cfs_xattr_decode(struct cfs_xattr *x, struct cfs_span s, u64 off, u64 *next,
		     struct cfs_fault *f);

/* The name prefix of an index up to 6, not terminated as far as *len goes. */
const char *cfs_xattr_prefix(u8 index, u32 *len);

/* The index the encoder gives a name, and how much of it the prefix takes (image-format 7.1). */
u8 cfs_xattr_index(const void *name, size_t len, u32 *prefix_len);

/* The bit that an xattr clears in the name filter of its inode (image-format 7.5). */
static inline u32 cfs_xattr_filter_bit(u8 index, const void *suffix, size_t len)
{
	return 1u << (cfs_xxh32(suffix, len, EROFS_XATTR_FILTER_SEED + index) & 31);
}

#endif
