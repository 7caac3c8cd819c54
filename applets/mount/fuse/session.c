// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/session.h"
#include <errno.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "applets/mount/fuse/helpers.h"

struct fuse_shared *fuse_shared_new(void)
{
	void *p = mmap(NULL, sizeof(struct fuse_shared), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int fuse_reply(int dev, u64 unique, int error, const u8 *body, size_t len)
{
	struct fuse_out_header h = {
		.len = (u32)(sizeof(h) + len),
		.error = -error,
		.unique = unique,
	};
	struct iovec v[2] = { { &h, sizeof(h) }, { (void *)(uintptr_t)body, len } };

	if (writev(dev, v, len ? 2 : 1) >= 0)
		return 0;
	/* ENOENT: the request was interrupted, and nobody waits for the answer. */
	if (errno == ENOENT)
		return 0;
	if (errno == ENODEV)
		return -1;
	/* The kernel refuses the answer: send an error, so that the reader does not wait for ever. */
	h.len = sizeof(h);
	h.error = -EIO;
	return writev(dev, v, 1) < 0 && errno == ENODEV ? -1 : 0;
}

static _Atomic u64 *number_in_buffer(struct fuse_shared *shared)
{
	return (_Atomic u64 *)(void *)(shared->request + offsetof(struct fuse_in_header, unique));
}

/* The length of the next request; 0: the connection has ended; -1 and errno. */
static ssize_t next_request(int dev, struct fuse_shared *shared)
{
	for (;;) {
		ssize_t n;

		atomic_store(number_in_buffer(shared), 0);
		n = read(dev, shared->request, sizeof(shared->request));
		if (n >= 0)
			return n;
		if (errno == ENODEV)
			return 0;
		/* ENOENT: the kernel has taken a request back. */
		if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
			return -1;
	}
}

struct serving {
	struct fuse_server *s;
	int dev;
	struct fuse_shared *shared;
	struct helpers *helpers;
	struct kept_scratch *scratch;
	struct fuse_answer answer;
};

/* Do a job now if it need not wait for a disk, otherwise hand it to a helper thread. */
static int run_job(struct serving *v)
{
	struct fuse_answer *a = &v->answer;
	struct kept_hashes *kept = v->s->objects.kept;

	a->error = object_job_run(&a->job, kept, v->scratch, false, a->body, &a->len);
	if (a->error != EAGAIN)
		return 0;
	if (!helpers_give(v->helpers, a->unique, &a->job)) {
		a->silent = true; /* the helper answers */
		return 0;
	}
	a->error = object_job_run(&a->job, kept, v->scratch, true, a->body, &a->len);
	return 0;
}

static int serve_one(struct serving *v, size_t len)
{
	struct fuse_answer *a = &v->answer;

	fuse_handle(v->s, v->shared->request, len, a);
	if (a->later)
		run_job(v);
	if (a->silent)
		return 0;
	if (a->error)
		a->len = 0;
	atomic_fetch_add(&v->shared->answered, 1);
	return fuse_reply(v->dev, a->unique, a->error, a->body, a->len);
}

static int serve_all(struct serving *v, void (*ready)(void *arg), void *arg, struct error *err)
{
	for (;;) {
		ssize_t n;

		helpers_wait_for_place(v->helpers);
		n = next_request(v->dev, v->shared);
		if (n < 0)
			return error_sys(err, "fuse: read");
		if (n == 0 || serve_one(v, (size_t)n))
			return 0;
		if (ready && v->shared->session.minor) {
			ready(arg);
			ready = NULL;
		}
	}
}

int fuse_serve(struct fuse_server *s, int dev, struct fuse_shared *shared, void (*ready)(void *arg),
	       void *arg, struct error *err)
{
	struct serving v = { .s = s, .dev = dev, .shared = shared };
	int rc = -1;

	s->session = &shared->session;
	v.scratch = malloc(sizeof(*v.scratch));
	v.answer.body = malloc(FUSE_BODY_MAX);
	v.helpers = helpers_new(dev, shared, s->objects.kept);
	if (!v.scratch || !v.answer.body || !v.helpers)
		error_nomem(err);
	else
		rc = serve_all(&v, ready, arg, err);
	helpers_free(v.helpers);
	free(v.answer.body);
	free(v.scratch);
	return rc;
}

void fuse_settle(int dev, struct fuse_shared *shared)
{
	u64 number = atomic_exchange(number_in_buffer(shared), 0);

	if (number)
		fuse_reply(dev, number, EIO, NULL, 0);
	for (size_t i = 0; i < FUSE_TAKEN_MAX; i++) {
		number = atomic_exchange(&shared->taken[i], 0);
		if (number)
			fuse_reply(dev, number, EIO, NULL, 0);
	}
}
