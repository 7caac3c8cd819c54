// SPDX-License-Identifier: GPL-2.0-only
#include "image/read.h"
#include <stdlib.h>
#include "base/grow.h"

#define VERSION_WRITTEN 1u

enum mark {
	MARK_UNKNOWN,
	MARK_NO,
	MARK_YES,
};

/* Directories in breadth first order. */
struct queued {
	u64 nid;
	struct node *node;   /* while the tree is built */
	enum mark whiteouts; /* the encoder found some in it */
};

/* A link whose target was not there yet. */
struct pending {
	struct link *link;
	u32 rank;
};

struct reader {
	const struct image *img;
	struct grower *g;
	struct queued *dirs;
	size_t ndirs, dirs_cap;
	/*
	 * By rank of the inodes met twice. The name that holds one: its number in
	 * the walk, counted from 1, shifted left; bit 0: i_ino agrees, so it stays.
	 */
	u64 *holder;
	struct node **held;
	enum mark *whiteout; /* the inode is one */
	struct pending *pending;
	size_t npending, pending_cap;
	u64 names, inodes;
	struct cfs_fault f;
};

/* What the walk calls for each name but the dots; @dir: index of its directory. */
typedef int visit_fn(struct reader *r, size_t dir, const struct cfs_dirent *e,
		     const struct cfs_inode *inode);

static int dir_push(struct reader *r, u64 nid, struct node *node)
{
	if (grow(&r->dirs, r->ndirs, &r->dirs_cap, sizeof(*r->dirs), 64))
		return -ENOMEM;
	r->dirs[r->ndirs++] = (struct queued){ .nid = nid, .node = node };
	return 0;
}

static int walk_block(struct reader *r, size_t dir, struct cfs_span bytes, visit_fn *visit)
{
	struct cfs_dirblock block;
	int rc = cfs_dirblock_open(&block, bytes, &r->f);

	for (u32 i = 0; !rc && i < block.count; i++) {
		struct cfs_inode inode;
		struct cfs_dirent e;

		rc = cfs_dirblock_entry(&block, i, NULL, &e, &r->f);
		if (rc || cfs_dirent_dots(&e))
			continue;
		r->names++;
		rc = image_inode(r->img, e.nid, &inode, &r->f);
		if (!rc)
			rc = visit(r, dir, &e, &inode);
	}
	return rc;
}

/* Breadth first, names in byte order, through the directories that @visit pushes. */
static int walk(struct reader *r, visit_fn *visit)
{
	int rc = 0;

	r->names = 0;
	r->inodes = 1; /* the root */
	for (size_t dir = 0; !rc && dir < r->ndirs; dir++) {
		struct cfs_inode inode;

		rc = image_inode(r->img, r->dirs[dir].nid, &inode, &r->f);
		for (u64 i = 0; !rc && i < cfs_inode_pieces(&inode); i++)
			rc = walk_block(r, dir, image_piece(r->img, &inode, i), visit);
	}
	return rc;
}

/* Whether an inode has trusted.overlay.overlay.@mark (image-format 5.3); *known keeps the answer. */
static int find_mark(struct reader *r, const struct cfs_inode *inode, const char *mark,
		     enum mark *known)
{
	size_t len = strlen(mark);
	struct image_xattrs w;
	struct cfs_xattr x;
	int rc;

	if (*known != MARK_UNKNOWN)
		return 0;
	*known = MARK_NO;
	rc = image_xattrs(&w, r->img, inode, &r->f);
	while (!rc && (rc = image_xattrs_next(&w, &x, &r->f)) > 0) {
		if (x.index == EROFS_XATTR_INDEX_TRUSTED && x.suffix_len == len &&
		    !memcmp(x.suffix, mark, len))
			*known = MARK_YES;
		rc = 0;
	}
	return rc;
}

/*
 * Where no inode lies between two names of one, the count fits both. It makes
 * a difference for a whiteout alone, which marks the directory that holds it.
 */
static int may_hold(struct reader *r, struct queued *dir, const struct cfs_inode *inode,
		    enum mark *whiteout, bool *may)
{
	struct cfs_inode parent;
	int rc = 0;

