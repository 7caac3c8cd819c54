/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The meaning of the overlayfs xattrs of an inode, and the way back (image format 5.2, 15.2):
 * path and digest of the backing file, the mark of a whiteout, and the names under which xattrs
 * are shown.
 */
#ifndef CFS_CORE_BACKING_H
#define CFS_CORE_BACKING_H

#include "core/decode.h"
#include "core/digest.h"

/*
 * overlayfs owns the names that begin with this. The encoder escapes them by inserting
 * CFS_ESCAPE behind it.
 */
#define CFS_OVERLAY "trusted.overlay."
#define CFS_ESCAPE "overlay."
#define CFS_XATTR_METACOPY CFS_OVERLAY "metacopy"
#define CFS_XATTR_REDIRECT CFS_OVERLAY "redirect"
#define CFS_XATTR_OPAQUE CFS_OVERLAY "opaque"

/* What was found so far among the xattrs of one inode. */
struct cfs_backing {
	bool is_file;  /* a regular file, and no whiteout mark was found yet */
	bool is_empty; /* of size 0 */
	bool is_whiteout; /* the mark was found on an empty file: the inode is a character device 0:0 */
	bool has_redirect;               /* on a regular file */
	bool has_metacopy;               /* on a regular file */
	bool any_redirect, any_metacopy; /* on any type of inode */
	bool any_opaque;                 /* CFS_XATTR_OPAQUE with the value "y" */
	bool any_other;           /* another name that begins with CFS_OVERLAY and is not escaped */
	u16 path_len;             /* 1 to 4095 with has_redirect */
	const char *path;         /* without the leading slash; in the image, not terminated */
	struct cfs_digest digest; /* algorithm 0: none */
};

/* How an xattr is shown. */
struct cfs_shown {
	const char *prefix; /* a constant string */
	const u8 *suffix;   /* in the image */
	u32 prefix_len, suffix_len;
};

static inline void cfs_backing_init(struct cfs_backing *b, const struct cfs_inode *inode)
{
	memset(b, 0, sizeof(*b));
	b->is_file = inode->ftype == EROFS_FT_REG_FILE;
	b->is_empty = !inode->size;
}

/*
 * Take the next xattr of an inode. The caller gives all of them in stored order, inline ones
 * first. Returns 1 if the xattr is shown as *@shown, 0 if it is not shown, -EUCLEAN if a
 * metacopy or redirect is malformed (RI-6.14 and 15; the fault's offset counts from the value).
 */
int cfs_backing_xattr(struct cfs_backing *b, const struct cfs_xattr *x, struct cfs_shown *shown,
		      struct cfs_fault *f);

/* Whether the xattr is a POSIX ACL, with its name split in any way. */
bool cfs_xattr_is_acl(const struct cfs_xattr *x);

/* Whether a path has a component "..", or one that is empty or ".". */
bool cfs_path_has_dotdot(const char *path, size_t len);
bool cfs_path_is_odd(const char *path, size_t len);

/*
 * Length of a metacopy value that has a digest of this algorithm. Without a digest the value is
 * empty.
 */
static inline u32 cfs_metacopy_len(u8 algorithm)
{
	return algorithm ? CFS_METACOPY_HEAD + cfs_digest_size(algorithm) : 0;
}

/* Fill the first cfs_metacopy_len() bytes. */
static inline void cfs_metacopy_encode(struct cfs_metacopy *m, u8 algorithm, const u8 *digest)
{
	m->version = 0;
	m->len = (u8)cfs_metacopy_len(algorithm);
	m->flags = 0;
	m->digest_algo = algorithm;
	memcpy(m->digest, digest, cfs_digest_size(algorithm));
}

/* Whether the encoder escapes this name by inserting CFS_ESCAPE behind CFS_OVERLAY. */
static inline bool cfs_name_is_escaped(const void *name, size_t len)
{
	const size_t n = sizeof(CFS_OVERLAY) - 1;

	return len >= n && !memcmp(name, CFS_OVERLAY, n);
}

#endif
