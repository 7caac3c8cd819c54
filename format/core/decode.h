/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Turn bytes of an image into numbers (image format 15.1). Each function takes the bytes of one
 * structure and refuses every hard fault that this structure alone can show (RI-6). The
 * functions keep no state and allocate nothing, so the kernel module can pass one block at a
 * time.
 *
 * All return 0, -EUCLEAN (broken) or -EOPNOTSUPP (valid, but not supported). The fault then
 * holds a constant text and its offset in the span. The fault pointer may be NULL.
 */
#ifndef CFS_CORE_DECODE_H
#define CFS_CORE_DECODE_H

#include "core/erofs.h"
#include "core/xxh32.h"

#define CFS_NID_BITS 59 /* inode numbers below 2^59 can be shifted to an offset */

/* The fields of the composefs header and the EROFS superblock. */
struct cfs_super {
	u64 image_len;
	u64 root_nid;
	u64 inos;
	s64 build_time; /* mtime of compact inodes */
	u32 build_time_nsec;
	u32 blocks;
	u32 flags;   /* CFS_FLAG_HAS_ACL, which is not to be trusted (image format 15.5) */
	u32 version; /* composefs_version */
	u64 shared;  /* references to shared xattrs count from this offset */
};

/*
 * @head: the first CFS_INODES_START bytes of the image, or the whole image if it is shorter.
 * @image_len: the length of the image.
 */
int cfs_super_decode(struct cfs_super *sb, struct cfs_span head, u64 image_len,
		     struct cfs_fault *f);

/* An inode and the places of its parts. Offsets count from the start of the image. */
struct cfs_inode {
	u64 nid;
	u64 off;
	u64 size;
	s64 mtime;
	u32 mtime_nsec;
	u32 mode; /* 16 bits; the type is one of the seven */
	u32 nlink, uid, gid;
	u32 rdev; /* of devices, else 0 */
	u32 ino;  /* i_ino: the number the encoder gave */
	u8 ftype; /* EROFS_FT_* of the mode */
	u8 layout;
	u8 head_len;   /* 32 or 64 */
	u8 chunk_bits; /* log2 of the chunk size; chunk layout only */
	u32 chunks;    /* number of chunks; never follow the map (RI-8) */
	u32 xattr_len; /* 0: no xattrs */
	u64 xattr_off;
	u64 block_off; /* full blocks of flat data; the last one may be partly used */
	u64 blocks;    /* number of full blocks */
	u64 tail_off;  /* inline data behind the xattrs, or the chunk map */
	u32 tail_len;  /* 0 unless the layout is inline */
};

/* The offset of the inode @nid. The image has at least 32 bytes there. */
int cfs_inode_offset(const struct cfs_super *sb, u64 nid, u64 *off, struct cfs_fault *f);

/*
 * @bytes: the 64 bytes at that offset, or fewer at the end of the image. If this returns 0,
 * everything that the inode points to lies inside the image.
 */
int cfs_inode_decode(struct cfs_inode *inode, const struct cfs_super *sb, u64 nid,
		     struct cfs_span bytes, struct cfs_fault *f);

/*
 * A character device 0:0 hides an object directory and is not part of the tree (image format
 * 5.5).
 */
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

/* Number of pieces that hold the flat data of an inode: full blocks, and the tail. */
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
	u32 count; /* number of entries */
};

struct cfs_dirent {
	u64 nid;
	const u8 *name; /* in the block */
	u32 len;        /* 1 to 255 */
	u8 type;        /* EROFS_FT_* */
};

int cfs_dirblock_open(struct cfs_dirblock *block, struct cfs_span bytes, struct cfs_fault *f);

/*
 * Decode entry @i, which is less than the count. @prev is the entry before it, possibly of the
 * block before; its name must be smaller. NULL skips that check.
 */
int cfs_dirblock_entry(const struct cfs_dirblock *block, u32 i, const struct cfs_dirent *prev,
		       struct cfs_dirent *e, struct cfs_fault *f);

/*
 * Decode entry @i, which is less than the count, and compare its name with @name, a legal name:
 * *@order is negative if the entry comes before it, 0 if it has that name. If it has another
 * name, only the place of its name is checked.
 */
int cfs_dirblock_order(const struct cfs_dirblock *block, u32 i, const void *name, u32 len,
		       struct cfs_dirent *e, int *order, struct cfs_fault *f);

/*
 * Find the entry called @name with cfs_dirblock_order(). *@i is its number. If there is none,
 * returns -ENOENT and *@i is the number of the first entry behind @name, or the count.
 */
int cfs_dirblock_find(const struct cfs_dirblock *block, const void *name, u32 len,
		      struct cfs_dirent *e, u32 *i, struct cfs_fault *f);

/* 1 for ".", 2 for "..", 0 for other names. */
static inline u32 cfs_dirent_dots(const struct cfs_dirent *e)
{
	if (e->name[0] != '.' || e->len > 2)
		return 0;
	return e->len == 1 || e->name[1] == '.' ? e->len : 0;
}

/* Compare names in byte order: negative, 0 or positive. */
int cfs_name_order(const u8 *a, u32 alen, const u8 *b, u32 blen);

/* The xattr area of an inode: references to shared entries, then entries. */
struct cfs_xattrs {
	struct cfs_span area;
	u32 filter;
	u32 nshared;
	u64 first; /* offset of the first entry; the end of the area if there is none */
};

struct cfs_xattr {
	const u8 *suffix; /* the name without the prefix that the index stands for */
	const u8 *value;
	u16 len; /* of the value */
	u8 suffix_len;
	u8 index; /* EROFS_XATTR_INDEX_* */
};

/* An empty area has no xattrs. */
int cfs_xattrs_open(struct cfs_xattrs *x, struct cfs_span area, struct cfs_fault *f);

/* The offset in the image of the entry that reference @i leads to; @i is less than nshared. */
int cfs_xattrs_shared(const struct cfs_xattrs *x, const struct cfs_super *sb, u32 i, u64 *off,
		      struct cfs_fault *f);

/* Length of an entry with its padding, computed from the 4 bytes of its header. */
static inline u32 cfs_xattr_len(const struct erofs_xattr_entry *e)
{
	return (u32)cfs_align(sizeof(*e) + e->e_name_len + (u32)get16(e->e_value_size), 4);
}

/*
 * Decode the entry at @off of @s. @s is an area (*@next is then the offset of the next entry),
 * the whole image, or a copy of one shared entry (@next is NULL, and the padding may be
 * missing).
 */
int cfs_xattr_decode(struct cfs_xattr *x, struct cfs_span s, u64 off, u64 *next,
		     struct cfs_fault *f);

/* The name prefix that an index up to 6 stands for, *@len bytes without a terminator. */
const char *cfs_xattr_prefix(u8 index, u32 *len);

/*
 * The index that the encoder gives a name, and the length of the prefix it stands for (image
 * format 7.1).
 */
u8 cfs_xattr_index(const void *name, size_t len, u32 *prefix_len);

/* The bit that an xattr clears in the name filter of its inode (image format 7.5). */
static inline u32 cfs_xattr_filter_bit(u8 index, const void *suffix, size_t len)
{
	return 1u << (cfs_xxh32(suffix, len, EROFS_XATTR_FILTER_SEED + index) & 31);
}

#endif