	*may = true;
	if (cfs_inode_may_be_whiteout(inode))
		rc = find_mark(r, inode, "overlay.overlay.whiteout", whiteout);
	if (rc || *whiteout != MARK_YES)
		return rc;
	rc = image_inode(r->img, dir->nid, &parent, &r->f);
	if (!rc)
		rc = find_mark(r, &parent, "overlay.overlay.whiteouts", &dir->whiteouts);
	*may = dir->whiteouts == MARK_YES;
	return rc;
}

/* The name at which the count of inodes is the inode's own number holds it, else the first one met. */
static int find_holder(struct reader *r, size_t dir, const struct cfs_dirent *e,
		       const struct cfs_inode *inode)
{
	u64 *holder;
	u32 rank;
	bool may = false;
	int rc = 0;

	if (inode->ftype == EROFS_FT_DIR) {
		r->inodes++;
		return dir_push(r, e->nid, NULL);
	}
	if (!image_is_twice(r->img, e->nid)) {
		r->inodes++;
		return 0;
	}
	rank = image_rank(r->img, e->nid);
	holder = &r->holder[rank];
	if (*holder & 1)
		return 0;
	if (inode->ino == r->inodes)
		rc = may_hold(r, &r->dirs[dir], inode, &r->whiteout[rank], &may);
	if (may) {
		*holder = r->names << 1 | 1;
		r->inodes++;
	} else if (!*holder) {
		*holder = r->names << 1;
	}
	return rc;
}

static int find_holders(struct reader *r)
{
	size_t n = r->img->twice_count;
	int rc;

	if (!n)
		return 0;
	r->holder = calloc(n, sizeof(*r->holder));
	r->held = calloc(n, sizeof(*r->held));
	r->whiteout = calloc(n, sizeof(*r->whiteout));
	if (!r->holder || !r->held || !r->whiteout)
		return -ENOMEM;
	rc = dir_push(r, r->img->super.root_nid, NULL);
	if (!rc)
		rc = walk(r, find_holder);
	r->ndirs = 0;
	return rc;
}

static int xattr_add(struct reader *r, const struct cfs_xattr *x, const struct cfs_shown *shown)
{
	u8 name[CFS_XATTR_NAME_ESCAPED_MAX];
	struct grower *g = r->g;
	const struct xattr *xattr;

	memcpy(name, shown->prefix, shown->prefix_len);
	memcpy(name + shown->prefix_len, shown->suffix, shown->suffix_len);
	xattr = xattr_intern(&g->pool, name, shown->prefix_len + shown->suffix_len, x->value,
			     x->len);
	if (!xattr)
		return -ENOMEM;
	/* Images may hold more than the budget of one input: what lowering added is in it. */
	g->set.budget = 0;
	if (!xattr_set_put(&g->set, xattr))
		return 0;
	if (errno == ENOMEM)
		return -ENOMEM;
	return cfs_refuse(&r->f, (u64)(x->suffix - r->img->bytes),
			  "xattr too long to be written again");
}

/* Xattrs of an inode into r->g->set, and what they mean. */
static int xattrs_read(struct reader *r, const struct cfs_inode *inode, struct cfs_backing *b)
{
	struct image_xattrs w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	int rc;

	cfs_backing_init(b, inode);
	xattr_set_clear(&r->g->set);
	rc = image_xattrs(&w, r->img, inode, &r->f);
	if (rc)
		return rc;
	while ((rc = image_xattrs_next(&w, &x, &r->f)) > 0) {
		rc = image_backing(r->img, b, &x, &shown, &r->f);
		if (rc > 0)
			rc = xattr_add(r, &x, &shown);
		if (rc)
			break;
	}
	return rc;
}

static int file_fill(struct reader *r, struct node *node, const struct cfs_inode *inode,
		     const struct cfs_backing *b)
{
	u8 room[CFS_CONTENT_MAX];
	struct cfs_span s;

	if (b->digest.algorithm && r->g->tree->algorithm &&
	    b->digest.algorithm != r->g->tree->algorithm)
		return cfs_refuse(&r->f, inode->off, "digests of two algorithms");
	if (b->digest.algorithm && node_set_digest(r->g, node, &b->digest))
		return -ENOMEM;
	if (b->digest.algorithm)
		r->g->tree->algorithm = b->digest.algorithm;
	if (b->has_redirect && node_set_payload(r->g, node, b->path, b->path_len))
		return -ENOMEM;
	if (!cfs_inode_has_content(inode))
		return 0;
	s = image_content(r->img, inode, room);
	return node_set_content(r->g, node, s.p, (size_t)s.len) ? -ENOMEM : 0;
}

