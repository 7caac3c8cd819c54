// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/probe.h"
#include <errno.h>
#include <stdlib.h>

/* A directory that was met; the list of them is walked breadth first. */
struct dir {
	u64 nid;
	u32 parent;
	u32 name, len; /* of its name in the buffer of names */
};

struct walk {
	const struct imagefd *im;
	struct probe *p;
	struct error *err;
	struct buf names, dirs;
	unsigned int skip; /* files with an object that are still passed over */
	/* Entries that may still be visited. Only a loop of directories has more than that. */
	u64 budget;
	u8 block[EROFS_BLKSZ];
};

static struct dir *dir_at(const struct walk *w, size_t i)
{
	return (struct dir *)(void *)w->dirs.p + i;
}

static size_t dir_count(const struct walk *w)
{
	return w->dirs.len / sizeof(struct dir);
}

static int damaged(struct walk *w, const struct cfs_fault *f, u64 base)
{
	return error_set(w->err, EUCLEAN, "%s: damaged: %s (at byte %llu)", w->im->name, f->what,
			 (unsigned long long)(base + f->off));
}

static int load(struct walk *w, u64 off, void *buf, size_t len)
{
	return imagefd_read(w->im, off, buf, len) ? error_sys(w->err, "%s: read", w->im->name) : 0;
}

static int load_inode(struct walk *w, u64 nid, struct cfs_inode *inode)
{
	u8 bytes[64];
	struct cfs_fault f;
	u64 off, left;

	if (cfs_inode_offset(&w->im->super, nid, &off, &f))
		return damaged(w, &f, 0);
	left = w->im->size - off < sizeof(bytes) ? w->im->size - off : sizeof(bytes);
	if (load(w, off, bytes, (size_t)left))
		return -1;
	if (cfs_inode_decode(inode, &w->im->super, nid, (struct cfs_span){ bytes, left }, &f))
		return damaged(w, &f, off);
	return 0;
}

/* Take over what one more xattr says. The path is copied, because the bytes of @x are freed. */
static int take_xattr(struct walk *w, struct cfs_backing *b, const struct cfs_xattr *x, u64 off)
{
	struct cfs_shown shown;
	struct cfs_fault f;
	bool had = b->has_redirect;

	if (cfs_backing_xattr(b, x, &shown, &f) < 0)
		return damaged(w, &f, off);
	if (b->has_redirect && !had) {
		memcpy(w->p->payload, b->path, b->path_len);
		w->p->payload[b->path_len] = '\0';
		w->p->payload_len = b->path_len;
	}
	return 0;
}

/* Read a shared entry, whose header says how long it is. */
static int take_shared(struct walk *w, struct cfs_backing *b, const struct cfs_xattrs *x, u32 i)
{
	struct erofs_xattr_entry head;
	struct cfs_xattr xattr;
	struct cfs_fault f;
	u8 *bytes;
	u64 off, len;
	int rc;

	if (cfs_xattrs_shared(x, &w->im->super, i, &off, &f))
		return damaged(w, &f, 0);
	if (load(w, off, &head, sizeof(head)))
		return -1;
	len = sizeof(head) + head.e_name_len + (u64)get16(head.e_value_size);
	bytes = malloc((size_t)len);
	if (!bytes)
		return error_nomem(w->err);
	rc = load(w, off, bytes, (size_t)len);
	if (!rc && cfs_xattr_decode(&xattr, (struct cfs_span){ bytes, len }, 0, NULL, &f))
		rc = damaged(w, &f, off);
	if (!rc)
		rc = take_xattr(w, b, &xattr, off);
	free(bytes);
	return rc;
}

static int take_xattrs(struct walk *w, const struct cfs_inode *inode, const u8 *area,
		       struct cfs_backing *b)
{
	struct cfs_xattr xattr;
	struct cfs_xattrs x;
	struct cfs_fault f;

	if (cfs_xattrs_open(&x, (struct cfs_span){ area, inode->xattr_len }, &f))
		return damaged(w, &f, inode->xattr_off);
	for (u64 at = x.first; at < x.area.len;) {
		u64 next;

		if (cfs_xattr_decode(&xattr, x.area, at, &next, &f))
			return damaged(w, &f, inode->xattr_off);
		if (take_xattr(w, b, &xattr, inode->xattr_off))
			return -1;
		at = next;
	}
	for (u32 i = 0; i < x.nshared; i++)
		if (take_shared(w, b, &x, i))
			return -1;
	return 0;
}

/* Take a regular file if its content is an object and no more files are to be skipped. */
static int see_file(struct walk *w, const struct cfs_inode *inode)
{
	struct cfs_backing b;
	u8 *area;
	int rc;

	if (!inode->size || !inode->xattr_len || cfs_inode_has_content(inode))
		return 0;
	area = malloc(inode->xattr_len);
	if (!area)
		return error_nomem(w->err);
	cfs_backing_init(&b, inode);
	rc = load(w, inode->xattr_off, area, inode->xattr_len);
	if (!rc)
		rc = take_xattrs(w, inode, area, &b);
	free(area);
	if (!rc && b.has_redirect && w->skip) {
		w->skip--;
	} else if (!rc && b.has_redirect) {
		w->p->found = true;
		w->p->digest = b.digest;
	}
	return rc;
}

