/* SPDX-License-Identifier: GPL-2.0-only */
/* The kind of source that an operand names, to tell a user who chose the wrong option. */
#ifndef CFS_APPLETS_MKFS_SOURCE_H
#define CFS_APPLETS_MKFS_SOURCE_H

#include "base/error.h"

enum source_form {
	SOURCE_DIRECTORY,
	SOURCE_DUMP, /* --from-file */
	SOURCE_TAR,  /* --from-tar */
};

/*
 * Compare the file at @path with the form that the options ask for. -1 and a text
 * that names the right option if the file is certainly of another kind; 0 for
 * everything that the reader of that form shall judge. @image: the operand that
 * names the image, or NULL.
 */
int source_check(const char *path, enum source_form form, const char *image, struct error *err);

#endif