static int node_fill(struct reader *r, struct node *node, const struct cfs_inode *inode,
		     const struct cfs_backing *b)
{
	struct cfs_span target;

	node->nlink = inode->nlink;
	node->uid = inode->uid;
	node->gid = inode->gid;
	node->mtime = inode->mtime;
	node->mtime_nsec = inode->mtime_nsec;
	node->rdev = inode->rdev;
	if (node_set_xattrs(r->g, node))
		return -ENOMEM;
	if (b->is_whiteout)
		return 0;
	if (inode->ftype == EROFS_FT_SYMLINK) {
		node->size = inode->size;
		target = image_piece(r->img, inode, 0);
		return node_set_payload(r->g, node, (const char *)target.p, (size_t)target.len)
			       ? -ENOMEM
			       : 0;
	}
	if (inode->ftype != EROFS_FT_REG_FILE)
		return 0;
	node->size = inode->size;
	return file_fill(r, node, inode, b);
}

static int node_make(struct reader *r, struct node *parent, const struct cfs_dirent *e,
		     const struct cfs_inode *inode, struct node **nodep)
{
	struct cfs_backing b;
	struct node *node;
	u32 mode = inode->mode;
	int rc;

	rc = xattrs_read(r, inode, &b);
	if (rc)
		return rc;
	if (b.is_whiteout)
		mode = CFS_IFCHR | (mode & ~CFS_IFMT);
	node = tree_add(r->g, parent, e ? (const char *)e->name : NULL, e ? e->len : 0, mode);
	*nodep = node;
	return node ? node_fill(r, node, inode, &b) : -ENOMEM;
}

static int link_make(struct reader *r, struct node *parent, const struct cfs_dirent *e, u32 rank)
{
	struct link *link =
		tree_add_link(r->g, parent, (const char *)e->name, e->len, r->held[rank]);

	if (!link)
		return -ENOMEM;
	if (link->target)
		return 0;
	if (grow(&r->pending, r->npending, &r->pending_cap, sizeof(*r->pending), 64))
		return -ENOMEM;
	r->pending[r->npending++] = (struct pending){ link, rank };
	return 0;
}

static int build(struct reader *r, size_t dir, const struct cfs_dirent *e,
		 const struct cfs_inode *inode)
{
	struct node *parent = r->dirs[dir].node, *node;
	bool twice = image_is_twice(r->img, e->nid);
	u32 rank = twice ? image_rank(r->img, e->nid) : 0;
	int rc;

	if (cfs_inode_is_stub(inode))
		return 0;
	if (twice && r->holder[rank] >> 1 != r->names)
		return link_make(r, parent, e, rank);
	rc = node_make(r, parent, e, inode, &node);
	if (!rc && twice)
		r->held[rank] = node;
	if (!rc && inode->ftype == EROFS_FT_DIR)
		rc = dir_push(r, e->nid, node);
	return rc;
}

static int build_all(struct reader *r)
{
	struct cfs_inode root;
	struct node *node;
	int rc;

	rc = find_holders(r);
	if (!rc)
		rc = image_inode(r->img, r->img->super.root_nid, &root, &r->f);
	if (!rc)
		rc = node_make(r, NULL, NULL, &root, &node);
	if (!rc)
		rc = dir_push(r, root.nid, node);
	if (!rc)
		rc = walk(r, build);
	for (size_t i = 0; !rc && i < r->npending; i++)
		r->pending[i].link->target = r->held[r->pending[i].rank];
	return rc;
}

int image_read(struct tree *tree, const struct image *img, struct error *err)
{
	struct reader r = { .img = img };
	u32 line;
	int rc;

	if (img->super.version == CFS_VERSION_RS)
		return error_set(err, EOPNOTSUPP,
				 "format of composefs-rs (version 2): read, not written");
	if (img->super.version > VERSION_WRITTEN)
		return error_set(err, EOPNOTSUPP, "format version %u is not written",
				 img->super.version);
	r.g = tree_grower(tree);
	rc = r.g ? build_all(&r) : -ENOMEM;
	free(r.dirs);
	free(r.holder);
	free(r.held);
	free(r.whiteout);
	free(r.pending);
	if (rc)
		return rc == -ENOMEM ? error_nomem(err) : image_fault(err, rc, &r.f);
	return tree_seal(tree, &line, err);
}
