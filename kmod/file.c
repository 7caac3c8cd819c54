// SPDX-License-Identifier: GPL-2.0-only
/* Contents of files (kmod 8): of an object through its own page cache, or from the image. */
#include "composefs.h"
#include <linux/cred.h>
#include <linux/fadvise.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>

static const struct cred *cfs_file_cred(const struct file *file)
{
	return CFS_FS(file_inode(file)->i_sb)->cred;
}

static int cfs_object_fopen(struct inode *inode, struct file *file)
{
	struct file *real = cfs_object_open(inode, file);

	if (IS_ERR(real))
		return PTR_ERR(real);
	file->f_mode |= real->f_mode & FMODE_CAN_ODIRECT;
	file->private_data = real;
	return 0;
}

static int cfs_object_release(struct inode *inode, struct file *file)
{
	fput(file->private_data);
	return 0;
}

/* The real file. fcntl() may have changed O_DIRECT of ours, so copy it. */
static struct file *cfs_real_file(const struct file *file)
{
	struct file *real = file->private_data;

	if (unlikely((file->f_flags ^ real->f_flags) & O_DIRECT)) {
		spin_lock(&real->f_lock);
		real->f_flags = (real->f_flags & ~O_DIRECT) | (file->f_flags & O_DIRECT);
		spin_unlock(&real->f_lock);
	}
	return real;
}

static ssize_t cfs_object_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	const struct file *file = iocb->ki_filp;

	return cfs_backing_read(cfs_real_file(file), iter, iocb, cfs_file_cred(file));
}

static ssize_t cfs_object_splice(struct file *file, loff_t *pos, struct pipe_inode_info *pipe,
				 size_t len, unsigned int flags)
{
	return cfs_backing_splice(file, cfs_real_file(file), pos, pipe, len, flags,
				  cfs_file_cred(file));
}

static int cfs_object_mmap(struct file *file, struct vm_area_struct *vma)
{
	return cfs_backing_mmap(file->private_data, vma, cfs_file_cred(file));
}

static int cfs_object_fadvise(struct file *file, loff_t offset, loff_t len, int advice)
{
	const struct cred *old = override_creds(cfs_file_cred(file));
	int rc = vfs_fadvise(file->private_data, offset, len, advice);

	revert_creds(old);
	return rc;
}

/* FS_IOC_MEASURE_VERITY: the digest that reads are checked against, whatever our level is. */
static long cfs_object_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct file *real = file->private_data;
	const struct cred *old;
	long rc;

	if (cmd != FS_IOC_MEASURE_VERITY || !real->f_op->unlocked_ioctl)
		return -ENOTTY;
	old = override_creds(cfs_file_cred(file));
	rc = real->f_op->unlocked_ioctl(real, cmd, arg);
	revert_creds(old);
	return rc == -ENOIOCTLCMD ? -ENOTTY : rc;
}

const struct file_operations cfs_object_fops = {
	.open = cfs_object_fopen,
	.release = cfs_object_release,
	.llseek = generic_file_llseek,
	.read_iter = cfs_object_read_iter,
	.splice_read = cfs_object_splice,
	.mmap = cfs_object_mmap,
	.fadvise = cfs_object_fadvise,
	.fsync = noop_fsync,
	.unlocked_ioctl = cfs_object_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* O_DIRECT is accepted and served from the page cache. */
static int cfs_content_open(struct inode *inode, struct file *file)
{
	file->f_mode |= FMODE_CAN_ODIRECT;
	return 0;
}

static ssize_t cfs_content_read_iter(struct kiocb *iocb, struct iov_iter *iter)
{
	iocb->ki_flags &= ~IOCB_DIRECT;
	return generic_file_read_iter(iocb, iter);
}

const struct file_operations cfs_content_fops = {
	.open = cfs_content_open,
	.llseek = generic_file_llseek,
	.read_iter = cfs_content_read_iter,
	.splice_read = cfs_content_splice_read,
	.mmap = generic_file_readonly_mmap,
	.fsync = noop_fsync,
};

/* Fill @len bytes at @to with the content at @pos, and with zeros behind its end. */
static int cfs_content_copy(struct inode *inode, loff_t pos, u8 *to, size_t len)
{
	struct cfs_inode d;
	u64 piece;
	int rc = 0;

	cfs_node_data(inode, &d);
	memset(to, 0, len);
	for (piece = (u64)pos >> EROFS_BLKSZ_BITS; len && piece < cfs_inode_pieces(&d) && !rc;
	     piece++) {
		u32 have;
		u64 off = cfs_inode_piece(&d, piece, &have);
		size_t n = min_t(size_t, have, len);

		rc = cfs_meta_copy(CFS_FS(inode->i_sb), off, to, n);
		to += n;
		len -= n;
	}
	return rc;
}

static int cfs_content_read_folio(struct file *file, struct folio *folio)
{
	struct inode *inode = folio->mapping->host;
	size_t at;
	int rc = 0;

	for (at = 0; at < folio_size(folio) && !rc; at += PAGE_SIZE) {
		u8 *to = kmap_local_folio(folio, at);

		rc = cfs_content_copy(inode, folio_pos(folio) + (loff_t)at, to, PAGE_SIZE);
		kunmap_local(to);
		flush_dcache_folio(folio);
	}
	cfs_folio_end_read(folio, !rc);
	return rc;
}

const struct address_space_operations cfs_content_aops = {
	.read_folio = cfs_content_read_folio,
};
