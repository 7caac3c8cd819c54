// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extended attributes and ACLs (kmod 5). The function of core/ that user space calls as well
 * decides the names (image format 15.2). All of this works on copies, because the page cache
 * may change meanwhile.
 */
#include "composefs.h"
#include <linux/mm.h>
#include <linux/posix_acl_xattr.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#define CFS_SHOWN_MAX 65535u /* limit of image format 15.1 */

int cfs_xattrs_begin(struct cfs_xattr_walk *w, struct super_block *sb, u64 nid, u64 off, u32 len)
{
	struct cfs_fault f = {};
	int rc;

	memset(w, 0, sizeof(*w));
	w->sb = sb;
	w->nid = nid;
	w->shown_bytes = sizeof(struct erofs_xattr_ibody_header);
	if (!len)
		return 0;
	w->area = kvmalloc(len, GFP_KERNEL);
	if (!w->area)
		return -ENOMEM;
	rc = cfs_meta_copy(CFS_FS(sb), off, w->area, len);
	if (!rc)
		rc = cfs_xattrs_open(&w->x, (struct cfs_span){ w->area, len }, &f);
	if (rc) {
		cfs_complain(sb, nid, rc, &f);
		cfs_xattrs_end(w);
	}
	w->next = w->x.first;
	return rc;
}

void cfs_xattrs_end(struct cfs_xattr_walk *w)
{
	kvfree(w->area);
	kvfree(w->shared);
	w->area = NULL;
	w->shared = NULL;
}

int cfs_node_xattrs(struct cfs_xattr_walk *w, struct inode *inode)
{
	const struct cfs_node *node = CFS_NODE(inode);
	u64 off = (u64)inode->i_ino << EROFS_ISLOTBITS;
	u32 len = 0;
	int rc;

	off += node->flags & CFS_NODE_EXTENDED ? sizeof(struct erofs_inode_extended)
					       : sizeof(struct erofs_inode_compact);
	if (node->xattr_icount)
		len = (u32)sizeof(struct erofs_xattr_ibody_header) + 4 * (node->xattr_icount - 1u);
	rc = cfs_xattrs_begin(w, inode->i_sb, inode->i_ino, off, len);
	w->backing.is_file = S_ISREG(inode->i_mode) || node->flags & CFS_NODE_WHITEOUT;
	w->backing.is_empty = !i_size_read(inode);
	return rc;
}

/* Read the shared entry that reference @i leads to. */
static int cfs_shared_read(struct cfs_xattr_walk *w, u32 i, struct cfs_xattr *x,
			   struct cfs_fault *f)
{
	struct cfs_fs *fs = CFS_FS(w->sb);
	struct erofs_xattr_entry e;
	u64 off;
	u32 len;
	int rc = cfs_xattrs_shared(&w->x, &fs->super, i, &off, f)
			 ?: cfs_meta_copy(fs, off, &e, sizeof(e));

	if (rc)
		return rc;
	len = (u32)sizeof(e) + e.e_name_len + get16(e.e_value_size);
	if (len > w->shared_room) {
		kvfree(w->shared);
		w->shared_room = 0;
		w->shared = kvmalloc(len, GFP_KERNEL);
		if (!w->shared)
			return -ENOMEM;
		w->shared_room = len;
	}
	if (!cfs_inside(off, len, fs->super.image_len))
		return cfs_refuse(f, off, "shared xattr beyond the end of the image");
	memcpy(w->shared, &e, sizeof(e));
	return cfs_meta_copy(fs, off + sizeof(e), w->shared + sizeof(e), len - sizeof(e))
		       ?: cfs_xattr_decode(x, (struct cfs_span){ w->shared, len }, 0, NULL, f);
}

int cfs_xattrs_next(struct cfs_xattr_walk *w, struct cfs_xattr *x, struct cfs_shown *shown,
		    int *fault)
{
	struct cfs_fault f = {};
	int rc;

	if (w->next < w->x.area.len) {
		u64 next;

		rc = cfs_xattr_decode(x, w->x.area, w->next, &next, &f);
		w->next = (u32)next;
	} else if (w->next_shared < w->x.nshared) {
		rc = cfs_shared_read(w, w->next_shared++, x, &f);
	} else {
		return 0;
	}
	if (rc)
		return cfs_complain(w->sb, w->nid, rc, &f);
	memset(shown, 0, sizeof(*shown));
	rc = cfs_backing_xattr(&w->backing, x, shown, NULL);
	*fault = rc < 0 ? rc : 0;
	if (rc <= 0)
		return 1;
	w->shown_bytes += 7 + shown->prefix_len + shown->suffix_len + x->len;
	if (w->shown_bytes > CFS_SHOWN_MAX) {
		f.what = "more than 65535 bytes of xattrs on one inode";
		return cfs_complain(w->sb, w->nid, -EUCLEAN, &f);
	}
	return 1;
}

static bool cfs_shown_is(const struct cfs_shown *shown, const char *name, size_t len)
{
	return shown->prefix && len == shown->prefix_len + shown->suffix_len &&
	       !memcmp(name, shown->prefix, shown->prefix_len) &&
	       !memcmp(name + shown->prefix_len, shown->suffix, shown->suffix_len);
}

