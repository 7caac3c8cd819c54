// SPDX-License-Identifier: GPL-2.0-only
/* Digests of files: read, hole by hole and range by range, or asked of the kernel. */
#include "verity/verity_inside.h"

#include <linux/fsverity.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "files/io.h"
#include "base/workers.h"

/* The file systems whose kernel code enforces fs-verity, as statfs() numbers them. */
#define EXT4_MAGIC 0xEF53u
#define F2FS_MAGIC 0xF2F52010u
#define BTRFS_MAGIC 0x9123683Eu

int verity_extent(int fd, u64 off, u64 size, u64 *from, u64 *to)
{
	off_t data, hole;

	*from = off;
	*to = size;
	data = lseek(fd, (off_t)off, SEEK_DATA);
	if (data < 0 && errno == ENXIO) { /* nothing but a hole, or the file is shorter now */
		*from = size;
		return 0;
	}
	if (data < 0)
		return errno == EINVAL ? 0 : -1;
	if ((u64)data >= size) {
		*from = size;
		return 0;
	}
	*from = (u64)data;
	hole = lseek(fd, data, SEEK_HOLE);
	if (hole < 0)
		return errno == EINVAL || errno == ENXIO ? 0 : -1;
	if ((u64)hole > *from && (u64)hole < size)
		*to = (u64)hole;
	return 0;
}

static int write_at(int fd, const u8 *p, size_t len, u64 off)
{
	if (lseek(fd, (off_t)off, SEEK_SET) < 0)
		return -1;
	return io_write(fd, p, len);
}

/* 1 at an early end. */
static int add_range(struct verity_work *work, int fd, u64 from, u64 to, int copy)
{
	while (from < to) {
		size_t len = to - from < VERITY_READ ? (size_t)(to - from) : VERITY_READ;
		ssize_t n = io_pread(fd, work->buf, len, from);

		if (n < 0)
			return -1;
		verity_add(&work->v, work->buf, (size_t)n);
		if ((size_t)n < len)
			return 1;
		if (copy >= 0 && write_at(copy, work->buf, len, from))
			return -2;
		from += len;
	}
	return 0;
}

static int add_sparse(struct verity_work *work, int fd, u64 off, u64 end, int copy)
{
	u64 from, to;
	int rc;

	while (off < end) {
		if (verity_extent(fd, off, end, &from, &to))
			return -1;
		verity_add_zero(&work->v, from - off);
		rc = add_range(work, fd, from, from < end ? to : from, copy);
		if (rc)
			return rc;
		off = from < end ? to : end;
	}
	return 0;
}

/* A file that got shorter ends in what looks like a hole; the caller's second fstat shows it as well. */
static int still_there(int fd, const struct stat *st)
{
	return !verity_sparse(st) || lseek(fd, 0, SEEK_END) == st->st_size ? 0 : 1;
}

static int add_part(struct verity_work *work, int fd, const struct stat *st, u64 from, u64 end,
		    int copy)
{
	verity_init(&work->v, work->algorithm);
	return verity_sparse(st) ? add_sparse(work, fd, from, end, copy)
				 : add_range(work, fd, from, end, copy);
}

int verity_copy(struct verity_work *work, int fd, const struct stat *st, int to,
		struct cfs_digest *digest)
{
	int rc = add_part(work, fd, st, 0, (u64)st->st_size, to);

	if (!rc && to >= 0 && verity_sparse(st) && ftruncate(to, st->st_size))
		return -2;
	if (!rc)
		rc = still_there(fd, st);
	if (!rc)
		verity_end(&work->v, digest);
	return rc;
}

/* A file whose ranges several threads hash. */
struct ranges {
	struct workers_share share;
	struct verity_work *work; /* for what is behind the last range */
	int fd;
	const struct stat *st;
	u8 hash[][CFS_DIGEST_MAX];
};

