/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft faults of one structure (reliability RI-7): what no writer of this
 * format makes and every reader accepts. Nobody pays for them who does not ask.
 * Each is a bit of a set.
 */
#ifndef CFS_IMAGE_ODD_H
#define CFS_IMAGE_ODD_H

#include "image/image.h"

enum odd {
	ODD_ALIGN,
	ODD_BLOCKS,
	ODD_FLAGS,
	ODD_VERSION,
	ODD_COMPAT,
	ODD_HEADER_RESERVED,
	ODD_SUPER_RESERVED,
	ODD_BUILD_NSEC,
	ODD_INOS,
	ODD_INODE_RESERVED,
	ODD_NSEC,
	ODD_NLINK,
	ODD_SPECIAL,
	ODD_EMPTY_CHUNKS,
	ODD_CHUNK_MAP,
	ODD_DIRENT_RESERVED,
	ODD_BEHIND_NAMES,
	ODD_XATTR_RESERVED,
	ODD_XATTR_INDEX,
	ODD_FILTER,
	ODD_PATH,
	ODD_NO_REDIRECT,
	ODD_NO_METACOPY,
	ODD_LOST,
	ODD_CONTENT_AND_OBJECT,
	ODD_NO_DATA,
	ODD_OVERLAY_XATTR,
	ODD_STUB,
	ODD_PATH_LONG,
	ODD_PATH_CONTROL,
	ODD_EMPTY_AREA,
	ODD_ACL,
	ODD_ALGORITHMS,
	ODD_MAX,
};

/* Constant, lower case. */
const char *odd_text(enum odd odd);

/* Header, superblock, and the size of the file. ODD_INOS is for who has counted. */
u64 odd_super(const struct image *img);

/* Head and data of an inode. */
u64 odd_inode(const struct image *img, const struct cfs_inode *inode);

u64 odd_dirblock(const struct cfs_dirblock *block);

/* One xattr of an inode. */
u64 odd_xattr(const struct image *img, const struct cfs_xattr *x);

/* The xattr area of an inode: @filter is the name filter that its @n xattrs give. */
u64 odd_xattrs(const struct cfs_xattrs *x, u32 filter, size_t n);

/* What all xattrs of an inode say together. */
u64 odd_backing(const struct image *img, const struct cfs_inode *inode,
		const struct cfs_backing *b);

/* The name @e, in the root or in another directory, of an inode. */
u64 odd_name(const struct cfs_dirent *e, const struct cfs_inode *inode, bool in_root);

#endif
