/* SPDX-License-Identifier: GPL-2.0-only */
/* The first content of a deployment's /var, copied from the image: [var] seed = true (setup-root 16.1). */
#ifndef CFS_SETUP_ROOT_SEED_H
#define CFS_SETUP_ROOT_SEED_H

#include "base/error.h"

struct host;

struct seed {
	struct host *host;
	int from; /* the directory of the image */
	const char *from_shown;
	int to;            /* the directory in which the copy gets its name */
	const char *name;  /* that name: one component */
	const char *shown; /* the path of @to, for messages */
};

/*
 * If @name is missing or an empty directory, replace it by a copy of the image's directory.
 * The copy is written beside it, synced and renamed, so that a crash leaves all of it or
 * nothing under the name; the next call removes a part that was left. Anything else under
 * the name is state, which is not touched. A mount point is not replaced either; that is a
 * warning. *@copied: a copy was made. 0, or -1 with an error.
 */
int seed_copy(const struct seed *s, bool *copied, struct error *err);

#endif