/* The rest of the file comes first, so that nobody waits for it at the end. */
static int add_piece(void *arg, size_t piece)
{
	struct ranges *r = arg;
	const u64 range = verity_range_size(r->work->algorithm);
	u64 from = (piece ? piece - 1 : r->share.pieces - 1) * range;
	struct verity_work *work;
	int rc, code;

	if (!piece)
		return add_part(r->work, r->fd, r->st, from, (u64)r->st->st_size, -1);
	work = malloc(sizeof(*work));
	if (!work)
		return -1;
	work->algorithm = r->work->algorithm;
	rc = add_part(work, r->fd, r->st, from, from + range, -1);
	memcpy(r->hash[piece - 1], verity_range(&work->v), cfs_digest_size(work->algorithm));
	code = errno;
	free(work);
	errno = code;
	return rc;
}

static int add_ranges(struct verity_work *work, struct ranges *r)
{
	int rc = workers_share(work->workers, &r->share);

	for (size_t i = 0; !rc && i + 1 < r->share.pieces; i++)
		verity_add_range(&work->v, r->hash[i]);
	return rc;
}

/* All but the end of the digest. */
static int add_file(struct verity_work *work, int fd, const struct stat *st)
{
	/* A range of nothing but a hole is not worth a piece: a file may have 2^37 of them. */
	bool dense = (u64)st->st_blocks * 512 >= (u64)st->st_size / 2;
	size_t n = (size_t)((u64)st->st_size / verity_range_size(work->algorithm));
	struct ranges *r =
		work->workers && dense && n ? malloc(sizeof(*r) + n * sizeof(*r->hash)) : NULL;
	int rc, code;

	if (r) {
		r->share = (struct workers_share){ .pieces = n + 1, .fn = add_piece, .arg = r };
		r->work = work;
		r->fd = fd;
		r->st = st;
		rc = add_ranges(work, r);
		code = errno;
		free(r);
		errno = code;
	} else {
		rc = add_part(work, fd, st, 0, (u64)st->st_size, -1);
	}
	return rc ? rc : still_there(fd, st);
}

int verity_file(struct verity_work *work, int fd, const struct stat *st, struct cfs_digest *digest)
{
	int rc = add_file(work, fd, st);

	if (!rc)
		verity_end(&work->v, digest);
	return rc;
}

int verity_begin(struct verity_work *work, int fd, const struct stat *st, u8 *digest)
{
	struct verity_tops *tops = &work->tops;
	unsigned int n = tops->n;
	ssize_t len;
	int rc;

	if (st->st_size > 0 && st->st_size <= VERITY_BLOCK) {
		len = io_pread(fd, tops->block[n], (size_t)st->st_size, 0);
		tops->size[n] = (u64)st->st_size;
		tops->digest[n] = digest;
		if (len < 0)
			return -1;
		tops->n += len == st->st_size;
		return len < st->st_size;
	}
	rc = add_file(work, fd, st);
	if (!rc)
		verity_leave(&work->v, tops, digest);
	return rc;
}

int verity_fd(int fd, const struct stat *st, u8 algorithm, struct cfs_digest *digest)
{
	struct verity_work *work = malloc(sizeof(*work));
	int rc, code;

	if (!work)
		return -1;
	verity_work_init(work, algorithm, NULL);
	rc = verity_file(work, fd, st, digest);
	code = errno;
	free(work);
	errno = code;
	return rc;
}

/* How the kernel says that a file system, or the kernel, has no fs-verity at all. */
static bool unsupported(int code)
{
	return code == EOPNOTSUPP || code == ENOTTY || code == ENOSYS;
}

/* C libraries do not agree on the type of the second parameter of ioctl(). */
static long call(int fd, unsigned long request, void *arg)
{
	return syscall(SYS_ioctl, fd, request, arg);
}

/*
 * Whether the kernel itself checks every read of the file against the digest that
 * it measured: 1 or 0; -1 and errno. FUSE (and so virtiofs) forwards the ioctl to
 * its server since Linux 6.10, so an answer by itself proves nothing. fstatfs()
 * gives the number of the file system that answers; no server can change it.
 */
static int enforces(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st))
		return -1;
	switch ((u32)st.f_type) {
	case EXT4_MAGIC:
	case F2FS_MAGIC:
	case BTRFS_MAGIC:
		return 1;
	default:
		return 0;
	}
}

