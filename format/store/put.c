// SPDX-License-Identifier: GPL-2.0-only
/* Make complete objects. The name comes from the bytes in the new inode (ST-2). */
#include "store/store_inside.h"

#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "files/io.h"
#include "files/steady.h"

/*
 * Another process still has the file open for writing, perhaps a child of another thread.
 * Copy the bytes to a new inode that no other process knows.
 */
static int copy_afresh(struct store *s, struct verity_work *work, struct newfile *f)
{
	struct cfs_digest digest;
	struct newfile copy;
	struct stat st;

	if (fstat(f->fd, &st) || store_create(s, &copy))
		return -1;
	if (verity_copy(work, f->fd, &st, copy.fd, &digest) || fchmod(copy.fd, 0644) ||
	    newfile_reopen(&copy)) {
		int code = errno;

		newfile_drop(&copy);
		errno = code;
		return -1;
	}
	newfile_drop(f);
	*f = copy;
	return 0;
}

int store_seal(struct store *s, struct verity_work *work, struct newfile *f,
	       const struct cfs_digest *digest, struct error *err)
{
	int rc;

	if (newfile_reopen(f))
		return store_failed(s, digest, "open read-only", err);
	rc = verity_seal(f->fd, digest);
	if (rc < 0 && errno == ETXTBSY && !copy_afresh(s, work, f))
		rc = verity_seal(f->fd, digest);
	if (rc > 0) {
		error_set(err, EUCLEAN, "the kernel measures another fs-verity digest");
		return store_in(s, digest, err);
	}
	if (!rc)
		return 0;
	if (errno != EOPNOTSUPP || s->flags.require_verity)
		return store_failed(s, digest, "FS_IOC_ENABLE_VERITY", err);
	atomic_store(&s->verity, false);
	return 0;
}

/* Complete an object whose bytes are all in the file. Takes over the file, also on failure. */
static int complete(struct store *s, struct verity_work *work, struct store_waiting *w,
		    struct error *err)
{
	struct stat st;
	int rc = 0;

	if (fstat(w->file.fd, &st)) {
		rc = store_failed(s, &w->digest, "fstat", err);
	} else if ((u64)st.st_size != w->size) {
		error_set(err, EIO, "has %llu of %llu bytes", (unsigned long long)st.st_size,
			  (unsigned long long)w->size);
		rc = store_in(s, &w->digest, err);
	} else if (fchmod(w->file.fd, 0644)) {
		rc = store_failed(s, &w->digest, "fchmod", err);
	} else if (atomic_load(&s->verity)) {
		rc = store_seal(s, work, &w->file, &w->digest, err);
	}
	if (rc) {
		newfile_drop(&w->file);
		return -1;
	}
	return store_wait(s, work, w, err);
}

int store_put(struct store *s, struct verity_work *work, const struct store_bytes *bytes,
	      const struct cfs_digest *digest, struct error *err)
{
	struct store_waiting w = { .digest = *digest, .size = bytes->len };
	enum object_state state;
	int rc = store_claim(s, digest, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	if (store_look(s, work, digest, bytes->len, &state, err))
		return -1;
	if (state == OBJECT_GOOD)
		return 0;
	w.replace = state == OBJECT_BAD;
	if (store_create(s, &w.file))
		return store_failed(s, digest, "open of a new file", err);
	if (io_write(w.file.fd, bytes->p, bytes->len)) {
		store_failed(s, digest, "write", err);
		newfile_drop(&w.file);
		return -1;
	}
	return complete(s, work, &w, err);
}

/*
 * The bytes of the file were hashed as they were written. Keep it, unless the object
 * exists already. 0 or CONTENT_STORE.
 */
static int keep(struct store *s, struct verity_work *work, struct store_waiting *w,
		struct error *err)
{
	enum object_state state = OBJECT_GOOD;
	int rc = store_claim(s, &w->digest, err);

	if (!rc)
		rc = store_look(s, work, &w->digest, w->size, &state, err);
	if (rc || state == OBJECT_GOOD) {
		newfile_drop(&w->file);
		return rc < 0 ? CONTENT_STORE : 0;
	}
	w->replace = state == OBJECT_BAD;
	return complete(s, work, w, err) ? CONTENT_STORE : 0;
}

/* CONTENT_CHANGED unless the file that was read is as it was; -1 and a text. */
static int still(int fd, const struct stat *before, struct error *err)
{
	int rc = steady_fd(fd, before);

	return rc < 0 ? error_sys(err, "fstat") : rc;
}

static int create(struct store *s, struct newfile *f, struct error *err)
{
	return store_create(s, f) ? error_sys(err, "%s: open of a new file", s->name) : 0;
}

/* Whether a clone from a file of @dev has failed for a reason that holds for the whole device. */
static bool cannot_clone_from(struct store *s, dev_t dev)
{
	const unsigned int most = sizeof(s->uncloned) / sizeof(s->uncloned[0]);
	bool known = false;

	pthread_mutex_lock(&s->lock);
	for (unsigned int i = 0; i < s->nuncloned && i < most; i++)
		known |= s->uncloned[i] == dev;
	pthread_mutex_unlock(&s->lock);
	return known;
}

static void remember_uncloned(struct store *s, dev_t dev)
{
	const unsigned int most = sizeof(s->uncloned) / sizeof(s->uncloned[0]);

	if (cannot_clone_from(s, dev))
		return;
	pthread_mutex_lock(&s->lock);
	s->uncloned[s->nuncloned++ % most] = dev;
	pthread_mutex_unlock(&s->lock);
}

/* 2: cannot be cloned. Else as store_put_file(). */
static int put_clone(struct store *s, struct verity_work *work, int fd, const struct stat *before,
		     struct cfs_digest *digest, struct error *err)
{
	struct store_waiting w = { .size = (u64)before->st_size, .cloned = true };
	struct stat st;
	int rc;

	if (create(s, &w.file, err))
		return CONTENT_STORE;
	if (syscall(SYS_ioctl, w.file.fd, FICLONE, fd)) {
		if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV)
			remember_uncloned(s, before->st_dev);
		newfile_drop(&w.file);
		return 2;
	}
	rc = fstat(w.file.fd, &st) ? -1 : st.st_size != before->st_size;
	if (!rc)
		rc = verity_file(work, w.file.fd, &st, &w.digest);
	if (rc < 0) {
		error_sys(err, "%s: read of a clone", s->name);
		rc = CONTENT_STORE;
	}
	if (!rc)
		rc = still(fd, before, err);
	if (rc) {
		newfile_drop(&w.file);
		return rc;
	}
	*digest = w.digest;
	return keep(s, work, &w, err);
}

