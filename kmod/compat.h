/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differences between the kernels. No other file knows versions: each difference has one
 * name here that begins with cfs_ or CFS_. Version numbers decide what never changes within a
 * stable series; the compiler decides what does.
 */
#ifndef CFS_KMOD_COMPAT_H
#define CFS_KMOD_COMPAT_H

#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/pagemap.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/splice.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <linux/xattr.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "composefs: this kernel is older than Linux 6.1"
#endif

#define CFS_LINUX_6_1 (LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0))
#define CFS_LINUX_SERIES (LINUX_VERSION_CODE >> 8)

/* The series that the tests boot. core.c asks for the warning, once for each build. */
#if defined(CFS_WARN_UNTESTED) && CFS_LINUX_SERIES != 0x601 && CFS_LINUX_SERIES != 0x60c &&        \
	CFS_LINUX_SERIES != 0x703
#pragma message "composefs: untested with this kernel; tested: Linux 6.1, 6.12 and 7.3"
#endif

#if !CFS_LINUX_6_1
#include <linux/backing-file.h>
#include <linux/exportfs.h>
#endif

/*
 * cfs_verity_digest() - the fs-verity digest that reads of @inode are checked against, and its
 * algorithm. The inode was opened before, because opening loads the digest (KM-4). Returns 0;
 * -ENODATA without fs-verity; -EINVAL for an unknown algorithm; -EOPNOTSUPP if the kernel
 * cannot tell. @out has no algorithm unless the result is 0.
 */
static inline int cfs_verity_digest(struct inode *inode, struct cfs_digest *out);

/* The backing file makes no fsnotify events. Since 6.14 the kernel sees to that itself. */
#ifdef __FMODE_NONOTIFY
#define CFS_OPEN_NONOTIFY __FMODE_NONOTIFY
#else
#define CFS_OPEN_NONOTIFY 0
#endif

/* Whether iget_locked() made @inode. Since 6.19 the flags are read by a function. */
static inline bool cfs_inode_is_new(struct inode *inode)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
	return inode->i_state & I_NEW;
#else
	return inode_state_read_once(inode) & I_NEW;
#endif
}

#if CFS_LINUX_6_1

/*
 * 6.1 exports no function that gives this digest to the kernel. The structure that it loads at
 * open has this layout in all of 6.1. Each use checks as much of it as can be checked, and a
 * test compares the result with FS_IOC_MEASURE_VERITY.
 */
struct cfs_verity_info {
	const void *hash_alg;
	const u8 *hashstate;
	unsigned int digest_size;
	unsigned int block_size;
	unsigned int hashes_per_block;
	unsigned int log_blocksize;
	unsigned int log_arity;
	unsigned int num_levels;
	u64 tree_size;
	unsigned long level0_blocks;
	u64 level_start[8];
	u8 root_hash[64];
	u8 file_digest[64];
	const struct inode *inode;
};
#ifdef CONFIG_64BIT
static_assert(offsetof(struct cfs_verity_info, root_hash) == 120);
static_assert(offsetof(struct cfs_verity_info, file_digest) == 184);
static_assert(offsetof(struct cfs_verity_info, inode) == 248);
#endif

static inline int cfs_verity_digest(struct inode *inode, struct cfs_digest *out)
{
	const struct cfs_verity_info *vi = (const void *)fsverity_get_info(inode);

	memset(out, 0, sizeof(*out));
	if (!vi)
		return -ENODATA;
	if (vi->inode != inode || vi->log_blocksize != PAGE_SHIFT || vi->block_size != PAGE_SIZE ||
	    vi->log_arity >= PAGE_SHIFT || vi->hashes_per_block != 1u << vi->log_arity)
		return -EOPNOTSUPP;
	/* fs-verity has one algorithm of each digest size. */
	if (vi->digest_size == SHA256_DIGEST_SIZE)
		cfs_digest_set(out, CFS_SHA256, vi->file_digest);
	else if (vi->digest_size == SHA512_DIGEST_SIZE)
		cfs_digest_set(out, CFS_SHA512, vi->file_digest);
	else
		return -EOPNOTSUPP;
	return 0;
}

/* Exported, but not declared in a header that modules can include. */
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);

