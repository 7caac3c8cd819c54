// SPDX-License-Identifier: GPL-2.0-only
/* Directories and file handles (kmod 5, 9). */
#include "composefs.h"
#include <linux/exportfs.h>

/* Map piece @i of a directory, a block or the tail, and open it. */
static int cfs_dir_block(struct inode *dir, const struct cfs_inode *d, u64 i,
			 struct cfs_metabuf *buf, struct cfs_dirblock *block, struct cfs_fault *f)
{
	struct cfs_span s;
	u32 len;
	u64 off = cfs_inode_piece(d, i, &len);
	int rc = cfs_metabuf_span(CFS_FS(dir->i_sb), buf, off, len, &s);

	return rc ?: cfs_dirblock_open(block, s, f);
}

/* Find the last piece whose first name is not behind @name, or the first piece. */
static int cfs_dir_locate(struct inode *dir, const struct cfs_inode *d, const void *name, u32 len,
			  struct cfs_metabuf *buf, u64 *piece, struct cfs_fault *f)
{
	u64 lo = 0, hi = cfs_inode_pieces(d);
	struct cfs_dirblock block;
	struct cfs_dirent e;

	while (hi - lo > 1) {
		u64 mid = lo + (hi - lo) / 2;
		int order, rc = cfs_dir_block(dir, d, mid, buf, &block, f);

		rc = rc ?: cfs_dirblock_order(&block, 0, name, len, &e, &order, f);
		if (rc)
			return rc;
		if (order <= 0)
			lo = mid;
		else
			hi = mid;
	}
	*piece = lo;
	return 0;
}

/* Whether the entry at position @pos is called @name. False if there is any error. */
static bool cfs_dir_is_at(struct inode *dir, const struct cfs_inode *d, u64 pos, const void *name,
			  u32 len, struct cfs_metabuf *buf, struct cfs_dirent *e)
{
	const u32 i = ((u32)pos & (EROFS_BLKSZ - 1)) / (u32)sizeof(struct erofs_dirent);
	struct cfs_dirblock block;
	int order;

	return pos < d->size &&
	       !cfs_dir_block(dir, d, pos >> EROFS_BLKSZ_BITS, buf, &block, NULL) &&
	       i < block.count && !cfs_dirblock_order(&block, i, name, len, e, &order, NULL) &&
	       !order;
}

/* Find the entry @name of a directory and its position. */
static noinline int cfs_dir_search(struct inode *dir, const struct cfs_inode *d, const void *name,
				   u32 len, struct cfs_metabuf *buf, struct cfs_dirent *e, u64 *pos)
{
	struct cfs_fault f = {};
	struct cfs_dirblock block;
	u64 piece;
	u32 i;
	int rc = cfs_dir_locate(dir, d, name, len, buf, &piece, &f);

	rc = rc ?: cfs_dir_block(dir, d, piece, buf, &block, &f);
	rc = rc ?: cfs_dirblock_find(&block, name, len, e, &i, &f);
	if (rc)
		return rc == -ENOENT ? rc : cfs_complain(dir->i_sb, dir->i_ino, rc, &f);
	*pos = (piece << EROFS_BLKSZ_BITS) + i * sizeof(struct erofs_dirent);
	return 0;
}

/*
 * Find the entry @name of a directory; only its type and number are valid. Programs mostly ask
 * for names in the order of readdir, so this first looks behind the last entry it found.
 */
static int cfs_dir_find(struct inode *dir, const void *name, u32 len, struct cfs_dirent *e)
{
	u32 *next = &CFS_NODE(dir)->next;
	struct cfs_metabuf buf = { .use = CFS_USE_DIR };
	struct cfs_inode d;
	u64 pos = READ_ONCE(*next);
	int rc = 0;

	cfs_node_data(dir, &d);
	if (!cfs_dir_is_at(dir, &d, pos, name, len, &buf, e))
		rc = cfs_dir_search(dir, &d, name, len, &buf, e, &pos);
	cfs_metabuf_put(&buf);
	if (!rc)
		WRITE_ONCE(*next, (u32)pos + sizeof(struct erofs_dirent));
	return rc;
}

/* Whether an entry of this type may lead to @inode. A whiteout is a file in the image. */
static bool cfs_type_fits(const struct inode *inode, u8 type)
{
	if (CFS_NODE(inode)->flags & CFS_NODE_WHITEOUT)
		return type == EROFS_FT_REG_FILE;
	return type == cfs_ftype(inode->i_mode);
}

static struct dentry *cfs_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = NULL;
	struct cfs_dirent e;
	int rc;

	if (dentry->d_name.len > EROFS_NAME_LEN)
		return ERR_PTR(-ENAMETOOLONG);
	rc = cfs_dir_find(dir, dentry->d_name.name, dentry->d_name.len, &e);
	if (!rc) {
		inode = cfs_iget(dir->i_sb, e.nid);
		if (inode == ERR_PTR(-ENOENT) && e.type == EROFS_FT_CHRDEV) {
			inode = NULL; /* a stub */
		} else if (inode == ERR_PTR(-ENOENT) ||
			   (!IS_ERR(inode) && !cfs_type_fits(inode, e.type))) {
			struct cfs_fault f = { "type of an entry is not that of its inode", 0 };

			if (!IS_ERR(inode))
				iput(inode);
			inode = ERR_PTR(cfs_complain(dir->i_sb, e.nid, -EUCLEAN, &f));
		}
	} else if (rc != -ENOENT) {
		return ERR_PTR(rc);
	}
	return d_splice_alias(inode, dentry);
}

/*
 * The DT_ type of an entry, or 0 if it is not shown. The inode is read only if the entry is not
 * enough: a device may be a stub, and an empty file in a marked directory may be a whiteout.
 */
