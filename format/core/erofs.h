/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures and constants on disk (image format 3, 9 and 10). Names are those of Linux's
 * fs/erofs/erofs_fs.h, if there is one.
 */
#ifndef CFS_CORE_EROFS_H
#define CFS_CORE_EROFS_H

#include "core/span.h"

#define CFS_MAGIC 0xd078629au
#define CFS_HEADER_VERSION 1
#define CFS_FLAG_HAS_ACL 1u
#define CFS_VERSION_MAX 2 /* highest version that is read; 0 and 1 are written */
#define CFS_VERSION_RS 2u /* the older format of composefs-rs */

#define EROFS_SUPER_OFFSET 1024
#define EROFS_SUPER_MAGIC_V1 0xE0F5E1E2 /* letter by letter as linux/magic.h has it */
#define EROFS_BLKSZ_BITS 12
#define EROFS_BLKSZ 4096u
#define EROFS_ISLOTBITS 5
#define EROFS_SLOT 32u
#define EROFS_NULL_ADDR 0xFFFFFFFFu
#define EROFS_FEATURE_COMPAT_MTIME 2u
#define EROFS_FEATURE_COMPAT_XATTR_FILTER 4u
#define EROFS_FEATURE_INCOMPAT_CHUNKED_FILE 4u
#define EROFS_XATTR_FILTER_SEED 0x25BBE08Fu
#define EROFS_XATTR_FILTER_DEFAULT 0xFFFFFFFFu
#define EROFS_NAME_LEN 255
#define EROFS_CHUNK_FORMAT_BLKBITS_MASK 31u

#define CFS_INODES_START (EROFS_SUPER_OFFSET + 128u)
#define CFS_CHUNK_BITS_MAX 43 /* 31 + 12 */
#define CFS_CHUNKS_MAX 1024u
#define CFS_CONTENT_MAX 5000u
#define CFS_SHARED_MAX 128u /* references that the encoder gives one inode at most */
#define CFS_XATTR_NAME_MAX 255u
#define CFS_XATTR_NAME_ESCAPED_MAX 263u
#define CFS_XATTR_BUDGET 32767u
#define CFS_PATH_MAX 4095u /* symlink target, backing path */

enum {
	EROFS_INODE_FLAT_PLAIN = 0,
	EROFS_INODE_FLAT_INLINE = 2,
	EROFS_INODE_CHUNK_BASED = 4,
};

enum {
	EROFS_FT_UNKNOWN,
	EROFS_FT_REG_FILE,
	EROFS_FT_DIR,
	EROFS_FT_CHRDEV,
	EROFS_FT_BLKDEV,
	EROFS_FT_FIFO,
	EROFS_FT_SOCK,
	EROFS_FT_SYMLINK,
	EROFS_FT_MAX
};

/* File types in i_mode. The kernel and every libc agree on them. */
#define CFS_IFMT 0170000u
#define CFS_IFSOCK 0140000u
#define CFS_IFLNK 0120000u
#define CFS_IFREG 0100000u
#define CFS_IFBLK 0060000u
#define CFS_IFDIR 0040000u
#define CFS_IFCHR 0020000u
#define CFS_IFIFO 0010000u

/* Indexes of xattr name prefixes (image format 7.1). */
enum {
	EROFS_XATTR_INDEX_NONE,
	EROFS_XATTR_INDEX_USER,
	EROFS_XATTR_INDEX_POSIX_ACL_ACCESS,
	EROFS_XATTR_INDEX_POSIX_ACL_DEFAULT,
	EROFS_XATTR_INDEX_TRUSTED,
	EROFS_XATTR_INDEX_LUSTRE,
	EROFS_XATTR_INDEX_SECURITY,
	EROFS_XATTR_INDEX_MAX
};

struct cfs_header {
	le32 magic;
	le32 version;
	le32 flags;
	le32 composefs_version;
	u8 unused[16];
};
static_assert(sizeof(struct cfs_header) == 32, "header");

struct erofs_super_block {
	le32 magic;
	le32 checksum;
	le32 feature_compat;
	u8 blkszbits;
	u8 sb_extslots;
	le16 root_nid;
	le64 inos;
	le64 build_time;
	le32 build_time_nsec;
	le32 blocks;
	le32 meta_blkaddr;
	le32 xattr_blkaddr;
	u8 uuid[16];
	u8 volume_name[16];
	le32 feature_incompat;
	u8 reserved[44];
};
static_assert(sizeof(struct erofs_super_block) == 128, "superblock");

struct erofs_inode_compact {
	le16 i_format;
	le16 i_xattr_icount;
	le16 i_mode;
	le16 i_nlink;
	le32 i_size;
	le32 i_reserved;
	le32 i_u;
	le32 i_ino;
	le16 i_uid;
	le16 i_gid;
	le32 i_reserved2;
};
static_assert(sizeof(struct erofs_inode_compact) == 32, "compact inode");

struct erofs_inode_extended {
	le16 i_format;
	le16 i_xattr_icount;
	le16 i_mode;
	le16 i_reserved;
	le64 i_size;
	le32 i_u;
	le32 i_ino;
	le32 i_uid;
	le32 i_gid;
	le64 i_mtime;
	le32 i_mtime_nsec;
	le32 i_nlink;
	u8 i_reserved2[16];
};
static_assert(sizeof(struct erofs_inode_extended) == 64, "extended inode");

struct erofs_xattr_ibody_header {
	le32 h_name_filter;
	u8 h_shared_count;
	u8 h_reserved2[7];
};
static_assert(sizeof(struct erofs_xattr_ibody_header) == 12, "xattr header");

struct erofs_xattr_entry {
	u8 e_name_len;
	u8 e_name_index;
	le16 e_value_size;
};
static_assert(sizeof(struct erofs_xattr_entry) == 4, "xattr entry");

struct erofs_dirent {
	le64 nid;
	le16 nameoff;
	u8 file_type;
	u8 reserved;
};
static_assert(sizeof(struct erofs_dirent) == 12, "directory entry");

/* Value of trusted.overlay.metacopy (image format 5.2); as long as its digest needs. */
struct cfs_metacopy {
	u8 version;
	u8 len;
	u8 flags;
	u8 digest_algo;
	u8 digest[64];
};
static_assert(sizeof(struct cfs_metacopy) == 68, "metacopy");
#define CFS_METACOPY_HEAD 4u

/* File type of a directory entry for a mode, EROFS_FT_UNKNOWN for none of the seven. */
static inline u8 cfs_ftype(u32 mode)
{
	switch (mode & CFS_IFMT) {
	case CFS_IFREG:
		return EROFS_FT_REG_FILE;
	case CFS_IFDIR:
		return EROFS_FT_DIR;
	case CFS_IFCHR:
		return EROFS_FT_CHRDEV;
	case CFS_IFBLK:
		return EROFS_FT_BLKDEV;
	case CFS_IFIFO:
		return EROFS_FT_FIFO;
	case CFS_IFSOCK:
		return EROFS_FT_SOCK;
	case CFS_IFLNK:
		return EROFS_FT_SYMLINK;
	default:
		return EROFS_FT_UNKNOWN;
	}
}

#endif
