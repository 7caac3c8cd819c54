// SPDX-License-Identifier: GPL-2.0-only
/* Make inodes from inode numbers (kmod 5), and manage their memory (kmod 13). */
#include "composefs.h"
#include <linux/slab.h>

static struct kmem_cache *cfs_node_cache;

int cfs_complain(struct super_block *sb, u64 nid, int rc, const struct cfs_fault *f)
{
	if (f->what)
		pr_warn_ratelimited("composefs: %s: inode %llu: %s\n", sb->s_id, nid, f->what);
	return rc;
}

static void cfs_node_once(void *node)
{
	inode_init_once(&((struct cfs_node *)node)->vfs);
}

int cfs_inodes_init(void)
{
	cfs_node_cache = kmem_cache_create("composefs_inode", sizeof(struct cfs_node), 0,
					   SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, cfs_node_once);
	return cfs_node_cache ? 0 : -ENOMEM;
}

void cfs_inodes_exit(void)
{
	rcu_barrier(); /* cfs_free_inode() runs after a grace period */
	kmem_cache_destroy(cfs_node_cache);
}

struct inode *cfs_alloc_inode(struct super_block *sb)
{
	struct cfs_node *node = alloc_inode_sb(sb, cfs_node_cache, GFP_KERNEL);

	if (!node)
		return NULL;
	node->object = NULL;
	node->block = 0;
	node->next = 0;
	node->xattr_icount = 0;
	node->flags = 0;
	node->marked = 0;
	return &node->vfs;
}

/* A path walk in RCU mode may still have read the link until now. */
void cfs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	kmem_cache_free(cfs_node_cache, CFS_NODE(inode));
}

void cfs_evict_inode(struct inode *inode)
{
	struct cfs_node *node = CFS_NODE(inode);

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	cfs_object_free(node->object);
	node->object = NULL;
}

/* Read an inode whose head crosses a block. */
static noinline int cfs_inode_read_split(struct cfs_fs *fs, u64 nid, u64 off, u64 len,
					 struct cfs_inode *d, struct cfs_fault *f)
{
	u8 head[sizeof(struct erofs_inode_extended)];
	int rc = cfs_meta_copy(fs, off, head, len);

	return rc ?: cfs_inode_decode(d, &fs->super, nid, (struct cfs_span){ head, len }, f);
}

int cfs_inode_read(struct super_block *sb, u64 nid, struct cfs_inode *d)
{
	struct cfs_fs *fs = CFS_FS(sb);
	struct cfs_metabuf buf = {};
	struct cfs_fault f = {};
	struct cfs_span head;
	u64 off, len;
	int rc = cfs_inode_offset(&fs->super, nid, &off, &f);

	if (rc)
		return cfs_complain(sb, nid, rc, &f);
	len = min_t(u64, sizeof(struct erofs_inode_extended), fs->super.image_len - off);
	if (cfs_inside(off & (EROFS_BLKSZ - 1), len, EROFS_BLKSZ)) {
		rc = cfs_metabuf_span(fs, &buf, off, len, &head);
		rc = rc ?: cfs_inode_decode(d, &fs->super, nid, head, &f);
		cfs_metabuf_put(&buf);
	} else {
		rc = cfs_inode_read_split(fs, nid, off, len, d, &f);
	}
	return rc ? cfs_complain(sb, nid, rc, &f) : 0;
}

void cfs_node_data(const struct inode *inode, struct cfs_inode *d)
{
	const struct cfs_node *node = CFS_NODE(inode);
	u64 off = (u64)inode->i_ino << EROFS_ISLOTBITS;

	d->size = (u64)i_size_read(inode);
	d->tail_len = node->flags & CFS_NODE_INLINE ? (u32)d->size & (EROFS_BLKSZ - 1) : 0;
	d->blocks = cfs_align(d->size - d->tail_len, EROFS_BLKSZ) >> EROFS_BLKSZ_BITS;
	d->block_off = (u64)node->block << EROFS_BLKSZ_BITS;
	off += node->flags & CFS_NODE_EXTENDED ? sizeof(struct erofs_inode_extended)
					       : sizeof(struct erofs_inode_compact);
	if (node->xattr_icount)
		off += sizeof(struct erofs_xattr_ibody_header) + 4 * (node->xattr_icount - 1u);
	d->tail_off = off;
}

int cfs_inode_is_marked(struct super_block *sb, const struct cfs_inode *d)
{
	struct cfs_xattr_walk w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	int fault, rc = cfs_xattrs_begin(&w, sb, d->nid, d->xattr_off, d->xattr_len);

	if (rc)
		return rc;
	cfs_backing_init(&w.backing, d);
	do {
		rc = cfs_xattrs_next(&w, &x, &shown, &fault);
	} while (rc > 0 && !w.backing.is_whiteout);
	cfs_xattrs_end(&w);
	return rc;
}