/* The buffer of FS_IOC_MEASURE_VERITY: its head and room for the longest digest. */
struct measured {
	struct fsverity_digest head;
	u8 digest[CFS_DIGEST_MAX];
};

/*
 * VERITY_*, or -1 and errno, for the result @rc of the ioctl with @code in errno
 * when a digest with @algorithm is wanted.
 */
static int judge(long rc, int code, u8 algorithm, const struct measured *m)
{
	const struct fsverity_digest *head = &m->head;

	errno = code;
	if (rc < 0)
		return code == EOVERFLOW ? VERITY_OTHER : -1;
	/* A number other than 0, no algorithm, more than there is room for: not an answer. */
	errno = EPROTO;
	if (rc || !head->digest_algorithm || !head->digest_size ||
	    head->digest_size > sizeof(m->digest))
		return -1;
	if (head->digest_algorithm != algorithm)
		return VERITY_OTHER;
	/* The algorithm alone would compare what follows a shorter digest (VE-3). */
	return head->digest_size == cfs_digest_size(algorithm) ? VERITY_SEALED : -1;
}

int verity_measure(int fd, u8 algorithm, struct cfs_digest *digest)
{
	struct measured m;
	long rc;
	int code, here;

	memset(&m, 0, sizeof(m));
	m.head.digest_size = sizeof(m.digest);
	rc = call(fd, FS_IOC_MEASURE_VERITY, &m);
	code = errno;
	if (rc < 0 && unsupported(code))
		return VERITY_UNSUPPORTED;
	if (rc < 0 && code == ENODATA)
		return VERITY_NONE;
	/* Everything else, errors too, is believed only where the kernel said it. */
	here = enforces(fd);
	if (here < 0)
		return -1;
	if (!here)
		return VERITY_UNSUPPORTED;
	here = judge(rc, code, algorithm, &m);
	if (here == VERITY_SEALED)
		cfs_digest_set(digest, algorithm, m.digest);
	return here;
}

int verity_kernel(int fd, u8 algorithm, struct cfs_digest *digest)
{
	struct descriptor d = { 0 };
	struct fsverity_read_metadata_arg arg = {
		.metadata_type = FS_VERITY_METADATA_TYPE_DESCRIPTOR,
		.length = sizeof(d),
		.buf_ptr = (uintptr_t)&d,
	};
	int rc = verity_measure(fd, algorithm, digest);

	if (rc != VERITY_SEALED)
		return rc;
	/* A kernel too old to show the descriptor: the caller has to hash. */
	if (call(fd, FS_IOC_READ_VERITY_METADATA, &arg) != sizeof(d))
		return VERITY_OTHER;
	return d.log_blocksize == 12 && d.salt_size == 0 ? VERITY_SEALED : VERITY_OTHER;
}

int verity_enable(int fd, u8 algorithm)
{
	struct fsverity_enable_arg arg = {
		.version = 1,
		.hash_algorithm = algorithm,
		.block_size = VERITY_BLOCK,
	};
	const struct timespec pause = { .tv_nsec = 2000000 };
	unsigned int tries = 0;

	while (call(fd, FS_IOC_ENABLE_VERITY, &arg)) {
		if (errno == EEXIST)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno == ETXTBSY && ++tries < 50) { /* 0.1 s in all */
			nanosleep(&pause, NULL);
			continue;
		}
		/* ENOPKG: the kernel has no such algorithm, or its module is not there. */
		if (unsupported(errno) || errno == ENOPKG)
			errno = EOPNOTSUPP;
		return -1;
	}
	return 0;
}

int verity_seal(int fd, const struct cfs_digest *digest)
{
	struct cfs_digest is;
	int rc;

	if (verity_enable(fd, digest->algorithm))
		return -1;
	rc = verity_measure(fd, digest->algorithm, &is);
	return rc < 0 ? -1 : rc != VERITY_SEALED || !cfs_digest_equal(&is, digest);
}
