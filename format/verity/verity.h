/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs-verity digests with SHA-256, blocks of 4096 bytes and no salt
 * (image-format 12): computed from bytes, or asked of the kernel.
 */
#ifndef CFS_VERITY_VERITY_H
#define CFS_VERITY_VERITY_H

#include <sys/stat.h>
#include "core/digest.h"

struct workers;

#define VERITY_BLOCK 4096u
#define VERITY_LEVELS 9 /* of hash blocks, the topmost holds the root hash: enough for 2^64 bytes */

/* The digest of bytes that come in pieces. 40 KiB, most of it untouched for a small file. */
struct verity {
	u64 size;                /* bytes added */
	u32 used;                /* of block */
	u32 fill[VERITY_LEVELS]; /* bytes in each level's unfinished block */
	u8 block[VERITY_BLOCK];
	u8 level[VERITY_LEVELS][VERITY_BLOCK];
};

void verity_init(struct verity *v);
void verity_add(struct verity *v, const void *data, size_t len);

/* The same as adding @len zeros, in O(log len). */
void verity_add_zero(struct verity *v, u64 len);

/* Nothing may be added afterwards. */
void verity_end(struct verity *v, struct cfs_digest *digest);

/*
 * A digest of which two hashes are left, that of the topmost block and that of
 * the descriptor: half of the work for most files, and done for two at once in
 * little more time than for one.
 */
struct verity_top {
	u64 size; /* of the file; 0: nothing is left */
	struct cfs_digest *digest;
	u8 block[VERITY_BLOCK]; /* the file itself if it is no larger, else hashes */
};

/* As verity_end(), but where it can leaves the two hashes to verity_tops(). */
void verity_leave(struct verity *v, struct verity_top *top, struct cfs_digest *digest);

/* Complete two, each with something left; they may be the same one. */
void verity_tops(struct verity_top *a, struct verity_top *b);

/* Of bytes in memory; @v is scratch. */
void verity_memory(struct verity *v, const void *data, size_t len, struct cfs_digest *digest);

/* What hashing a file takes; one for each thread, not on the stack. */
#define VERITY_READ ((size_t)128 << 10)
struct verity_work {
	struct workers *workers; /* who may help with a file of 64 MiB and more; NULL: nobody */
	struct verity v;
	u8 buf[VERITY_READ];
};

/*
 * Hash the content of a regular file from its beginning, wherever its position
 * is. @st says how many bytes there are, and whether to look for holes.
 * 0; -1 and errno; 1: there were not that many bytes, the file is changing.
 */
int verity_file(struct verity_work *work, int fd, const struct stat *st, struct cfs_digest *digest);

/* The same, and what is left to do with @top may be nothing. */
int verity_begin(struct verity_work *work, int fd, const struct stat *st, struct verity_top *top,
		 struct cfs_digest *digest);

/*
 * As verity_file(), and what is hashed goes to @to, an empty file; holes stay holes.
 * -2 and errno if writing failed.
 */
int verity_copy(struct verity_work *work, int fd, const struct stat *st, int to,
		struct cfs_digest *digest);

/* verity_file() with memory of its own, for one file. */
int verity_fd(int fd, const struct stat *st, struct cfs_digest *digest);

/*
 * The next extent of data at or behind @off of a file of @size bytes: [*from, *to).
 * *from is @size if there is only a hole; the whole rest is data where the file
 * system cannot tell. Moves the file's position. -1 and errno.
 */
int verity_extent(int fd, u64 off, u64 size, u64 *from, u64 *to);

/* Whether @st tells of holes. */
static inline bool verity_sparse(const struct stat *st)
{
	return (u64)st->st_blocks < ((u64)st->st_size + 511) / 512;
}

/*
 * The digest that the kernel measured where the file has fs-verity. Only file
 * systems that enforce it in the kernel are believed (ext4, f2fs, btrfs, told by
 * their magic number); a file of any other, such as FUSE, overlayfs or a network
 * file system, is VERITY_UNSUPPORTED whatever the ioctl says.
 * VERITY_OTHER: with another algorithm, so that the digest is none of ours.
 * -1 and errno; EPROTO: the answer of the ioctl is malformed.
 */
enum {
	VERITY_NONE,
	VERITY_SHA256,
	VERITY_OTHER,
	VERITY_UNSUPPORTED, /* no file of this file system has it */
};
int verity_measure(int fd, struct cfs_digest *digest);

/* Whether such a file could still get it. */
static inline bool verity_lacks(int measured)
{
	return measured == VERITY_NONE || measured == VERITY_UNSUPPORTED;
}

/*
 * verity_measure() for those who want the digest of the content: block size and
 * salt must be ours, too, else VERITY_OTHER.
 */
int verity_kernel(int fd, struct cfs_digest *digest);

/*
 * Enable fs-verity on a file opened read-only. 0 also if it has it already.
 * -1 and errno: EOPNOTSUPP stands for all ways to say that it is not possible
 * here; ETXTBSY: after some tries somebody still has it open for writing (ST-12).
 */
int verity_enable(int fd);

/*
 * verity_enable(), and ask what the kernel measures now: the content may have
 * changed since it was hashed, or fs-verity been there already, with other
 * parameters (ST-12). 0: @digest; 1: another one; -1 and errno.
 */
int verity_seal(int fd, const struct cfs_digest *digest);

#endif
