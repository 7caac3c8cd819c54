/* SPDX-License-Identifier: GPL-2.0-only */
/* All links of a repository, each checked without following it (repository 5). */
#ifndef CFS_REPO_WALK_H
#define CFS_REPO_WALK_H

#include "repo/repo.h"

/* A link, or whatever stands in the place of one. */
struct repo_link_seen {
	const char *path; /* below DIR, such as images/refs/a/b */
	bool is_stream;   /* below streams/ */
	/* The object of an entry of images/ without a fault; algorithm 0: any other link. */
	struct cfs_digest digest;
	const char *fault; /* what is wrong; NULL: nothing */
};

/*
 * Call @fn for each link, in byte order within each directory: images/, images/refs/,
 * streams/, streams/refs/. A directory that is missing has none. -1 and a text, also
 * if @fn returns -1.
 */
typedef int repo_seen_fn(void *arg, const struct repo_link_seen *link, struct error *err);
int repo_walk(const struct repo *r, repo_seen_fn *fn, void *arg, struct error *err);

#endif
