// SPDX-License-Identifier: GPL-2.0-only
/* base/verity.c against known digests and an implementation of its own (image format 12, tests/README.md 5.1). */
#include "verity/verity_inside.h"
#include <linux/fs.h>
#include "base/workers.h"
#include "tests/unit/naive.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

static u32 seed = 12345;

static u32 rnd(u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Of all that follows; each test runs once with either. */
static u8 algorithm;

static bool equal(const struct cfs_digest *d, const u8 *want)
{
	return d->algorithm == algorithm && !memcmp(d->b, want, cfs_digest_size(algorithm));
}

static bool is(const struct cfs_digest *d, const char *hex)
{
	u8 want[CFS_DIGEST_MAX];

	return strlen(hex) == 2 * cfs_digest_size(algorithm) &&
	       cfs_hex_parse(want, cfs_digest_size(algorithm), hex) && equal(d, want);
}

/* Digests that `fsverity digest` of fsverity-utils gives. */
static const struct {
	const char *name, *data;
	u64 zeros;
	const char *sha256, *sha512;
} known_digests[] = {
	{ "hello world and newline", "hello world\n", 0,
	  "37061ef2ac4c21bec68489b56138c5780306a4ad7fe6676236ecdf2c9027cd92",
	  "4098b052d2427dc9029c85062215dd6e6c41667bfae09f5ce90a49f7e01fca295c89b16a4d2703ac5b0593f476ca174675ee51829c2f1fd07c4133a87041c1d7" },
	{ "hello world", "hello world", 0,
	  "1e2eaa4202d750a41174ee454970b92c1bc2f925b1e35076d8c7d5f56362ba64",
	  "18430270729d162d4e469daca123ae61893db4b0583d8f7081e3bf4f92b88ba514e7982f10733fb6aa895195c5ae8fd2eb2c47a8be05513ce5a0c51a6f570409" },
	{ "nothing", "", 0, "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95",
	  "ccf9e5aea1c2a64efa2f2354a6024b90dffde6bbc017825045dce374474e13d10adb9dadcc6ca8e17a3c075fbd31336e8f266ae6fa93a6c3bed66f9e784e5abf" },
	{ "3 GiB of zeros", "", (u64)3 << 30,
	  "61cf8b7b751066af446071d81e56b51044b849a2a190351ea8bebe4edbb28795",
	  "fb71cea5bb06fe1734c4306ff36d21348aad9107885de37c70c1c6e0f987a0f35944903496c32066c4179fddd3fbf48d9e4310b8caaa175a82bf9b1f603436a7" },
};

static void known(struct verity *v)
{
	for (size_t i = 0; i < ARRAY_LEN(known_digests); i++) {
		const char *data = known_digests[i].data;
		struct cfs_digest d;

		verity_init(v, algorithm);
		verity_add(v, data, strlen(data));
		verity_add_zero(v, known_digests[i].zeros);
		verity_end(v, &d);
		CHECK(is(&d, algorithm == CFS_SHA512 ? known_digests[i].sha512
						     : known_digests[i].sha256),
		      "%s", known_digests[i].name);
	}
}

static const u64 zero_sizes[] = { 1,
				  4095,
				  4096,
				  4097,
				  8192,
				  128 * 4096 - 1,
				  128 * 4096,
				  128 * 4096 + 1,
				  129 * 4096,
				  64 * 4096 - 1,
				  64 * 4096,
				  64 * 4096 + 1,
				  65 * 4096,
				  64 * 64 * 4096 - 1,
				  64 * 64 * 4096,
				  64 * 64 * 4096 + 1,
				  128 * 128 * 4096,
				  128 * 128 * 4096 + 1,
				  (u64)127 * 128 * 128 * 4096 + 5,
				  (u64)1 << 33,
				  ((u64)1 << 40) - 1,
				  ((u64)1 << 47) + 12345,
				  ((u64)1 << 54) - 4096,
				  ((u64)1 << 61) + 1,
				  ((u64)1 << 63) - 1,
				  UINT64_MAX };

/* Every constant of a level, and the way up and down between them. */
static void zeros(struct verity *v)
{
	for (size_t i = 0; i < ARRAY_LEN(zero_sizes); i++) {
		struct cfs_digest d;
		u64 left = zero_sizes[i];
		u8 want[CFS_DIGEST_MAX];

		naive_verity_zeros(algorithm, left, want);
		verity_init(v, algorithm);
		verity_add_zero(v, left);
		verity_end(v, &d);
		CHECK(equal(&d, want), "%llu zeros", (unsigned long long)left);
		verity_init(v, algorithm);
		for (unsigned int n = 0; n < 20; n++) { /* the same in pieces */
			u64 piece = left >> (1 + rnd(8));

			verity_add_zero(v, piece);
			left -= piece;
		}
		verity_add_zero(v, left);
		verity_end(v, &d);
		CHECK(equal(&d, want), "%llu zeros in pieces", (unsigned long long)zero_sizes[i]);
	}
}

/* In random pieces, runs of zeros now as data and now as holes. */
static void in_pieces(struct verity *v, const u8 *p, size_t len, struct cfs_digest *d)
{
	size_t off = 0;

	verity_init(v, algorithm);
	while (off < len) {
		size_t n = 1 + rnd(rnd(2) ? 300000 : 5000), zero = 0;

		if (n > len - off)
			n = len - off;
		while (zero < n && !p[off + zero])
			zero++;
		if (zero > 1 && rnd(4)) {
			verity_add_zero(v, zero);
			off += zero;
			continue;
		}
		verity_add(v, p + off, n);
		off += n;
	}
	verity_end(v, d);
}

static void lengths(struct verity *v, u8 *data, size_t size)
{
	static const size_t at[] = { 0,          4096,       8192,       64 * 4096,  65 * 4096,
				     128 * 4096, 129 * 4096, 256 * 4096, 1000 * 4096 };
	struct cfs_digest d;
	u8 want[CFS_DIGEST_MAX];

	for (size_t i = 0; i < ARRAY_LEN(at); i++)
		for (size_t len = at[i] < 2 ? 0 : at[i] - 2; len <= at[i] + 2 && len <= size;
		     len++) {
			naive_verity_of(algorithm, data, len, want);
			verity_memory(v, algorithm, data, len, &d);
			CHECK(equal(&d, want), "%zu bytes", len);
			for (unsigned int n = 0; n < (unit_long ? 50u : 3u); n++) {
				in_pieces(v, data, len, &d);
				CHECK(equal(&d, want), "%zu bytes in pieces", len);
			}
		}
}

/* Up to four digests that lack two hashes each; the rest of them together. */
static void tops(struct verity *v, u8 *data)
{
	static const size_t sizes[] = { 1,          4095,           4096,       4097,
					8192,       12289,          62 * 4096,  63 * 4096 - 1,
					63 * 4096,  63 * 4096 + 1,  64 * 4096,  126 * 4096,
					127 * 4096, 127 * 4096 + 1, 128 * 4096, 200 * 4096 };
	const size_t most = (4096 / cfs_digest_size(algorithm) - 1) * 4096;
	static struct verity_tops t;
	u8 got[4][CFS_DIGEST_MAX], want[CFS_DIGEST_MAX];

	for (size_t i = 0; i < 4 * ARRAY_LEN(sizes); i++) {
		size_t n = 1 + i % 4, size[4];

		memset(&t, 0x55, sizeof(t));
		memset(got, 0, sizeof(got));
		verity_tops_init(&t, algorithm);
		for (size_t k = 0; k < n; k++) {
			unsigned int waiting = t.n;

			size[k] = sizes[k ? rnd(ARRAY_LEN(sizes)) : i / 4];
			if (size[k] < 4096) {
				memcpy(t.block[t.n], data + 17 * k, size[k]);
				t.size[t.n] = size[k];
				t.digest[t.n++] = got[k];
				continue;
			}
			verity_init(v, algorithm);
			verity_add(v, data + 17 * k, size[k]);
			verity_leave(v, &t, got[k]);
			CHECK((t.n == waiting) == (size[k] <= 4096 || size[k] > most), "%zu bytes",
			      size[k]);
		}
		verity_tops(&t);
		CHECK(!t.n, "none is left");
		for (size_t k = 0; k < n; k++) {
			naive_verity_of(algorithm, data + 17 * k, size[k], want);
			CHECK(!memcmp(got[k], want, cfs_digest_size(algorithm)),
			      "%zu of %zu: %zu bytes", k, n, size[k]);
		}
	}
}

/* Files with data at @off of each of @n places, 5000 bytes long. */
static void sparse(const struct scratch *s, struct verity_work *work, size_t size,
		   const size_t *off, size_t n)
{
	u8 *data = calloc(1, size), want[CFS_DIGEST_MAX];
	const char *path = scratch_path(s, "sparse"), *copy = scratch_path(s, "copy");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600),
	    to = open(copy, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct cfs_digest d;
	struct stat st, st2;
	size_t len = 0;
	char *again;

	for (size_t i = 0; i < n; i++) {
		size_t part = size - off[i] < 5000 ? size - off[i] : 5000;

		memset(data + off[i], 0x11 + (int)i, part);
		CHECK(pwrite(fd, data + off[i], part, (off_t)off[i]) == (ssize_t)part, "pwrite");
	}
	CHECK(!ftruncate(fd, (off_t)size) && !fstat(fd, &st), "ftruncate");
	naive_verity_of(algorithm, data, size, want);
	CHECK(!verity_file(work, fd, &st, &d) && equal(&d, want), "%zu bytes with %zu places", size,
	      n);
	CHECK(!verity_fd(fd, &st, algorithm, &d) && equal(&d, want), "the same by verity_fd");
	memset(d.b, 0, sizeof(d.b));
	CHECK(!verity_begin(work, fd, &st, d.b), "begin");
	verity_tops(&work->tops);
	CHECK(equal(&d, want), "%zu bytes, begun and ended", size);
	CHECK(!verity_copy(work, fd, &st, to, &d) && equal(&d, want), "%zu bytes copied", size);
	again = scratch_read(s, "copy", &len);
	CHECK(len == size && !memcmp(again, data, size), "the copy");
	CHECK(!fstat(to, &st2) && st2.st_blocks <= st.st_blocks + 8, "holes of the copy (ST-11)");
	st.st_size++;
	CHECK(verity_file(work, fd, &st, &d) == 1, "a file that is too short");
	CHECK(verity_begin(work, fd, &st, d.b) == 1 && !work->tops.n, "and begun");
	CHECK(!ftruncate(fd, (off_t)(size / 2)) && !fstat(fd, &st2), "ftruncate");
	st.st_size--;
	CHECK(size / 2 == size || verity_file(work, fd, &st, &d) == 1, "a file that got shorter");
	free(again);
	free(data);
	close(fd);
	close(to);
}

/* One thread hashes the file that all others wait for. */
struct large {
	struct verity_work *work;
	int fd;
	struct stat st;
	struct cfs_digest d;
	int rc, code;
};

static int hash_large(struct workers *w, unsigned int index, size_t item, void *arg,
		      struct error *err)
{
	struct large *l = arg;

	(void)index;
	(void)item;
	(void)err;
	l->work->workers = w;
	l->rc = verity_file(l->work, l->fd, &l->st, &l->d);
	l->code = errno;
	l->work->workers = NULL;
	return 0;
}

static void hash_by(struct large *l, unsigned int threads)
{
	struct error err;

	CHECK(!workers_each(threads, 1, hash_large, l, &err), "workers");
}

/* A file large enough to be hashed in ranges, with a hole of @hole bytes at its beginning. */
static void large(const struct scratch *s, struct verity_work *work, size_t size, size_t hole)
{
	struct large l = { .work = work,
			   .fd = open(scratch_path(s, "large"), O_RDWR | O_CREAT | O_TRUNC, 0600) };
	const size_t piece = 1 << 20;
	u8 *data = malloc(piece);
	struct cfs_digest want;

	for (size_t i = 0; i < piece; i++)
		data[i] = (u8)rnd(256);
	for (size_t at = hole, n; at < size; at += n) {
		n = size - at < piece ? size - at : piece;
		memcpy(data, &at, n < sizeof(at) ? n : sizeof(at)); /* each differs */
		CHECK(pwrite(l.fd, data, n, (off_t)at) == (ssize_t)n, "pwrite");
	}
	CHECK(!fstat(l.fd, &l.st), "fstat");
	CHECK(!verity_copy(work, l.fd, &l.st, -1, &want), "in one piece");
	for (unsigned int threads = 1; threads <= 4; threads++) {
		hash_by(&l, threads);
		CHECK(!l.rc && cfs_digest_equal(&l.d, &want), "%zu bytes by %u threads", size,
		      threads);
	}
	CHECK(!ftruncate(l.fd, (off_t)(size / 3)), "ftruncate");
	hash_by(&l, 3);
	CHECK(l.rc == 1, "a file that got shorter: %d", l.rc);
	free(data);
	close(l.fd);
	l.fd = -1;
	hash_by(&l, 3);
	CHECK(l.rc == -1 && l.code == EBADF, "no file: %d", l.rc);
}

static void files(struct verity_work *work)
{
	static const size_t places[] = { 0, 300000, 700000, 2097152 };
	const size_t range = (size_t)verity_range_size(algorithm);
	struct scratch s;

	scratch_begin(&s);
	sparse(&s, work, 1 << 20, places, 0);
	sparse(&s, work, 1 << 20, places, 2);
	sparse(&s, work, (3 << 20) + 7, places, 4);
	sparse(&s, work, (2 << 20) + 3, places + 1, 3);
	sparse(&s, work, 5000, places, 1);
	sparse(&s, work, 3, places, 1);
	large(&s, work, range, 0);
	large(&s, work, range + 1, 0);
	large(&s, work, 2 * range + 1000003, 5 << 20);
	scratch_end(&s);
}

/* Where there is no fs-verity, which is where these tests usually run (ST-12). */
static void kernel(void)
{
	struct scratch s;
	struct cfs_digest d;
	int fd, rc, none;

	scratch_begin(&s);
	scratch_file(&s, "f", "abc", 3, 0644);
	fd = open(scratch_path(&s, "f"), O_RDONLY);
	rc = verity_enable(fd, algorithm);
	if (rc) {
		CHECK(errno == EOPNOTSUPP, "enable: errno %d", errno);
		rc = verity_kernel(fd, algorithm, &d);
		CHECK(rc == VERITY_UNSUPPORTED || rc == VERITY_NONE, "measure: %d", rc);
	} else {
		u8 want[CFS_DIGEST_MAX];

		naive_verity_of(algorithm, "abc", 3, want);
		CHECK(verity_kernel(fd, algorithm, &d) == VERITY_SEALED && equal(&d, want),
		      "measure");
		CHECK(!verity_enable(fd, algorithm), "enable twice");
	}
	close(fd);
	/* An emulator that does not know the call never asks the kernel. */
	none = verity_measure(-1, algorithm, &d);
	CHECK((none == -1 && errno == EBADF) || (none == VERITY_UNSUPPORTED && rc == none),
	      "no file: %d", none);
	scratch_end(&s);
}

void unit_verity_verity(void)
{
	struct verity_work *work = calloc(1, sizeof(*work));
	const size_t size = 1001 * 4096;
	u8 *data = malloc(size);

	for (size_t i = 0; i < size; i++)
		data[i] = i / 10000 % 3 ? (u8)rnd(256) : 0;
	for (algorithm = CFS_SHA256; algorithm <= CFS_SHA512; algorithm++) {
		verity_work_init(work, algorithm, NULL);
		known(&work->v);
		zeros(&work->v);
		lengths(&work->v, data, size);
		tops(&work->v, data);
		files(work);
		kernel();
	}
	free(data);
	free(work);
}
