/* SPDX-License-Identifier: GPL-2.0-only */
/* What a mount can be asked for, by the part of the program that needs it. Plain data. */
#ifndef CFS_MOUNT_OPTIONS_H
#define CFS_MOUNT_OPTIONS_H

#include <stdbool.h>
#include "core/port.h"

#define OPTIONS_BASEDIRS 64u

/* debug=: for tests. */
enum {
	MOUNT_DEBUG_LOOP = 1, /* act as if EROFS could not use the file */
	MOUNT_DEBUG_B = 2,    /* begin at that path of mount 9.3 */
	MOUNT_DEBUG_C = 4,
	MOUNT_DEBUG_D = 8,
	MOUNT_DEBUG_NOPROC = 16, /* act as if there were no /proc, no /dev */
	MOUNT_DEBUG_NODEV = 32,
	MOUNT_DEBUG_NAME = 64, /* act as if EROFS did not take a descriptor */
};

/* Names of directories and files that have to be opened. NULL: not given. */
struct mount_paths {
	const char *basedir[OPTIONS_BASEDIRS];
	unsigned int basedirs;
	const char *upper, *work, *idmap;
};

/* How objects are verified. The fields are combined by optlist_level(). */
struct mount_verity {
	int check; /* verity_check=; -1: not given */
	int word;  /* 2 for verity, 0 for noverity; -1: not given */
	bool try_verity;
};

enum {
	CONTEXT_CONTEXT,
	CONTEXT_FS,
	CONTEXT_DEF,
	CONTEXT_ROOT,
	CONTEXT_MAX,
};
extern const char *const mount_context_names[CONTEXT_MAX];

/* Properties of the resulting mount. */
struct mount_flags {
	int rw;            /* 1 or 0; -1: not given */
	bool writable;     /* the result: there is an upper directory, and ro was not given */
	bool is_volatile;  /* do not sync the upper directory */
	bool foreground;   /* stay until the mount ends; backend=fuse only */
	bool allow_other;  /* for fusermount3 */
	unsigned int attr; /* MOUNT_ATTR_*; only the bits in @touched were given */
	unsigned int touched;
	const char *context[CONTEXT_MAX]; /* NULL: not given */
};

/* The flags for fsmount(). */
unsigned int mount_flags_attr(const struct mount_flags *flags);

#endif
