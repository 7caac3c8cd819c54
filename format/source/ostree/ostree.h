/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Make a tree of a commit, with the same image that ostree makes of it (ostree 5). Everything is checked before it is used, each object is
 * read once, and file objects are hashed by threads.
 */
#ifndef CFS_SOURCE_OSTREE_OSTREE_H
#define CFS_SOURCE_OSTREE_OSTREE_H

#include "base/workers.h"
#include "source/ostree/repo.h"
#include "tree/tree.h"

struct ostree {
	const char *repo, *rev; /* as given */
	bool verity;            /* record fs-verity digests */
	unsigned int threads;   /* for file objects, at least 1 */
	/* Called by any thread with what it has read since its last call. May be NULL. */
	void (*progress)(void *arg, u64 names, u64 bytes);
	void *progress_arg;
	struct workers_pool *pool; /* of that many; NULL: none */
	struct ostree_repo opened; /* by ostree_begin() */
	struct sha256_sum found;   /* the commit that the revision names without its "^" */
	/* The digest of the image that the commit records; algorithm 0: none, or without verity. */
	struct cfs_digest digest;
};

/*
 * Open the repository and find the ref. All that is opened later is beneath
 * opened.objects. -1 and a text that begins with the path of the repository.
 */
int ostree_begin(struct ostree *o, struct error *err);
void ostree_end(struct ostree *o);

/* Fill and seal the tree. -1 and a text as above. */
int ostree_read(struct ostree *o, struct tree *tree, struct error *err);

#endif