static int cfs_entry_type(struct inode *dir, const struct cfs_dirent *e, bool is_marked)
{
	struct cfs_fault f = { "type of an entry is not that of its inode", 0 };
	struct cfs_inode d;
	int rc;

	if (e->type != EROFS_FT_CHRDEV && !(is_marked && e->type == EROFS_FT_REG_FILE))
		return fs_ftype_to_dtype(e->type);
	rc = cfs_inode_read(dir->i_sb, e->nid, &d);
	if (rc)
		return rc;
	if (d.ftype != e->type)
		return cfs_complain(dir->i_sb, e->nid, -EUCLEAN, &f);
	if (cfs_inode_is_stub(&d))
		return 0;
	rc = cfs_inode_is_whiteout(dir->i_sb, &d);
	if (rc < 0)
		return rc;
	return rc ? DT_CHR : fs_ftype_to_dtype(e->type);
}

/* Emit the entries of a block from number @i on. Returns 1 if the caller's buffer is full. */
static int cfs_block_emit(struct inode *dir, const struct cfs_dirblock *block, u64 pos, u32 i,
			  struct dir_context *ctx, bool is_marked, struct cfs_fault *f)
{
	struct cfs_dirent e, prev;
	int rc, type;

	if (i) {
		rc = cfs_dirblock_entry(block, i - 1, NULL, &prev, f);
		if (rc)
			return rc;
	}
	for (; i < block->count; i++) {
		/*
		 * Set the position before anything can fail, so that no entry is emitted twice.
		 */
		ctx->pos = 2 + (loff_t)(pos + i * sizeof(struct erofs_dirent));
		rc = cfs_dirblock_entry(block, i, i ? &prev : NULL, &e, f);
		if (rc)
			return rc;
		prev = e;
		if (cfs_dirent_dots(&e))
			continue;
		type = cfs_entry_type(dir, &e, is_marked);
		if (type < 0)
			return type;
		if (type && !dir_emit(ctx, e.name, (int)e.len, e.nid, (unsigned int)type))
			return 1;
	}
	return 0;
}

/* A position is 2, for the dots, plus a byte offset in the directory. */
static int cfs_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *dir = file_inode(file);
	struct cfs_metabuf buf = { .use = CFS_USE_DIR };
	struct cfs_fault f = {};
	struct cfs_dirblock block;
	struct cfs_inode d;
	u64 piece, pieces;
	int rc, is_marked;

	if (!dir_emit_dots(file, ctx))
		return 0;
	is_marked = cfs_dir_is_marked(dir);
	if (is_marked < 0)
		return is_marked;
	cfs_node_data(dir, &d);
	pieces = cfs_inode_pieces(&d);
	rc = 0;
	for (piece = (u64)(ctx->pos - 2) >> EROFS_BLKSZ_BITS; piece < pieces; piece++) {
		u64 start = piece << EROFS_BLKSZ_BITS, at = (u64)(ctx->pos - 2) - start;

		rc = cfs_dir_block(dir, &d, piece, &buf, &block, &f);
		if (!rc)
			rc = cfs_block_emit(dir, &block, start,
					    DIV_ROUND_UP((u32)at, (u32)sizeof(struct erofs_dirent)),
					    ctx, is_marked, &f);
		if (rc)
			break;
		ctx->pos = 2 + (loff_t)(start + EROFS_BLKSZ);
		if (fatal_signal_pending(current)) {
			rc = -EINTR;
			break;
		}
		cond_resched();
	}
	cfs_metabuf_put(&buf);
	if (rc < 0)
		return cfs_complain(dir->i_sb, dir->i_ino, rc, &f);
	return 0;
}

const struct inode_operations cfs_dir_iops = {
	.lookup = cfs_lookup,
	.listxattr = cfs_listxattr,
	.CFS_ACL_OP = cfs_acl,
};

const struct file_operations cfs_dir_fops = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = cfs_readdir,
	.fsync = noop_fsync,
};

/* A handle with any wrong number is stale. */
static struct inode *cfs_handle_inode(struct super_block *sb, u64 nid, u32 generation)
{
	struct inode *inode = generation ? ERR_PTR(-ESTALE) : cfs_iget(sb, nid);

	if (IS_ERR(inode) && PTR_ERR(inode) != -ENOMEM && PTR_ERR(inode) != -EIO)
		return ERR_PTR(-ESTALE);
	return inode;
}

static struct dentry *cfs_fh_to_dentry(struct super_block *sb, struct fid *fid, int len, int type)
{
	return generic_fh_to_dentry(sb, fid, len, type, cfs_handle_inode);
}

static struct dentry *cfs_fh_to_parent(struct super_block *sb, struct fid *fid, int len, int type)
{
	return generic_fh_to_parent(sb, fid, len, type, cfs_handle_inode);
}

static struct dentry *cfs_get_parent(struct dentry *child)
{
	struct cfs_dirent e;
	struct inode *inode;
	int rc = cfs_dir_find(d_inode(child), "..", 2, &e);

	if (rc)
		return ERR_PTR(rc == -ENOENT ? -ESTALE : rc);
	inode = cfs_handle_inode(child->d_sb, e.nid, 0);
	if (!IS_ERR(inode) && !S_ISDIR(inode->i_mode)) {
		iput(inode);
		inode = ERR_PTR(-ESTALE);
	}
	return d_obtain_alias(inode);
}

const struct export_operations cfs_export_ops = { .fh_to_dentry = cfs_fh_to_dentry,
						  .fh_to_parent = cfs_fh_to_parent,
						  .get_parent = cfs_get_parent,
						  CFS_ENCODE_FH_OP };
