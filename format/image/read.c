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

/* A directory of the walk, in breadth first order. */
struct queued {
	u64 nid;
	struct node *node;   /* while the tree is built */
	enum mark whiteouts; /* whether the encoder found whiteouts in it */
};

/* A link whose target was not made yet. */
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
	 * By rank of the inodes with several names. holder is the name that holds the inode:
	 * its number in the walk, counted from 1, shifted left by one. Bit 0 is set if i_ino
	 * agrees, and the name is final then.
	 */
	u64 *holder;
	struct node **held;
	enum mark *whiteout; /* whether the inode is a whiteout */
	struct pending *pending;
	size_t npending, pending_cap;
	u64 names, inodes;
	struct cfs_fault f;
};

/* Called for each name but the dots. @dir is the index of its directory. */
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

/* Walk breadth first, names in byte order, through the directories that @visit adds. */
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

/*
 * Find out whether an inode has the xattr trusted.@mark (image format 5.3). *@known keeps the
 * answer.
 */
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
 * If no inode is between two names of one inode, the count fits both. The choice matters for a
 * whiteout only, because the encoder marks the directory that holds it.
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

/*
 * Find the name that holds an inode: the one at which the count of inodes equals i_ino; if
 * there is none, the first name of the walk.
 */
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

static int xattr_add(void *arg, const struct cfs_xattr *x, const struct cfs_shown *shown)
{
	struct reader *r = arg;
	u8 name[CFS_XATTR_NAME_ESCAPED_MAX];
	struct grower *g = r->g;
	const struct xattr *xattr;

	memcpy(name, shown->prefix, shown->prefix_len);
	memcpy(name + shown->prefix_len, shown->suffix, shown->suffix_len);
	xattr = xattr_intern(&g->pool, name, shown->prefix_len + shown->suffix_len, x->value,
			     x->len);
	if (!xattr)
		return -ENOMEM;
	/* An inode may exceed the budget of an input, because the encoder added xattrs. */
	g->set.budget = 0;
	if (!xattr_set_put(&g->set, xattr))
		return 0;
	if (errno == ENOMEM)
		return -ENOMEM;
	return cfs_refuse(&r->f, (u64)(x->suffix - r->img->bytes),
			  "xattr too long to be written again");
}

/* Read the xattrs of an inode into r->g->set, and their meaning into *@b. */
static int xattrs_read(struct reader *r, const struct cfs_inode *inode, struct cfs_backing *b)
{
	xattr_set_clear(&r->g->set);
	return image_meaning(r->img, inode, b, xattr_add, r, &r->f);
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
