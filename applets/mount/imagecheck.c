// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/imagecheck.h"
#include <sys/mman.h>
#include <sys/stat.h>
#include "applets/applet.h"
#include "applets/common/window.h"
#include "applets/mount/stated.h"
#include "applets/mount/status.h"
#include "base/text.h"
#include "image/check.h"
#include "verity/verity.h"

#define SMALL ((u64)1 << 20) /* bytes of an image that is read as a whole at once */
#define MIB(bytes) ((unsigned long long)(((bytes) + ((1 << 20) - 1)) >> 20))

static bool asks_digest(const struct image_trust *trust)
{
	return trust->digest.algorithm || trust->statement;
}

static bool starts_with(struct cfs_span head, const char *magic, size_t len)
{
	return head.len >= len && !memcmp(head.p, magic, len);
}

/* The start of the image is not a composefs header: say what it is instead. */
static int refuse_foreign(const struct imagefd *im, struct cfs_span head, bool is_erofs,
			  struct error *err)
{
	if (starts_with(head, "\x28\xb5\x2f\xfd", 4))
		return error_set(err, EINVAL,
				 "%s: compressed with zstd: decompress it first (zstd -d)",
				 im->name);
	if (starts_with(head, "\x1f\x8b", 2))
		return error_set(err, EINVAL,
				 "%s: compressed with gzip: decompress it first (gzip -d)",
				 im->name);
	return error_set(err, EINVAL, "%s: not a composefs image (%s); cfs mkfs makes one",
			 im->name,
			 is_erofs ? "EROFS without composefs header" : "no EROFS superblock");
}

static int truncated(const struct imagefd *im, u64 need, struct error *err)
{
	return error_set(err, EUCLEAN, "%s: truncated: needs %llu bytes, has %llu", im->name,
			 (unsigned long long)need, (unsigned long long)im->size);
}

/* Find the faults for which there are better words than the decoder's. */
static int check_head(struct imagefd *im, struct cfs_span head, struct error *err)
{
	struct erofs_super_block d;
	struct cfs_header h;
	bool is_erofs;
	u32 features;
	u64 need;

	memset(&d, 0, sizeof(d));
	is_erofs = cfs_span_load(head, EROFS_SUPER_OFFSET, &d) &&
		   get32(d.magic) == EROFS_SUPER_MAGIC_V1;
	if (!cfs_span_load(head, 0, &h) || get32(h.magic) != CFS_MAGIC)
		return refuse_foreign(im, head, is_erofs, err);
	if (im->size < CFS_INODES_START)
		return truncated(im, CFS_INODES_START, err);
	if (!is_erofs)
		return refuse_foreign(im, head, false, err);
	features = get32(d.feature_incompat) & ~EROFS_FEATURE_INCOMPAT_CHUNKED_FILE;
	if (features)
		return error_set(err, EOPNOTSUPP,
				 "%s: uses EROFS feature 0x%x, unknown to this program", im->name,
				 features);
	need = (u64)get32(d.blocks) << EROFS_BLKSZ_BITS;
	if (d.blkszbits == EROFS_BLKSZ_BITS && need > im->size)
		return truncated(im, need, err);
	if (im->is_device)
		im->size = need;
	return 0;
}

/* The parser found a fault. Running out of memory says nothing about the image. */
static int damaged(const struct imagefd *im, const struct error *fault, struct error *err)
{
	if (fault->code == ENOMEM)
		return error_nomem(err);
	return error_set(err, EUCLEAN, "%s: damaged: %s", im->name, fault->text);
}

/* Check and decode the start of the image. A small one that will be read as a whole is read here. */
static int check_start(struct imagefd *im, bool read_all, struct error *err)
{
	struct cfs_span head = { NULL, im->size < CFS_INODES_START ? im->size : CFS_INODES_START };
	u8 bytes[CFS_INODES_START];
	struct error fault;
	struct cfs_fault f;
	int rc;

	if (read_all && !im->is_device && im->size <= SMALL) {
		if (imagefd_read_all(im, err))
			return -1;
		head.p = im->img.bytes;
	} else {
		if (imagefd_read(im, 0, bytes, (size_t)head.len))
			return error_sys(err, "%s: read", im->name);
		head.p = bytes;
	}
	if (check_head(im, head, err))
		return -1;
	rc = cfs_super_decode(&im->super, head, im->size, &f);
	if (!rc)
		return 0;
	image_fault(&fault, rc, &f);
	return damaged(im, &fault, err);
}

/* What the confined child hands back, in memory that both processes share. */
struct verdict {
	bool done;
	bool has_acl;
	u64 inodes;
	struct error fault; /* code 0: none */
};

struct check {
	const struct imagefd *im;
	struct verdict *verdict;
};

/* In the child: check the whole structure. */
static int check_structure(void *arg, struct workers_pool *pool)
{
	const struct check *c = arg;
	struct verdict *v = c->verdict;
	struct image img;

	(void)pool;
	if (image_open_bytes(&img, c->im->img.bytes, c->im->size, &v->fault) ||
	    image_check(&img, NULL, NULL, &v->fault)) {
		v->fault.code = v->fault.code ? v->fault.code : EUCLEAN;
	} else {
		v->fault.code = 0;
		v->has_acl = img.has_acl;
		v->inodes = img.inodes;
	}
	v->done = true;
	return 0;
}

