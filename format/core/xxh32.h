/* SPDX-License-Identifier: GPL-2.0-only */
/* XXH32, the hash behind the xattr name filter (image format 7.5). */
#ifndef CFS_CORE_XXH32_H
#define CFS_CORE_XXH32_H

#include "core/port.h"

u32 cfs_xxh32(const void *data, size_t len, u32 seed);

#endif
