// SPDX-License-Identifier: GPL-2.0-only
#include "image/cursor.h"
#include <stdlib.h>
#include "base/grow.h"

/* An inode may have so many hidden xattrs that they are read again for each further name. */
#define HIDDEN_MAX 8

struct cursor_level {
	u64 nid;
	const u8 *name;         /* in the image */
	struct cursor_dir *dir; /* made when a home below it needs it; the root has none */
	size_t path_len;        /* length of c->path up to this directory */
	u32 piece, i;           /* the next entry */
};

struct cursor_dir {
	struct cursor_dir *parent; /* NULL: the root */
	const u8 *name;
	u32 len;
};

/* The visible xattrs of an inode that has many hidden ones. */
struct known {
	struct cfs_backing backing;
	u32 ninline, nshared;
	u32 v[]; /* visible ones: offsets in the area, then indexes of references */
};

struct cursor_home {
	struct cursor_dir *dir;
	const u8 *name; /* NULL until the walk meets it */
	struct known *known;
	u8 len;
};

int cursor_init(struct cursor *c, const struct image *img, unsigned int flags,
		const char *const *filter, unsigned int nfilter, struct error *err)
{
	*c = (struct cursor){ .img = img, .flags = flags, .filter = filter, .nfilter = nfilter };
	if (!img->twice_count)
		return 0;
	c->homes = calloc(img->twice_count, sizeof(*c->homes));
	return c->homes ? 0 : error_nomem(err);
}

void cursor_release(struct cursor *c)
{
	free(c->levels);
	free(c->homes);
	free(c->xattrs);
	buf_release(&c->path);
	buf_release(&c->link);
	arena_release(&c->arena);
	memset(c, 0, offsetof(struct cursor, content));
}

/*
 * Make a permanent chain for the directory of the deepest level. Returns NULL for the root, or
 * without memory (*@failed).
 */
static struct cursor_dir *dir_keep(struct cursor *c, bool *failed)
{
	size_t k = c->depth;

	while (k > 1 && !c->levels[k - 1].dir)
		k--;
	for (; k < c->depth; k++) {
		const struct cursor_level *up = &c->levels[k - 1];
		struct cursor_level *level = &c->levels[k];
		struct cursor_dir *dir = arena_alloc(&c->arena, sizeof(*dir));

		if (!dir) {
			*failed = true;
			return NULL;
		}
		dir->parent = up->dir;
		dir->name = level->name;
		dir->len = (u32)(level->path_len - up->path_len - 1);
		level->dir = dir;
	}
	return c->levels[c->depth - 1].dir;
}

/* The root is NULL, so the chain itself stands for it. */
static const void *dir_parent(const void *chain, const void *at, const char **s, size_t *len)
{
	const struct cursor_dir *dir = at;

	if (at == chain)
		return NULL;
	*s = (const char *)dir->name;
	*len = dir->len;
	return dir->parent ? dir->parent : chain;
}

/* Make the path of a home in c->link. */
static int link_make(struct cursor *c, const struct cursor_home *home)
{
	c->link.len = 0;
	if (home->dir)
		buf_path(&c->link, dir_parent, c, home->dir);
	buf_byte(&c->link, '/');
	buf_add(&c->link, home->name, home->len);
	return c->link.failed ? -ENOMEM : 0;
}

static int xattr_put(struct cursor *c, struct cursor_entry *e, const struct cfs_xattr *x,
		     const struct cfs_shown *shown)
{
	if (grow(&c->xattrs, e->d.nxattrs, &c->xattrs_cap, sizeof(*c->xattrs), 16))
		return -ENOMEM;
	c->xattrs[e->d.nxattrs++] = (struct dump_xattr){
		.prefix = shown->prefix,
		.suffix = (const char *)shown->suffix,
		.value = x->value,
		.prefix_len = (u16)shown->prefix_len,
		.suffix_len = (u16)shown->suffix_len,
		.len = x->len,
	};
	return 0;
}

/* Give the visible xattrs of an inode that the walk met before. */
static int xattrs_replay(struct cursor *c, struct cursor_entry *e, struct image_xattrs *w,
			 const struct known *known, struct cfs_fault *f)
{
	struct cfs_backing none = { 0 };
	struct cfs_shown shown;
	struct cfs_xattr x;

	c->backing = known->backing;
	for (u32 i = 0; i < known->ninline + known->nshared; i++) {
		int rc;

		w->at = i < known->ninline ? known->v[i] : w->x.area.len;
		w->shared = known->v[i];
		rc = image_xattrs_next(w, &x, f);
		if (rc < 0)
			return rc;
		if (cfs_backing_xattr(&none, &x, &shown, f) > 0) {
			rc = xattr_put(c, e, &x, &shown);
			if (rc)
				return rc;
		}
	}
	return 0;
}

