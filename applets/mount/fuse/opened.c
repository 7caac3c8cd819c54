// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/opened.h"
#include <errno.h>
#include <linux/fsverity.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "files/io.h"

#define SLOTS_MAX 512u
#define DESCRIPTORS 4096u /* a lower soft limit is raised to this */

static size_t slots_allowed(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 32;
	if (limit.rlim_cur < DESCRIPTORS) {
		limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur / 2 < SLOTS_MAX ? (size_t)limit.rlim_cur / 2 : SLOTS_MAX;
}

int opened_init(struct opened *o, const struct basedirs *dirs, unsigned int level,
		struct kept_hashes *kept)
{
	*o = (struct opened){ .dirs = dirs, .level = level, .kept = kept };
	o->n = slots_allowed();
	o->slots = calloc(o->n + 1, sizeof(*o->slots));
	return o->slots ? 0 : -1;
}

static void slot_empty(struct object_slot *slot)
{
	if (slot->node)
		close(slot->fd);
	*slot = (struct object_slot){ 0 };
}

void opened_release(struct opened *o)
{
	for (size_t i = 0; i < o->n; i++)
		slot_empty(&o->slots[i]);
	free(o->slots);
	o->slots = NULL;
	o->n = 0;
}

static struct object_slot *slot_find(struct opened *o, u64 node)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->slots[i].node == node)
			return &o->slots[i];
	return NULL;
}

void opened_close_node(struct opened *o, u64 node)
{
	struct object_slot *slot = node ? slot_find(o, node) : NULL;

	if (slot)
		slot_empty(slot);
}

/* A free slot, or the least recently used one. */
static struct object_slot *slot_free(struct opened *o)
{
	struct object_slot *best = &o->slots[0];

	for (size_t i = 0; i < o->n && best->node; i++)
		if (!o->slots[i].node || o->slots[i].used < best->used)
			best = &o->slots[i];
	slot_empty(best);
	return best;
}

static int open_object(const struct opened *o, const struct cfs_inode *inode,
		       const struct cfs_backing *b, int *fd)
{
	struct basedirs_found found;
	struct error err;
	int rc;

	if (!b->has_redirect)
		return EIO;
	rc = basedirs_open_file(o->dirs, b->path, b->path_len, &found, fd, &err);
	if (rc < 0)
		return err.code == EMFILE || err.code == EACCES ? err.code : EIO;
	if (rc != BASEDIRS_FILE)
		return ENOENT;
	if ((u64)found.st.st_size == inode->size)
		return 0;
	close(*fd);
	return EIO;
}

/* Whether the kernel enforces the digest, at levels 1 and 2. 0, or EIO for another digest. */
static int measure(int fd, const struct cfs_digest *digest, bool *sealed)
{
	struct cfs_digest measured;
	int rc = verity_measure(fd, digest->algorithm, &measured);

	*sealed = rc == VERITY_SEALED;
	if (*sealed)
		return cfs_digest_equal(&measured, digest) ? 0 : EIO;
	return verity_lacks(rc) ? 0 : EIO;
}

static int slot_open(struct opened *o, const struct cfs_inode *inode, const struct cfs_backing *b,
		     struct object_slot **slot)
{
	bool sealed = false;
	int fd, rc = open_object(o, inode, b, &fd);

	if (rc)
		return rc;
	if (o->level > 0 && b->digest.algorithm)
		rc = measure(fd, &b->digest, &sealed);
	if (rc) {
		close(fd);
		return rc;
	}
	*slot = slot_free(o);
	**slot = (struct object_slot){ .node = inode->nid, .fd = fd, .sealed = sealed };
	return 0;
}

int opened_find(struct opened *o, const struct cfs_inode *inode, const struct cfs_backing *b,
		struct object_job *job)
{
	struct object_slot *slot = slot_find(o, inode->nid);
	int rc;

	if (o->level > 1 && !b->digest.algorithm)
		return EIO;
	rc = slot ? 0 : slot_open(o, inode, b, &slot);
	if (rc)
		return rc;
	slot->used = ++o->clock;
	job->fd = slot->fd;
	job->size = inode->size;
	job->hashed = o->level > 0 && b->digest.algorithm && !slot->sealed;
	job->digest = b->digest;
	return 0;
}

int object_job_take(struct object_job *job)
{
	job->fd = dup(job->fd); /* without close-on-exec, because the server executes nothing */
	return job->fd < 0 ? -1 : 0;
}

static int read_plain(const struct object_job *job, bool may_wait, u8 *body)
{
	ssize_t n = io_pread_now(job->fd, body, job->len, job->off);

	if (n == (ssize_t)job->len)
		return 0;
	if (!may_wait)
		return EAGAIN;
	n = io_pread(job->fd, body, job->len, job->off);
	return n == (ssize_t)job->len ? 0 : EIO; /* a short object is an error, too */
}

static void answer_open(u8 *body, size_t *len)
{
	*(struct fuse_open_out *)body = (struct fuse_open_out){ .open_flags = FOPEN_KEEP_CACHE };
	*len = sizeof(struct fuse_open_out);
}

/* Write the struct fsverity_digest that FS_IOC_MEASURE_VERITY gives, as the answer of an ioctl. */
static void answer_measure(const struct cfs_digest *digest, u8 *body, size_t *len)
{
	const u16 head[2] = { digest->algorithm, (u16)cfs_digest_size(digest->algorithm) };
	const size_t out = sizeof(struct fuse_ioctl_out);

	memset(body, 0, out);
	memcpy(body + out, head, sizeof(head));
	memcpy(body + out + sizeof(head), digest->b, head[1]);
	*len = out + sizeof(head) + head[1];
}

int object_job_run(const struct object_job *job, struct kept_hashes *kept,
		   struct kept_scratch *scratch, bool may_wait, u8 *body, size_t *len)
{
	const struct kept_object o = {
		.digest = &job->digest,
		.size = job->size,
		.fd = job->fd,
		.may_wait = may_wait,
	};
	int rc = 0;

	if (job->what == OBJECT_READ) {
		*len = job->len;
		return job->hashed ? kept_read(kept, &o, scratch, job->off, job->len, body)
				   : read_plain(job, may_wait, body);
	}
	if (job->hashed)
		rc = kept_ensure(kept, &o, scratch);
	if (rc)
		return rc;
	if (job->what == OBJECT_OPEN)
		answer_open(body, len);
	else
		answer_measure(&job->digest, body, len);
	return 0;
}
