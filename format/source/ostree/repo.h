/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An OSTree repository on disk (ostree 1, 2): its configuration, its refs, its
 * objects. Below its directory no symbolic link is followed, and what is no
 * regular file is refused without opening it. Nothing is written.
 */
#ifndef CFS_SOURCE_OSTREE_REPO_H
#define CFS_SOURCE_OSTREE_REPO_H

#include <sys/stat.h>
#include "base/arena.h"
#include "base/error.h"
#include "verity/sha256.h"
#include "core/span.h"

#define OSTREE_METADATA_MAX ((u64)128 << 20)

enum ostree_mode {
	OSTREE_BARE,
	OSTREE_BARE_USER,
	OSTREE_BARE_USER_ONLY,
	OSTREE_ARCHIVE,
};

struct ostree_repo {
	const char *path; /* as given; borrowed */
	int fd, objects;  /* directories */
	enum ostree_mode mode;
	bool no_xattrs;  /* disable-xattrs */
	bool has_parent; /* where objects may be that are missing here */
};

/* -1 and a text that begins with the path; nothing is left to close then. */
int ostree_repo_open(struct ostree_repo *repo, const char *path, struct error *err);
void ostree_repo_close(struct ostree_repo *repo);

/* The text of a configuration, without reading it from anywhere. */
int ostree_config_parse(struct ostree_repo *repo, const char *s, size_t len, struct error *err);

/*
 * Open the regular file at @path below @dir. With @link also a symlink: then
 * *fd, O_PATH, stands for the link itself. -1 and a text without the path
 * (err->code: ENOENT, ENOTDIR, ELOOP ...).
 */
int ostree_open(int dir, const char *path, bool link, int *fd, struct stat *st, struct error *err);

/* HH/REST.EXT and a NUL; EXT is file, filez, commit, dirtree or dirmeta. */
#define OSTREE_OBJECT_NAME (SHA256_HEX + 11)
void ostree_object_name(char name[OSTREE_OBJECT_NAME], const struct sha256_sum *sum,
			const char *ext);

/* ostree_open() for an object. A text without its name. */
int ostree_object_open(const struct ostree_repo *repo, const struct sha256_sum *sum,
		       const char *ext, bool link, int *fd, struct stat *st, struct error *err);

/* Read a metadata object into the arena, and compare its checksum. A text without the name. */
int ostree_metadata_read(const struct ostree_repo *repo, struct arena *arena,
			 const struct sha256_sum *sum, const char *ext, struct cfs_span *data,
			 struct error *err);

/*
 * ostree_refs.c: the commit that a revision without "^" names: a checksum, a ref, an
 * alias. A text without the revision.
 */
int ostree_ref_resolve(const struct ostree_repo *repo, const char *rev, struct sha256_sum *sum,
		       struct error *err);

#endif