static int add_dir(struct walk *w, u64 nid, size_t parent, const struct cfs_dirent *e)
{
	struct dir d = {
		.nid = nid, .parent = (u32)parent, .name = (u32)w->names.len, .len = e ? e->len : 0
	};

	if (w->names.len > UINT32_MAX - 256)
		return error_nomem(w->err);
	if (e)
		buf_add(&w->names, e->name, e->len);
	buf_add(&w->dirs, &d, sizeof(d));
	return w->dirs.failed || w->names.failed ? error_nomem(w->err) : 0;
}

/* Build the path of an entry of a directory, from its end to its start. */
static int make_path(struct walk *w, size_t at, const struct cfs_dirent *e)
{
	size_t len = 1 + (size_t)e->len;
	char *p;

	for (size_t i = at; i; i = dir_at(w, i)->parent)
		len += 1 + (size_t)dir_at(w, i)->len;
	w->p->path = malloc(len + 1);
	if (!w->p->path)
		return error_nomem(w->err);
	p = w->p->path + len;
	*p = '\0';
	p -= e->len;
	memcpy(p, e->name, e->len);
	*--p = '/';
	for (size_t i = at; i; i = dir_at(w, i)->parent) {
		const struct dir *d = dir_at(w, i);

		p -= d->len;
		memcpy(p, w->names.p + d->name, d->len);
		*--p = '/';
	}
	return 0;
}

static int see_entry(struct walk *w, size_t at, const struct cfs_dirent *e)
{
	struct cfs_inode inode;

	if (!w->budget--) {
		struct cfs_fault f = { "directories form a loop", 0 };

		return damaged(w, &f, 0);
	}
	if (cfs_dirent_dots(e))
		return 0;
	if (e->type == EROFS_FT_DIR)
		return add_dir(w, e->nid, at, e);
	if (e->type != EROFS_FT_REG_FILE)
		return 0;
	if (load_inode(w, e->nid, &inode) || see_file(w, &inode))
		return -1;
	return w->p->found ? make_path(w, at, e) : 0;
}

/* Read one piece of a directory to w->block and open it. */
static int load_block(struct walk *w, const struct cfs_inode *dir, u64 i,
		      struct cfs_dirblock *block)
{
	struct cfs_fault f;
	u32 len;
	u64 off = cfs_inode_piece(dir, i, &len);

	if (load(w, off, w->block, len))
		return -1;
	return cfs_dirblock_open(block, (struct cfs_span){ w->block, len }, &f)
		       ? damaged(w, &f, off)
		       : 0;
}

static int see_dir(struct walk *w, size_t at)
{
	struct cfs_inode dir;

	if (load_inode(w, dir_at(w, at)->nid, &dir))
		return -1;
	for (u64 i = 0; dir.ftype == EROFS_FT_DIR && i < cfs_inode_pieces(&dir); i++) {
		struct cfs_dirblock block;

		if (load_block(w, &dir, i, &block))
			return -1;
		for (u32 k = 0; k < block.count; k++) {
			struct cfs_dirent e;
			struct cfs_fault f;

			if (cfs_dirblock_entry(&block, k, NULL, &e, &f))
				return damaged(w, &f, 0);
			if (see_entry(w, at, &e))
				return -1;
			if (w->p->found)
				return 0;
		}
	}
	return 0;
}

static void start(struct walk *w, const struct imagefd *im, struct probe *p, struct error *err)
{
	memset(w, 0, sizeof(*w));
	memset(p, 0, sizeof(*p));
	w->im = im;
	w->p = p;
	w->err = err;
	w->budget = im->size / sizeof(struct erofs_dirent);
}

int probe_find(const struct imagefd *im, unsigned int skip, struct probe *p, struct error *err)
{
	struct walk w;
	int rc;

	start(&w, im, p, err);
	w.skip = skip;
	rc = add_dir(&w, im->super.root_nid, 0, NULL);
	for (size_t i = 0; !rc && !p->found && i < dir_count(&w); i++)
		rc = see_dir(&w, i);
	buf_release(&w.names);
	buf_release(&w.dirs);
	return rc;
}

void probe_release(struct probe *p)
{
	free(p->path);
	p->path = NULL;
}

/* Whether an entry has the name of an object directory and hides it. */
static bool is_stub(const struct cfs_dirent *e)
{
	static const char digits[] = "0123456789abcdef";

	return e->len == 2 && e->type != EROFS_FT_DIR && memchr(digits, e->name[0], 16) &&
	       memchr(digits, e->name[1], 16);
}

int probe_hides_objects(const struct imagefd *im, struct error *err)
{
	struct cfs_inode dir;
	unsigned int hidden = 0;
	struct probe p;
	struct walk w;

	start(&w, im, &p, err);
	if (load_inode(&w, im->super.root_nid, &dir))
		return -1;
	for (u64 i = 0; dir.ftype == EROFS_FT_DIR && i < cfs_inode_pieces(&dir); i++) {
		struct cfs_dirblock block;

		if (load_block(&w, &dir, i, &block))
			return -1;
		for (u32 k = 0; k < block.count; k++) {
			struct cfs_dirent e;
			struct cfs_fault f;

			if (cfs_dirblock_entry(&block, k, NULL, &e, &f))
				return damaged(&w, &f, 0);
			hidden += is_stub(&e);
		}
	}
	return hidden >= 256;
}
