// SPDX-License-Identifier: GPL-2.0-only
#include "store/content.h"

#include <stdlib.h>
#include "files/io.h"
#include "files/steady.h"
#include "store/store.h"

/*
 * A file of up to this size is read whole and hashed; if the object is missing, it is
 * written from memory.
 */
#define WHOLE ((size_t)1 << 20)

struct content {
	struct store *store;
	bool no_verity; /* no file of this device has fs-verity: */
	dev_t no_verity_dev;
	struct verity_work work; /* with a store only files of one block wait in it */
	u8 whole[];              /* with a store only */
};

struct content *content_open(struct store *store, u8 algorithm, struct workers *workers)
{
	struct content *c = malloc(sizeof(*c) + (store ? WHOLE : 0));

	if (!c)
		return NULL;
	c->store = store;
	c->no_verity = false;
	verity_work_init(&c->work, algorithm, workers);
	return c;
}

void content_close(struct content *c)
{
	free(c);
}

u8 content_algorithm(const struct content *c)
{
	return c->work.algorithm;
}

static int keep_small(struct content *c, unsigned int i, struct error *err)
{
	struct store_bytes bytes = { c->work.tops.block[i], (size_t)c->work.tops.size[i] };
	struct cfs_digest digest;

	cfs_digest_set(&digest, c->work.tops.algorithm, c->work.tops.digest[i]);
	return store_put(c->store, &c->work, &bytes, &digest, err) ? CONTENT_STORE : 0;
}

int content_finish(struct content *c, struct error *err)
{
	unsigned int n = c->work.tops.n;

	verity_tops(&c->work.tops);
	for (unsigned int i = 0; i < n && c->store; i++)
		if (keep_small(c, i, err))
			return CONTENT_STORE;
	return 0;
}

/* Small files wait until enough of them can be hashed at once. */
static int finish_full(struct content *c, struct error *err)
{
	return c->work.tops.n == VERITY_TOPS ? content_finish(c, err) : 0;
}

static int whole_is_read(struct content *c, size_t size, struct cfs_digest *digest,
			 struct error *err)
{
	struct store_bytes bytes = { c->whole, size };

	verity_memory(&c->work.v, c->work.algorithm, c->whole, size, digest);
	return store_put(c->store, &c->work, &bytes, digest, err) ? CONTENT_STORE : 0;
}

/* Returns 0 if the whole file was read and did not change, CONTENT_CHANGED, or -1 and a text. */
static int read_whole(int fd, const struct stat *before, u8 *to, struct error *err)
{
	size_t size = (size_t)before->st_size;
	ssize_t n = io_pread(fd, to, size, 0);
	int rc;

	if (n < 0)
		return error_sys(err, "read");
	rc = steady_fd(fd, before);
	if (rc < 0)
		return error_sys(err, "fstat");
	return rc || (size_t)n != size ? CONTENT_CHANGED : 0;
}

/* Ask the kernel for the digest, if the bytes themselves are not needed. 1: it has one. */
static int ask_kernel(struct content *c, int fd, const struct stat *before,
		      struct cfs_digest *digest)
{
	int rc;

	if (c->store || (c->no_verity && c->no_verity_dev == before->st_dev))
		return 0;
	rc = verity_kernel(fd, c->work.algorithm, digest);
	if (rc == VERITY_UNSUPPORTED) {
		c->no_verity = true;
		c->no_verity_dev = before->st_dev;
	}
	return rc == VERITY_SEALED;
}

static int hash_file(struct content *c, int fd, const struct stat *before, u8 *digest,
		     struct error *err)
{
	unsigned int n = c->work.tops.n;
	int rc = verity_begin(&c->work, fd, before, digest);

	if (rc < 0)
		error_sys(err, "read");
	if (!rc && (rc = steady_fd(fd, before)) < 0)
		error_sys(err, "fstat");
	if (rc)
		c->work.tops.n = n;
	return rc ? rc : finish_full(c, err);
}

/*
 * Put a file of more than one block into the store. It is read whole, or in pieces if it
 * is large.
 */
static int put_large(struct content *c, int fd, const struct stat *before,
		     struct cfs_digest *digest, struct error *err)
{
	int rc;

	if ((u64)before->st_size > WHOLE || verity_sparse(before))
		return store_put_file(c->store, &c->work, fd, before, digest, err);
	rc = read_whole(fd, before, c->whole, err);
	return rc ? rc : whole_is_read(c, (size_t)before->st_size, digest, err);
}

int content_put(struct content *c, int fd, const struct stat *before, u8 *digest, struct error *err)
{
	struct cfs_digest is;
	int rc = 0;

	if (!ask_kernel(c, fd, before, &is)) {
		if (!c->store || (u64)before->st_size <= VERITY_BLOCK)
			return hash_file(c, fd, before, digest, err);
		rc = put_large(c, fd, before, &is, err);
	}
	if (!rc)
		memcpy(digest, is.b, cfs_digest_size(is.algorithm));
	return rc;
}

/* Exactly @len bytes. */
static int read_stream(const struct content_stream *from, u8 *to, size_t len, struct error *err)
{
	ssize_t n = from->read(from->arg, to, len, err);

	if (n < 0)
		return -1;
	return (size_t)n == len ? 0 : error_set(err, EBADMSG, "ends too early");
}

static int hash_stream(struct content *c, const struct content_stream *from, u8 *digest,
		       struct error *err)
{
	u64 left = from->size;

	verity_init(&c->work.v, c->work.algorithm);
	while (left) {
		u64 data = left, zeros = from->hole ? from->hole(from->arg, &data) : 0;
		size_t n = data < VERITY_READ ? (size_t)data : VERITY_READ;

		if (zeros) {
			verity_add_zero(&c->work.v, zeros);
			left -= zeros;
			continue;
		}
		if (read_stream(from, c->work.buf, n, err))
			return -1;
		verity_add(&c->work.v, c->work.buf, n);
		left -= n;
	}
	verity_leave(&c->work.v, &c->work.tops, digest);
	return finish_full(c, err);
}

static int wait_stream(struct content *c, const struct content_stream *from, u8 *digest,
		       struct error *err)
{
	struct verity_tops *wait = &c->work.tops;

	if (read_stream(from, wait->block[wait->n], (size_t)from->size, err))
		return -1;
	wait->size[wait->n] = from->size;
	wait->digest[wait->n++] = digest;
	return finish_full(c, err);
}

int content_put_stream(struct content *c, const struct content_stream *from, u8 *digest,
		       struct error *err)
{
	struct cfs_digest is;
	int rc;

	if (from->size <= VERITY_BLOCK)
		return wait_stream(c, from, digest, err);
	if (!c->store)
		return hash_stream(c, from, digest, err);
	if (from->size > WHOLE)
		rc = store_put_stream(c->store, &c->work, from, &is, err);
	else if (read_stream(from, c->whole, (size_t)from->size, err))
		rc = -1;
	else
		rc = whole_is_read(c, (size_t)from->size, &is, err);
	if (!rc)
		memcpy(digest, is.b, cfs_digest_size(is.algorithm));
	return rc;
}
