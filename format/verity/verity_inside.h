/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of base/verity share: verity.c, verity_file.c. */
#ifndef CFS_VERITY_VERITY_INSIDE_H
#define CFS_VERITY_VERITY_INSIDE_H

#include "verity/verity.h"
#include "core/span.h"

/* The struct fsverity_descriptor of the kernel, without a signature. */
struct descriptor {
	u8 version;
	u8 hash_algorithm;
	u8 log_blocksize;
	u8 salt_size;
	le32 reserved;
	le64 data_size;
	u8 root_hash[64];
	u8 salt[32];
	u8 reserved2[144];
};
static_assert(sizeof(struct descriptor) == 256, "descriptor");

/*
 * The hash over all of a range, once exactly its bytes were added to @v, and the
 * same in place of adding them. What is no whole range may be added before.
 */
#define VERITY_RANGE ((u64)64 << 20)
const u8 *verity_range(const struct verity *v);
void verity_add_range(struct verity *v, const u8 *hash);

#endif
