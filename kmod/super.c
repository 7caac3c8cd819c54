// SPDX-License-Identifier: GPL-2.0-only
/* Mounting, and the description of a mount (kmod 3, 4). */
#include "composefs.h"
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>

static void cfs_fs_free(struct cfs_fs *fs)
{
	unsigned int i;

	if (!fs)
		return;
	for (i = 0; i < fs->nbases; i++) {
		if (fs->bases[i].mnt)
			kern_unmount(fs->bases[i].mnt);
		kfree(fs->bases[i].name);
	}
	kvfree(fs->bases);
	cfs_image_close(fs);
	put_cred(fs->cred);
	kfree(fs);
}

/*
 * Make a private mount of the directory. It stays when the original mount goes, and nothing can
 * be mounted on top of the tree below it.
 */
static int cfs_base_open(struct fs_context *fc, struct cfs_base *to, const struct cfs_base *option)
{
	struct path path = option->path;
	int rc = 0;

	if (path.dentry)
		path_get(&path);
	else if ((rc = kern_path(option->name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path)))
		return rc;
	if (!d_is_dir(path.dentry)) {
		rc = -ENOTDIR;
		goto out;
	}
	to->name = cfs_path_name(&path);
	if (IS_ERR(to->name)) {
		rc = PTR_ERR(to->name);
		to->name = NULL;
		goto out;
	}
	to->mnt = clone_private_mount(&path);
	if (IS_ERR(to->mnt)) {
		rc = PTR_ERR(to->mnt);
		to->mnt = NULL;
		errorfc(fc, "cannot make a private mount of %s", to->name);
		goto out;
	}
	to->mnt->mnt_flags |= MNT_READONLY | MNT_NOATIME;
out:
	path_put(&path);
	return rc;
}

static int cfs_bases_open(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts)
{
	const struct cfs_base *option;
	int rc;

	if (!opts->nbases)
		return 0;
	fs->bases = kvcalloc(opts->nbases, sizeof(*fs->bases), GFP_KERNEL);
	if (!fs->bases)
		return -ENOMEM;
	list_for_each_entry(option, &opts->bases, list)
	{
		struct cfs_base *base = &fs->bases[fs->nbases++];

		rc = cfs_base_open(fc, base, option);
		if (rc)
			return rc;
		fs->depth = max(fs->depth, base->mnt->mnt_sb->s_stack_depth);
	}
	return 0;
}

/* Refuse verification that could never succeed at mount, and not at each open. */
static int cfs_verity_possible(struct fs_context *fc, const struct cfs_fs *fs)
{
#ifdef CONFIG_FS_VERITY
	unsigned int i;

	for (i = 0; i < fs->nbases; i++)
		if (fs->bases[i].mnt->mnt_sb->s_vop)
			return 0;
	if (!fs->nbases)
		return 0;
	errorfc(fc,
		"no basedir is on a file system that has fs-verity, but verification was asked for");
#else
	errorfc(fc, "this kernel has no fs-verity, but verification was asked for");
#endif
	return -EOPNOTSUPP;
}

static int cfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct super_block *sb = dentry->d_sb;
	const struct cfs_fs *fs = CFS_FS(sb);
	int rc = 0;

	if (fs->nbases) {
		struct path path = { .mnt = fs->bases[0].mnt,
				     .dentry = fs->bases[0].mnt->mnt_root };

		rc = vfs_statfs(&path, buf);
	} else {
		buf->f_bsize = EROFS_BLKSZ;
		buf->f_blocks = fs->super.image_len >> EROFS_BLKSZ_BITS;
		buf->f_files = fs->super.inos;
	}
	buf->f_type = (long)CFS_MAGIC;
	buf->f_namelen = EROFS_NAME_LEN;
	buf->f_fsid = u64_to_fsid(huge_encode_dev(sb->s_dev));
	return rc;
}

/* Make a list of paths that gives the same list when it is parsed. */
static char *cfs_bases_text(const struct cfs_fs *fs)
{
	size_t room = 1;
	char *text, *to;
	const char *s;
	unsigned int i;

	for (i = 0; i < fs->nbases; i++)
		room += 2 * strlen(fs->bases[i].name) + 1;
	text = kvmalloc(room, GFP_KERNEL);
	if (!text)
		return NULL;
	for (i = 0, to = text; i < fs->nbases; i++) {
		if (i)
			*to++ = ':';
		for (s = fs->bases[i].name; *s; s++) {
			if (*s == ':' || *s == '\\')
				*to++ = '\\';
			*to++ = *s;
		}
	}
	*to = 0;
	return text;
}

static int cfs_show_options(struct seq_file *m, struct dentry *root)
{
	const struct cfs_fs *fs = CFS_FS(root->d_sb);
	char *text;

	if (fs->nbases) {
		text = cfs_bases_text(fs);
		if (!text)
			return -ENOMEM;
		seq_show_option(m, "basedir", text);
		kvfree(text);
	}
	if (fs->level)
		seq_printf(m, ",verity_check=%u", fs->level);
	if (fs->digest.algorithm)
		seq_printf(m, ",digest=%*phN", (int)cfs_digest_size(fs->digest.algorithm),
			   fs->digest.b);
	return 0;
}

static int cfs_show_devname(struct seq_file *m, struct dentry *root)
{
	seq_escape(m, CFS_FS(root->d_sb)->image_name, " \t\n\\#");
	return 0;
}

