// SPDX-License-Identifier: GPL-2.0-only
#include "core/decode.h"

#define CFS_FORMAT_EXTENDED 1u
#define CFS_FORMAT_LAYOUT_SHIFT 1
#define CFS_FORMAT_LAYOUT_MASK 7u
#define CFS_FORMAT_KNOWN 15u
#define CFS_CHUNK_FORMAT_FIELD                                                                     \
	0xffffu /* the low bits of i_u; the others are a left-over of a block address (image format 9.6) */

static int cfs_header_decode(struct cfs_super *sb, struct cfs_span head, struct cfs_fault *f)
{
	struct cfs_header h;

	if (!cfs_span_load(head, 0, &h))
		return cfs_refuse(f, head.len, "image shorter than header and superblock");
	if (get32(h.magic) != CFS_MAGIC)
		return cfs_refuse(f, 0, "not a composefs image: wrong magic");
	if (get32(h.version) != CFS_HEADER_VERSION)
		return cfs_decline(f, 4, "unknown header version");
	sb->flags = get32(h.flags);
	sb->version = get32(h.composefs_version);
	return 0;
}

int cfs_super_decode(struct cfs_super *sb, struct cfs_span head, u64 image_len, struct cfs_fault *f)
{
	const u64 at = EROFS_SUPER_OFFSET;
	struct erofs_super_block d;
	int rc;

	if (image_len < CFS_INODES_START || !cfs_span_load(head, at, &d))
		return cfs_refuse(f, head.len, "image shorter than header and superblock");
	rc = cfs_header_decode(sb, head, f);
	if (rc)
		return rc;
	if (get32(d.magic) != EROFS_SUPER_MAGIC_V1)
		return cfs_refuse(f, at, "wrong superblock magic");
	if (d.blkszbits != EROFS_BLKSZ_BITS)
		return cfs_decline(f, at + 12, "block size other than 4096");
	if (d.sb_extslots)
		return cfs_decline(f, at + 13, "extra superblock slots");
	if (get32(d.feature_incompat) & ~EROFS_FEATURE_INCOMPAT_CHUNKED_FILE)
		return cfs_decline(f, at + 80, "unknown incompatible features");
	if (get32(d.meta_blkaddr))
		return cfs_decline(f, at + 40, "inodes do not count from the start of the image");
	sb->image_len = image_len;
	sb->root_nid = get16(d.root_nid);
	sb->inos = get64(d.inos);
	sb->build_time = (s64)get64(d.build_time);
	sb->build_time_nsec = get32(d.build_time_nsec);
	sb->blocks = get32(d.blocks);
	sb->shared = (u64)get32(d.xattr_blkaddr) << EROFS_BLKSZ_BITS;
	if (!cfs_inside(sb->shared, 1, image_len))
		return cfs_refuse(f, at + 44, "shared xattrs beyond the end of the image");
	return 0;
}

int cfs_inode_offset(const struct cfs_super *sb, u64 nid, u64 *off, struct cfs_fault *f)
{
	if (nid >> CFS_NID_BITS)
		return cfs_refuse(f, 0, "inode number of 2^59 or more");
	*off = nid << EROFS_ISLOTBITS;
	if (*off < CFS_INODES_START)
		return cfs_refuse(f, 0, "inode overlaps header or superblock");
	if (!cfs_inside(*off, sizeof(struct erofs_inode_compact), sb->image_len))
		return cfs_refuse(f, 0, "inode beyond the end of the image");
	return 0;
}

static int cfs_fields_compact(struct cfs_inode *inode, const struct cfs_super *sb,
			      struct cfs_span bytes, u32 *u, struct cfs_fault *f)
{
	struct erofs_inode_compact d;

	if (!cfs_span_load(bytes, 0, &d))
		return cfs_refuse(f, 0, "inode beyond the end of the image");
	inode->head_len = sizeof(d);
	inode->mode = get16(d.i_mode);
	inode->nlink = get16(d.i_nlink);
	inode->size = get32(d.i_size);
	inode->ino = get32(d.i_ino);
	inode->uid = get16(d.i_uid);
	inode->gid = get16(d.i_gid);
	inode->mtime = sb->build_time;
	inode->mtime_nsec = sb->build_time_nsec;
	*u = get32(d.i_u);
	return 0;
}

