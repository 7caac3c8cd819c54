// SPDX-License-Identifier: GPL-2.0-only
#include "image/check.h"
#include <stdlib.h>
#include "base/grow.h"
#include "base/sort.h"

#define XATTRS_MAX 65535u /* limit for one inode, counted as in image format 15.1 */
#define FEW 16u           /* so many names are compared pairwise, more are sorted */
#define PATH_SHOWN 1024u  /* bytes of a path that a message shows */

/* A directory that the walk found. They are checked in this order, breadth first. */
struct dir {
	u64 nid;
	const u8 *name; /* in the image; NULL for the root */
	u32 parent;     /* index of the directory that holds it */
	u8 len;
};

/* The name of an xattr without its prefix, for the longest prefix that any index has. */
struct xname {
	const u8 *s;
	u8 len, index;
};

struct check {
	struct image *img;
	struct cfs_fault f;
	u64 *seen;
	struct dir *dirs;
	size_t ndirs, cap;
	size_t at; /* index of the current directory */
	struct cfs_dirent
		e; /* current entry, if in_entry is set; else the directory itself is checked */
	bool in_entry;
	u64 nid; /* number of the current inode; 0: none */
	struct xname *names;
	size_t nnames, names_cap;
	u64 bytes;                   /* sum over all xattr areas and directories so far */
	const struct odd_look *look; /* NULL: soft faults are not looked for */
	check_odd_fn *odd;
	void *odd_arg;
	struct buf path;
};

static const void *dir_parent(const void *chain, const void *at, const char **s, size_t *len)
{
	const struct dir *dirs = chain, *dir = at;

	*s = (const char *)dir->name;
	*len = dir->len;
	return dir->name ? &dirs[dir->parent] : NULL;
}

/* Make the path of the current directory, or of its current entry, in c->path. */
static void path_make(struct check *c)
{
	c->path.len = 0;
	if (!c->in_entry || c->at)
		buf_path(&c->path, dir_parent, c->dirs, &c->dirs[c->at]);
	if (!c->in_entry)
		return;
	buf_byte(&c->path, '/');
	buf_add(&c->path, c->e.name, c->e.len);
}

/* Set the text for c->f, with the place of the fault. */
static int refuse(struct check *c, int rc, struct error *err)
{
	size_t cut;

	if (rc == -ENOMEM)
		return error_nomem(err);
	if (!c->ndirs)
		return image_fault(err, rc, &c->f);
	path_make(c);
	cut = c->path.len > PATH_SHOWN ? c->path.len - PATH_SHOWN : 0;
	return error_set(err, -rc, "%s (at byte %llu, in %s%.*s)", c->f.what,
			 (unsigned long long)c->f.off, cut ? "..." : "", (int)(c->path.len - cut),
			 c->path.p ? c->path.p + cut : "");
}

static void report(struct check *c, u64 set)
{
	struct check_odd odd = { .nid = c->nid };

	if (!set)
		return;
	if (c->nid) {
		path_make(c);
		odd.path = c->path.p;
		odd.path_len = c->path.len;
	}
	for (u32 i = 0; i < ODD_MAX; i++) {
		if (!(set >> i & 1))
			continue;
		odd.odd = (enum odd)i;
		odd.what = c->look->text(odd.odd);
		c->odd(c->odd_arg, &odd);
	}
}

static int fault(struct check *c, u64 off, const char *what)
{
	return cfs_refuse(&c->f, off, what);
}

/*
 * Structures that do not overlap fit into the image together. This bounds the total work
 * (RI-4).
 */
static int spend(struct check *c, u64 bytes, u64 off)
{
	c->bytes += bytes;
	return c->bytes > c->img->len ? fault(c, off, "xattr areas or directories overlap") : 0;
}

static bool name_is(const struct xname *a, const struct xname *b)
{
	return a->index == b->index && a->len == b->len && !memcmp(a->s, b->s, a->len);
}