/*
 * The length of the xattr that is shown as @name, and its value in @buf unless that is NULL;
 * -ENODATA, -ERANGE. Reads the list to its end, because a name that is there twice is refused.
 */
static ssize_t cfs_xattr_get(struct inode *inode, const char *name, void *buf, size_t size)
{
	struct cfs_fault f = { "the same xattr twice on one inode", 0 };
	const size_t name_len = strlen(name);
	struct cfs_xattr_walk w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	ssize_t found = -ENODATA;
	int rc, fault;

	if (!CFS_NODE(inode)->xattr_icount)
		return -ENODATA;
	rc = cfs_node_xattrs(&w, inode);
	if (rc)
		return rc;
	while ((rc = cfs_xattrs_next(&w, &x, &shown, &fault)) > 0) {
		if (!cfs_shown_is(&shown, name, name_len))
			continue;
		if (found != -ENODATA) {
			rc = cfs_complain(inode->i_sb, inode->i_ino, -EUCLEAN, &f);
			break;
		}
		found = x.len;
		if (buf && x.len > size)
			found = -ERANGE;
		else if (buf)
			memcpy(buf, x.value, x.len);
	}
	cfs_xattrs_end(&w);
	return rc < 0 ? rc : found;
}

static int cfs_xattr_handler_get(const struct xattr_handler *handler, struct dentry *dentry,
				 struct inode *inode, const char *name, void *buf, size_t size)
{
	return (int)cfs_xattr_get(inode, name, size ? buf : NULL, size);
}

static const struct xattr_handler cfs_xattr_handler = {
	.prefix = "", /* matches every name */
	.get = cfs_xattr_handler_get,
};

CFS_XATTR_HANDLERS cfs_xattr_handlers[] = { CFS_ACL_HANDLERS & cfs_xattr_handler, NULL };

/* Only a privileged caller sees the names that begin with "trusted.". */
static bool cfs_xattr_is_listed(const struct cfs_xattr *x)
{
	return x->index != EROFS_XATTR_INDEX_TRUSTED || capable(CAP_SYS_ADMIN);
}

ssize_t cfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
	struct inode *inode = d_inode(dentry);
	struct cfs_xattr_walk w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	size_t used = 0;
	int rc, fault;

	if (!CFS_NODE(inode)->xattr_icount)
		return 0;
	rc = cfs_node_xattrs(&w, inode);
	if (rc)
		return rc;
	while ((rc = cfs_xattrs_next(&w, &x, &shown, &fault)) > 0) {
		size_t len = shown.prefix_len + shown.suffix_len;

		if (!shown.prefix || !cfs_xattr_is_listed(&x))
			continue;
		if (size && size - used < len + 1) {
			rc = -ERANGE;
			break;
		}
		if (size) {
			memcpy(list + used, shown.prefix, shown.prefix_len);
			memcpy(list + used + shown.prefix_len, shown.suffix, shown.suffix_len);
			list[used + len] = 0;
		}
		used += len + 1;
	}
	cfs_xattrs_end(&w);
	return rc < 0 ? rc : (ssize_t)used;
}

struct posix_acl *cfs_acl(struct inode *inode, int type, bool rcu)
{
	const char *name = type == ACL_TYPE_ACCESS ? XATTR_NAME_POSIX_ACL_ACCESS
						   : XATTR_NAME_POSIX_ACL_DEFAULT;
	struct posix_acl *acl = NULL;
	ssize_t len;
	void *value;

	if (rcu)
		return ERR_PTR(-ECHILD);
	len = cfs_xattr_get(inode, name, NULL, 0);
	if (len == -ENODATA || !len)
		return NULL;
	if (len < 0)
		return ERR_PTR(len);
	value = kvmalloc((size_t)len, GFP_KERNEL);
	if (!value)
		return ERR_PTR(-ENOMEM);
	len = cfs_xattr_get(inode, name, value, (size_t)len);
	acl = len < 0 ? ERR_PTR(len) : posix_acl_from_xattr(&init_user_ns, value, (size_t)len);
	kvfree(value);
	return acl;
}

int cfs_dir_is_marked(struct inode *dir)
{
	static const char mark[] = CFS_OVERLAY CFS_ESCAPE "whiteouts",
			  user[] = "user.overlay.whiteouts";
	struct cfs_node *node = CFS_NODE(dir);
	struct cfs_xattr_walk w;
	struct cfs_shown shown;
	struct cfs_xattr x;
	bool is_marked = false;
	int rc, fault;

	if (!node->xattr_icount)
		return 0;
	if (READ_ONCE(node->marked))
		return node->marked - 1;
	rc = cfs_node_xattrs(&w, dir);
	if (rc)
		return rc;
	while (!is_marked && (rc = cfs_xattrs_next(&w, &x, &shown, &fault)) > 0) {
		struct cfs_shown stored = { .suffix = x.suffix, .suffix_len = x.suffix_len };

		stored.prefix = cfs_xattr_prefix(x.index, &stored.prefix_len);
		is_marked = cfs_shown_is(&stored, mark, sizeof(mark) - 1) ||
			    cfs_shown_is(&stored, user, sizeof(user) - 1);
	}
	cfs_xattrs_end(&w);
	if (rc < 0)
		return rc;
	WRITE_ONCE(node->marked, is_marked ? 2 : 1);
	return is_marked;
}