/* A file system below us may ask our dentry for its own one (kmod 9). */
#define CFS_NEEDS_D_REAL true

static inline void cfs_set_dentry_ops(struct super_block *sb, const struct dentry_operations *ops)
{
	sb->s_d_op = ops;
}

#define CFS_D_REAL_OP(fn) .d_real = fn,

static inline struct dentry *cfs_d_real(struct dentry *dentry, const struct inode *inode)
{
	return d_real(dentry, inode);
}

#define CFS_XATTR_HANDLERS const struct xattr_handler *
#define CFS_ACL_HANDLERS &posix_acl_access_xattr_handler, &posix_acl_default_xattr_handler,
#define CFS_ACL_OP get_acl
#define CFS_ENCODE_FH_OP
#define cfs_content_splice_read generic_file_splice_read

static inline int cfs_permission(const struct path *path, int mask)
{
	return inode_permission(mnt_user_ns(path->mnt), d_inode(path->dentry), mask);
}

static inline bool cfs_owner_or_capable(const struct path *path)
{
	return inode_owner_or_capable(mnt_user_ns(path->mnt), d_inode(path->dentry));
}

static inline void cfs_set_times(struct inode *inode, s64 sec, u32 nsec)
{
	inode->i_mtime = (struct timespec64){ .tv_sec = sec, .tv_nsec = nsec };
	inode->i_atime = inode->i_mtime;
	inode_set_ctime_to_ts(inode, inode->i_mtime);
}

static inline void cfs_set_uuid(struct super_block *sb, const u8 *bytes)
{
	memcpy(&sb->s_uuid, bytes, sizeof(sb->s_uuid));
}

/* The folio of the page cache with a reference, or NULL. */
static inline struct folio *cfs_cached_folio(struct address_space *mapping, pgoff_t index)
{
	return filemap_get_folio(mapping, index);
}

static inline void cfs_folio_end_read(struct folio *folio, bool ok)
{
	if (ok)
		folio_mark_uptodate(folio);
	folio_unlock(folio);
}

/*
 * Open @real with the path of @user, so that users see our path. @cred are the rights, and the
 * flags are those of open(2).
 */
static inline struct file *cfs_backing_open(struct file *user, int flags, const struct path *real,
					    const struct cred *cred)
{
	return open_with_fake_path(&user->f_path, flags, d_real_inode(real->dentry), cred);
}

static inline ssize_t cfs_backing_read(struct file *real, struct iov_iter *iter, struct kiocb *iocb,
				       const struct cred *cred)
{
	const struct cred *old;
	rwf_t flags = 0;
	ssize_t rc;

	if (!iov_iter_count(iter))
		return 0;
	if (iocb->ki_flags & IOCB_DIRECT && !(real->f_mode & FMODE_CAN_ODIRECT))
		return -EINVAL;
	if (iocb->ki_flags & IOCB_NOWAIT)
		flags |= RWF_NOWAIT;
	if (iocb->ki_flags & IOCB_HIPRI)
		flags |= RWF_HIPRI;
	old = override_creds(cred);
	rc = vfs_iter_read(real, iter, &iocb->ki_pos, flags);
	revert_creds(old);
	return rc;
}

static inline ssize_t cfs_backing_splice(struct file *user, struct file *real, loff_t *pos,
					 struct pipe_inode_info *pipe, size_t len,
					 unsigned int flags, const struct cred *cred)
{
	return generic_file_splice_read(user, pos, pipe, len, flags);
}

static inline int cfs_backing_mmap(struct file *real, struct vm_area_struct *vma,
				   const struct cred *cred)
{
	const struct cred *old;
	int rc;

	if (!real->f_op->mmap)
		return -ENODEV;
	vma_set_file(vma, real);
	old = override_creds(cred);
	rc = call_mmap(real, vma);
	revert_creds(old);
	return rc;
}

#else /* since 6.12 */

static inline int cfs_verity_digest(struct inode *inode, struct cfs_digest *out)
{
	u8 raw[FS_VERITY_MAX_DIGEST_SIZE] = {};
	u8 alg = 0;
	int size = fsverity_get_digest(inode, raw, &alg, NULL);

	memset(out, 0, sizeof(*out));
	if (size < 0)
		return size;
	if (!size) /* how this kernel reports a file without fs-verity */
		return -ENODATA;
	if (size != (int)cfs_digest_size(alg))
		return -EINVAL;
	cfs_digest_set(out, alg, raw);
	return 0;
}