/* Remember the name of an xattr; a fault if it is among the first few. */
static int name_add(struct check *c, const struct cfs_xattr *x)
{
	struct xname n = { x->suffix, x->suffix_len, x->index };

	/* The full name may be stored with and without its prefix split off. */
	for (u8 i = 1; !n.index && i < EROFS_XATTR_INDEX_MAX; i++) {
		u32 len;
		const char *prefix = cfs_xattr_prefix(i, &len);

		if (n.len >= len && !memcmp(n.s, prefix, len))
			n = (struct xname){ n.s + len, (u8)(n.len - len), i };
	}
	for (size_t i = 0; i < c->nnames && i < FEW; i++)
		if (name_is(&c->names[i], &n))
			return fault(c, (u64)(x->suffix - c->img->bytes),
				     "the same xattr twice on one inode");
	if (grow(&c->names, c->nnames, &c->names_cap, sizeof(*c->names), FEW))
		return -ENOMEM;
	c->names[c->nnames++] = n;
	return 0;
}

/* Look for a name that is there twice among more than a few. */
static int names_check(struct check *c, u64 off)
{
	size_t n = c->nnames;
	struct sort_item *v;
	int rc = 0;

	if (n <= FEW)
		return 0;
	v = calloc(n, sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *s = (const char *)c->names[i].s;

		v[i] = (struct sort_item){ .s = s, .len = c->names[i].len, .item = &c->names[i] };
		v[i].tie = c->names[i].index;
		v[i].prefix = sort_prefix(s, v[i].len);
	}
	if (sort_strings(v, n))
		rc = -ENOMEM;
	for (size_t i = 1; i < n && !rc; i++)
		if (name_is(v[i - 1].item, v[i].item))
			rc = fault(c, off, "the same xattr twice on one inode");
	free(v);
	return rc;
}

/* Check one xattr of an inode. *@total counts the visible ones. */
static int xattr_check(struct check *c, const struct cfs_xattr *x, struct cfs_backing *b,
		       u64 *total)
{
	struct cfs_shown shown;
	int rc = name_add(c, x);

	if (rc)
		return rc;
	rc = image_backing(c->img, b, x, &shown, &c->f);
	if (rc <= 0)
		return rc;
	if (cfs_xattr_is_acl(x))
		c->img->has_acl = true;
	*total += 7 + (u64)shown.prefix_len + shown.suffix_len + x->len;
	if (*total > XATTRS_MAX)
		return fault(c, (u64)(x->suffix - c->img->bytes),
			     "more than 65535 bytes of xattrs on one inode");
	return 0;
}

static int xattrs_check(struct check *c, const struct cfs_inode *inode, u64 *odd)
{
	u32 filter = EROFS_XATTR_FILTER_DEFAULT;
	struct image_xattrs w;
	struct cfs_backing b;
	struct cfs_xattr x;
	u64 total = 12;
	int rc;

	cfs_backing_init(&b, inode);
	c->nnames = 0;
	rc = spend(c, inode->xattr_len, inode->xattr_off);
	if (!rc)
		rc = image_xattrs(&w, c->img, inode, &c->f);
	if (rc)
		return rc;
	c->img->shared += w.x.nshared;
	while ((rc = image_xattrs_next(&w, &x, &c->f)) > 0) {
		rc = xattr_check(c, &x, &b, &total);
		if (rc)
			return rc;
		if (c->look) {
			filter &= ~cfs_xattr_filter_bit(x.index, x.suffix, x.suffix_len);
			*odd |= c->look->xattr(c->img, &x);
		}
	}
	if (rc)
		return rc;
	if (b.digest.algorithm)
		c->img->algorithms |= (u8)(1u << b.digest.algorithm);
	if (c->look)
		*odd |= c->look->xattrs(&w.x, filter, c->nnames) |
			c->look->backing(c->img, inode, &b);
	return names_check(c, inode->xattr_off);
}

