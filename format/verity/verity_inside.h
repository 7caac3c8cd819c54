/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by verity.c and file.c. */
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
 * A range is what one hash of the third level stands for: 64 MiB with SHA-256,
 * 16 MiB with SHA-512. verity_range() is that hash once exactly the bytes of a
 * range were added to @v; verity_add_range() adds the hash in their place. The bytes
 * behind the last whole range may be added before.
 */
static inline u64 verity_range_size(u8 algorithm)
{
	u64 hashes = VERITY_BLOCK / cfs_digest_size(algorithm);

	return VERITY_BLOCK * hashes * hashes;
}
const u8 *verity_range(const struct verity *v);
void verity_add_range(struct verity *v, const u8 *hash);

#endif
