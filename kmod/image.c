// SPDX-License-Identifier: GPL-2.0-only
/* Open and measure the image, and check its header (kmod 3). */
#include "composefs.h"
#include <linux/fadvise.h>
#include <linux/file.h>
#include <linux/magic.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>

#define CFS_READ_AT_MOUNT (4 << 20)

char *cfs_path_name(const struct path *path)
{
	char *page = (char *)__get_free_page(GFP_KERNEL), *name;

	if (!page)
		return ERR_PTR(-ENOMEM);
	name = d_path(path, page, PAGE_SIZE);
	if (!IS_ERR(name))
		name = kstrdup(name, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	free_page((unsigned long)page);
	return name;
}

static bool cfs_is_nodev(const struct path *path)
{
	return path->mnt->mnt_flags & MNT_NODEV || path->mnt->mnt_sb->s_iflags & SB_I_NODEV;
}

/*
 * Open the source. Check its type first, because opening a FIFO would wait for a writer. Nobody
 * may write to a regular file while it is mounted.
 */
static int cfs_source_open(struct fs_context *fc, struct cfs_fs *fs, const struct path *path)
{
	const umode_t mode = d_inode(path->dentry)->i_mode;
	int rc;

	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return invalfc(fc, "source is neither a regular file nor a block device");
	if (S_ISBLK(mode) && cfs_is_nodev(path))
		return -EACCES;
	fs->image = dentry_open(path, O_RDONLY | O_LARGEFILE, fc->cred);
	if (IS_ERR(fs->image)) {
		rc = PTR_ERR(fs->image);
		fs->image = NULL;
		return rc;
	}
	if (S_ISREG(mode)) {
		rc = deny_write_access(fs->image);
		if (rc) {
			errorfc(fc, "the image is open for writing");
			return rc;
		}
		fs->denies_write = true;
	}
	return 0;
}

/*
 * Choose the page cache that has the bytes. For a file on an overlay it is that of the file
 * below. The overlay's struct file means nothing to that file system, so only file systems that
 * read without one are accepted (kmod 10).
 */
static int cfs_mapping_choose(struct fs_context *fc, struct cfs_fs *fs)
{
	struct inode *inode = file_inode(fs->image), *real = inode;

	if (S_ISREG(inode->i_mode) && inode->i_sb->s_type != &cfs_fs_type)
		real = d_real_inode(fs->image->f_path.dentry);
	fs->mapping = real == inode ? fs->image->f_mapping : real->i_mapping;
	fs->reader = real == inode ? fs->image : NULL;
	fs->is_shmem = shmem_mapping(fs->mapping);
	if (!fs->reader && !(real->i_sb->s_type->fs_flags & FS_REQUIRES_DEV) && !fs->is_shmem &&
	    real->i_sb->s_magic != RAMFS_MAGIC) {
		errorfc(fc, "an image on an overlay over %s cannot be read",
			real->i_sb->s_type->name);
		return -EOPNOTSUPP;
	}
	if (IS_DAX(real) || (!fs->is_shmem && !fs->mapping->a_ops->read_folio)) {
		errorfc(fc, "an image on %s cannot be read", real->i_sb->s_type->name);
		return -EOPNOTSUPP;
	}
	file_ra_state_init(&fs->ra, fs->mapping);
	return 0;
}

int cfs_image_open(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts)
{
	struct path path = opts->source;
	int rc;

	if (path.dentry)
		path_get(&path);
	else if (!fc->source || !*fc->source)
		return invalfc(fc, "no source");
	else if ((rc = kern_path(fc->source, LOOKUP_FOLLOW, &path)))
		return rc;
	rc = cfs_source_open(fc, fs, &path);
	path_put(&path);
	if (rc)
		return rc;
	fs->image_name = cfs_path_name(&fs->image->f_path);
	if (IS_ERR(fs->image_name)) {
		rc = PTR_ERR(fs->image_name);
		fs->image_name = NULL;
		return rc;
	}
	fs->depth = file_inode(fs->image)->i_sb->s_stack_depth;
	return cfs_mapping_choose(fc, fs);
}

void cfs_image_close(struct cfs_fs *fs)
{
	cfs_metabuf_forget(fs);
	kfree(fs->image_name);
	if (!fs->image)
		return;
	if (fs->denies_write)
		allow_write_access(fs->image);
	fput(fs->image);
}

/* The file is open, so fs-verity checks reads against the digest that it reports now. */
int cfs_image_measure(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts)
{
	int rc = cfs_verity_digest(fs->mapping->host, &fs->measured), size;

	fs->digest = opts->digest;
	size = (int)cfs_digest_size(fs->digest.algorithm);
	if (!size)
		return 0;
	if (rc == -ENODATA)
		errorfc(fc, "the image has no fs-verity, but a digest was given");
	else if (rc && rc != -EINVAL)
		errorfc(fc, "the fs-verity digest of the image cannot be read");
	else if (rc || fs->measured.algorithm != fs->digest.algorithm)
		return invalfc(fc, "the fs-verity digest of the image is not %s",
			       cfs_algorithm_name(fs->digest.algorithm));
	else if (!cfs_digest_equal(&fs->measured, &fs->digest))
		return invalfc(fc, "the image has the digest %*phN, not %*phN", size,
			       fs->measured.b, size, fs->digest.b);
	return rc;
}

/* Whether both magic numbers are there. */
static bool cfs_image_is_ours(struct cfs_span head)
{
	le32 header, super;

	return cfs_span_load(head, 0, &header) && cfs_span_load(head, EROFS_SUPER_OFFSET, &super) &&
	       get32(header) == CFS_MAGIC && get32(super) == EROFS_SUPER_MAGIC_V1;
}

int cfs_image_decode(struct fs_context *fc, struct cfs_fs *fs)
{
	const u64 len = (u64)i_size_read(fs->mapping->host);
	struct cfs_metabuf buf = {};
	struct cfs_fault f = {};
	struct cfs_span head;
	int rc;

	if (len < CFS_INODES_START)
		return invalfc(fc, "shorter than the header and superblock of an image");
	fs->super.image_len = len;
	vfs_fadvise(fs->image, 0, CFS_READ_AT_MOUNT, POSIX_FADV_WILLNEED);
	rc = cfs_metabuf_span(fs, &buf, 0, CFS_INODES_START, &head);
	if (rc) {
		errorfc(fc, "the image cannot be read");
		return rc;
	}
	if (!cfs_image_is_ours(head)) {
		rc = invalfc(fc, "not a composefs image");
	} else {
		rc = cfs_super_decode(&fs->super, head, len, &f);
		if (rc)
			errorfc(fc, "%s, at %llu", f.what, f.off);
	}
	cfs_metabuf_put(&buf);
	if (!rc && len >> EROFS_BLKSZ_BITS < fs->super.blocks) {
		errorfc(fc, "the image is shorter than the %u blocks it says", fs->super.blocks);
		return -EUCLEAN;
	}
	return rc;
}
