/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of Linux 6.13 that older headers lack. Their numbers are the same on all
 * architectures.
 */
#ifndef CFS_FILES_XATTRAT_H
#define CFS_FILES_XATTRAT_H

#include <sys/syscall.h>

#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#endif
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif

#endif
