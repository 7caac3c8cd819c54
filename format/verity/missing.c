// SPDX-License-Identifier: GPL-2.0-only
/* Why a file system cannot enable fs-verity, in words that say what to do. */
#include "verity/verity.h"

#include <sys/vfs.h>
#include <unistd.h>

#define EXT4_MAGIC 0xEF53u
#define F2FS_MAGIC 0xF2F52010u
#define BTRFS_MAGIC 0x9123683Eu

/*
 * Find out from the features that sysfs lists for a file system type whether the kernel or the
 * file system lacks fs-verity.
 */
static const char *missing_from(const char *features, const char *verity, const char *off)
{
	if (!access(verity, F_OK))
		return off;
	return access(features, F_OK) ? "the file system or the kernel has fs-verity turned off"
				      : "the kernel has no fs-verity (CONFIG_FS_VERITY)";
}

const char *verity_missing(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st))
		return "fs-verity cannot be enabled";
	switch ((u32)st.f_type) {
	case EXT4_MAGIC:
		return missing_from("/sys/fs/ext4/features", "/sys/fs/ext4/features/verity",
				    "fs-verity is off on this file system: turn it on with "
				    "tune2fs -O verity DEVICE");
	case F2FS_MAGIC:
		return missing_from("/sys/fs/f2fs/features", "/sys/fs/f2fs/features/verity",
				    "fs-verity is off on this file system: make it with "
				    "mkfs.f2fs -O verity");
	case BTRFS_MAGIC:
		return "the kernel has no fs-verity (CONFIG_FS_VERITY)";
	default:
		return "this type of file system has no fs-verity: use ext4, f2fs or btrfs";
	}
}
