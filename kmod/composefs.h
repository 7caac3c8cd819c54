/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * composefs.ko: a read-only file system. The tree is in an image, and the contents of files are
 * in content-addressed files below some directories.
 *
 *	mount -t composefs IMAGE -o basedir=DIR[:DIR...][,verity_check=N][,digest=HEX] TARGET
 *
 * options.c parses options, image.c opens the image, super.c mounts it. metabuf.c gives bytes
 * of the image to the decoder of core/; inode.c, dir.c and xattr.c make the tree. object.c
 * finds, checks and opens the objects, file.c reads them.
 */
#ifndef CFS_KMOD_COMPOSEFS_H
#define CFS_KMOD_COMPOSEFS_H

#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/list.h>

#include "core/backing.h"
#include "core/decode.h"
#include "compat.h"

#define CFS_BASES_MAX 500
#define CFS_REALS_MAX 8 /* files that one object's name may lead to, for each inode */

/* A directory with objects. */
struct cfs_base {
	struct list_head list;
	struct path path;     /* of a descriptor that was given as option; else empty */
	struct vfsmount *mnt; /* our private clone; its root is the directory */
	char *name;           /* as given; after mounting, the path at mount time */
};

/* The parsed options. */
struct cfs_options {
	struct list_head bases;
	unsigned int nbases;
	int verity_check;         /* -1: not given */
	int verity_flag;          /* set by verity and noverity; -1: not given */
	struct cfs_digest digest; /* algorithm 0: not given */
	struct path source;       /* of a descriptor; else empty, and fc->source has the path */
};

/* The use that a page of the image was mapped for. */
enum cfs_use {
	CFS_USE_META, /* inodes, their xattrs and tails */
	CFS_USE_DIR,
	CFS_USES
};

/* A mounted image: s_fs_info. After the mount only @ra and @last change. */
struct cfs_fs {
	struct cfs_super super;
	struct file *image;
	bool denies_write; /* deny_write_access() is in effect */
	bool is_shmem;
	struct address_space *mapping; /* holds the bytes of the image */
	struct file *reader;           /* for read_folio of the mapping; may be NULL */
	struct file_ra_state ra;
	struct folio *last
		[CFS_USES]; /* xchg() takes a folio out together with its reference; NULL: taken */
	const struct cred *cred; /* the mounter's */
	u8 level;
	struct cfs_digest digest;   /* given as option; algorithm 0: none */
	struct cfs_digest measured; /* of the image file; algorithm 0: it has no fs-verity */
	char *image_name;
	unsigned int nbases;
	int depth; /* stacking depth */
	struct cfs_base *bases;
};

