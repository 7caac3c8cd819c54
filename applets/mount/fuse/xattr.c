// SPDX-License-Identifier: GPL-2.0-only
/* GETXATTR and LISTXATTR: which xattrs each view shows, and under which names (fuse 6.2). */
#include <errno.h>
#include <linux/fuse.h>
#include "applets/mount/fuse/server.h"

#define LIST_MAX 65536u /* the kernel's limit for a list */

/* A name as it is shown, without a terminator. */
struct shown {
	u32 len;
	char name[CFS_XATTR_NAME_ESCAPED_MAX + 32];
};

static bool starts(const struct shown *n, const char *head)
{
	const u32 len = (u32)strlen(head);

	return n->len >= len && !memcmp(n->name, head, len);
}

static bool is(const struct shown *n, const char *name)
{
	return n->len == strlen(name) && starts(n, name);
}

/* Replace the first @cut bytes by @head. */
static void rename_head(struct shown *n, u32 cut, const char *head)
{
	const u32 len = (u32)strlen(head);

	memmove(n->name + len, n->name + cut, n->len - cut);
	memcpy(n->name, head, len);
	n->len += len - cut;
}

static void set_name(struct shown *n, const char *prefix, u32 prefix_len, const u8 *suffix,
		     u32 suffix_len)
{
	memcpy(n->name, prefix, prefix_len);
	memcpy(n->name + prefix_len, suffix, suffix_len);
	n->len = prefix_len + suffix_len;
}

/*
 * Rename an xattr for the overlay above. With its option userxattr, overlayfs interprets
 * user.overlay.* and removes one "overlay." from escaped names. False: the xattr is hidden.
 */
static bool name_for_overlay(struct shown *n, const struct cfs_xattr *x)
{
	u32 len;
	const char *prefix = cfs_xattr_prefix(x->index, &len);

	set_name(n, prefix, len, x->suffix, x->suffix_len);
	if (is(n, CFS_XATTR_METACOPY) || is(n, CFS_XATTR_REDIRECT)) {
		rename_head(n, sizeof("trusted") - 1, "user");
	} else if (is(n, CFS_OVERLAY CFS_ESCAPE "whiteout") ||
		   is(n, CFS_OVERLAY CFS_ESCAPE "whiteouts")) {
		return false;
	} else if (starts(n, CFS_OVERLAY CFS_ESCAPE)) {
		rename_head(n, sizeof(CFS_OVERLAY CFS_ESCAPE) - 1, CFS_OVERLAY);
	} else if (starts(n, CFS_OVERLAY)) {
		return false;
	} else if (starts(n, "user.overlay.")) {
		rename_head(n, sizeof("user.overlay.") - 1, "user.overlay." CFS_ESCAPE);
	}
	return n->len <= CFS_XATTR_NAME_MAX;
}

/* An iterator over the xattrs of an inode as they are shown. */
struct walk {
	const struct fuse_server *s;
	struct image_xattrs w;
	struct cfs_backing backing;
};

static int walk_start(struct walk *w, const struct fuse_server *s, u64 node)
{
	struct cfs_inode inode;
	struct cfs_fault f;
	int rc = fuse_inode(s, node, &inode);

	if (rc)
		return rc;
	w->s = s;
	cfs_backing_init(&w->backing, &inode);
	return image_xattrs(&w->w, &s->img, &inode, &f) ? EUCLEAN : 0;
}

/* The next xattr that is shown: 1; 0 after the last one; -1 if it does not decode. */
static int walk_next(struct walk *w, struct cfs_xattr *x, struct shown *n)
{
	struct cfs_shown shown;
	struct cfs_fault f;
	int rc;

	while ((rc = image_xattrs_next(&w->w, x, &f)) > 0) {
		rc = cfs_backing_xattr(&w->backing, x, &shown, &f);
		if (rc < 0)
			break;
		if (w->s->view == FUSE_OVERLAY) {
			if (name_for_overlay(n, x))
				return 1;
		} else if (rc) {
			set_name(n, shown.prefix, shown.prefix_len, shown.suffix, shown.suffix_len);
			return 1;
		}
	}
	return rc < 0 ? -1 : 0;
}

/* If the request asks for the size, replace a body of @len bytes by it. */
static int sized(struct fuse_answer *a, u32 asked, size_t len)
{
	if (asked) {
		a->len = len;
		return len > asked ? ERANGE : 0;
	}
	*(struct fuse_getxattr_out *)a->body = (struct fuse_getxattr_out){ .size = (u32)len };
	a->len = sizeof(struct fuse_getxattr_out);
	return 0;
}

/* Walk to the end of the list, so that an image with a duplicate name is refused. */
int fuse_getxattr(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_getxattr_in *in = fuse_arg(r, sizeof(*in));
	struct cfs_xattr x;
	struct walk w;
	struct shown n;
	size_t len, found = 0;
	const char *name = in ? fuse_name(r, sizeof(*in), &len) : NULL;
	bool any = false;
	int rc;

	if (!name || in->size > FUSE_BODY_MAX)
		return EINVAL;
	rc = walk_start(&w, s, r->node);
	if (rc)
		return rc;
	while ((rc = walk_next(&w, &x, &n)) > 0) {
		if (n.len != len || memcmp(n.name, name, len))
			continue;
		if (any)
			return EUCLEAN;
		any = true;
		found = x.len;
		memcpy(a->body, x.value, found);
	}
	if (rc)
		return EUCLEAN;
	return any ? sized(a, in->size, found) : ENODATA;
}

/* The kernel shows every listed name to every caller, but trusted.* is for root only. */
static bool is_listed(const struct fuse_server *s, const struct fuse_request *r,
		      const struct shown *n)
{
	return !starts(n, "trusted.") || (s->initial_ns && r->uid == 0);
}

int fuse_listxattr(struct fuse_server *s, const struct fuse_request *r, struct fuse_answer *a)
{
	const struct fuse_getxattr_in *in = fuse_arg(r, sizeof(*in));
	struct cfs_xattr x;
	struct walk w;
	struct shown n;
	size_t used = 0;
	int rc;

	if (!in || in->size > FUSE_BODY_MAX)
		return EINVAL;
	rc = walk_start(&w, s, r->node);
	if (rc)
		return rc;
	while ((rc = walk_next(&w, &x, &n)) > 0) {
		if (!is_listed(s, r, &n))
			continue;
		if (used + n.len + 1 > LIST_MAX)
			return E2BIG;
		memcpy(a->body + used, n.name, n.len);
		used += n.len;
		a->body[used++] = 0;
	}
	return rc ? EUCLEAN : sized(a, in->size, used);
}