/* Take over what the child found. The parent itself decodes only the start of the image. */
static int take_verdict(struct imagefd *im, const struct verdict *v, struct error *err)
{
	void *bytes = im->img.owned;
	struct error fault = v->fault;
	int rc;

	if (!v->done)
		return error_set(err, EIO, "%s: the process that checks the image did not finish",
				 im->name);
	fault.text[sizeof(fault.text) - 1] = '\0';
	if (fault.code)
		return damaged(im, &fault, err);
	rc = image_open_bytes(&im->img, bytes, im->size, &fault);
	im->img.owned = bytes;
	if (rc)
		return damaged(im, &fault, err);
	im->img.checked = true;
	im->img.has_acl = v->has_acl;
	im->img.inodes = v->inodes;
	verbose("%s: %llu inode%s, no fault", im->name, (unsigned long long)v->inodes,
		v->inodes == 1 ? "" : "s");
	return 0;
}

/*
 * Check the whole image before the kernel gets it. Its bytes are in memory, and a confined
 * child parses these same bytes (PH-2), so that an exploit of the parser does not run in a
 * process that may mount.
 */
static int check_all(struct imagefd *im, struct error *err)
{
	const struct window window = { .inputs = &im->fd, .n = 1, .out = -1, .beneath = -1 };
	struct check check = { .im = im };
	int rc;

	if (im->size > IMAGECHECK_MAX)
		return error_set(err, EFBIG,
				 "%s: too large to check (%llu MiB, at most %llu): use digest=",
				 im->name, MIB(im->size), MIB(IMAGECHECK_MAX));
	if (!im->img.bytes && imagefd_read_all(im, err))
		return -1;
	check.verdict = mmap(NULL, sizeof(*check.verdict), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (check.verdict == MAP_FAILED)
		return error_sys(err, "%s: memory for the check", im->name);
	(void)window_run(&window, check_structure, &check);
	rc = take_verdict(im, check.verdict, err);
	munmap(check.verdict, sizeof(*check.verdict));
	return rc;
}

int imagecheck_differs(const struct imagefd *im, const struct cfs_digest *want,
		       const struct cfs_digest *is, struct error *err)
{
	char a[TEXT_DIGEST], b[TEXT_DIGEST];

	return error_set(err, EINVAL, "%s: wrong digest: want %s, is %s", im->name,
			 text_digest(a, want), text_digest(b, is));
}

static int compare(struct imagefd *im, const struct cfs_digest *want, const struct cfs_digest *is,
		   struct error *err)
{
	if (!cfs_digest_equal(want, is))
		return imagecheck_differs(im, want, is, err);
	verbose("%s: has the digest", im->name);
	im->digest = *is;
	return 0;
}

/* Ask the kernel for the digest; 1: the file has no fs-verity that it enforces. */
static int measure(struct imagefd *im, const struct cfs_digest *want, struct error *err)
{
	struct cfs_digest digest;

	switch (verity_measure(im->fd, want->algorithm, &digest)) {
	case VERITY_SEALED:
		im->measured = true;
		return compare(im, want, &digest, err);
	case VERITY_OTHER: /* a digest of another algorithm says nothing about this one */
	case VERITY_NONE:
	case VERITY_UNSUPPORTED:
		return 1;
	default:
		return error_sys(err, "%s: fs-verity digest", im->name);
	}
}

/*
 * Whether the kernel enforces a digest that the statement has; 1: it does not, so a copy
 * has to be hashed. A file has fs-verity with at most one algorithm.
 */
static int measure_stated(struct imagefd *im, const struct image_trust *trust)
{
	struct cfs_digest digest;

	for (u8 a = CFS_SHA256; a <= CFS_SHA512; a++) {
		if (verity_measure(im->fd, a, &digest) != VERITY_SEALED ||
		    !stated_has(trust, &digest))
			continue;
		im->measured = true;
		im->digest = digest;
		return 0;
	}
	return 1;
}

/* Hash the sealed copy and compare it with the digest that was asked for. */
static int compare_copy(struct imagefd *im, const struct cfs_digest *want, struct error *err)
{
	struct cfs_digest digest;

	return stated_hash(im, want->algorithm, &digest, err) || compare(im, want, &digest, err)
		       ? -1
		       : 0;
}

static int verify_copy(struct imagefd *im, const struct image_trust *trust, struct error *err)
{
	int rc;

	if (!im->is_copy && im->size > IMAGEFD_COPY_MAX)
		return error_set(
			err, EFBIG,
			"%s: no fs-verity and too large to copy to memory (%llu MiB, at most %llu): enable fs-verity on it",
			im->name, MIB(im->size), MIB(IMAGEFD_COPY_MAX));
	if (!im->is_copy && imagefd_copy(im, false, err))
		return -1;
	if (trust->statement)
		rc = stated_compare(im, trust, err);
	else
		rc = compare_copy(im, &trust->digest, err);
	/* The header was read from the file, not from the copy. */
	return rc ? -1 : check_start(im, false, err);
}

int imagecheck_run(struct imagefd *im, const struct image_trust *trust, struct error *err)
{
	int rc = 1;

	if (check_start(im, !asks_digest(trust), err))
		return -1;
	if (!asks_digest(trust))
		return trust->unchecked ? 0 : check_all(im, err);
	if (!im->is_copy && !im->is_device)
		rc = trust->statement ? measure_stated(im, trust)
				      : measure(im, &trust->digest, err);
	return rc > 0 ? verify_copy(im, trust, err) : rc;
}
