/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The environment that core/ is compiled in. This is the only file with an #ifdef __KERNEL__:
 * everything else in core/ is the same source in user space and in the kernel module.
 */
#ifndef CFS_CORE_PORT_H
#define CFS_CORE_PORT_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

/*
 * Inline in user space, where calls are a large part of the work for a directory; in the kernel
 * small code is better.
 */
#define cfs_hot_inline __always_inline
#else
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

#define cfs_hot_inline inline
#endif

#endif
