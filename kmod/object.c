// SPDX-License-Identifier: GPL-2.0-only
/*
 * Get from an inode to the open file that has its content (kmod 6): read the xattrs, look the
 * object up below the bases, and check it before anything is read.
 */
#include "composefs.h"
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/namei.h>
#include <linux/slab.h>

#define CFS_BENEATH (LOOKUP_BENEATH | LOOKUP_NO_SYMLINKS | LOOKUP_NO_XDEV)

void cfs_object_free(struct cfs_object *object)
{
	struct cfs_real *real, *next;

	if (!object)
		return;
	for (real = object->real; real; real = next) {
		next = real->next;
		dput(real->path.dentry);
		kfree(real);
	}
	kfree(object);
}

/* The parts of an object that the xattrs give. @name is the redirect, if it was found. */
struct cfs_found {
	char *name;
	bool bad_name, bad_metacopy;
};

/*
 * Handle one xattr. The name is copied at once, because the next xattr reuses the buffer. The
 * buffer is a copy of the image, so the name was checked in memory that does not change.
 */
static int cfs_found_add(struct cfs_found *found, const struct cfs_xattr_walk *w, bool is_metacopy,
			 int fault)
{
	if (fault && is_metacopy)
		found->bad_metacopy = true;
	else if (fault)
		found->bad_name = true;
	else if (w->backing.has_redirect && !found->name)
		found->name = kmemdup_nul(w->backing.path, w->backing.path_len, GFP_KERNEL);
	return w->backing.has_redirect && !found->name ? -ENOMEM : 0;
}

static int cfs_found_read(struct cfs_found *found, struct cfs_xattr_walk *w)
{
	struct cfs_shown shown;
	struct cfs_xattr x;
	int rc, fault;

	for (;;) {
		bool any = w->backing.any_metacopy, now;

		w->backing.any_metacopy = false;
		rc = cfs_xattrs_next(w, &x, &shown, &fault);
		now = w->backing.any_metacopy;
		w->backing.any_metacopy |= any;
		if (rc <= 0)
			return rc;
		rc = cfs_found_add(found, w, now, fault);
		if (rc)
			return rc;
	}
}

/* Check what can be decided without looking at any base. */
static int cfs_object_verdict(const struct cfs_fs *fs, const struct cfs_object *object,
			      const struct cfs_found *found)
{
	if (found->bad_name || !found->name)
		return -EIO;
	if (fs->level >= 1 && found->bad_metacopy)
		return -EIO;
	if (fs->level >= 2 && !object->algorithm)
		return -EIO;
	return 0;
}

static struct cfs_object *cfs_object_read(struct inode *inode)
{
	const struct cfs_fs *fs = CFS_FS(inode->i_sb);
	struct cfs_found found = {};
	struct cfs_object *object = NULL;
	struct cfs_xattr_walk w;
	size_t len, size;
	int rc = cfs_node_xattrs(&w, inode);

	if (rc)
		return ERR_PTR(rc);
	rc = cfs_found_read(&found, &w);
	cfs_xattrs_end(&w);
	if (!rc) {
		len = found.name ? strlen(found.name) : 0;
		size = found.bad_metacopy ? 0 : cfs_digest_size(w.backing.digest.algorithm);
		object = kzalloc(struct_size(object, name, len + 1 + size), GFP_KERNEL_ACCOUNT);
		if (object) {
			memcpy(object->name, found.name ?: "", len);
			object->name_len = (u16)len;
			object->algorithm = size ? w.backing.digest.algorithm : CFS_NO_ALGORITHM;
			memcpy(cfs_object_bytes(object), w.backing.digest.b, size);
			object->error = cfs_object_verdict(fs, object, &found);
		} else {
			rc = -ENOMEM;
		}
	}
	kfree(found.name);
	return rc ? ERR_PTR(rc) : object;
}

/* Get the object of an inode. It lives as long as the inode. */
static struct cfs_object *cfs_object_get(struct inode *inode)
{
	struct cfs_node *node = CFS_NODE(inode);
	struct cfs_object *object = smp_load_acquire(&node->object), *other;

