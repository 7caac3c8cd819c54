/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file that gets its name when it is complete (format/store/README.md 3.1). Where the
 * file system has O_TMPFILE, the file has no name until then, so a kill leaves nothing
 * behind. Elsewhere it has a temporary name and its owner keeps it flocked, so that a
 * later run recognises abandoned files (ST-9).
 */
#ifndef CFS_FILES_NEWFILE_H
#define CFS_FILES_NEWFILE_H

#include <sys/types.h>
#include "core/port.h"

#define NEWFILE_PREFIX ".cfs-tmp."
#define NEWFILE_NAME 32 /* room for a name */

struct newfile {
	int fd;                  /* -1: none */
	int dir;                 /* of the name it has; borrowed */
	char name[NEWFILE_NAME]; /* empty: none */
};

#define NEWFILE_NONE ((struct newfile){ .fd = -1 })

/* NEWFILE_PREFIX and 16 random hex digits. */
void newfile_random(char name[NEWFILE_NAME]);

/*
 * Create a file without a name in the file system of @dir, with @mode less the umask, and
 * open it for reading and writing. -1 and errno; EOPNOTSUPP: not possible here.
 */
int newfile_unnamed(struct newfile *f, int dir, mode_t mode);

/* Whether a file without a name can get one in @dir. The answer is the same for all files there. */
bool newfile_linkable(const struct newfile *f, int dir);

/* Create under a random name in @dir, flocked. -1 and errno. */
int newfile_named(struct newfile *f, int dir, mode_t mode);

/* Create as @name in @dir, which is private to the caller. -1 and errno. */
int newfile_private(struct newfile *f, int dir, const char *name, mode_t mode);

/*
 * Reopen the file read-only and close the writer, as fs-verity requires (ST-12). On
 * failure (-1 and errno) the file is unchanged.
 */
int newfile_reopen(struct newfile *f);

/* Give it the name, which must be free: EEXIST if not. It stays open. -1 and errno. */
int newfile_link(struct newfile *f, int dir, const char *name);

/*
 * Give it the name, in the place of any other file. Between two system calls it has a
 * random name in @tmpdir (same file system), flocked. -1 and errno.
 */
int newfile_replace(struct newfile *f, int tmpdir, int dir, const char *name);

/* Take away its temporary name, if it has one. It stays open. -1 and errno. */
int newfile_unname(struct newfile *f);

/* Close, and remove if it still has its temporary name. -1 and errno from close. */
int newfile_drop(struct newfile *f);

/*
 * Make a directory of temporary files in @dir, flocked: its descriptor, and its
 * name in @name. -1 and errno.
 */
int newfile_tmpdir(int dir, char name[NEWFILE_NAME]);

/* Remove temporary files of earlier runs from @dir, unless a process holds them. Never fails. */
void newfile_sweep(int dir);

#endif