/* Read the target of a link into memory of its own. */
static char *cfs_link_read(struct inode *inode)
{
	struct cfs_fs *fs = CFS_FS(inode->i_sb);
	struct cfs_inode d = {};
	struct cfs_fault f = {};
	char *link;
	u32 len;
	u64 off;
	int rc;

	cfs_node_data(inode, &d);
	off = cfs_inode_piece(&d, 0, &len); /* less than a block, so in one piece */
	link = kmalloc(len + 1, GFP_KERNEL_ACCOUNT);
	if (!link)
		return ERR_PTR(-ENOMEM);
	rc = cfs_meta_copy(fs, off, link, len);
	link[len] = 0;
	if (!rc)
		rc = cfs_symlink_check((struct cfs_span){ (u8 *)link, len }, &f);
	if (!rc)
		return link;
	kfree(link);
	return ERR_PTR(cfs_complain(inode->i_sb, inode->i_ino, rc, &f));
}

const struct inode_operations cfs_file_iops = {
	.listxattr = cfs_listxattr,
	.CFS_ACL_OP = cfs_acl,
};

const struct inode_operations cfs_link_iops = {
	.get_link = simple_get_link,
	.listxattr = cfs_listxattr,
};

const struct inode_operations cfs_special_iops = {
	.listxattr = cfs_listxattr,
	.CFS_ACL_OP = cfs_acl,
};

static int cfs_node_ops(struct inode *inode, const struct cfs_inode *d)
{
	char *link;

	switch (inode->i_mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &cfs_file_iops;
		inode->i_fop = &cfs_object_fops;
		if (!(CFS_NODE(inode)->flags & CFS_NODE_CHUNKS)) {
			inode->i_fop = &cfs_content_fops;
			inode->i_mapping->a_ops = &cfs_content_aops;
		}
		return 0;
	case S_IFDIR:
		inode->i_op = &cfs_dir_iops;
		inode->i_fop = &cfs_dir_fops;
		return 0;
	case S_IFLNK:
		link = cfs_link_read(inode);
		if (IS_ERR(link))
			return PTR_ERR(link);
		inode->i_link = link;
		inode->i_op = &cfs_link_iops;
		return 0;
	default:
		inode->i_op = &cfs_special_iops;
		init_special_inode(inode, inode->i_mode, new_decode_dev(d->rdev));
		return 0;
	}
}

static int cfs_node_fill(struct inode *inode, const struct cfs_inode *d)
{
	struct cfs_node *node = CFS_NODE(inode);
	int rc = cfs_inode_is_whiteout(inode->i_sb, d);

	if (rc < 0)
		return rc;
	inode->i_mode = (umode_t)d->mode;
	if (rc) {
		node->flags |= CFS_NODE_WHITEOUT;
		inode->i_mode = S_IFCHR | (inode->i_mode & ~S_IFMT);
	}
	if (d->head_len == sizeof(struct erofs_inode_extended))
		node->flags |= CFS_NODE_EXTENDED;
	if (d->layout == EROFS_INODE_FLAT_INLINE)
		node->flags |= CFS_NODE_INLINE;
	if (d->layout == EROFS_INODE_CHUNK_BASED && d->size)
		node->flags |= CFS_NODE_CHUNKS;
	node->block = (u32)(d->block_off >> EROFS_BLKSZ_BITS);
	if (d->xattr_len) {
		node->xattr_icount =
			(u16)((d->xattr_len - sizeof(struct erofs_xattr_ibody_header)) / 4 + 1);
	} else {
		cache_no_acl(inode); /* permission checks stay in RCU mode */
	}
	/*
	 * Only the first user namespace may mount (kmod 14), where i_uid_write() changes
	 * nothing.
	 */
	inode->i_uid = KUIDT_INIT(d->uid);
	inode->i_gid = KGIDT_INIT(d->gid);
	set_nlink(inode, d->nlink);
	i_size_write(inode, (loff_t)d->size);
	inode->i_blocks = cfs_align(d->size, EROFS_BLKSZ) >> 9;
	cfs_set_times(inode, d->mtime, d->mtime_nsec);
	return cfs_node_ops(inode, d);
}

struct inode *cfs_iget(struct super_block *sb, u64 nid)
{
	struct cfs_inode d;
	struct inode *inode;
	int rc;

	if (nid > U32_MAX) { /* file handles have 32 bits */
		struct cfs_fault f = { "inode number of 2^32 or more", 0 };

		return ERR_PTR(cfs_complain(sb, nid, -EUCLEAN, &f));
	}
	inode = iget_locked(sb, (unsigned long)nid);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!cfs_inode_is_new(inode))
		return inode;
	rc = cfs_inode_read(sb, nid, &d);
	if (!rc && cfs_inode_is_stub(&d))
		rc = -ENOENT;
	if (!rc)
		rc = cfs_node_fill(inode, &d);
	if (rc) {
		iget_failed(inode);
		return ERR_PTR(rc);
	}
	unlock_new_inode(inode);
	return inode;
}
