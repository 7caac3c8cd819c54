// SPDX-License-Identifier: GPL-2.0-only
/*
 * fs-verity hashing in pieces against the naive way (tests/README.md 5.1): the input
 * is a list of operations of three bytes, how and how much; what they stand for is
 * hashed while it comes, and once more as a whole.
 */
#include "verity/verity.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"
#include "tests/unit/naive.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define ALL_MAX ((size_t)600 << 10) /* two levels and a bit: 128 blocks are 512 KiB */

static u8 algorithm;

static void equal(const struct cfs_digest *got, const u8 *want, const char *what)
{
	if (got->algorithm == algorithm && !memcmp(got->b, want, cfs_digest_size(algorithm)))
		return;
	fprintf(stderr, "verity: %s differs\n", what);
	abort();
}

/* Length of a piece: small, near a block, or many blocks, which is rare. */
static size_t length(const u8 op[3])
{
	size_t n = (size_t)op[1] | (size_t)op[2] << 8;

	switch (op[0] & 7) {
	case 7:
		return VERITY_BLOCK * (n & 127);
	case 6:
		return n >> 1;
	case 5:
	case 4:
		return VERITY_BLOCK * (n >> 14) + (n & 3) + VERITY_BLOCK - 2;
	default:
		return n & 255;
	}
}

/* As zeros without bytes, zeros with bytes, or bytes. */
static size_t piece(struct verity *v, u8 *all, size_t used, const u8 op[3])
{
	size_t n = length(op);

	if (n > ALL_MAX - used)
		n = ALL_MAX - used;
	for (size_t i = 0; i < n; i++)
		all[used + i] = op[0] & 24 ? (u8)(op[1] + i * (op[2] | 1u)) : 0;
	if (op[0] & (24 | 32))
		verity_add(v, all + used, n);
	else
		verity_add_zero(v, n);
	return used + n;
}

/* The same bytes as a file whose blocks of zeros are holes, and its copy. */
static void as_file(const u8 *all, size_t used, const u8 *want)
{
	static const u8 zeros[VERITY_BLOCK];
	int fd = memfd_create("file", 0), to = memfd_create("copy", 0);
	struct verity_work *work = malloc(sizeof(*work));
	struct cfs_digest got;
	struct stat st;

	if (fd < 0 || to < 0 || !work || ftruncate(fd, (off_t)used))
		abort();
	for (size_t at = 0; at < used; at += VERITY_BLOCK) {
		size_t n = used - at < VERITY_BLOCK ? used - at : VERITY_BLOCK;

		if (memcmp(all + at, zeros, n) && pwrite(fd, all + at, n, (off_t)at) != (ssize_t)n)
			abort();
	}
	if (fstat(fd, &st) || verity_fd(fd, &st, algorithm, &got))
		abort();
	equal(&got, want, "digest of a file");
	verity_work_init(work, algorithm, NULL);
	if (verity_copy(work, fd, &st, to, &got))
		abort();
	equal(&got, want, "digest of what is copied");
	if (fstat(to, &st) || (size_t)st.st_size != used || verity_fd(to, &st, algorithm, &got))
		abort();
	equal(&got, want, "digest of the copy");
	st.st_size++;
	if (verity_fd(to, &st, algorithm, &got) != 1)
		abort();
	free(work);
	close(fd);
	close(to);
}

/* Numbers no file could have: zeros only, against the naive way without bytes. */
static void huge(const u8 *data)
{
	struct cfs_digest got;
	struct verity v;
	u64 size = 0;
	u8 want[CFS_DIGEST_MAX];

	memcpy(&size, data, sizeof(size));
	naive_verity_zeros(algorithm, size, want);
	verity_init(&v, algorithm);
	verity_add_zero(&v, size / 3);
	verity_add_zero(&v, size - size / 3);
	verity_end(&v, &got);
	equal(&got, want, "zeros");
}

static int either(const u8 *data, size_t size)
{
	static struct verity_tops tops;
	struct cfs_digest got, left[VERITY_TOPS];
	struct verity v;
	size_t used = 0;
	u8 want[CFS_DIGEST_MAX], *all;

	if (size == sizeof(u64)) {
		huge(data);
		return 0;
	}
	all = calloc(1, ALL_MAX + VERITY_BLOCK);
	if (!all)
		return 0;
	verity_init(&v, algorithm);
	for (size_t i = 0; i + 3 <= size && i < 96; i += 3)
		used = piece(&v, all, used, data + i);
	verity_end(&v, &got);
	naive_verity_of(algorithm, all, used, want);
	equal(&got, want, "digest in pieces");
	verity_memory(&v, algorithm, all, used, &got);
	equal(&got, want, "digest in one piece");
	for (unsigned int n = 1; n <= VERITY_TOPS; n++) {
		memset(&tops, 0xaa, sizeof(tops));
		verity_tops_init(&tops, algorithm);
		for (unsigned int i = 0; i < n; i++) {
			left[i].algorithm = algorithm;
			verity_init(&v, algorithm);
			verity_add(&v, all, used);
			verity_leave(&v, &tops, left[i].b);
		}
		verity_tops(&tops);
		for (unsigned int i = 0; i < n; i++)
			equal(&left[i], want, "digest whose end was left");
	}
	as_file(all, used, want);
	free(all);
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	for (algorithm = CFS_SHA256; algorithm <= CFS_SHA512; algorithm++)
		either(data, size);
	return 0;
}
