/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks a checked image in place, entry by entry, depth first, names in byte
 * order: what dumps and listings show (dump-format 6). Stubs are left out,
 * whiteouts are character devices again, and each further name of an inode
 * carries the path of its first.
 *
 * Memory: the path, 40 bytes for each level, and 32 bytes for each inode met
 * twice with 24 for each directory above one.
 */
#ifndef CFS_IMAGE_CURSOR_H
#define CFS_IMAGE_CURSOR_H

#include "base/arena.h"
#include "dump/print.h"
#include "image/location.h"

enum {
	CURSOR_XATTRS = 1, /* fill d.xattrs */
	CURSOR_LINKS = 2,  /* fill d.link; without it only is_link tells */
};

struct cursor_entry {
	struct dump_entry d; /* pointers hold until the next call */
	const char *name;    /* last component, not terminated; NULL: the root */
	size_t name_len;
	struct location at; /* of the name, for as long as the image is open */
	size_t depth;       /* of the name; 0: the root */
	u64 nid;
	bool is_link;     /* a further name of an inode that was shown */
	bool has_content; /* regular file whose content is in the image */
};

struct cursor_level; /* a directory that is being walked */
struct cursor_home;  /* the first name of an inode met twice */
struct cursor_dir;   /* a directory above a home */

struct cursor {
	const struct image *img;
	unsigned int flags;
	const char *const *filter; /* names of the root's children that are shown */
	unsigned int nfilter;      /* 0: all */
	bool started;
	struct cursor_level *levels;
	size_t depth, levels_cap;
	struct cfs_inode dir;      /* of the deepest level */
	struct cfs_dirblock block; /* of it; no bytes: to be opened */
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

/* 1 and an entry, 0 at the end, -1 and a text. The root comes first. */
int cursor_next(struct cursor *c, struct cursor_entry *e, struct error *err);

void cursor_release(struct cursor *c);

#endif