#define CFS_NEEDS_D_REAL false

/* There is nothing in them that this kernel calls. */
static inline void cfs_set_dentry_ops(struct super_block *sb, const struct dentry_operations *ops)
{
}

#define CFS_D_REAL_OP(fn)

static inline struct dentry *cfs_d_real(struct dentry *dentry, const struct inode *inode)
{
	return dentry;
}

#define CFS_XATTR_HANDLERS const struct xattr_handler *const
#define CFS_ACL_HANDLERS
#define CFS_ACL_OP get_inode_acl
#define CFS_ENCODE_FH_OP .encode_fh = generic_encode_ino32_fh,
#define cfs_content_splice_read filemap_splice_read

static inline int cfs_permission(const struct path *path, int mask)
{
	return inode_permission(mnt_idmap(path->mnt), d_inode(path->dentry), mask);
}

static inline bool cfs_owner_or_capable(const struct path *path)
{
	return inode_owner_or_capable(mnt_idmap(path->mnt), d_inode(path->dentry));
}

static inline void cfs_set_times(struct inode *inode, s64 sec, u32 nsec)
{
	inode_set_mtime(inode, sec, nsec);
	inode_set_atime(inode, sec, nsec);
	inode_set_ctime(inode, sec, nsec);
}

static inline void cfs_set_uuid(struct super_block *sb, const u8 *bytes)
{
	super_set_uuid(sb, bytes, sizeof(sb->s_uuid));
}

static inline struct folio *cfs_cached_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = filemap_get_folio(mapping, index);

	return IS_ERR(folio) ? NULL : folio;
}

static inline void cfs_folio_end_read(struct folio *folio, bool ok)
{
	folio_end_read(folio, ok);
}

/*
 * The first argument was a path before some stable update and is a file since then; a pointer
 * to void becomes either.
 */
#define CFS_BACKING_USER(file)                                                                     \
	__builtin_choose_expr(__builtin_types_compatible_p(                                        \
				      typeof(backing_file_open),                                   \
				      struct file * (const struct path *, int,                     \
						     const struct path *, const struct cred *)),   \
			      (void *)&(file)->f_path, (void *)(file))

static inline struct file *cfs_backing_open(struct file *user, int flags, const struct path *real,
					    const struct cred *cred)
{
	return backing_file_open(CFS_BACKING_USER(user), flags, real, cred);
}

/* Until 6.12 the context names the user's file; since then the kiocb does. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define CFS_BACKING_CTX(file, rights)                                                              \
	{                                                                                          \
		.cred = (rights), .user_file = (file)                                              \
	}
#else
#define CFS_BACKING_CTX(file, rights)                                                              \
	{                                                                                          \
		.cred = (rights)                                                                   \
	}
#endif

static inline ssize_t cfs_backing_read(struct file *real, struct iov_iter *iter, struct kiocb *iocb,
				       const struct cred *cred)
{
	struct backing_file_ctx ctx = CFS_BACKING_CTX(iocb->ki_filp, cred);

	return backing_file_read_iter(real, iter, iocb, iocb->ki_flags, &ctx);
}

static inline ssize_t cfs_backing_splice(struct file *user, struct file *real, loff_t *pos,
					 struct pipe_inode_info *pipe, size_t len,
					 unsigned int flags, const struct cred *cred)
{
	struct backing_file_ctx ctx = CFS_BACKING_CTX(user, cred);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	return backing_file_splice_read(real, pos, pipe, len, flags, &ctx);
#else
	struct kiocb iocb;
	ssize_t rc;

	init_sync_kiocb(&iocb, user);
	iocb.ki_pos = *pos;
	rc = backing_file_splice_read(real, &iocb, pipe, len, flags, &ctx);
	*pos = iocb.ki_pos;
	return rc;
#endif
}

static inline int cfs_backing_mmap(struct file *real, struct vm_area_struct *vma,
				   const struct cred *cred)
{
	struct backing_file_ctx ctx = CFS_BACKING_CTX(vma->vm_file, cred);

	return backing_file_mmap(real, vma, &ctx);
}

#endif
#endif