static int cfs_fields_extended(struct cfs_inode *inode, struct cfs_span bytes, u32 *u,
			       struct cfs_fault *f)
{
	struct erofs_inode_extended d;

	if (!cfs_span_load(bytes, 0, &d))
		return cfs_refuse(f, 0, "inode beyond the end of the image");
	inode->head_len = sizeof(d);
	inode->mode = get16(d.i_mode);
	inode->nlink = get32(d.i_nlink);
	inode->size = get64(d.i_size);
	inode->ino = get32(d.i_ino);
	inode->uid = get32(d.i_uid);
	inode->gid = get32(d.i_gid);
	inode->mtime = (s64)get64(d.i_mtime);
	inode->mtime_nsec = get32(d.i_mtime_nsec);
	*u = get32(d.i_u);
	return 0;
}

static int cfs_chunks_decode(struct cfs_inode *inode, u32 u, u64 off_u, struct cfs_fault *f)
{
	u32 format = u & CFS_CHUNK_FORMAT_FIELD;

	if (inode->ftype != EROFS_FT_REG_FILE)
		return cfs_refuse(f, 0, "chunk layout on an inode that is not a regular file");
	if (format & ~EROFS_CHUNK_FORMAT_BLKBITS_MASK)
		return cfs_refuse(f, off_u, "unknown chunk format");
	inode->chunk_bits = (u8)(EROFS_BLKSZ_BITS + format);
	if (inode->size > (u64)CFS_CHUNKS_MAX << inode->chunk_bits)
		return cfs_refuse(f, 8, "more than 1024 chunks");
	inode->chunks =
		(u32)(cfs_align(inode->size, 1ull << inode->chunk_bits) >> inode->chunk_bits);
	return 0;
}

/*
 * Check the size that an inode of this type may have. Chunk based files are checked elsewhere.
 */
static int cfs_size_check(const struct cfs_inode *inode, struct cfs_fault *f)
{
	switch (inode->ftype) {
	case EROFS_FT_REG_FILE:
		if (inode->size > CFS_CONTENT_MAX)
			return cfs_refuse(f, 8, "content in the image of more than 5000 bytes");
		return 0;
	case EROFS_FT_SYMLINK:
		if (!inode->size)
			return cfs_refuse(f, 8, "empty symlink");
		if (inode->size > CFS_PATH_MAX)
			return cfs_refuse(f, 8, "symlink target of more than 4095 bytes");
		return 0;
	case EROFS_FT_DIR:
		if (!inode->size)
			return cfs_refuse(f, 8, "empty directory without dots");
		return 0;
	default:
		return 0;
	}
}

static int cfs_tail_decode(struct cfs_inode *inode, const struct cfs_super *sb, struct cfs_fault *f)
{
	inode->tail_len = (u32)inode->size & (EROFS_BLKSZ - 1);
	if (!inode->tail_len)
		return cfs_refuse(f, 8, "inline layout with an empty tail");
	if (!cfs_inside(inode->tail_off, inode->tail_len, sb->image_len))
		return cfs_refuse(f, 8, "inline tail beyond the end of the image");
	if (!cfs_inside(inode->tail_off & (EROFS_BLKSZ - 1), inode->tail_len, EROFS_BLKSZ))
		return cfs_refuse(f, 8, "inline tail crosses a block");
	return 0;
}

static int cfs_data_decode(struct cfs_inode *inode, const struct cfs_super *sb, u32 u,
			   struct cfs_fault *f)
{
	const u64 off_u = offsetof(struct erofs_inode_compact, i_u);
	int rc;

