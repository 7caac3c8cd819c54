// SPDX-License-Identifier: GPL-2.0-only
#include "store/content.h"

#include <stdlib.h>
#include "files/io.h"
#include "files/steady.h"
#include "store/store.h"

/* Up to this size a file is read whole, hashed, and written from memory if it is missing. */
#define WHOLE ((size_t)1 << 20)

struct content {
	struct store *store;
	bool no_verity; /* no file of this device has fs-verity: */
	dev_t no_verity_dev;
	struct verity_top wait[2]; /* with a store only files of one block, whose bytes they hold */
	unsigned int waiting;
	struct verity_work work;
	u8 whole[]; /* with a store only */
};

struct content *content_open(struct store *store, struct workers *workers)
{
	struct content *c = malloc(sizeof(*c) + (store ? WHOLE : 0));

	if (!c)
		return NULL;
	c->store = store;
	c->no_verity = false;
	c->waiting = 0;
	c->work.workers = workers;
	return c;
}

void content_close(struct content *c)
{
	free(c);
}

static int keep_small(struct content *c, const struct verity_top *t, struct error *err)
{
	struct store_bytes bytes = { t->block, (size_t)t->size };

	return c->store && store_put(c->store, &c->work, &bytes, t->digest, err) ? CONTENT_STORE
										 : 0;
}

int content_finish(struct content *c, struct error *err)
{
	unsigned int n = c->waiting;

	c->waiting = 0;
	if (n)
		verity_tops(&c->wait[0], &c->wait[n - 1]);
	for (unsigned int i = 0; i < n; i++)
		if (keep_small(c, &c->wait[i], err))
			return CONTENT_STORE;
	return 0;
}

/* The next one to wait is complete. */
static int top_is_read(struct content *c, struct error *err)
{
	if (c->wait[c->waiting].size)
		c->waiting++;
	return c->waiting == 2 ? content_finish(c, err) : 0;
}

static int whole_is_read(struct content *c, size_t size, struct cfs_digest *digest,
			 struct error *err)
{
	struct store_bytes bytes = { c->whole, size };

	verity_memory(&c->work.v, c->whole, size, digest);
	return store_put(c->store, &c->work, &bytes, digest, err) ? CONTENT_STORE : 0;
}

/* -1 with a text, CONTENT_CHANGED, or 0 for all of the file, which is what it was. */
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

/* The kernel's digest, where nobody needs the bytes. 1: it has one. */
static int ask_kernel(struct content *c, int fd, const struct stat *before,
		      struct cfs_digest *digest)
{
	int rc;

	if (c->store || (c->no_verity && c->no_verity_dev == before->st_dev))
		return 0;
	rc = verity_kernel(fd, digest);
	if (rc == VERITY_UNSUPPORTED) {
		c->no_verity = true;
		c->no_verity_dev = before->st_dev;
	}
	return rc == VERITY_SHA256;
}

static int hash_file(struct content *c, int fd, const struct stat *before,
		     struct cfs_digest *digest, struct error *err)
{
	int rc = verity_begin(&c->work, fd, before, &c->wait[c->waiting], digest);

	if (rc < 0)
		return error_sys(err, "read");
	if (!rc)
		rc = steady_fd(fd, before);
	if (rc < 0)
		return error_sys(err, "fstat");
	return rc ? rc : top_is_read(c, err);
}

int content_put(struct content *c, int fd, const struct stat *before, struct cfs_digest *digest,
		struct error *err)
{
	u64 size = (u64)before->st_size;
	int rc;

	if (ask_kernel(c, fd, before, digest))
		return 0;
	if (!c->store || size <= VERITY_BLOCK)
		return hash_file(c, fd, before, digest, err);
	if (size > WHOLE || verity_sparse(before))
		return store_put_file(c->store, &c->work, fd, before, digest, err);
	rc = read_whole(fd, before, c->whole, err);
	return rc ? rc : whole_is_read(c, (size_t)size, digest, err);
}

/* Exactly @len bytes. */
static int read_stream(const struct content_stream *from, u8 *to, size_t len, struct error *err)
{
	ssize_t n = from->read(from->arg, to, len, err);

	if (n < 0)
		return -1;
	return (size_t)n == len ? 0 : error_set(err, EBADMSG, "ends too early");
}

static int hash_stream(struct content *c, const struct content_stream *from,
		       struct cfs_digest *digest, struct error *err)
{
	u64 left = from->size;

	verity_init(&c->work.v);
	while (left) {
		u64 zeros = from->hole ? from->hole(from->arg) : 0;
		size_t n = left < VERITY_READ ? (size_t)left : VERITY_READ;

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
	verity_leave(&c->work.v, &c->wait[c->waiting], digest);
	return top_is_read(c, err);
}

int content_put_stream(struct content *c, const struct content_stream *from,
		       struct cfs_digest *digest, struct error *err)
{
	struct verity_top *top = &c->wait[c->waiting];

	if (from->size <= VERITY_BLOCK) {
		if (read_stream(from, top->block, (size_t)from->size, err))
			return -1;
		top->size = from->size;
		top->digest = digest;
		return top_is_read(c, err);
	}
	if (!c->store)
		return hash_stream(c, from, digest, err);
	if (from->size > WHOLE)
		return store_put_stream(c->store, &c->work, from, digest, err);
	if (read_stream(from, c->whole, (size_t)from->size, err))
		return -1;
	return whole_is_read(c, (size_t)from->size, digest, err);
}
