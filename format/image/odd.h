/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Soft faults of one structure (RI-7): readers accept them, but no writer of this format makes
 * them. Image format 15.5 explains those that make Linux show something else. They are computed
 * only on request. A set of faults has a bit for each.
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

/*
 * The functions that look for soft faults. image_check() calls them through this table, so that
 * a program that never asks for soft faults does not link them.
 */
struct odd_look {
	/* The text of a fault, a constant in lower case. */
	const char *(*text)(enum odd odd);

	/*
	 * Header, superblock, and the size of the file. The caller, which counts inodes, adds
	 * ODD_INOS.
	 */
	u64 (*super)(const struct image *img);

	/* The head and the data of an inode. */
	u64 (*inode)(const struct image *img, const struct cfs_inode *inode);

	u64 (*dirblock)(const struct cfs_dirblock *block);

	/* One xattr of an inode. */
	u64 (*xattr)(const struct image *img, const struct cfs_xattr *x);

	/*
	 * The header of an xattr area. @filter is the name filter that the @n xattrs of the inode
	 * give.
	 */
	u64 (*xattrs)(const struct cfs_xattrs *x, u32 filter, size_t n);

	/* All xattrs of an inode together. */
	u64 (*backing)(const struct image *img, const struct cfs_inode *inode,
		       const struct cfs_backing *b);

	/* A name of an inode, in the root or in another directory. */
	u64 (*name)(const struct cfs_dirent *e, const struct cfs_inode *inode, bool in_root);
};

extern const struct odd_look odd_look;

#endif