/*
 * Copy the file and hash it once more, because the content that is kept must be the
 * content that was looked up. @state: of the object with the name of *@digest.
 */
static int put_copy(struct store *s, struct verity_work *work, int fd, const struct stat *before,
		    const struct cfs_digest *digest, enum object_state state, struct error *err)
{
	struct store_waiting w = { .size = (u64)before->st_size, .replace = state == OBJECT_BAD };
	int rc;

	if (create(s, &w.file, err))
		return CONTENT_STORE;
	rc = verity_copy(work, fd, before, w.file.fd, &w.digest);
	if (rc == -1)
		error_sys(err, "read");
	if (rc == -2) {
		error_sys(err, "%s: write of a new file", s->name);
		rc = CONTENT_STORE;
	}
	if (!rc)
		rc = still(fd, before, err);
	if (!rc && !cfs_digest_equal(&w.digest, digest))
		rc = CONTENT_CHANGED;
	if (rc) {
		newfile_drop(&w.file);
		return rc;
	}
	rc = store_claim(s, digest, err);
	if (!rc)
		return complete(s, work, &w, err) ? CONTENT_STORE : 0;
	newfile_drop(&w.file);
	return rc < 0 ? CONTENT_STORE : 0;
}

int store_put_file(struct store *s, struct verity_work *work, int fd, const struct stat *before,
		   struct cfs_digest *digest, struct error *err)
{
	enum object_state state;
	int rc;

	if (!cannot_clone_from(s, before->st_dev)) {
		rc = put_clone(s, work, fd, before, digest, err);
		if (rc != 2)
			return rc;
	}
	/* Most objects exist since an earlier run. Then nothing is written. */
	rc = verity_file(work, fd, before, digest);
	if (rc < 0)
		return error_sys(err, "read");
	if (!rc)
		rc = still(fd, before, err);
	if (rc || store_known(s, digest))
		return rc;
	if (store_look(s, work, digest, (u64)before->st_size, &state, err))
		return CONTENT_STORE;
	if (state == OBJECT_GOOD)
		return store_claim(s, digest, err) < 0 ? CONTENT_STORE : 0;
	return put_copy(s, work, fd, before, digest, state, err);
}

/* 0, CONTENT_STORE, or -1. */
static int copy_stream(struct store *s, struct verity_work *work, const struct content_stream *from,
		       int to, struct error *err)
{
	u64 left = from->size;

	verity_init(&work->v, work->algorithm);
	while (left) {
		u64 data = left, zeros = from->hole ? from->hole(from->arg, &data) : 0;
		size_t len = data < VERITY_READ ? (size_t)data : VERITY_READ;
		ssize_t n;

		if (zeros) {
			verity_add_zero(&work->v, zeros);
			left -= zeros;
			if (ftruncate(to, (off_t)(from->size - left)) || lseek(to, 0, SEEK_END) < 0)
				return error_sys(err, "%s: ftruncate of a new file", s->name);
			continue;
		}
		n = from->read(from->arg, work->buf, len, err);
		if (n < 0)
			return -1;
		if ((size_t)n < len)
			return error_set(err, EBADMSG, "ends too early");
		verity_add(&work->v, work->buf, len);
		if (io_write(to, work->buf, len)) {
			error_sys(err, "%s: write of a new file", s->name);
			return CONTENT_STORE;
		}
		left -= len;
	}
	return 0;
}

int store_put_stream(struct store *s, struct verity_work *work, const struct content_stream *from,
		     struct cfs_digest *digest, struct error *err)
{
	struct store_waiting w = { .size = from->size };
	int rc;

	if (create(s, &w.file, err))
		return CONTENT_STORE;
	rc = copy_stream(s, work, from, w.file.fd, err);
	if (rc) {
		newfile_drop(&w.file);
		return rc;
	}
	verity_end(&work->v, &w.digest);
	*digest = w.digest;
	return keep(s, work, &w, err);
}