/* Remember which xattrs are visible, if many of the @met ones are hidden. */
static int xattrs_keep(struct cursor *c, struct cursor_home *home, const struct cursor_entry *e,
		       const struct cfs_inode *inode, u32 met, struct cfs_fault *f)
{
	u32 n = e->d.nxattrs, i = 0;
	struct image_xattrs w;
	struct cfs_backing b;
	struct cfs_shown shown;
	struct cfs_xattr x;
	struct known *known;
	int rc;

	if (met - n <= HIDDEN_MAX)
		return 0;
	known = arena_alloc(&c->arena, sizeof(*known) + n * sizeof(*known->v));
	if (!known)
		return -ENOMEM;
	known->backing = c->backing;
	cfs_backing_init(&b, inode);
	rc = image_xattrs(&w, c->img, inode, f);
	while (!rc && i < n) {
		u32 at = (u32)w.at, shared = w.shared;
		bool is_inline = w.at < w.x.area.len;

		rc = image_xattrs_next(&w, &x, f);
		if (rc > 0)
			rc = image_backing(c->img, &b, &x, &shown, f);
		if (rc <= 0)
			continue;
		known->v[i++] = is_inline ? at : shared;
		*(is_inline ? &known->ninline : &known->nshared) += 1;
		rc = 0;
	}
	home->known = known;
	return rc;
}

/* Read the xattrs into c->backing and, with CURSOR_XATTRS, into e->d.xattrs. */
static int xattrs_read(struct cursor *c, struct cursor_entry *e, const struct cfs_inode *inode,
		       struct cursor_home *home, struct cfs_fault *f)
{
	bool all = c->flags & CURSOR_XATTRS;
	struct image_xattrs w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	u32 met = 0;
	int rc;

	cfs_backing_init(&c->backing, inode);
	if (!inode->xattr_len || (!all && inode->ftype != EROFS_FT_REG_FILE))
		return 0;
	rc = image_xattrs(&w, c->img, inode, f);
	if (rc)
		return rc;
	if (home && home->known) {
		rc = xattrs_replay(c, e, &w, home->known, f);
	} else {
		while ((rc = image_xattrs_next(&w, &x, f)) > 0) {
			met++;
			rc = image_backing(c->img, &c->backing, &x, &shown, f);
			if (rc > 0 && all)
				rc = xattr_put(c, e, &x, &shown);
			if (rc < 0)
				break;
		}
		if (!rc && home)
			rc = xattrs_keep(c, home, e, inode, met, f);
	}
	e->d.xattrs = c->xattrs;
	return rc;
}

static void entry_fill(struct cursor *c, struct cursor_entry *e, const struct cfs_inode *inode)
{
	const struct cfs_backing *b = &c->backing;
	struct dump_entry *d = &e->d;
	bool content = cfs_inode_has_content(inode);

	d->mode = inode->mode;
	d->nlink = inode->nlink;
	d->uid = inode->uid;
	d->gid = inode->gid;
	d->rdev = inode->rdev;
	d->mtime = inode->mtime;
	d->mtime_nsec = inode->mtime_nsec;
	if (inode->ftype == EROFS_FT_REG_FILE || inode->ftype == EROFS_FT_DIR ||
	    inode->ftype == EROFS_FT_SYMLINK)
		d->size = inode->size;
	if (inode->ftype == EROFS_FT_SYMLINK || content) {
		struct cfs_span s = image_content(c->img, inode, c->content);

		if (content) {
			d->content = s.p;
			d->content_len = (size_t)s.len;
		} else {
			d->payload = (const char *)s.p;
			d->payload_len = (size_t)s.len;
		}
	}
	if (b->has_redirect) {
		d->payload = b->path;
		d->payload_len = b->path_len;
	}
	if (b->digest.algorithm)
		d->digest = &b->digest;
	e->has_content = content;
	if (b->is_whiteout) {
		d->mode = CFS_IFCHR | (inode->mode & ~CFS_IFMT);
		d->rdev = 0;
		d->size = 0;
		d->content_len = 0;
		e->has_content = false;
	}
}

static int level_push(struct cursor *c, const struct cfs_inode *inode, const u8 *name)
{
	if (grow(&c->levels, c->depth, &c->levels_cap, sizeof(*c->levels), 64))
		return -ENOMEM;
	c->levels[c->depth++] = (struct cursor_level){
		.nid = inode->nid,
		.name = name,
		.path_len = c->path.len,
	};
	c->dir = *inode;
	c->block.bytes.len = 0;
	return 0;
}

/* The inode of the entry has several names: find out whether this one is the first. */
static int home_find(struct cursor *c, struct cursor_entry *e, const struct cfs_dirent *d,
		     struct cursor_home **homep)
{
	struct cursor_home *home = &c->homes[image_rank(c->img, e->nid)];
	bool failed = false;
	int rc = 0;

	*homep = home;
	e->is_link = home->name;
	if (!home->name) {
		home->dir = dir_keep(c, &failed);
		home->name = d->name;
		home->len = (u8)d->len;
		return failed ? -ENOMEM : 0;
	}
	if (c->flags & CURSOR_LINKS) {
		rc = link_make(c, home);
		e->d.link = c->link.p;
		e->d.link_len = c->link.len;
	}
	return rc;
}

