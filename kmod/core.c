// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder that user space uses, compiled for the kernel: one object, next
 * to the others of the module and not among the sources.
 */
#include "core/xxh32.c"
#include "core/decode.c"
#include "core/dirblock.c"
#include "core/backing.c"

#define CFS_WARN_UNTESTED
#include "compat.h"