	inode->tail_off = inode->xattr_off + inode->xattr_len;
	if (inode->layout == EROFS_INODE_CHUNK_BASED)
		return cfs_chunks_decode(inode, u, inode->head_len == 32 ? off_u : 16, f);
	rc = cfs_size_check(inode, f);
	if (rc)
		return rc;
	if (inode->layout == EROFS_INODE_FLAT_INLINE) {
		rc = cfs_tail_decode(inode, sb, f);
		if (rc)
			return rc;
	}
	/*
	 * Special files have no data even if their size is not 0; their i_u may be a device
	 * number.
	 */
	if (inode->ftype != EROFS_FT_REG_FILE && inode->ftype != EROFS_FT_DIR &&
	    inode->ftype != EROFS_FT_SYMLINK)
		return 0;
	inode->blocks = cfs_align(inode->size - inode->tail_len, EROFS_BLKSZ) >> EROFS_BLKSZ_BITS;
	if (!inode->blocks)
		return 0;
	inode->block_off = (u64)u << EROFS_BLKSZ_BITS;
	if (!u)
		return cfs_refuse(f, off_u, "data in block 0");
	if (!cfs_inside(inode->block_off, inode->blocks << EROFS_BLKSZ_BITS, sb->image_len))
		return cfs_refuse(f, off_u, "data blocks beyond the end of the image");
	return 0;
}

int cfs_inode_decode(struct cfs_inode *inode, const struct cfs_super *sb, u64 nid,
		     struct cfs_span bytes, struct cfs_fault *f)
{
	struct {
		le16 format, icount;
	} head;
	u32 format, icount, u;
	int rc;

	memset(inode, 0, sizeof(*inode));
	inode->nid = nid;
	rc = cfs_inode_offset(sb, nid, &inode->off, f);
	if (rc)
		return rc;
	if (!cfs_span_load(bytes, 0, &head))
		return cfs_refuse(f, 0, "inode beyond the end of the image");
	format = get16(head.format);
	icount = get16(head.icount);
	if (format & ~CFS_FORMAT_KNOWN)
		return cfs_refuse(f, 0, "unknown inode format");
	inode->layout = (u8)(format >> CFS_FORMAT_LAYOUT_SHIFT & CFS_FORMAT_LAYOUT_MASK);
	if (inode->layout & 1 || inode->layout > EROFS_INODE_CHUNK_BASED)
		return cfs_decline(f, 0, "unknown data layout");
	if (format & CFS_FORMAT_EXTENDED)
		rc = cfs_fields_extended(inode, bytes, &u, f);
	else
		rc = cfs_fields_compact(inode, sb, bytes, &u, f);
	if (rc)
		return rc;
	inode->ftype = cfs_ftype(inode->mode);
	if (inode->ftype == EROFS_FT_UNKNOWN)
		return cfs_refuse(f, 4, "unknown file type");
	if (inode->size >> 63)
		return cfs_refuse(f, 8, "size of 2^63 or more");
	if (inode->ftype == EROFS_FT_CHRDEV || inode->ftype == EROFS_FT_BLKDEV)
		inode->rdev = u;
	if (icount)
		inode->xattr_len = (u32)sizeof(struct erofs_xattr_ibody_header) + 4 * (icount - 1);
	if (!cfs_inside(inode->off, inode->head_len, sb->image_len))
		return cfs_refuse(f, 0, "inode beyond the end of the image");
	inode->xattr_off = inode->off + inode->head_len;
	if (!cfs_inside(inode->xattr_off, inode->xattr_len, sb->image_len))
		return cfs_refuse(f, 2, "xattr area beyond the end of the image");
	return cfs_data_decode(inode, sb, u, f);
}

int cfs_symlink_check(struct cfs_span target, struct cfs_fault *f)
{
	size_t len;

	if (!target.len || target.len > CFS_PATH_MAX)
		return cfs_refuse(f, 0, "symlink target of 0 or more than 4095 bytes");
	len = strnlen((const char *)target.p, (size_t)target.len);
	if (len != target.len)
		return cfs_refuse(f, len, "NUL in a symlink target");
	return 0;
}

int cfs_xattrs_open(struct cfs_xattrs *x, struct cfs_span area, struct cfs_fault *f)
{
	struct erofs_xattr_ibody_header h;

	memset(x, 0, sizeof(*x));
	x->area = area;
	if (!area.len)
		return 0;
	if (!cfs_span_load(area, 0, &h))
		return cfs_refuse(f, 0, "xattr area shorter than its header");
	x->filter = get32(h.h_name_filter);
	x->nshared = h.h_shared_count;
	x->first = sizeof(h) + 4 * (u64)x->nshared;
	if (!cfs_inside(x->first, 0, area.len))
		return cfs_refuse(f, 4, "shared xattrs beyond the xattr area");
	return 0;
}

