/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CFS_SETUP_ROOT_REMOVEDIR_H
#define CFS_SETUP_ROOT_REMOVEDIR_H

#include "base/error.h"

/*
 * Remove the directory @name of @dir and everything in it, if it exists. Follows no
 * symbolic link and leaves no file system. @shown is the path of @dir, for messages. 0, or
 * -1 with an error.
 */
int removedir(int dir, const char *name, const char *shown, struct error *err);

#endif