static const struct super_operations cfs_super_ops = {
	.alloc_inode = cfs_alloc_inode,
	.free_inode = cfs_free_inode,
	.evict_inode = cfs_evict_inode,
	.statfs = cfs_statfs,
	.show_options = cfs_show_options,
	.show_devname = cfs_show_devname,
};

static void cfs_super_init(struct super_block *sb, const struct cfs_fs *fs)
{
	/*
	 * Bit 0 of the header says whether there are ACLs, but some writers leave it clear, and
	 * the module does not look at all inodes. So ACLs are always on (image format 15.5).
	 */
	sb->s_flags |= SB_RDONLY | SB_POSIXACL;
	sb->s_magic = CFS_MAGIC;
	sb->s_blocksize = EROFS_BLKSZ;
	sb->s_blocksize_bits = EROFS_BLKSZ_BITS;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_time_gran = 1;
	sb->s_stack_depth = fs->depth;
	sb->s_op = &cfs_super_ops;
	sb->s_xattr = cfs_xattr_handlers;
	sb->s_export_op = &cfs_export_ops;
	cfs_set_dentry_ops(sb, &cfs_dentry_ops);
	if (fs->measured.algorithm)
		cfs_set_uuid(sb, fs->measured.b);
}

static int cfs_fill_super(struct super_block *sb, struct fs_context *fc)
{
	const struct cfs_fs *fs = CFS_FS(sb);
	struct inode *root;

	cfs_super_init(sb, fs);
	root = cfs_iget(sb, fs->super.root_nid);
	if (IS_ERR(root)) {
		errorfc(fc, "the root directory of the image cannot be read");
		return PTR_ERR(root) == -ENOENT ? -EUCLEAN : PTR_ERR(root);
	}
	if (!S_ISDIR(root->i_mode)) {
		iput(root);
		errorfc(fc, "the root of the image is not a directory");
		return -EUCLEAN;
	}
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int cfs_fs_open(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts)
{
	int rc;

	fs->cred = get_cred(fc->cred);
	fs->level = cfs_options_level(opts);
	rc = cfs_image_open(fc, fs, opts);
	if (!rc)
		rc = cfs_image_measure(fc, fs, opts);
	if (!rc)
		rc = cfs_image_decode(fc, fs);
	if (!rc)
		rc = cfs_bases_open(fc, fs, opts);
	if (!rc && fs->level)
		rc = cfs_verity_possible(fc, fs);
	if (!rc && ++fs->depth > FILESYSTEM_MAX_STACK_DEPTH)
		rc = invalfc(fc, "file systems are stacked too deep");
	return rc;
}

/* Everything that may fail, except the root inode, comes before the superblock. */
static int cfs_get_tree(struct fs_context *fc)
{
	struct cfs_fs *fs = kzalloc(sizeof(*fs), GFP_KERNEL);
	int rc;

	if (!fs)
		return -ENOMEM;
	rc = cfs_fs_open(fc, fs, fc->fs_private);
	if (rc) {
		cfs_fs_free(fs);
		return rc;
	}
	fc->s_fs_info = fs; /* belongs to the superblock from here on */
	fc->sb_flags |= SB_RDONLY;
	return get_tree_nodev(fc, cfs_fill_super);
}

/* Accept the options that the mount has, and refuse changes. */
static int cfs_reconfigure(struct fs_context *fc)
{
	fc->sb_flags |= SB_RDONLY;
	return cfs_options_same(fc, fc->fs_private, CFS_FS(fc->root->d_sb));
}

static void cfs_free_fc(struct fs_context *fc)
{
	cfs_options_free(fc->fs_private);
	cfs_fs_free(fc->s_fs_info);
}

static const struct fs_context_operations cfs_context_ops = {
	.parse_param = cfs_options_parse,
	.get_tree = cfs_get_tree,
	.reconfigure = cfs_reconfigure,
	.free = cfs_free_fc,
};

static int cfs_init_fs_context(struct fs_context *fc)
{
	fc->fs_private = cfs_options_new();
	if (!fc->fs_private)
		return -ENOMEM;
	fc->ops = &cfs_context_ops;
	return 0;
}

/* Evict the inodes first, because they hold dentries of the bases. */
static void cfs_kill_sb(struct super_block *sb)
{
	struct cfs_fs *fs = CFS_FS(sb);

	kill_anon_super(sb);
	cfs_fs_free(fs);
}

struct file_system_type cfs_fs_type = {
	.owner = THIS_MODULE,
	.name = "composefs",
	.init_fs_context = cfs_init_fs_context,
	.parameters = cfs_parameters,
	.kill_sb = cfs_kill_sb,
	.fs_flags = FS_ALLOW_IDMAP,
};
MODULE_ALIAS_FS("composefs");

static int __init cfs_init(void)
{
	int rc = cfs_inodes_init();

	if (rc)
		return rc;
	rc = register_filesystem(&cfs_fs_type);
	if (rc)
		cfs_inodes_exit();
	return rc;
}

static void __exit cfs_exit(void)
{
	unregister_filesystem(&cfs_fs_type);
	cfs_inodes_exit();
}

module_init(cfs_init);
module_exit(cfs_exit);
MODULE_DESCRIPTION("composefs images as a file system");
MODULE_LICENSE("GPL");