	if (object)
		return object;
	object = cfs_object_read(inode);
	if (IS_ERR(object))
		return object;
	other = cmpxchg(&node->object, NULL, object); /* pairs with the acquire above */
	if (!other)
		return object;
	cfs_object_free(object); /* another thread was faster */
	return other;
}

/*
 * Add the result of a lookup to the object's list and return its place there. Takes over or
 * drops the reference of @path to its dentry. An object may have led to several files; all of
 * them stay, because mappings on 6.1 may ask for them.
 */
static struct cfs_real *cfs_real_add(struct cfs_object *object, const struct path *path)
{
	struct cfs_real *real, *first, *new = kmalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	unsigned int n;

	if (!new) {
		dput(path->dentry);
		return ERR_PTR(-ENOMEM);
	}
	new->path = *path;
	do {
		first = smp_load_acquire(&object->real);
		for (real = first, n = 0; real; real = real->next, n++)
			if (real->path.dentry == path->dentry && real->path.mnt == path->mnt)
				break;
		if (real || n >= CFS_REALS_MAX) {
			dput(path->dentry);
			kfree(new);
			return real ?: ERR_PTR(-ESTALE);
		}
		new->next = first;
	} while (cmpxchg(&object->real, first, new) != first);
	return new;
}

/* Refuse dentries that overlayfs refuses, too, because they may not be what they seem. */
static bool cfs_dentry_is_weird(const struct dentry *dentry)
{
	return dentry->d_flags &
	       (DCACHE_NEED_AUTOMOUNT | DCACHE_MANAGE_TRANSIT | DCACHE_OP_HASH | DCACHE_OP_COMPARE);
}

/* Look up the regular file of that name below the bases. Returns a reference to its dentry. */
static int cfs_object_lookup(struct inode *inode, const struct cfs_object *object,
			     struct path *path)
{
	const struct cfs_fs *fs = CFS_FS(inode->i_sb);
	const char *what = "is in none of the directories";
	unsigned int i;

	for (i = 0; i < fs->nbases; i++) {
		struct vfsmount *mnt = fs->bases[i].mnt;
		int rc = vfs_path_lookup(mnt->mnt_root, mnt, object->name, CFS_BENEATH, path);

		if (!rc) {
			if (d_is_reg(path->dentry) && !cfs_dentry_is_weird(path->dentry)) {
				mntput(path->mnt); /* the mount is ours as long as the file system */
				return 0;
			}
			path_put(path);
			what = "is no regular file";
		} else if (rc == -ELOOP || rc == -EXDEV) {
			what = "leads through a link or out of its directory";
		} else if (rc != -ENOENT && rc != -ENOTDIR) {
			pr_warn_ratelimited("composefs: %s: object %s: error %d\n",
					    inode->i_sb->s_id, object->name, rc);
			return rc;
		}
	}
	pr_warn_ratelimited("composefs: %s: object %s %s\n", inode->i_sb->s_id, object->name, what);
	return -ENOENT;
}

/*
 * Find the file to open. The inode remembers it as the result of a lookup and not as a verdict.
 * If it must not be remembered, *@put receives the dentry to put.
 */
static int cfs_object_find(struct inode *inode, struct cfs_object *object, struct path *path,
			   bool *put)
{
	struct cfs_real *real = smp_load_acquire(&object->real);
	int rc;

	*put = false;
	if (real && !d_unlinked(real->path.dentry) &&
	    !(real->path.dentry->d_flags & DCACHE_OP_REVALIDATE)) {
		*path = real->path;
		return 0;
	}
	rc = cfs_object_lookup(inode, object, path);
	if (rc)
		return rc;
	if (path->dentry->d_flags & DCACHE_OP_REVALIDATE && !CFS_NEEDS_D_REAL) {
		*put = true;
		return 0;
	}
	real = cfs_real_add(object, path);
	if (IS_ERR(real)) {
		if (PTR_ERR(real) == -ESTALE)
			pr_warn_ratelimited("composefs: %s: object %s was replaced too often\n",
					    inode->i_sb->s_id, object->name);
		return PTR_ERR(real);
	}
	*path = real->path;
	return 0;
}

/*
 * Flags for opening with the mounter's rights, without the flags that the open of the user's
 * file has handled.
 */
