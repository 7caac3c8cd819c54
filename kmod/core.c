// SPDX-License-Identifier: GPL-2.0-only
/* The decoder of user space, compiled for the kernel as one object of the module. */
#include "core/xxh32.c"
#include "core/decode.c"
#include "core/dirblock.c"
#include "core/backing.c"

#define CFS_WARN_UNTESTED
#include "compat.h"
