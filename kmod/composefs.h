/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * composefs.ko: a read-only file system whose tree is in an image, and whose
 * file contents are in content-addressed files below some directories.
 *
 *   mount -t composefs IMAGE -o basedir=DIR[:DIR...][,verity_check=N][,digest=HEX] TARGET
 *
 * options.c parses, image.c opens the image, super.c mounts; metabuf.c brings
 * bytes of the image to the decoder of core/; inode.c, dir.c and xattr.c make
 * the tree of them; object.c finds and opens what has the content, file.c reads
 * it.
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
#define CFS_REALS_MAX 8 /* files that one object's name has led to, per inode */

/* A directory that objects are looked up below. */
struct cfs_base {
	struct list_head list;
	struct path path;     /* of a descriptor given as option; else empty */
	struct vfsmount *mnt; /* our private clone, whose root is the directory */
	char *name;           /* as given, then the path at mount time */
};

/* What the options said. */
struct cfs_options {
	struct list_head bases;
	unsigned int nbases;
	int verity_check;         /* -1: not given */
	int verity_flag;          /* by verity and noverity; -1: not given */
	struct cfs_digest digest; /* algorithm 0: not given */
	struct path source;       /* of a descriptor; else empty, and fc->source has the name */
};

/* What a page of the image was mapped for. */
enum cfs_use {
	CFS_USE_META, /* inodes and what stands beside them */
	CFS_USE_DIR,
	CFS_USES
};

/* A mounted image: s_fs_info. Nothing but @ra and @last changes after the mount. */
struct cfs_fs {
	struct cfs_super super;
	struct file *image;
	bool denies_write; /* we hold the image against writers */
	bool is_shmem;
	struct address_space *mapping; /* holds the bytes of the image */
	struct file *reader;           /* for read_folio of the mapping; may be NULL */
	struct file_ra_state ra;
	struct folio *
		last[CFS_USES]; /* whoever takes one out by xchg() has its reference; NULL: taken */
	const struct cred *cred; /* the mounter's */
	u8 level;
	struct cfs_digest digest;   /* that was asked for; algorithm 0: none */
	struct cfs_digest measured; /* of the image's fs-verity; algorithm 0: it has none */
	char *image_name;
	unsigned int nbases;
	int depth; /* of stacking */
	struct cfs_base *bases;
};

