/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fs-verity digests with SHA-256 or SHA-512, blocks of 4096 bytes and no salt:
 * computed from bytes, or asked of the kernel.
 */
#ifndef CFS_VERITY_VERITY_H
#define CFS_VERITY_VERITY_H

#include <sys/stat.h>
#include "core/digest.h"

struct workers;

#define VERITY_BLOCK 4096u
/* Levels of hash blocks; the topmost one holds the root hash. Enough for 2^64 bytes. */
#define VERITY_LEVELS 10 /* SHA-256 needs 9 */

/* The digest of bytes that come in pieces. 44 KiB, most of it untouched for a small file. */
struct verity {
	u8 algorithm;
	u64 size;                /* bytes added */
	u32 used;                /* of block */
	u32 fill[VERITY_LEVELS]; /* bytes in each level's unfinished block */
	u8 block[VERITY_BLOCK];
	u8 level[VERITY_LEVELS][VERITY_BLOCK];
};

void verity_init(struct verity *v, u8 algorithm);
void verity_add(struct verity *v, const void *data, size_t len);

/* The same as adding @len zeros, in O(log len). */
void verity_add_zero(struct verity *v, u64 len);

/* Nothing may be added afterwards. */
void verity_end(struct verity *v, struct cfs_digest *digest);

/*
 * Digests that lack two hashes, that of the topmost block and that of the
 * descriptor. This is most of the work for most files, and the processor hashes
 * several of them at once in little more time than one.
 */
#define VERITY_TOPS 4u
struct verity_tops {
	u8 algorithm;
	unsigned int n;
	u64 size[VERITY_TOPS];               /* of each file */
	u8 *digest[VERITY_TOPS];             /* where its digest goes: cfs_digest_size() bytes */
	u8 block[VERITY_TOPS][VERITY_BLOCK]; /* the file if it is no larger, else its hashes */
};

static inline void verity_tops_init(struct verity_tops *tops, u8 algorithm)
{
	tops->algorithm = algorithm;
	tops->n = 0;
}

/*
 * As verity_end() for the bytes of a digest. If two hashes are all that it
 * lacks, the digest joins @tops, which must have room for one more.
 */
void verity_leave(struct verity *v, struct verity_tops *tops, u8 *digest);

/* Complete all digests in @tops, which is empty afterwards. */
void verity_tops(struct verity_tops *tops);

/*
 * The hash of @level, 0 being that of the blocks, which covers everything that was
 * added: at most what one such hash can cover. Missing bytes count as zeros. Nothing
 * may be added afterwards.
 */
const u8 *verity_unit(struct verity *v, unsigned int level);

/* The same as adding the @bytes that a hash of @level covers. Only the last may cover less. */
void verity_add_unit(struct verity *v, unsigned int level, const u8 *hash, u64 bytes);

/* Compute the digest of bytes in memory; @v is scratch. */
void verity_memory(struct verity *v, u8 algorithm, const void *data, size_t len,
		   struct cfs_digest *digest);

/* The buffers with which a thread hashes files. Too large for a stack. */
#define VERITY_READ ((size_t)128 << 10)
struct verity_work {
	u8 algorithm;            /* of the digests that are computed */
	struct workers *workers; /* threads that may help with a large file; NULL: none */
	struct verity_tops tops; /* digests that wait to be completed */
	struct verity v;
	u8 buf[VERITY_READ];
};

static inline void verity_work_init(struct verity_work *work, u8 algorithm, struct workers *workers)
{
	work->algorithm = algorithm;
	work->workers = workers;
	verity_tops_init(&work->tops, algorithm);
}

/* From now on compute digests with @algorithm; those that wait are completed if it is another one. */
static inline void verity_work_use(struct verity_work *work, u8 algorithm)
{
	if (work->algorithm == algorithm)
		return;
	verity_tops(&work->tops);
	work->algorithm = work->tops.algorithm = algorithm;
}

/*
 * Hash the content of a regular file from its beginning, wherever its position
 * is. @st says how many bytes there are, and whether to look for holes.
 * 0; -1 and errno; 1: there were not that many bytes, the file is changing.
 */
int verity_file(struct verity_work *work, int fd, const struct stat *st, struct cfs_digest *digest);

/* The same for the bytes of a digest, which may join work->tops as with verity_leave(). */
int verity_begin(struct verity_work *work, int fd, const struct stat *st, u8 *digest);

/*
 * As verity_file(), and copy the content to @to, an empty file. Holes stay holes.
 * -2 and errno if writing failed.
 */
int verity_copy(struct verity_work *work, int fd, const struct stat *st, int to,
		struct cfs_digest *digest);

/* verity_file() with memory of its own, for one file. */
int verity_fd(int fd, const struct stat *st, u8 algorithm, struct cfs_digest *digest);

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
 * VERITY_SEALED: with @algorithm, and *@digest is set. VERITY_OTHER: with other
 * parameters, so that the measure says nothing about this digest.
 * -1 and errno; EPROTO: the answer of the ioctl is malformed.
 */
enum {
	VERITY_NONE,
	VERITY_SEALED,
	VERITY_OTHER,
	VERITY_UNSUPPORTED, /* no file of this file system has it */
};
int verity_measure(int fd, u8 algorithm, struct cfs_digest *digest);

/* Whether such a file could still get it. */
static inline bool verity_lacks(int measured)
{
	return measured == VERITY_NONE || measured == VERITY_UNSUPPORTED;
}

/*
 * verity_measure() for a caller that wants the digest of the content: with
 * another block size or a salt the result is VERITY_OTHER, too.
 */
int verity_kernel(int fd, u8 algorithm, struct cfs_digest *digest);

/*
 * Enable fs-verity on a file opened read-only. 0 also if it has it already.
 * -1 and errno: EOPNOTSUPP stands for all ways to say that it is not possible
 * here, a kernel without the algorithm included; ETXTBSY: after some tries
 * somebody still has it open for writing (ST-12).
 */
int verity_enable(int fd, u8 algorithm);

/*
 * Why no file of the file system of @fd can have fs-verity, after verity_enable()
 * failed with EOPNOTSUPP: the type of the file system, its features, or the kernel.
 */
const char *verity_missing(int fd);

/*
 * verity_enable() with the algorithm of @digest, and ask what the kernel measures
 * now: the content may have changed since it was hashed, or the file may have had
 * fs-verity with other parameters (ST-12). 0: @digest; 1: another one; -1 and errno.
 */
int verity_seal(int fd, const struct cfs_digest *digest);

#endif