/* Make the path of an entry. c->path begins with the path of its directory. */
static int path_make(struct cursor *c, struct cursor_entry *e)
{
	if (!e->at.name) {
		e->d.path = "/";
		e->d.path_len = 1;
		return 0;
	}
	c->path.len = c->levels[e->depth - 1].path_len;
	buf_byte(&c->path, '/');
	buf_add(&c->path, e->at.name, e->at.len);
	e->d.path = c->path.p;
	e->d.path_len = c->path.len;
	return c->path.failed ? -ENOMEM : 0;
}

/* Fill all of e->d but its path. */
static int entry_describe(struct cursor *c, struct cursor_entry *e, struct cfs_fault *f)
{
	int rc = xattrs_read(c, e, &c->inode, c->home, f);

	if (!rc)
		entry_fill(c, e, &c->inode);
	return rc;
}

/* Make the entry for c->inode with the name @d in the deepest level; NULL for the root. */
static int entry_make(struct cursor *c, struct cursor_entry *e, const struct cfs_dirent *d,
		      struct cfs_fault *f)
{
	const struct cfs_inode *inode = &c->inode;
	const bool late = c->flags & CURSOR_LATE, is_dir = inode->ftype == EROFS_FT_DIR;
	int rc = 0;

	memset(e, 0, sizeof(*e));
	e->nid = inode->nid;
	c->home = NULL;
	if (d) {
		e->at = (struct location){ c->levels[c->depth - 1].nid, d->name, (u8)d->len };
		e->depth = c->depth;
		e->name = (const char *)d->name;
		e->name_len = d->len;
		if (image_is_twice(c->img, inode->nid))
			rc = home_find(c, e, d, &c->home);
	}
	if (!rc && (!late || is_dir))
		rc = path_make(c, e);
	if (!rc && !late)
		rc = entry_describe(c, e, f);
	if (!rc && is_dir)
		rc = level_push(c, inode, d ? d->name : NULL);
	return rc;
}

static int settle(int rc, const struct cfs_fault *f, struct error *err)
{
	return rc == -ENOMEM ? error_nomem(err) : image_fault(err, rc, f);
}

int cursor_fill(struct cursor *c, struct cursor_entry *e, struct error *err)
{
	struct cfs_fault f = { .what = "image damaged" };
	int rc = c->inode.ftype == EROFS_FT_DIR ? 0 : path_make(c, e);

	if (!rc)
		rc = entry_describe(c, e, &f);
	return rc ? settle(rc, &f, err) : 0;
}

static bool is_shown(const struct cursor *c, const struct cfs_dirent *d)
{
	if (!c->nfilter || c->depth > 1)
		return true;
	for (unsigned int i = 0; i < c->nfilter; i++)
		if (strlen(c->filter[i]) == d->len && !memcmp(c->filter[i], d->name, d->len))
			return true;
	return false;
}

/* The next name of the walk: 1 and *@d, 0 at the end. */
static int name_next(struct cursor *c, struct cfs_dirent *d, struct cfs_fault *f)
{
	while (c->depth) {
		struct cursor_level *level = &c->levels[c->depth - 1];
		int rc = 0;

		if (!c->block.bytes.len) {
			if (level->piece < cfs_inode_pieces(&c->dir)) {
				rc = cfs_dirblock_open(
					&c->block, image_piece(c->img, &c->dir, level->piece), f);
			} else if (--c->depth) {
				/* Go back to the directory above, in the middle of a block. */
				rc = image_inode(c->img, level[-1].nid, &c->dir, f);
			}
		} else if (level->i == c->block.count) {
			level->piece++;
			level->i = 0;
			c->block.bytes.len = 0;
		} else {
			rc = cfs_dirblock_entry(&c->block, level->i++, NULL, d, f);
			if (!rc && !cfs_dirent_dots(d) && is_shown(c, d))
				return 1;
		}
		if (rc)
			return rc;
	}
	return 0;
}

int cursor_next(struct cursor *c, struct cursor_entry *e, struct error *err)
{
	struct cfs_fault f = { .what = "image damaged" };
	struct cfs_dirent d;
	int rc;

	if (!c->started) {
		c->started = true;
		rc = image_inode(c->img, c->img->super.root_nid, &c->inode, &f);
		if (!rc)
			rc = entry_make(c, e, NULL, &f);
		return rc ? settle(rc, &f, err) : 1;
	}
	while ((rc = name_next(c, &d, &f)) > 0) {
		rc = image_inode(c->img, d.nid, &c->inode, &f);
		if (!rc && cfs_inode_is_stub(&c->inode))
			continue;
		if (!rc)
			rc = entry_make(c, e, &d, &f);
		return rc ? settle(rc, &f, err) : 1;
	}
	return rc ? settle(rc, &f, err) : 0;
}
