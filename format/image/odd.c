// SPDX-License-Identifier: GPL-2.0-only
#include "image/odd.h"

#define NSEC_MAX 999999999u
#define PATH_LINUX_MAX 4094u /* with the slash before it and a NUL, PATH_MAX */
#define CHUNKS_IN_BLOCK                                                                            \
	1017u /* a larger map may be in a block that no reader looks at (image format 9.6) */

static const char *const texts[ODD_MAX] = {
	[ODD_ALIGN] = "size is not a multiple of 4096",
	[ODD_BLOCKS] = "size differs from the blocks of the superblock",
	[ODD_FLAGS] = "unknown header flags",
	[ODD_VERSION] = "format version above 2",
	[ODD_COMPAT] = "compatible features other than 6",
	[ODD_HEADER_RESERVED] = "reserved bytes of the header are not zero",
	[ODD_SUPER_RESERVED] = "reserved bytes of the superblock are not zero",
	[ODD_BUILD_NSEC] = "build time with 10^9 nanoseconds or more",
	[ODD_INOS] = "number of inodes differs from the superblock",
	[ODD_INODE_RESERVED] = "reserved bytes of an inode are not zero",
	[ODD_NSEC] = "mtime with 10^9 nanoseconds or more",
	[ODD_NLINK] = "nlink is 0",
	[ODD_SPECIAL] = "special file with a size or a data layout",
	[ODD_EMPTY_CHUNKS] = "chunk layout on an empty file",
	[ODD_CHUNK_MAP] = "chunk map is not all ones",
	[ODD_DIRENT_RESERVED] = "reserved byte of a directory entry is not zero",
	[ODD_BEHIND_NAMES] = "bytes behind the last name of a block",
	[ODD_XATTR_RESERVED] = "reserved bytes of an xattr header are not zero",
	[ODD_XATTR_INDEX] = "xattr name under another index than writers use",
	[ODD_FILTER] = "xattr name filter does not fit the names",
	[ODD_PATH] = "redirect with an empty or . component",
	[ODD_NO_REDIRECT] = "metacopy without redirect",
	[ODD_NO_METACOPY] = "redirect without metacopy",
	[ODD_LOST] = "metacopy or redirect on an inode that is not a regular file",
	[ODD_CONTENT_AND_OBJECT] =
		"metacopy or redirect on a file that is empty or has its content in the image",
	[ODD_NO_DATA] = "file with neither content nor metacopy",
	[ODD_OVERLAY_XATTR] = "xattr trusted.overlay.* that overlayfs acts on",
	[ODD_STUB] = "character device 0:0 that is not one of 00 to ff in the root: Linux hides it",
	[ODD_PATH_LONG] = "redirect of more than 4095 bytes: Linux cannot follow it",
	[ODD_PATH_CONTROL] = "redirect with a control character",
	[ODD_EMPTY_AREA] = "xattr area without xattrs",
	[ODD_ALGORITHMS] = "digests of two algorithms",
	[ODD_ACL] = "POSIX ACL in an image whose header says that there are none",
};

static const char *odd_text(enum odd odd)
{
	return texts[odd];
}

static u64 odd_if(bool is, enum odd odd)
{
	return is ? (u64)1 << odd : 0;
}

/* Whether any of the bytes is not zero. Bytes outside of @s count as zero. */
static bool any(struct cfs_span s, u64 off, u64 len)
{
	const u8 *p = cfs_span_at(s, off, len);
	u8 all = 0;

	if (!p)
		return false;
	while (len--)
		all |= *p++;
	return all;
}

static u64 odd_super(const struct image *img)
{
	const u64 head = offsetof(struct cfs_header, unused), at = EROFS_SUPER_OFFSET;
	const struct cfs_super *sb = &img->super;
	struct cfs_span s = image_span(img);
	struct erofs_super_block d = { 0 };
	u64 odd;

	cfs_span_load(s, at, &d);
	odd = odd_if(img->len % EROFS_BLKSZ, ODD_ALIGN);
	odd |= odd_if(img->len != (u64)sb->blocks << EROFS_BLKSZ_BITS, ODD_BLOCKS);
	odd |= odd_if(sb->flags & ~CFS_FLAG_HAS_ACL, ODD_FLAGS);
	odd |= odd_if(sb->version > CFS_VERSION_MAX, ODD_VERSION);
	odd |= odd_if(get32(d.feature_compat) !=
			      (EROFS_FEATURE_COMPAT_MTIME | EROFS_FEATURE_COMPAT_XATTR_FILTER),
		      ODD_COMPAT);
	odd |= odd_if(any(s, head, at - head), ODD_HEADER_RESERVED);
	odd |= odd_if(get32(d.checksum) ||
			      any(s, at + offsetof(struct erofs_super_block, uuid), 32) ||
			      any(s, at + offsetof(struct erofs_super_block, reserved),
				  sizeof(d.reserved)),
		      ODD_SUPER_RESERVED);
	odd |= odd_if(sb->build_time_nsec > NSEC_MAX, ODD_BUILD_NSEC);
	return odd;
}

static bool inode_reserved(const struct image *img, const struct cfs_inode *inode)
{
	struct cfs_span s = cfs_span_cut(image_span(img), inode->off, inode->head_len);

	if (inode->head_len == sizeof(struct erofs_inode_compact))
		return any(s, offsetof(struct erofs_inode_compact, i_reserved), 4) ||
		       any(s, offsetof(struct erofs_inode_compact, i_reserved2), 4);
	return any(s, offsetof(struct erofs_inode_extended, i_reserved), 2) ||
	       any(s, offsetof(struct erofs_inode_extended, i_reserved2), 16);
}

