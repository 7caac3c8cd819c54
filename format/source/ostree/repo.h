/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An OSTree repository on disk (ostree 1, 2): its configuration, its refs, its
 * objects. Below its directory no symbolic link is followed, and anything but a
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
	bool has_parent; /* a parent repository may hold objects that are missing here */
};

/* -1 and a text that begins with the path; then there is nothing to close. */
int ostree_repo_open(struct ostree_repo *repo, const char *path, struct error *err);
void ostree_repo_close(struct ostree_repo *repo);

/* Parse the text of a configuration. */
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

/* ostree_open() for an object. Errors do not name it. */
int ostree_object_open(const struct ostree_repo *repo, const struct sha256_sum *sum,
		       const char *ext, bool link, int *fd, struct stat *st, struct error *err);

/* Read a metadata object into the arena and compare its checksum. Errors do not name it. */
int ostree_metadata_read(const struct ostree_repo *repo, struct arena *arena,
			 const struct sha256_sum *sum, const char *ext, struct cfs_span *data,
			 struct error *err);

/*
 * refs.c: find the commit that a revision without "^" names: a checksum, the beginning
 * of one, a ref or an alias. Errors do not name the revision.
 */
int ostree_ref_resolve(const struct ostree_repo *repo, const char *rev, struct sha256_sum *sum,
		       struct error *err);

#endif
