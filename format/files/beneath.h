/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Resolve the names of an image, a repository or a store beneath a directory: no "..", no
 * symbolic link and no mount point leads out of it (command line 3 "Safety", ST-6, VE-5).
 */
#ifndef CFS_FILES_BENEATH_H
#define CFS_FILES_BENEATH_H

#include "core/port.h"

/*
 * Open a path of @len bytes beneath @dir, with O_NOFOLLOW and O_CLOEXEC. Leading slashes,
 * empty components and "." are ignored. Returns -1 and errno: ELOOP (without openat2()
 * ENOTDIR) for a symbolic link on the way, EXDEV for a path that leads out of @dir.
 */
int beneath_open(int dir, const char *path, size_t len, int flags);

#endif