int cfs_xattrs_shared(const struct cfs_xattrs *x, const struct cfs_super *sb, u32 i, u64 *off,
		      struct cfs_fault *f)
{
	const u64 at = sizeof(struct erofs_xattr_ibody_header) + 4 * (u64)i;
	le32 ref;

	if (!cfs_span_load(x->area, at, &ref))
		return cfs_refuse(f, at, "shared xattrs beyond the xattr area");
	*off = sb->shared + 4 * (u64)get32(ref);
	if (!cfs_inside(*off, sizeof(struct erofs_xattr_entry), sb->image_len))
		return cfs_refuse(f, at, "shared xattr beyond the end of the image");
	return 0;
}

/* The encoder tries them in this order. It never writes index 5; readers know it. */
static const struct {
	const char *s;
	u32 len;
} cfs_prefixes[EROFS_XATTR_INDEX_MAX] = {
	[EROFS_XATTR_INDEX_NONE] = { "", 0 },
	[EROFS_XATTR_INDEX_USER] = { "user.", 5 },
	[EROFS_XATTR_INDEX_POSIX_ACL_ACCESS] = { "system.posix_acl_access", 23 },
	[EROFS_XATTR_INDEX_POSIX_ACL_DEFAULT] = { "system.posix_acl_default", 24 },
	[EROFS_XATTR_INDEX_TRUSTED] = { "trusted.", 8 },
	[EROFS_XATTR_INDEX_LUSTRE] = { "lustre.", 7 },
	[EROFS_XATTR_INDEX_SECURITY] = { "security.", 9 },
};

const char *cfs_xattr_prefix(u8 index, u32 *len)
{
	*len = cfs_prefixes[index].len;
	return cfs_prefixes[index].s;
}

u8 cfs_xattr_index(const void *name, size_t len, u32 *prefix_len)
{
	u8 i;

	for (i = EROFS_XATTR_INDEX_USER; i < EROFS_XATTR_INDEX_MAX; i++) {
		*prefix_len = cfs_prefixes[i].len;
		if (i != EROFS_XATTR_INDEX_LUSTRE && len >= *prefix_len &&
		    !memcmp(name, cfs_prefixes[i].s, *prefix_len))
			return i;
	}
	*prefix_len = 0;
	return EROFS_XATTR_INDEX_NONE;
}

int cfs_xattr_decode(struct cfs_xattr *x, struct cfs_span s, u64 off, u64 *next,
		     struct cfs_fault *f)
{
	struct erofs_xattr_entry e;
	u32 i, name_len;

	if (!cfs_span_load(s, off, &e))
		return cfs_refuse(f, off, "xattr header beyond the end");
	x->index = e.e_name_index;
	x->suffix_len = e.e_name_len;
	x->len = get16(e.e_value_size);
	x->suffix = cfs_span_at(s, off + sizeof(e), (u64)x->suffix_len + x->len);
	if (!x->suffix || (next && !cfs_span_at(s, off, cfs_xattr_len(&e))))
		return cfs_refuse(f, off, "xattr beyond the end");
	x->value = x->suffix + x->suffix_len;
	if (x->index >= EROFS_XATTR_INDEX_MAX)
		return cfs_refuse(f, off + 1, "unknown xattr name index");
	name_len = cfs_prefixes[x->index].len + x->suffix_len;
	if (!name_len)
		return cfs_refuse(f, off, "empty xattr name");
	if (name_len > CFS_XATTR_NAME_ESCAPED_MAX)
		return cfs_refuse(f, off, "xattr name of more than 263 bytes");
	for (i = 0; i < x->suffix_len; i++)
		if (!x->suffix[i])
			return cfs_refuse(f, off, "NUL in an xattr name");
	if (next)
		*next = off + cfs_xattr_len(&e);
	return 0;
}