static bool map_is_odd(const struct image *img, const struct cfs_inode *inode)
{
	struct cfs_span s = cfs_span_cut(image_span(img), inode->tail_off, 4 * (u64)inode->chunks);
	u8 all = 0xff;
	u64 i;

	if (inode->chunks > CHUNKS_IN_BLOCK)
		return false;
	for (i = 0; i < s.len; i++)
		all &= s.p[i];
	return !s.p || all != 0xff;
}

static u64 odd_inode(const struct image *img, const struct cfs_inode *inode)
{
	bool chunked = inode->layout == EROFS_INODE_CHUNK_BASED;
	u64 odd = odd_if(inode_reserved(img, inode), ODD_INODE_RESERVED);

	odd |= odd_if(!inode->nlink, ODD_NLINK);
	/* A compact inode has the time of the superblock. */
	odd |= odd_if(inode->head_len == sizeof(struct erofs_inode_extended) &&
			      inode->mtime_nsec > NSEC_MAX,
		      ODD_NSEC);
	if (inode->ftype != EROFS_FT_REG_FILE && inode->ftype != EROFS_FT_DIR &&
	    inode->ftype != EROFS_FT_SYMLINK)
		odd |= odd_if(inode->size || inode->layout, ODD_SPECIAL);
	odd |= odd_if(chunked && !inode->size, ODD_EMPTY_CHUNKS);
	odd |= odd_if(chunked && map_is_odd(img, inode), ODD_CHUNK_MAP);
	return odd;
}

static u64 odd_dirblock(const struct cfs_dirblock *block)
{
	struct cfs_dirent last;
	struct erofs_dirent d;
	bool reserved = false;
	u64 end;
	u32 i;

	for (i = 0; i < block->count; i++)
		if (cfs_span_load(block->bytes, (u64)i * sizeof(d), &d))
			reserved |= d.reserved != 0;
	if (cfs_dirblock_entry(block, block->count - 1, NULL, &last, NULL))
		return odd_if(reserved, ODD_DIRENT_RESERVED);
	end = (u64)(last.name - block->bytes.p) + last.len;
	return odd_if(reserved, ODD_DIRENT_RESERVED) |
	       odd_if(any(block->bytes, end, block->bytes.len - end), ODD_BEHIND_NAMES);
}

static u64 odd_xattr(const struct image *img, const struct cfs_xattr *x)
{
	u64 acl = odd_if(!(img->super.flags & CFS_FLAG_HAS_ACL) && cfs_xattr_is_acl(x), ODD_ACL);
	u8 name[CFS_XATTR_NAME_ESCAPED_MAX];
	u32 n, prefix_len;
	const char *prefix;

	/* A name with its prefix split off does not begin with another prefix. */
	if (x->index != EROFS_XATTR_INDEX_NONE && x->index != EROFS_XATTR_INDEX_LUSTRE)
		return acl;
	prefix = cfs_xattr_prefix(x->index, &n);
	memcpy(name, prefix, n);
	memcpy(name + n, x->suffix, x->suffix_len);
	return acl | odd_if(cfs_xattr_index(name, n + x->suffix_len, &prefix_len) != x->index,
			    ODD_XATTR_INDEX);
}

static u64 odd_xattrs(const struct cfs_xattrs *x, u32 filter, size_t n)
{
	const u64 at = offsetof(struct erofs_xattr_ibody_header, h_reserved2);

	if (!x->area.len)
		return 0;
	return odd_if(any(x->area, at, 7), ODD_XATTR_RESERVED) |
	       odd_if(x->filter != filter, ODD_FILTER) | odd_if(!n, ODD_EMPTY_AREA);
}

static bool has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((u8)s[i] < ' ' || s[i] == 127)
			return true;
	return false;
}

/* Faults of the path of a backing file. */
static u64 odd_path(const struct cfs_backing *b)
{
	if (!b->has_redirect)
		return 0;
	return odd_if(cfs_path_is_odd(b->path, b->path_len), ODD_PATH) |
	       odd_if(b->path_len > PATH_LINUX_MAX, ODD_PATH_LONG) |
	       odd_if(has_control(b->path, b->path_len), ODD_PATH_CONTROL);
}

static u64 odd_backing(const struct image *img, const struct cfs_inode *inode,
		       const struct cfs_backing *b)
{
	bool chunked = inode->layout == EROFS_INODE_CHUNK_BASED;
	bool external = chunked && inode->size;
	bool redirect = b->any_redirect, metacopy = b->any_metacopy;
	bool acts = b->any_other || (b->any_opaque && inode->nid != img->super.root_nid);
	u64 odd = odd_if(acts, ODD_OVERLAY_XATTR);

	if (inode->ftype != EROFS_FT_REG_FILE)
		return odd | odd_if(redirect || metacopy, ODD_LOST);
	odd |= odd_path(b);
	odd |= odd_if(metacopy && !redirect, ODD_NO_REDIRECT);
	odd |= odd_if(redirect && !metacopy, ODD_NO_METACOPY);
	odd |= odd_if(!external && (metacopy || redirect), ODD_CONTENT_AND_OBJECT);
	odd |= odd_if(external && !metacopy, ODD_NO_DATA);
	return odd;
}

static bool is_lower_hex(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static u64 odd_name(const struct cfs_dirent *e, const struct cfs_inode *inode, bool in_root)
{
	bool is_object_dir =
		in_root && e->len == 2 && is_lower_hex(e->name[0]) && is_lower_hex(e->name[1]);

	return odd_if(cfs_inode_is_stub(inode) && !is_object_dir, ODD_STUB);
}

const struct odd_look odd_look = {
	.text = odd_text,
	.super = odd_super,
	.inode = odd_inode,
	.dirblock = odd_dirblock,
	.xattr = odd_xattr,
	.xattrs = odd_xattrs,
	.backing = odd_backing,
	.name = odd_name,
};