/* Check an inode: its xattrs and, for a symlink, its target. */
static int inode_check(struct check *c, const struct cfs_inode *inode)
{
	u64 odd = 0;
	int rc;

	c->nid = inode->nid;
	c->img->inodes++;
	c->img->compact += inode->head_len == sizeof(struct erofs_inode_compact);
	if (inode->ftype == EROFS_FT_SYMLINK) {
		rc = cfs_symlink_check(image_piece(c->img, inode, 0), &c->f);
		if (rc) {
			c->f.off += inode->blocks ? inode->block_off : inode->tail_off;
			return rc;
		}
	}
	if (inode->xattr_len || c->look) {
		rc = xattrs_check(c, inode, &odd);
		if (rc)
			return rc;
	}
	if (c->look)
		report(c, odd | c->look->inode(c->img, inode));
	return 0;
}

static int dir_add(struct check *c, u64 nid, size_t parent, const struct cfs_dirent *e)
{
	if (grow(&c->dirs, c->ndirs, &c->cap, sizeof(*c->dirs), 64))
		return -ENOMEM;
	if (c->ndirs == UINT32_MAX)
		return fault(c, 0, "too many directories");
	c->dirs[c->ndirs++] = (struct dir){
		.nid = nid,
		.name = e ? e->name : NULL,
		.len = e ? (u8)e->len : 0,
		.parent = (u32)parent,
	};
	return 0;
}

/* Check an entry other than the dots. @at is its offset. */
static int entry_check(struct check *c, const struct cfs_dirent *e, u64 at)
{
	struct image *img = c->img;
	struct cfs_inode inode;
	bool again;
	u64 off;
	int rc;

	rc = cfs_inode_offset(&img->super, e->nid, &off, &c->f);
	if (rc) {
		c->f.off = at;
		return rc;
	}
	rc = image_inode(img, e->nid, &inode, &c->f);
	if (rc)
		return rc;
	if (e->type != inode.ftype)
		return fault(c, at, "type of a directory entry differs from its inode");
	c->nid = e->nid;
	/* The older format of composefs-rs has such devices where the tree has whiteouts. */
	if (c->look && img->super.version != CFS_VERSION_RS)
		report(c, c->look->name(e, &inode, !c->at));
	img->stubs += cfs_inode_is_stub(&inode);
	again = image_bit(c->seen, e->nid);
	if (again && inode.ftype == EROFS_FT_DIR)
		return fault(c, at, "directory under two names");
	if (again) {
		img->twice_count += !image_bit(img->twice, e->nid);
		image_set_bit(img->twice, e->nid);
		return 0;
	}
	image_set_bit(c->seen, e->nid);
	rc = inode_check(c, &inode);
	if (!rc && inode.ftype == EROFS_FT_DIR)
		rc = dir_add(c, e->nid, c->at, e);
	return rc;
}

/* Check the entry "." (@which is 1) or ".." (2). */
static int dots_check(struct check *c, const struct cfs_dirent *e, u32 which, u64 at)
{
	const struct dir *dir = &c->dirs[c->at];

	if (e->nid != (which == 1 ? dir->nid : c->dirs[dir->parent].nid))
		return fault(c, at,
			     which == 1 ? "entry . leads elsewhere" : "entry .. leads elsewhere");
	if (e->type != EROFS_FT_DIR)
		return fault(c, at, "type of a directory entry differs from its inode");
	return 0;
}

/*
 * Check one block of the current directory. @prev is the entry before it; its name is NULL if
 * there is none. *@dots collects 1 for "." and 2 for "..".
 */
