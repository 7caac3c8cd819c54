/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether the kernel reports the owners and modes that the user wants to record. */
#ifndef CFS_APPLETS_OWNERS_H
#define CFS_APPLETS_OWNERS_H

#include "base/error.h"

/*
 * Called before owners and modes of files on disk are recorded. fakeroot, pseudo
 * and similar programs fake them with a library in LD_PRELOAD, which the dynamic
 * loader puts into each program. A static program has no such loader, so it would
 * record the real owners without noticing. -1 and a text that begins with @path
 * if the environment asks for faked owners and this program cannot see them.
 */
int owners_check(const char *path, struct error *err);

#endif