static inline struct cfs_fs *CFS_FS(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* A file that an object's name led to. Never changed, freed with the inode. */
struct cfs_real {
	struct cfs_real *next;
	struct path path; /* the dentry is held; the mount is one of our clones */
};

/* What an inode's xattrs say about its object; made when it is first opened. */
struct cfs_object {
	struct cfs_real *real; /* newest first */
	int error;             /* why it can never be opened, or 0 */
	u8 algorithm;          /* of the digest; 0: none is recorded */
	u16 name_len;
	char name[]; /* below a base; behind its NUL stand the bytes of the digest */
};

static inline u8 *cfs_object_bytes(struct cfs_object *object)
{
	return (u8 *)object->name + object->name_len + 1;
}

/* In cfs_node.flags. */
#define CFS_NODE_EXTENDED 1 /* 64 bytes on disk instead of 32 */
#define CFS_NODE_INLINE 2   /* a tail stands behind the xattrs */
#define CFS_NODE_CHUNKS 4   /* content in an object */
#define CFS_NODE_WHITEOUT 8 /* an empty regular file on disk */

/*
 * 24 bytes before the inode; with 40 there would still be twelve of them in two
 * pages (kmod.md 13). Positions follow from the inode number.
 */
struct cfs_node {
	struct cfs_object *object; /* NULL until the first open */
	u32 block;                 /* where full blocks of data begin */
	u32 next;                  /* directory: position behind the last entry found; a guess */
	u16 xattr_icount;          /* as on disk */
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
/* The level that the options amount to, in whatever order they came. */
u8 cfs_options_level(const struct cfs_options *opts);
/* Remount: 0 if everything that was given is as it is, else -EINVAL. */
int cfs_options_same(struct fs_context *fc, const struct cfs_options *opts,
		     const struct cfs_fs *fs);

/* image.c: all report to @fc why. */
int cfs_image_open(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts);
/* The digest that fs-verity has for the image against the one of the options. */
int cfs_image_measure(struct fs_context *fc, struct cfs_fs *fs, const struct cfs_options *opts);
/* Header and superblock. @sb is only what metabuf.c asks for the image. */
int cfs_image_decode(struct fs_context *fc, struct cfs_fs *fs);
void cfs_image_close(struct cfs_fs *fs);
/* An allocated text: the path as the caller sees it. */
char *cfs_path_name(const struct path *path);

/* metabuf.c */

/* One block of the image, mapped: all zeros but @use before the first use. */
struct cfs_metabuf {
	struct folio *folio;
	struct folio **last; /* where @folio goes when it is put */
	const u8 *p;
	u64 block;
	enum cfs_use use;
};

/*
 * cfs_metabuf_span() - the @len bytes at @off of the image, which lie in one
 * block. The bytes stay until the next call or cfs_metabuf_put(), but may
 * change under the caller. -EUCLEAN if they are not inside one block of the
 * image, -EIO or what else reading gave.
 */
int cfs_metabuf_span(struct cfs_fs *fs, struct cfs_metabuf *buf, u64 off, u64 len,
		     struct cfs_span *s);
void cfs_metabuf_put(struct cfs_metabuf *buf);
/* Let go of the folios that were used last. */
void cfs_metabuf_forget(struct cfs_fs *fs);
/* Copy bytes that may cross blocks; the same errors. */
int cfs_meta_copy(struct cfs_fs *fs, u64 off, void *to, u64 len);

/* inode.c */
extern const struct inode_operations cfs_file_iops, cfs_link_iops, cfs_special_iops;
/* The inode @nid, made if need be; ERR_PTR(-ENOENT) for a stub. */
struct inode *cfs_iget(struct super_block *sb, u64 nid);
/* The inode @nid as it is on disk. */
int cfs_inode_read(struct super_block *sb, u64 nid, struct cfs_inode *d);
/* Whether the xattrs of an empty regular file on disk make it a whiteout, or an error. */
int cfs_inode_is_marked(struct super_block *sb, const struct cfs_inode *d);
/* Whether an inode on disk is to be shown as a character device 0:0, or an error. */
static inline int cfs_inode_is_whiteout(struct super_block *sb, const struct cfs_inode *d)
{
	return cfs_inode_may_be_whiteout(d) && d->xattr_len ? cfs_inode_is_marked(sb, d) : 0;
}
/* Those fields of @d that cfs_inode_pieces() and cfs_inode_piece() ask for. */
void cfs_node_data(const struct inode *inode, struct cfs_inode *d);
int cfs_inodes_init(void);
void cfs_inodes_exit(void);
struct inode *cfs_alloc_inode(struct super_block *sb);
void cfs_free_inode(struct inode *inode);
void cfs_evict_inode(struct inode *inode);
/* One line in the log, not too many of them; returns @rc. */
int cfs_complain(struct super_block *sb, u64 nid, int rc, const struct cfs_fault *f);

/* dir.c */
extern const struct inode_operations cfs_dir_iops;
extern const struct file_operations cfs_dir_fops;
extern const struct export_operations cfs_export_ops;

/* xattr.c */
extern CFS_XATTR_HANDLERS cfs_xattr_handlers[];

/* What is met among the xattrs of an inode, in stored order. */
struct cfs_xattr_walk {
	struct super_block *sb;
	u64 nid;
	struct cfs_xattrs x;
	u8 *area;        /* copy of the xattr area */
	u8 *shared;      /* copy of one shared entry, */
	u32 shared_room; /* and how long one fits */
	u64 next;        /* offset of the next entry in the area */
	u32 next_shared; /* then the number of the next shared one */
	u32 shown_bytes; /* as image-format 15.1 counts them */
	struct cfs_backing backing;
};

int cfs_xattrs_begin(struct cfs_xattr_walk *w, struct super_block *sb, u64 nid, u64 off, u32 len);
/*
 * The next xattr. 1: there is one, and *@shown_as is how it is shown, or its
 * prefix is NULL; 0: no more. *@fault is what the meaning of this one gave:
 * -EUCLEAN for an unusable redirect or metacopy.
 */
int cfs_xattrs_next(struct cfs_xattr_walk *w, struct cfs_xattr *x, struct cfs_shown *shown,
		    int *fault);
void cfs_xattrs_end(struct cfs_xattr_walk *w);
/* The same for an inode in memory. */
int cfs_node_xattrs(struct cfs_xattr_walk *w, struct inode *inode);

ssize_t cfs_listxattr(struct dentry *dentry, char *list, size_t size);
struct posix_acl *cfs_acl(struct inode *inode, int type, bool rcu);
/* Whether whiteouts may be among the names of a directory. */
int cfs_dir_is_marked(struct inode *dir);

/* object.c */
/* The file that has the content of @inode, for @file; never one that may not be read. */
struct file *cfs_object_open(struct inode *inode, struct file *file);
void cfs_object_free(struct cfs_object *object);
/* The dentry of the file below that @inode, or if NULL the newest, belongs to; or @dentry. */
struct dentry *cfs_real_dentry(struct dentry *dentry, const struct inode *inode);
extern const struct dentry_operations cfs_dentry_ops;

/* file.c */
extern const struct file_operations cfs_content_fops, cfs_object_fops;
extern const struct address_space_operations cfs_content_aops;

/* super.c */
extern struct file_system_type cfs_fs_type;

#endif
