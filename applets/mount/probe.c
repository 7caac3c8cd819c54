// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/probe.h"
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/backend.h"
#include "applets/mount/job.h"
#include "base/text.h"
#include "verity/verity.h"

#define LOOK_FOR 3 /* objects, at level 0 */

/* A directory on the way, breadth first. */
struct dir {
	u64 nid;
	u32 parent;
	u32 name, len; /* of its name in the buffer of names */
};

struct walk {
	struct job *j;
	const struct imagefd *im;
	struct probe *p;
	struct buf names, dirs;
	unsigned int skip; /* files with an object that are still passed over */
	u64 budget; /* entries that may still be looked at: more than an image of this size holds is a loop */
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

static int nomem(struct walk *w)
{
	return job_fail(w->j, MOUNT_SYSTEM, "%s", error_words(ENOMEM));
}

static int damaged(struct walk *w, const struct cfs_fault *f, u64 base)
{
	return job_fail(w->j, MOUNT_FAILED, "%s: damaged: %s (at byte %llu)", w->im->name, f->what,
			(unsigned long long)(base + f->off));
}

static int load(struct walk *w, u64 off, void *buf, size_t len)
{
	return imagefd_read(w->im, off, buf, len) ? job_sys(w->j, "%s: read", w->im->name) : 0;
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

/* What one more xattr says. The path points into bytes that go away. */
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

/* A shared entry: its header says how long it is. */
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
		return nomem(w);
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

/* Whether this file is the one that is looked for. */
static int see_file(struct walk *w, const struct cfs_inode *inode)
{
	struct cfs_backing b;
	u8 *area;
	int rc;

	if (!inode->size || !inode->xattr_len || cfs_inode_has_content(inode))
		return 0;
	area = malloc(inode->xattr_len);
	if (!area)
		return nomem(w);
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
		return nomem(w);
	if (e)
		buf_add(&w->names, e->name, e->len);
	buf_add(&w->dirs, &d, sizeof(d));
	return w->dirs.failed || w->names.failed ? nomem(w) : 0;
}

/* The path of an entry of a directory, put together from its end. */
static int make_path(struct walk *w, size_t at, const struct cfs_dirent *e)
{
	size_t len = 1 + (size_t)e->len;
	char *p;

	for (size_t i = at; i; i = dir_at(w, i)->parent)
		len += 1 + (size_t)dir_at(w, i)->len;
	w->p->path = malloc(len + 1);
	if (!w->p->path)
		return nomem(w);
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

/* One piece of a directory into w->block, opened. */
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

static void start(struct walk *w, struct job *j, struct probe *p)
{
	memset(w, 0, sizeof(*w));
	memset(p, 0, sizeof(*p));
	w->j = j;
	w->im = &j->image;
	w->p = p;
	w->budget = j->image.size / sizeof(struct erofs_dirent);
}

/* The file with an object that comes behind @skip others. */
static int probe_next(struct job *j, unsigned int skip, struct probe *p)
{
	struct walk w;
	int rc;

	start(&w, j, p);
	w.skip = skip;
	rc = add_dir(&w, j->image.super.root_nid, 0, NULL);
	for (size_t i = 0; !rc && !p->found && i < dir_count(&w); i++)
		rc = see_dir(&w, i);
	buf_release(&w.names);
	buf_release(&w.dirs);
	return rc;
}

int probe_first(struct job *j, struct probe *p)
{
	return probe_next(j, 0, p);
}

/* Whether this is the name of an object directory, and hides it. */
static bool is_stub(const struct cfs_dirent *e)
{
	static const char digits[] = "0123456789abcdef";

	return e->len == 2 && e->type != EROFS_FT_DIR && memchr(digits, e->name[0], 16) &&
	       memchr(digits, e->name[1], 16);
}

int probe_hides_objects(struct job *j)
{
	struct cfs_inode dir;
	unsigned int hidden = 0;
	struct probe p;
	struct walk w;

	start(&w, j, &p);
	if (load_inode(&w, j->image.super.root_nid, &dir))
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

/* What fs-verity says of the sample. */
static int see_object(struct job *j, const struct probe *p, unsigned int which, int fd)
{
	char want[TEXT_DIGEST], is[TEXT_DIGEST];
	struct cfs_digest digest;

	switch (verity_measure(fd, p->digest.algorithm, &digest)) {
	case VERITY_SEALED:
		break;
	case VERITY_OTHER:
		return job_fail(j, MOUNT_FAILED,
				"basedir %s: object %s has fs-verity of another algorithm than %s",
				j->dirs.name[which], p->payload,
				cfs_algorithm_name(p->digest.algorithm));
	case VERITY_NONE:
	case VERITY_UNSUPPORTED:
		if (j->backend->hashes)
			return 0;
		return job_fail(
			j, MOUNT_FAILED,
			"basedir %s: objects have no fs-verity (first: %s); enable it, or use %s",
			j->dirs.name[which], p->payload,
			j->opt->level0 ? j->opt->level0 : "noverity or backend=fuse");
	default:
		return job_sys(j, "basedir %s: %s: fs-verity digest", j->dirs.name[which],
			       p->payload);
	}
	j->sealed = cfs_digest_equal(&digest, &p->digest);
	if (j->sealed)
		return 0;
	return job_fail(j, MOUNT_FAILED,
			"basedir %s: object %s of %s: wrong digest: want %s, is %s",
			j->dirs.name[which], p->payload, p->path, text_digest(want, &p->digest),
			text_digest(is, &digest));
}

static int see_store(struct job *j, const struct probe *p)
{
	struct basedirs_found found;
	struct error err;
	int fd, rc;

	if (!p->digest.algorithm && j->level == 1)
		return 0;
	if (!p->digest.algorithm)
		return job_fail(j, MOUNT_FAILED,
				"%s: %s has no recorded digest; use verity_check=1", j->image.name,
				p->path);
	rc = basedirs_open_file(&j->dirs, p->payload, p->payload_len, &found, &fd, &err);
	if (rc < 0)
		return job_fail(j, MOUNT_FAILED, "basedir %s", err.text);
	if (rc == BASEDIRS_NONE) {
		warn("%s: object %s of %s is missing", j->dirs.name[0], p->payload, p->path);
		return 0;
	}
	if (rc == BASEDIRS_OTHER)
		return job_fail(j, MOUNT_FAILED,
				"basedir %s: object %s of %s is not a regular file",
				j->dirs.name[found.which], p->payload, p->path);
	rc = see_object(j, p, found.which, fd);
	close(fd);
	return rc;
}

int probe_basedir(struct job *j)
{
	struct probe p = { 0 };
	int rc;

	if (j->dirs.n)
		return 0;
	rc = probe_first(j, &p);
	if (!rc && p.found)
		rc = job_fail(j, MOUNT_USAGE,
			      "basedir: not given, but %s refers to objects (first: %s)",
			      j->image.name, p.path);
	free(p.path);
	return rc;
}

static int missing(struct job *j, const char *first)
{
	warn("basedir %s: none of the first objects of %s is here (first: %s); their files will not open: is it the right directory?",
	     j->dirs.name[0], j->image.name, first);
	return 0;
}

/*
 * Level 0 asks nothing of the store, but a basedir that has none of the first few
 * objects is usually the wrong directory: a warning.
 */
static int look_for_objects(struct job *j)
{
	char first[256] = "";
	unsigned int n = 0;

	for (; n < LOOK_FOR; n++) {
		struct basedirs_found found;
		struct probe p = { 0 };
		struct error err;
		int rc = probe_next(j, n, &p);

		if (rc)
			return rc;
		if (!p.found)
			return n ? missing(j, first) : 0;
		rc = basedirs_find(&j->dirs, p.payload, p.payload_len, &found, &err);
		if (!n)
			text_format(first, sizeof(first), "%s of %s", p.payload, p.path);
		free(p.path);
		/* What cannot be known is no reason to warn. */
		if (rc != BASEDIRS_NONE)
			return 0;
	}
	return missing(j, first);
}

int probe_store(struct job *j)
{
	struct probe p = { 0 };
	int rc;

	if (!j->dirs.n)
		return 0;
	if (!j->level)
		return look_for_objects(j);
	rc = probe_first(j, &p);
	if (!rc && p.found)
		rc = see_store(j, &p);
	free(p.path);
	return rc;
}
