/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directories in which objects are looked up; the first one that has the name counts.
 * A name is resolved beneath its directory: no "..", no symbolic link and no mount point
 * leads out of it (command line 3 "Safety", VE-5).
 */
#ifndef CFS_STORE_BASEDIRS_H
#define CFS_STORE_BASEDIRS_H

#include <sys/stat.h>
#include "base/arena.h"
#include "base/error.h"

#define BASEDIRS_MAX 64u

struct basedirs {
	unsigned int n;
	int fd[BASEDIRS_MAX];
	const char *name[BASEDIRS_MAX]; /* as given, unescaped; in the arena */
	struct arena arena;
};

/*
 * Split DIR[:DIR...] into its pieces, in the arena. "\:" and "\\" stand for the
 * characters; an empty piece is an error. Returns the number of pieces, or -1.
 */
int basedirs_split(struct arena *a, const char *list, const char ***dirs, struct error *err);

/* Open all of DIR[:DIR...]. -1 and a text that names the directory, or with EINVAL the list. */
int basedirs_open(struct basedirs *b, const char *list, struct error *err);

/* Also works on a struct of zeros. */
void basedirs_close(struct basedirs *b);

enum {
	BASEDIRS_NONE,  /* the name is nowhere */
	BASEDIRS_FILE,  /* a regular file */
	BASEDIRS_OTHER, /* no directory has a regular file, one has something else */
};

struct basedirs_found {
	unsigned int which; /* the directory */
	struct stat st;     /* of what was found; of a symbolic link only the type */
};

/*
 * Look for the path of a backing file. Slashes in front are ignored. BASEDIRS_*,
 * or -1 and a text if it cannot be known.
 */
int basedirs_find(const struct basedirs *b, const char *path, size_t len,
		  struct basedirs_found *found, struct error *err);

/* The same, and open the regular file for reading: *fd is the caller's, -1 if there is none. */
int basedirs_open_file(const struct basedirs *b, const char *path, size_t len,
		       struct basedirs_found *found, int *fd, struct error *err);

#endif
