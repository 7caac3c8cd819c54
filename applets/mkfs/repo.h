/* SPDX-License-Identifier: GPL-2.0-only */
/* mkfs --repo: objects and image go to a repository, where links name the image. */
#ifndef CFS_APPLETS_MKFS_REPO_H
#define CFS_APPLETS_MKFS_REPO_H

#include "image/write/write.h"
#include "repo/repo.h"
#include "store/store.h"

struct mkfs_repo {
	const char *path, *ref; /* --repo, --name; NULL: not given */
	bool is_open;
	struct repo repo;
	struct store store; /* DIR/objects */
	struct stat st;     /* of DIR */
	char objects[4096];
};

/* Open or make the repository and its store. -1 and a text. */
int mkfs_repo_open(struct mkfs_repo *m, u8 algorithm, struct store_flags flags, struct notes *notes,
		   struct error *err);

/* A tree from a dump: the repository must have all objects of it. -1 and a text. */
int mkfs_repo_check(const struct mkfs_repo *m, const struct tree *tree, struct error *err);

/* The format versions to write if the user has not chosen any. -1 and a text. */
int mkfs_repo_version(const struct mkfs_repo *m, struct image_version *version, struct error *err);

/* Whether the repository takes images of format version @version. -1 and a text if not. */
int mkfs_repo_takes(const struct mkfs_repo *m, unsigned int version, struct error *err);

/* Store the image of a tree, and when everything is on stable storage name it. -1 and a text. */
int mkfs_repo_keep(struct mkfs_repo *m, const struct tree *tree,
		   const struct image_version *version, struct cfs_digest *digest,
		   struct error *err);

void mkfs_repo_close(struct mkfs_repo *m);

#endif