static struct file *cfs_real_open(struct file *file, const struct path *path,
				  const struct cred *cred)
{
	int flags = file->f_flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	int rc = cfs_permission(path, MAY_OPEN | MAY_READ);

	if (rc)
		return ERR_PTR(rc);
	flags |= CFS_OPEN_NONOTIFY;
	if (cfs_owner_or_capable(path))
		flags |= O_NOATIME;
	else
		flags &= ~O_NOATIME;
	return cfs_backing_open(file, flags, path, cred);
}

/*
 * Check the open file. fs-verity reports the digest that reads are checked against (KM-4). Only
 * equality passes; a file without fs-verity does not (KM-5).
 */
static int cfs_real_check(struct inode *inode, struct cfs_object *object, struct file *real)
{
	const struct cfs_fs *fs = CFS_FS(inode->i_sb);
	struct inode *real_inode = file_inode(real);
	const int size = (int)cfs_digest_size(object->algorithm);
	struct cfs_digest is;
	int rc;

	if (i_size_read(real_inode) != i_size_read(inode)) {
		pr_warn_ratelimited("composefs: %s: object %s has %lld bytes, not %lld\n",
				    inode->i_sb->s_id, object->name, i_size_read(real_inode),
				    i_size_read(inode));
		return -EIO;
	}
	if (!fs->level || !object->algorithm)
		return 0;
	rc = cfs_verity_digest(real_inode, &is);
	if (!rc && is.algorithm == object->algorithm &&
	    !memcmp(is.b, cfs_object_bytes(object), size))
		return 0;
	if (rc || is.algorithm != object->algorithm)
		pr_warn_ratelimited("composefs: %s: object %s: %s%s\n", inode->i_sb->s_id,
				    object->name,
				    rc == -ENODATA ? "no fs-verity" : "fs-verity digest is not ",
				    rc == -ENODATA ? "" : cfs_algorithm_name(object->algorithm));
	else
		pr_warn_ratelimited(
			"composefs: %s: object %s has fs-verity digest %*phN, not %*phN\n",
			inode->i_sb->s_id, object->name, size, is.b, size,
			cfs_object_bytes(object));
	return -EIO;
}

struct file *cfs_object_open(struct inode *inode, struct file *file)
{
	const struct cfs_fs *fs = CFS_FS(inode->i_sb);
	struct cfs_object *object = cfs_object_get(inode);
	const struct cred *old;
	struct file *real;
	struct path path;
	bool put;
	int rc;

	if (IS_ERR(object))
		return ERR_CAST(object);
	if (object->error) {
		pr_warn_ratelimited("composefs: %s: inode %llu: no usable object or digest\n",
				    inode->i_sb->s_id, (u64)inode->i_ino);
		return ERR_PTR(object->error);
	}
	old = override_creds(fs->cred);
	rc = cfs_object_find(inode, object, &path, &put);
	real = rc ? ERR_PTR(rc) : cfs_real_open(file, &path, fs->cred);
	revert_creds(old);
	if (!rc && put)
		dput(path.dentry);
	if (IS_ERR(real))
		return real;
	rc = cfs_real_check(inode, object, real);
	if (rc) {
		fput(real);
		return ERR_PTR(rc);
	}
	return real;
}

/*
 * Needed on 6.1: a file system below us, or overlayfs on top of us, may look for its own dentry
 * behind our path that the file was opened with.
 */
struct dentry *cfs_real_dentry(struct dentry *dentry, const struct inode *inode)
{
	struct inode *own = d_inode(dentry);
	struct cfs_object *object;
	struct cfs_real *real;

	if (!own || !S_ISREG(own->i_mode) || inode == own)
		return dentry;
	object = smp_load_acquire(&CFS_NODE(own)->object);
	for (real = object ? smp_load_acquire(&object->real) : NULL; real; real = real->next) {
		struct dentry *below = cfs_d_real(real->path.dentry, inode);

		if (!inode || d_inode(below) == inode)
			return below;
	}
	return dentry;
}

const struct dentry_operations cfs_dentry_ops = { CFS_D_REAL_OP(cfs_real_dentry) };