static int block_check(struct check *c, struct cfs_span bytes, struct cfs_dirent *prev, u32 *dots)
{
	const u64 off = (u64)(bytes.p - c->img->bytes);
	struct cfs_dirblock block;
	int rc = cfs_dirblock_open(&block, bytes, &c->f);

	for (u32 i = 0; !rc && i < block.count; i++) {
		const u64 at = off + i * sizeof(struct erofs_dirent);
		u32 which;

		rc = cfs_dirblock_entry(&block, i, prev->name ? prev : NULL, &c->e, &c->f);
		if (rc)
			break;
		*prev = c->e;
		which = cfs_dirent_dots(&c->e);
		*dots |= which;
		if (which) {
			rc = dots_check(c, &c->e, which, at);
		} else {
			c->in_entry = true;
			rc = entry_check(c, &c->e, at);
		}
		if (rc)
			return rc;
		c->in_entry = false;
	}
	if (rc) {
		c->f.off += off;
		return rc;
	}
	c->nid = c->dirs[c->at].nid;
	if (c->look)
		report(c, c->look->dirblock(&block));
	return 0;
}

static int dir_check(struct check *c)
{
	struct cfs_dirent prev = { .name = NULL };
	struct cfs_inode dir;
	u32 dots = 0;
	int rc;

	rc = image_inode(c->img, c->dirs[c->at].nid, &dir, &c->f);
	if (!rc)
		rc = spend(c, dir.size, dir.off);
	for (u64 i = 0; !rc && i < cfs_inode_pieces(&dir); i++)
		rc = block_check(c, image_piece(c->img, &dir, i), &prev, &dots);
	if (!rc && dots != 3)
		rc = fault(c, dir.off, dots & 1 ? "directory without .." : "directory without .");
	return rc;
}

/* Count the bits before each word, for image_rank(). */
static int rank_make(struct image *img)
{
	size_t n = (size_t)(img->len / EROFS_SLOT / 64 + 1);
	u32 rank = 0;

	if (!img->twice_count)
		return 0;
	img->twice_rank = calloc(n, sizeof(*img->twice_rank));
	if (!img->twice_rank)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		img->twice_rank[i] = rank;
		rank += (u32)__builtin_popcountll(img->twice[i]);
	}
	return 0;
}

static int all_check(struct check *c)
{
	struct image *img = c->img;
	struct cfs_inode root;
	u64 odd = c->look ? c->look->super(img) : 0;
	int rc;

	c->seen = image_bits(img);
	img->twice = image_bits(img);
	if (!c->seen || !img->twice)
		return -ENOMEM;
	rc = image_inode(img, img->super.root_nid, &root, &c->f);
	if (rc)
		return rc;
	if (root.ftype != EROFS_FT_DIR)
		return fault(c, root.off, "the root is not a directory");
	image_set_bit(c->seen, root.nid);
	rc = dir_add(c, root.nid, 0, NULL);
	if (!rc)
		rc = inode_check(c, &root);
	for (c->at = 0; !rc && c->at < c->ndirs; c->at++)
		rc = dir_check(c);
	if (rc) {
		c->at -= c->at > 0;
		return rc;
	}
	c->nid = 0;
	if (c->look && img->inodes != img->super.inos)
		odd |= (u64)1 << ODD_INOS;
	if (c->look && img->algorithms & (img->algorithms - 1))
		odd |= (u64)1 << ODD_ALGORITHMS;
	if (c->look)
		report(c, odd);
	return rank_make(img);
}

int image_check_with(struct image *img, const struct odd_look *look, check_odd_fn *odd, void *arg,
		     struct error *err)
{
	struct check c = { .img = img, .look = look, .odd = odd, .odd_arg = arg };
	int rc;

	img->checked = false;
	img->has_acl = false;
	img->algorithms = 0;
	img->inodes = img->stubs = img->compact = img->shared = 0;
	img->twice_count = 0;
	free(img->twice);
	free(img->twice_rank);
	img->twice = NULL;
	img->twice_rank = NULL;
	rc = all_check(&c);
	img->checked = !rc;
	if (rc)
		refuse(&c, rc, err);
	free(c.seen);
	free(c.dirs);
	free(c.names);
	buf_release(&c.path);
	return rc ? -1 : 0;
}