static inline struct cfs_fs *CFS_FS(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* A file that an object's name led to. Never changed; freed with the inode. */
struct cfs_real {
	struct cfs_real *next;
	struct path path; /* the dentry is held; the mount is one of our clones */
};

/* The object that the xattrs of an inode name; made when the inode is first opened. */
struct cfs_object {
	struct cfs_real *real; /* newest first */
	int error;             /* why it can never be opened, or 0 */
	u8 algorithm;          /* of the digest; 0: none is recorded */
	u16 name_len;
	char name[]; /* the name below a base; the bytes of the digest follow its NUL */
};

static inline u8 *cfs_object_bytes(struct cfs_object *object)
{
	return (u8 *)object->name + object->name_len + 1;
}

/* In cfs_node.flags. */
#define CFS_NODE_EXTENDED 1 /* the inode has 64 bytes on disk instead of 32 */
#define CFS_NODE_INLINE 2   /* a tail follows the xattrs */
#define CFS_NODE_CHUNKS 4   /* content in an object */
#define CFS_NODE_WHITEOUT 8 /* an empty regular file on disk */

/*
 * 24 bytes before the inode. With 40, twelve inodes would still fit into two pages (kmod 13).
 * Positions in the image follow from the inode number.
 */
struct cfs_node {
	struct cfs_object *object; /* NULL until the first open */
	u32 block;                 /* where full blocks of data begin */
	u32 next;         /* directory: position behind the last entry that was found; a guess */
	u16 xattr_icount; /* as on disk */
	u8 flags;
	u8 marked; /* directory: 0 not known, 1 no whiteouts, 2 whiteouts */
	struct inode vfs;
};

static inline struct cfs_node *CFS_NODE(const struct inode *inode)
{
	return container_of(inode, struct cfs_node, vfs);
}

/* options.c */
extern const struct fs_parameter_spec cfs_parameters[];
struct cfs_options *cfs_options_new(void);
void cfs_options_free(struct cfs_options *opts);
void cfs_bases_free(struct list_head *bases);
int cfs_options_parse(struct fs_context *fc, struct fs_parameter *param);
/* The level that the options give, in whatever order they came. */
u8 cfs_options_level(const struct cfs_options *opts);
/* Remount: 0 if the given options equal the present ones, else -EINVAL. */
int cfs_options_same(struct fs_context *fc, const struct cfs_options *opts,
		     const struct cfs_fs *fs);

/* image.c: all functions report the reason to @fc. */
int cfs_image_open(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts);
/* Compare the image's fs-verity digest with the one of the options. */
int cfs_image_measure(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts);
/* Decode header and superblock. */
int cfs_image_decode(struct fs_context *fc, struct cfs_fs *fs);
void cfs_image_close(struct cfs_fs *fs);
/* The path as the caller sees it, allocated. */
char *cfs_path_name(const struct path *path);

/* metabuf.c */

/* A mapped block of the image. All zeros, except @use, before the first use. */
struct cfs_metabuf {
	struct folio *folio;
	struct folio **last; /* where @folio goes when it is put */
	const u8 *p;
	u64 block;
	enum cfs_use use;
};

/*
 * cfs_metabuf_span() - map the @len bytes at @off of the image, which are in one block. The
 * bytes stay until the next call or cfs_metabuf_put(), but they may change meanwhile. Returns
 * -EUCLEAN if they are not inside one block of the image, or the error of reading.
 */
int cfs_metabuf_span(struct cfs_fs *fs, struct cfs_metabuf *buf, u64 off, u64 len,
		     struct cfs_span *s);
void cfs_metabuf_put(struct cfs_metabuf *buf);
/* Release the folios that are kept for their next use. */
void cfs_metabuf_forget(struct cfs_fs *fs);
/* Copy bytes that may cross blocks. The same errors. */
int cfs_meta_copy(struct cfs_fs *fs, u64 off, void *to, u64 len);

/* inode.c */
extern const struct inode_operations cfs_file_iops, cfs_link_iops, cfs_special_iops;
/* Get the inode @nid and make it if necessary. ERR_PTR(-ENOENT) for a stub. */
struct inode *cfs_iget(struct super_block *sb, u64 nid);
/* Read the inode @nid from the image. */
int cfs_inode_read(struct super_block *sb, u64 nid, struct cfs_inode *d);
/* Whether the xattrs of an empty regular file mark it as a whiteout, or an error. */
int cfs_inode_is_marked(struct super_block *sb, const struct cfs_inode *d);
/* Whether an inode of the image is shown as a character device 0:0, or an error. */
static inline int cfs_inode_is_whiteout(struct super_block *sb, const struct cfs_inode *d)
{
	return cfs_inode_may_be_whiteout(d) && d->xattr_len ? cfs_inode_is_marked(sb, d) : 0;
}
/* Fill the fields of @d that cfs_inode_pieces() and cfs_inode_piece() use. */
void cfs_node_data(const struct inode *inode, struct cfs_inode *d);
int cfs_inodes_init(void);
void cfs_inodes_exit(void);
struct inode *cfs_alloc_inode(struct super_block *sb);
void cfs_free_inode(struct inode *inode);
void cfs_evict_inode(struct inode *inode);
/* Print a rate-limited line to the log. Returns @rc. */
int cfs_complain(struct super_block *sb, u64 nid, int rc, const struct cfs_fault *f);

/* dir.c */
extern const struct inode_operations cfs_dir_iops;
extern const struct file_operations cfs_dir_fops;
extern const struct export_operations cfs_export_ops;

/* xattr.c */
extern CFS_XATTR_HANDLERS cfs_xattr_handlers[];

/* Iterates over the xattrs of an inode in stored order. */
struct cfs_xattr_walk {
	struct super_block *sb;
	u64 nid;
	struct cfs_xattrs x;
	u8 *area;        /* copy of the xattr area */
	u8 *shared;      /* copy of one shared entry, */
	u32 shared_room; /* size of @shared */
	u64 next;        /* offset of the next entry in the area */
	u32 next_shared; /* number of the next shared entry, behind those of the area */
	u32 shown_bytes; /* bytes of the visible xattrs, counted as in image format 15.1 */
	struct cfs_backing backing;
};

int cfs_xattrs_begin(struct cfs_xattr_walk *w, struct super_block *sb, u64 nid, u64 off, u32 len);
/*
 * The next xattr: 1, and *@shown is the way it is shown, with the prefix NULL if it is hidden;
 * 0 at the end. *@fault is -EUCLEAN if the xattr is a malformed redirect or metacopy, else 0.
 */
int cfs_xattrs_next(struct cfs_xattr_walk *w, struct cfs_xattr *x, struct cfs_shown *shown,
		    int *fault);
void cfs_xattrs_end(struct cfs_xattr_walk *w);
/* The same for an inode in memory. */
int cfs_node_xattrs(struct cfs_xattr_walk *w, struct inode *inode);

ssize_t cfs_listxattr(struct dentry *dentry, char *list, size_t size);
struct posix_acl *cfs_acl(struct inode *inode, int type, bool rcu);
/* Whether a directory may hold whiteouts, or an error. */
int cfs_dir_is_marked(struct inode *dir);

/* object.c */
/*
 * Open the file that has the content of @inode, for @file. Files that fail the checks are not
 * returned.
 */
struct file *cfs_object_open(struct inode *inode, struct file *file);
void cfs_object_free(struct cfs_object *object);
/*
 * The dentry of the object that @inode belongs to, or of the newest object if @inode is NULL;
 * if there is none, @dentry.
 */
struct dentry *cfs_real_dentry(struct dentry *dentry, const struct inode *inode);
extern const struct dentry_operations cfs_dentry_ops;

/* file.c */
extern const struct file_operations cfs_content_fops, cfs_object_fops;
extern const struct address_space_operations cfs_content_aops;

/* super.c */
extern struct file_system_type cfs_fs_type;

#endif
