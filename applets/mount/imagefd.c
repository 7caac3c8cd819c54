// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/imagefd.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/window.h"
#include "applets/mount/job.h"
#include "applets/mount/loopdev.h"
#include "applets/mount/stated.h"
#include "files/io.h"
#include "base/text.h"
#include "verity/verity.h"
#include "image/check.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define LOOP_MAJOR 7
#define PIECE ((size_t)64 << 10)
#define IMAGEFD_SMALL ((u64)1 << 20)

void imagefd_init(struct imagefd *im)
{
	memset(im, 0, sizeof(*im));
	im->fd = -1;
}

void imagefd_close(struct imagefd *im)
{
	image_close(&im->img);
	free(im->backing);
	if (im->fd >= 0)
		close(im->fd);
	imagefd_init(im);
}

/* What kind of file this is, if it is none that can be an image. */
static const char *wrong_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
		return "a character device";
	case S_IFREG:
	case S_IFBLK:
		return NULL;
	default:
		return "something else";
	}
}

/* The next bytes of the image, none at its end. -1 with an error. */
static ssize_t next_bytes(struct job *j, int from, u8 *buf, u64 done, bool stream)
{
	struct imagefd *im = &j->image;
	u64 left = im->size - done;
	ssize_t n;

	if (!stream) {
		n = io_pread(from, buf, left < PIECE ? (size_t)left : PIECE, done);
		return n < 0 ? job_sys(j, "%s: read", im->name) : n;
	}
	do {
		if (job_wait(j, from))
			return -1;
		n = read(from, buf, PIECE);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? job_sys(j, "%s: read", im->name) : n;
}

/* All of @from to @to: a file from its beginning, a stream from where it is. */
static int copy_bytes(struct job *j, int from, int to, bool stream)
{
	struct imagefd *im = &j->image;
	u8 *buf = malloc(PIECE);
	u64 done = 0;
	ssize_t n;

	if (!buf)
		return job_fail(j, MOUNT_SYSTEM, "%s", error_words(ENOMEM));
	while ((n = next_bytes(j, from, buf, done, stream)) > 0) {
		done += (u64)n;
		if (done > IMAGEFD_COPY_MAX)
			n = job_fail(j, MOUNT_FAILED, "%s: too large to copy (at most %llu MiB)",
				     im->name, (unsigned long long)(IMAGEFD_COPY_MAX >> 20));
		else if (io_write(to, buf, (size_t)n))
			n = job_sys(j, "%s: copy", im->name);
		if (n < 0)
			break;
	}
	free(buf);
	if (n < 0)
		return -1;
	if (!stream && done != im->size)
		return job_fail(j, MOUNT_FAILED, "%s: changed while it was read", im->name);
	im->size = done;
	return 0;
}

/* A sealed copy takes the place of the image. */
static int make_copy(struct job *j, bool stream)
{
	struct imagefd *im = &j->image;
	int fd = memfd_create("composefs-image", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return job_sys(j, "%s: memory file", im->name);
	rc = copy_bytes(j, im->fd, fd, stream);
	if (!rc && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		rc = job_sys(j, "%s: seal", im->name);
	if (rc) {
		close(fd);
		return rc;
	}
	verbose("%s: copied to memory, %llu bytes", im->name, (unsigned long long)im->size);
	close(im->fd);
	im->fd = fd;
	im->is_copy = true;
	im->is_writable = true;
	im->is_device = false;
	return 0;
}

static int open_descriptor(struct job *j, const char *number)
{
	struct imagefd *im = &j->image;
	int flags;
	u64 fd;

	if (!text_number(number, strlen(number), 10, INT32_MAX, &fd))
		return job_fail(j, MOUNT_USAGE, "%s: not the number of a descriptor", im->name);
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0)
		return job_sys(j, "%s", im->name);
	if (flags & O_PATH || (flags & O_ACCMODE) == O_WRONLY)
		return job_fail(j, MOUNT_FAILED, "%s: not open for reading", im->name);
	im->fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 3);
	return im->fd < 0 ? job_sys(j, "%s", im->name) : 0;
}

static int open_path(struct job *j, const char *path)
{
	struct stat st;

	j->image.fd = openat(AT_FDCWD, path, OPEN_FLAGS);
	if (j->image.fd >= 0)
		return 0;
	if (errno == ENXIO && !fstatat(AT_FDCWD, path, &st, 0) && S_ISSOCK(st.st_mode))
		return job_fail(j, MOUNT_FAILED, "%s: is a socket, not an image", path);
	return job_sys(j, "%s", path);
}

static int see_type(struct job *j)
{
	struct imagefd *im = &j->image;
	const char *wrong;
	struct stat st;
	int fd;

	if (fstat(im->fd, &st))
		return job_sys(j, "%s: stat", im->name);
	wrong = wrong_type(st.st_mode);
	if (wrong)
		return job_fail(j, MOUNT_FAILED, "%s: is %s, not an image", im->name, wrong);
	if (S_ISBLK(st.st_mode) && major(st.st_rdev) == LOOP_MAJOR && !im->backing) {
		fd = loopdev_file(im->fd, minor(st.st_rdev), &im->backing);
		if (fd >= 0) {
			verbose("%s: the loop device of %s", im->name, im->backing);
			close(im->fd);
			im->fd = fd;
			im->name = im->backing;
			im->has_path = true;
			return see_type(j);
		}
		verbose("%s: the file behind it cannot be reached; the device itself is the image",
			im->name);
	}
	im->is_device = S_ISBLK(st.st_mode);
	im->size = (u64)st.st_size;
	if (im->is_device) {
		off_t end = lseek(im->fd, 0, SEEK_END);

		if (end < 0)
			return job_sys(j, "%s: size", im->name);
		im->size = (u64)end;
	}
	return 0;
}

int imagefd_open(struct job *j, const char *source)
{
	struct imagefd *im = &j->image;

	im->name = source;
	if (!strcmp(source, "-")) {
		im->fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
		if (im->fd < 0)
			return job_sys(j, "-");
		return make_copy(j, true);
	}
	if (!strncmp(source, "fd:", 3))
		return open_descriptor(j, source + 3) ? -1 : see_type(j);
	im->has_path = true;
	return open_path(j, source) ? -1 : see_type(j);
}

int imagefd_take(struct job *j, int fd, const char *name)
{
	j->image.fd = fd;
	j->image.name = name;
	return see_type(j);
}

void imagefd_source(struct job *j)
{
	const char *path = j->image.name;
	char cwd[FS_SOURCE_ROOM] = "";
	int n = -1;

	if (j->source[0])
		return;
	if (j->image.has_path && path[0] != '/') {
		while (!strncmp(path, "./", 2))
			path += 2;
		if (!getcwd(cwd, sizeof(cwd)) || cwd[0] != '/')
			path = NULL;
		else if (!cwd[1])
			cwd[0] = '\0';
	}
	if (j->image.has_path && path)
		n = text_format(j->source, sizeof(j->source), "%s%s%s", cwd,
				path[0] == '/' ? "" : "/", path);
	if (n < 0 || (size_t)n >= sizeof(j->source))
		strcpy(j->source, "composefs");
}

int imagefd_read(const struct imagefd *im, u64 off, void *buf, size_t len)
{
	ssize_t n;

	if (im->img.bytes) {
		if (cfs_span_copy(image_span(&im->img), off, buf, len))
			return 0;
		errno = EUCLEAN;
		return -1;
	}
	n = io_pread(im->fd, buf, len, off);
	if (n >= 0 && (size_t)n != len)
		errno = EUCLEAN;
	return n >= 0 && (size_t)n == len ? 0 : -1;
}

static bool starts_with(struct cfs_span head, const char *magic, size_t len)
{
	return head.len >= len && !memcmp(head.p, magic, len);
}

/* What can be said better than the decoder does. */
static int head_check(struct job *j, struct cfs_span head)
{
	struct imagefd *im = &j->image;
	struct erofs_super_block d;
	struct cfs_header h;
	bool is_composefs = cfs_span_load(head, 0, &h) && get32(h.magic) == CFS_MAGIC;
	bool is_erofs;
	u32 features;
	u64 need;

	memset(&d, 0, sizeof(d));
	is_erofs = cfs_span_load(head, EROFS_SUPER_OFFSET, &d) &&
		   get32(d.magic) == EROFS_SUPER_MAGIC_V1;
	if (!is_composefs && starts_with(head, "\x28\xb5\x2f\xfd", 4))
		return job_fail(j, MOUNT_FAILED,
				"%s: compressed with zstd: decompress it first (zstd -d)",
				im->name);
	if (!is_composefs && starts_with(head, "\x1f\x8b", 2))
		return job_fail(j, MOUNT_FAILED,
				"%s: compressed with gzip: decompress it first (gzip -d)",
				im->name);
	if (!is_composefs)
		return job_fail(j, MOUNT_FAILED, "%s: not a composefs image (%s)", im->name,
				is_erofs ? "EROFS without composefs header"
					 : "no EROFS superblock");
	if (im->size < CFS_INODES_START)
		return job_fail(j, MOUNT_FAILED, "%s: truncated: needs %u bytes, has %llu",
				im->name, CFS_INODES_START, (unsigned long long)im->size);
	if (!is_erofs)
		return job_fail(j, MOUNT_FAILED, "%s: not a composefs image (no EROFS superblock)",
				im->name);
	features = get32(d.feature_incompat) & ~EROFS_FEATURE_INCOMPAT_CHUNKED_FILE;
	if (features)
		return job_fail(j, MOUNT_FAILED,
				"%s: uses EROFS feature 0x%x, unknown to this program", im->name,
				features);
	need = (u64)get32(d.blocks) << EROFS_BLKSZ_BITS;
	if (d.blkszbits == EROFS_BLKSZ_BITS && need > im->size)
		return job_fail(j, MOUNT_FAILED, "%s: truncated: needs %llu bytes, has %llu",
				im->name, (unsigned long long)need, (unsigned long long)im->size);
	if (im->is_device)
		im->size = need;
	return 0;
}

static int damaged(struct job *j, const struct error *err)
{
	if (err->code == ENOMEM)
		return job_fail(j, MOUNT_SYSTEM, "%s", err->text);
	return job_fail(j, MOUNT_FAILED, "%s: damaged: %s", j->image.name, err->text);
}

/* All of it into memory. */
static int read_all(struct job *j)
{
	struct imagefd *im = &j->image;
	u8 *bytes = malloc((size_t)im->size + 1);
	ssize_t n;

	if (!bytes)
		return job_fail(j, MOUNT_SYSTEM, "%s", error_words(ENOMEM));
	im->img.owned = bytes;
	n = io_pread(im->fd, bytes, (size_t)im->size, 0);
	if (n < 0)
		return job_sys(j, "%s: read", im->name);
	if ((u64)n != im->size)
		return job_fail(j, MOUNT_FAILED, "%s: changed while it was read", im->name);
	im->img.bytes = bytes;
	im->img.len = im->size;
	return 0;
}

int imagefd_header(struct job *j)
{
	struct imagefd *im = &j->image;
	struct cfs_span head = { NULL, im->size < CFS_INODES_START ? im->size : CFS_INODES_START };
	u8 bytes[CFS_INODES_START];
	struct cfs_fault f;
	struct error err;
	int rc;

	/* A small image that will be looked at whole is read at once. */
	if (!j->opt->digest.algorithm && !j->statement && !im->is_device &&
	    im->size <= IMAGEFD_SMALL) {
		if (read_all(j))
			return -1;
		head.p = im->img.bytes;
	} else {
		if (imagefd_read(im, 0, bytes, (size_t)head.len))
			return job_sys(j, "%s: read", im->name);
		head.p = bytes;
	}
	if (head_check(j, head))
		return -1;
	rc = cfs_super_decode(&im->super, head, im->size, &f);
	if (!rc)
		return 0;
	image_fault(&err, rc, &f);
	return damaged(j, &err);
}

/* What the confined child hands back, in memory that both processes see. */
struct verdict {
	bool done;
	bool has_acl;
	u64 inodes;
	struct error err; /* code 0: no fault */
};

struct check {
	const struct imagefd *im;
	struct verdict *verdict;
};

/* In the child: the whole structure. */
static int check_structure(void *arg, struct workers_pool *pool)
{
	const struct check *c = arg;
	struct verdict *v = c->verdict;
	struct image img;

	(void)pool;
	if (image_open_bytes(&img, c->im->img.bytes, c->im->size, &v->err) ||
	    image_check(&img, NULL, NULL, &v->err)) {
		v->err.code = v->err.code ? v->err.code : EUCLEAN;
	} else {
		v->err.code = 0;
		v->has_acl = img.has_acl;
		v->inodes = img.inodes;
	}
	v->done = true;
	return 0;
}

/* The parent takes over what the child found; it decodes only the start of the image again. */
static int take_verdict(struct job *j, const struct verdict *v)
{
	struct imagefd *im = &j->image;
	void *bytes = im->img.owned;
	struct error err = v->err;
	int rc;

	if (!v->done)
		return job_fail(j, MOUNT_FAILED, "%s: the check of the image did not end",
				im->name);
	err.text[sizeof(err.text) - 1] = '\0';
	if (err.code)
		return damaged(j, &err);
	rc = image_open_bytes(&im->img, bytes, im->size, &err);
	im->img.owned = bytes;
	if (rc)
		return damaged(j, &err);
	im->img.checked = true;
	im->img.has_acl = v->has_acl;
	im->img.inodes = v->inodes;
	verbose("%s: %llu inodes, no fault", im->name, (unsigned long long)v->inodes);
	return 0;
}

/*
 * Check the whole image, which is about to be given to the kernel. Its bytes are in
 * memory, and a confined child parses the same ones (PH-2): a fault of the parser is
 * not a fault of a process that may mount.
 */
static int check_all(struct job *j)
{
	struct imagefd *im = &j->image;
	const struct window window = { .inputs = &im->fd, .n = 1, .out = -1, .beneath = -1 };
	struct check check = { .im = im };
	int rc;

	if (im->size > IMAGEFD_CHECK_MAX)
		return job_fail(j, MOUNT_FAILED,
				"%s: too large to check (%llu MiB, at most %llu); use digest=",
				im->name, (unsigned long long)(im->size >> 20),
				(unsigned long long)(IMAGEFD_CHECK_MAX >> 20));
	if (!im->img.bytes && read_all(j))
		return -1;
	check.verdict = mmap(NULL, sizeof(*check.verdict), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (check.verdict == MAP_FAILED)
		return job_sys(j, "%s: memory for the check", im->name);
	(void)window_run(&window, check_structure, &check);
	rc = take_verdict(j, check.verdict);
	munmap(check.verdict, sizeof(*check.verdict));
	return rc;
}

static int compare(struct job *j, const struct cfs_digest *is)
{
	const struct cfs_digest *want = &j->opt->digest;
	char a[TEXT_DIGEST], b[TEXT_DIGEST];

	if (cfs_digest_equal(want, is)) {
		verbose("%s: has the digest", j->image.name);
		j->image.digest = *is;
		return 0;
	}
	return job_fail(j, MOUNT_FAILED, "%s: wrong digest: want %s, is %s", j->image.name,
			text_digest(a, want), text_digest(b, is));
}

/* The kernel's word for it; 1: there is none. */
static int measure(struct job *j)
{
	struct imagefd *im = &j->image;
	struct cfs_digest digest;

	switch (verity_measure(im->fd, j->opt->digest.algorithm, &digest)) {
	case VERITY_SEALED:
		im->measured = true;
		return compare(j, &digest);
	case VERITY_OTHER: /* another algorithm says nothing about this digest */
	case VERITY_NONE:
	case VERITY_UNSUPPORTED:
		return 1;
	default:
		return job_sys(j, "%s: fs-verity digest", im->name);
	}
}

/* The digest of the sealed copy, against digest=. */
static int compare_copy(struct job *j)
{
	struct imagefd *im = &j->image;
	struct cfs_digest digest;
	struct stat st;
	int rc;

	if (fstat(im->fd, &st))
		return job_sys(j, "%s: stat", im->name);
	rc = verity_fd(im->fd, &st, j->opt->digest.algorithm, &digest);
	if (rc < 0)
		return job_sys(j, "%s: hash", im->name);
	if (rc)
		return job_fail(j, MOUNT_INTERNAL, "internal error: a sealed file changed");
	return compare(j, &digest);
}

static int verify_copy(struct job *j)
{
	struct imagefd *im = &j->image;

	if (!im->is_copy && im->size > IMAGEFD_COPY_MAX)
		return job_fail(
			j, MOUNT_FAILED,
			"%s: no fs-verity and too large to copy (%llu MiB, at most %llu); enable fs-verity on it",
			im->name, (unsigned long long)((im->size + ((1 << 20) - 1)) >> 20),
			(unsigned long long)(IMAGEFD_COPY_MAX >> 20));
	if (!im->is_copy && make_copy(j, false))
		return -1;
	/* The header was read from the file, not from the copy. */
	if (j->statement ? stated_compare(j) : compare_copy(j))
		return -1;
	return imagefd_header(j);
}

/*
 * Whether the kernel measures a digest that is stated; 1: it does not, and the copy
 * has to be hashed. A file has fs-verity with one algorithm at most.
 */
static int measure_stated(struct job *j)
{
	struct imagefd *im = &j->image;
	struct cfs_digest digest;

	for (u8 a = CFS_SHA256; a <= CFS_SHA512; a++) {
		if (verity_measure(im->fd, a, &digest) != VERITY_SEALED || !stated_has(j, &digest))
			continue;
		im->measured = true;
		im->digest = digest;
		return 0;
	}
	return 1;
}

int imagefd_verify(struct job *j)
{
	int rc;

	if (!j->opt->digest.algorithm && !j->statement)
		return j->opt->nocheck ? 0 : check_all(j);
	if (j->image.is_copy || j->image.is_device)
		rc = 1;
	else
		rc = j->statement ? measure_stated(j) : measure(j);
	return rc > 0 ? verify_copy(j) : rc;
}

int imagefd_ready(struct job *j)
{
	struct imagefd *im = &j->image;
	char name[FDNAME_ROOM];
	int fd;

	if (!im->is_writable)
		return 0;
	if (job_names(j))
		return -1;
	fd = openat(AT_FDCWD, job_fdname(j, name, im->fd), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return job_sys(j, "%s: reopen the copy", im->name);
	close(im->fd);
	im->fd = fd;
	im->is_writable = false;
	return 0;
}
