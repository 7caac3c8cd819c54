/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names that come from an image, a repository or a store are resolved beneath a
 * directory: no "..", no symbolic link and no mount point leads out of it (command line 3
 * "Safety", ST-6, VE-5).
 */
#ifndef CFS_FILES_BENEATH_H
#define CFS_FILES_BENEATH_H

#include "core/port.h"

/*
 * openat() with O_NOFOLLOW and O_CLOEXEC of a path of @len bytes beneath @dir.
 * Slashes in front, empty components and "." count for nothing. -1 and errno:
 * ELOOP, or without openat2() ENOTDIR, for a symbolic link on the way, EXDEV for
 * what leads out of @dir.
 */
int beneath_open(int dir, const char *path, size_t len, int flags);

#endif
