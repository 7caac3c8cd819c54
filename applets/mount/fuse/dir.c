// SPDX-License-Identifier: GPL-2.0-only
/* LOOKUP, READDIR and READDIRPLUS. */
#include <errno.h>
#include <linux/fuse.h>
#include <stddef.h>
#include "applets/mount/fuse/server.h"

/* The node id of an inode, as the kernel is told. */
static u64 node_of(const struct fuse_server *s, u64 nid)
{
	return nid == s->img.super.root_nid ? FUSE_ROOT_ID : nid;
}

static int directory(const struct fuse_server *s, const struct fuse_request *r,
		     struct cfs_inode *dir)
{
	int rc = fuse_inode(s, r->node, dir);

	if (rc)
		return rc;
	return dir->ftype == EROFS_FT_DIR ? 0 : ENOTDIR;
}

/* Fill in an entry that is valid for ever. Without an inode it is a negative entry. */
static int fill_entry(const struct fuse_server *s, const struct cfs_inode *inode,
		      struct fuse_entry_out *out)
{
	*out = (struct fuse_entry_out){ .entry_valid = FUSE_FOREVER, .attr_valid = FUSE_FOREVER };
	if (!inode)
		return 0;
	out->nodeid = node_of(s, inode->nid);
	return fuse_attributes(s, inode, &out->attr);
}

int fuse_lookup(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	struct cfs_inode dir, found;
	struct cfs_fault f;
	size_t len;
	const char *name = fuse_name(r, 0, &len);
	int rc;

	if (!name)
		return EINVAL;
	if (len > EROFS_NAME_LEN)
		return ENAMETOOLONG;
	rc = directory(s, r, &dir);
	if (rc)
		return rc;
	a->len = sizeof(struct fuse_entry_out);
	rc = image_find(&s->img, &dir, name, len, &found, &f);
	if (rc && rc != -ENOENT)
		return EUCLEAN;
	if (rc || cfs_inode_is_stub(&found))
		return fill_entry(s, NULL, (struct fuse_entry_out *)a->body);
	if (found.nid <= FUSE_ROOT_ID)
		return EUCLEAN;
	return fill_entry(s, &found, (struct fuse_entry_out *)a->body);
}

/* A directory that is being listed. */
struct listing {
	struct fuse_server *s;
	struct fuse_answer *a;
	size_t room; /* for the body */
	bool plus;
};

/* The mode that an entry is shown with; 0 for a stub, which is not listed. */
static u32 entry_mode(const struct cfs_dirent *e, const struct fuse_entry_out *out,
		      const struct cfs_inode *inode)
{
	static const u32 modes[EROFS_FT_MAX] = {
		[EROFS_FT_REG_FILE] = CFS_IFREG, [EROFS_FT_DIR] = CFS_IFDIR,
		[EROFS_FT_CHRDEV] = CFS_IFCHR,   [EROFS_FT_BLKDEV] = CFS_IFBLK,
		[EROFS_FT_FIFO] = CFS_IFIFO,     [EROFS_FT_SOCK] = CFS_IFSOCK,
		[EROFS_FT_SYMLINK] = CFS_IFLNK,
	};

	if (!inode)
		return modes[e->type];
	return cfs_inode_is_stub(inode) ? 0 : out->attr.mode & CFS_IFMT;
}

/*
 * Add an entry; @next is the position behind it. ENOSPC if it does not fit. If the inode
 * does not decode, @inode is NULL: the name is listed, and a lookup reports the error.
 */
static int add_entry(struct listing *l, const struct cfs_dirent *e, const struct cfs_inode *inode,
		     u64 next)
{
	struct fuse_entry_out out;
	u8 *at = l->a->body + l->a->len;
	const size_t head = l->plus ? sizeof(out) : 0;
	const size_t len = head + FUSE_REC_ALIGN(FUSE_NAME_OFFSET + e->len);
	struct fuse_dirent d = { .ino = e->nid, .off = next, .namelen = e->len };
	u32 mode;

	if (fill_entry(l->s, inode, &out)) /* its xattrs do not decode */
		inode = NULL;
	if (!inode || cfs_dirent_dots(e))
		out.nodeid = 0;
	mode = entry_mode(e, &out, inode);
	if (!mode)
		return 0;
	if (len > l->room - l->a->len)
		return ENOSPC;
	d.type = mode >> 12; /* DT_* */
	memset(at, 0, len);
	if (l->plus)
		memcpy(at, &out, sizeof(out));
	memcpy(at + head, &d, FUSE_NAME_OFFSET);
	memcpy(at + head + FUSE_NAME_OFFSET, e->name, e->len);
	l->a->len += len;
	return 0;
}

/* Add the entries of one block from number @i on; @start is the block's position. */
static int list_block(struct listing *l, struct cfs_span bytes, u64 start, u32 i)
{
	struct cfs_dirent e, prev;
	struct cfs_dirblock block;
	struct cfs_inode inode;
	struct cfs_fault f;
	int rc;

	if (cfs_dirblock_open(&block, bytes, &f))
		return EUCLEAN;
	if (i && i < block.count && cfs_dirblock_entry(&block, i - 1, NULL, &prev, &f))
		return EUCLEAN;
	for (; i < block.count; i++) {
		bool good;

		if (cfs_dirblock_entry(&block, i, i ? &prev : NULL, &e, &f))
			return EUCLEAN;
		prev = e;
		good = e.nid > FUSE_ROOT_ID && !image_inode(&l->s->img, e.nid, &inode, &f);
		rc = add_entry(l, &e, good ? &inode : NULL,
			       start + (i + 1) * sizeof(struct erofs_dirent));
		if (rc)
			return rc;
	}
	return 0;
}

/*
 * A position is the number of a block, times 4096, and the offset of an entry's
 * head in it. The position behind the last entry of a block leads to the next block.
 */
int fuse_readdir(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_read_in *in = fuse_arg(r, sizeof(*in));
	struct listing l = { .s = s, .a = a, .plus = r->op == FUSE_READDIRPLUS };
	const u32 head = sizeof(struct erofs_dirent);
	struct cfs_inode dir;
	u64 piece;
	u32 at;
	int rc = in ? directory(s, r, &dir) : EINVAL;

	if (rc)
		return rc;
	if (in->size > FUSE_BODY_MAX)
		return EINVAL;
	l.room = in->size;
	piece = in->offset >> EROFS_BLKSZ_BITS;
	at = (u32)(in->offset & (EROFS_BLKSZ - 1));
	for (; piece < cfs_inode_pieces(&dir); piece++, at = 0) {
		rc = list_block(&l, image_piece(&s->img, &dir, piece), piece << EROFS_BLKSZ_BITS,
				(at + head - 1) / head);
		if (rc)
			break;
	}
	if (rc == ENOSPC || a->len)
		return 0;
	return rc;
}
