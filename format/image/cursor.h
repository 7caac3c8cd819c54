/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walk a checked image in place, depth first, names in byte order, one entry at a time: the
 * order of dumps and listings (dump format 6). The walk leaves stubs out, shows whiteouts as
 * character devices, and gives each further name of an inode the path of its first name.
 *
 * Memory: the path, 40 bytes for each level, and for each inode with several names 32 bytes and
 * 24 for each directory above it.
 */
#ifndef CFS_IMAGE_CURSOR_H
#define CFS_IMAGE_CURSOR_H

#include "base/arena.h"
#include "dump/print.h"
#include "image/location.h"

enum {
	CURSOR_XATTRS = 1, /* fill d.xattrs */
	CURSOR_LINKS = 2,  /* fill d.link; without it only is_link is set */
	CURSOR_LATE = 4,   /* leave d empty until cursor_fill() */
};

struct cursor_entry {
	struct dump_entry d; /* its pointers are valid until the next call */
	const char *name;    /* last component, not terminated; NULL: the root */
	size_t name_len;
	struct location at; /* of the name, for as long as the image is open */
	size_t depth;       /* of the name; 0: the root */
	u64 nid;
	bool is_link;     /* the inode was shown before under another name */
	bool has_content; /* a regular file with its content in the image */
};

struct cursor_level; /* a directory on the path of the walk */
struct cursor_home;  /* the first name of an inode with several names */
struct cursor_dir;   /* a directory above a home */

struct cursor {
	const struct image *img;
	unsigned int flags;
	const char *const *filter; /* show only these names of the root */
	unsigned int nfilter;      /* 0: show all */
	bool started;
	struct cursor_level *levels;
	size_t depth, levels_cap;
	struct cfs_inode inode;    /* of the last entry */
	struct cursor_home *home;  /* the first name of that inode, if it has several */
	struct cfs_inode dir;      /* the directory of the deepest level */
	struct cfs_dirblock block; /* its current block; without bytes it is still to be opened */
	struct buf path, link;
	struct cursor_home *homes; /* by rank */
	struct arena arena;        /* cursor_dir and lists of visible xattrs */
	struct dump_xattr *xattrs;
	size_t xattrs_cap;
	struct cfs_backing backing;
	u8 content[CFS_CONTENT_MAX];
};

/* @filter must live as long as the cursor. */
int cursor_init(struct cursor *c, const struct image *img, unsigned int flags,
		const char *const *filter, unsigned int nfilter, struct error *err);

/* Returns 1 and an entry, 0 at the end, -1 and a text. The root comes first. */
int cursor_next(struct cursor *c, struct cursor_entry *e, struct error *err);

/*
 * With CURSOR_LATE: fill e->d of the last entry, and e->has_content. Most callers that compare
 * two images need it for a few entries only. -1 and a text.
 */
int cursor_fill(struct cursor *c, struct cursor_entry *e, struct error *err);

void cursor_release(struct cursor *c);

#endif
