// SPDX-License-Identifier: GPL-2.0-only
/* Check one object: present, a regular file, with the recorded size and content, sealed. */
#include <stdarg.h>
#include <unistd.h>
#include "applets/verify/verify.h"
#include "files/steady.h"
#include "base/text.h"
#include "verity/verity.h"

static void decide(struct found *found, enum kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Set the verdict and its reason. Of a text that is too long, keep the end, where the reason is. */
static void decide(struct found *found, enum kind kind, const char *fmt, ...)
{
	struct error e;
	size_t len;
	va_list ap;

	found->kind = kind;
	va_start(ap, fmt);
	text_vformat(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	len = strlen(e.text);
	if (len < sizeof(found->detail))
		strcpy(found->detail, e.text);
	else
		text_format(found->detail, sizeof(found->detail), "...%s",
			    e.text + len - (sizeof(found->detail) - 4));
}

static void differ(struct found *found, const char *what, const struct cfs_digest *want,
		   const struct cfs_digest *is)
{
	char a[TEXT_DIGEST], b[TEXT_DIGEST];

	decide(found, KIND_WRONG_CONTENT, "%swant %s, is %s", what, text_digest(a, want),
	       text_digest(b, is));
}

static const char *type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return "a symbolic link";
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a fifo";
	case S_IFSOCK:
		return "a socket";
	default:
		return "a device";
	}
}

/*
 * Enable fs-verity on an object that passed. If the file system refuses once, it is not
 * asked again.
 */
static bool enable(struct verify *v, struct look *l, const struct cfs_digest *digest)
{
	struct found *found = &l->found;
	int rc;

	if (atomic_load(&v->cannot_enable))
		return false;
	rc = verity_seal(l->fd, digest);
	if (!rc)
		return true;
	if (rc > 0)
		decide(found, KIND_WRONG_CONTENT, "changed before fs-verity was enabled");
	else if (errno != EOPNOTSUPP)
		decide(found, KIND_UNREADABLE, "fs-verity cannot be enabled: %s",
		       error_words(errno));
	else if (!atomic_exchange(&v->cannot_enable, true))
		decide(found, KIND_UNREADABLE, "%s: fs-verity cannot be enabled: %s",
		       v->dirs.name[found->which], error_words(errno));
	return false;
}

/* Whether the recorded, the computed and the measured digest agree, as far as they exist. */
static bool compare(struct look *l, const struct object_record *record)
{
	bool digest = record->digest.algorithm, kernel = l->sealed == VERITY_SEALED;

	if (digest && l->computed && !cfs_digest_equal(&l->is, &record->digest))
		differ(&l->found, "", &record->digest, &l->is);
	else if (kernel && l->computed && !cfs_digest_equal(&l->is, &l->kernel))
		differ(&l->found, "the kernel measures another digest: ", &l->is, &l->kernel);
	else if (kernel && digest && !cfs_digest_equal(&l->kernel, &record->digest))
		differ(&l->found, "by the kernel's measure: ", &record->digest, &l->kernel);
	else
		return true;
	return false;
}

/* An object without a recorded digest has no algorithm of its own. */
static u8 algorithm_of(const struct object_record *record)
{
	return record->digest.algorithm ? record->digest.algorithm : CFS_SHA256;
}

/* Ask the kernel for the digest; false: that failed. */
static bool measure(struct verify *v, const struct object_record *record, struct look *l)
{
	atomic_bool *none = &v->unsealable[l->found.which];

	l->sealed = atomic_load(none) ? VERITY_UNSUPPORTED
				      : verity_kernel(l->fd, algorithm_of(record), &l->kernel);
	if (l->sealed == VERITY_UNSUPPORTED)
		atomic_store(none, true);
	if (l->sealed == VERITY_SEALED)
		atomic_store(&v->sealed[l->found.which], true);
	if (l->sealed >= 0)
		return true;
	decide(&l->found, KIND_UNREADABLE, "FS_IOC_MEASURE_VERITY: %s", error_words(errno));
	return false;
}

/* Compute the digest, which may still wait for its completion; false: that failed. */
static bool compute(struct verify *v, const struct object_record *record, struct verity_work *work,
		    struct look *l)
{
	unsigned int waiting;
	int rc;

	verity_work_use(work, record->digest.algorithm);
	waiting = work->tops.n;
	l->is.algorithm = record->digest.algorithm;
	rc = verity_begin(work, l->fd, &l->st, l->is.b);
	if (!rc)
		rc = steady_fd(l->fd, &l->st);
	if (rc < 0)
		decide(&l->found, KIND_UNREADABLE, "read: %s", error_words(errno));
	else if (rc)
		decide(&l->found, KIND_UNREADABLE, "changed while it was read");
	l->found.changed = rc > 0;
	if (rc) {
		work->tops.n = waiting;
		return false;
	}
	l->computed = true;
	atomic_fetch_add(&v->bytes, (u64)l->st.st_size);
	progress_add(&v->progress, 0, (u64)l->st.st_size);
	return true;
}

/* Whether the digest must be computed to check @record. */
static bool wants(const struct verify *v, const struct object_record *record, const struct look *l)
{
	return record->digest.algorithm && !v->quick && !v->contents_done &&
	       (record->size == (u64)l->st.st_size || record->size == REPAIR_ANY_SIZE);
}

static void look_once(struct verify *v, const struct basedirs *dirs, unsigned int base,
		      const char *path, size_t len, struct verity_work *work, struct look *l)
{
	struct basedirs_found where;
	struct error e;
	int rc = basedirs_open_file(dirs, path, len, &where, &l->fd, &e);

	l->found = (struct found){ .which = base };
	l->computed = false;
	if (rc == BASEDIRS_FILE || rc == BASEDIRS_OTHER) {
		l->found.which += where.which;
		l->st = where.st;
	}
	if (rc < 0)
		decide(&l->found, KIND_UNREADABLE, "%s", e.text);
	else if (rc == BASEDIRS_NONE)
		decide(&l->found, KIND_MISSING, "in no basedir");
	else if (rc == BASEDIRS_OTHER)
		decide(&l->found, KIND_WRONG_TYPE, "is %s", type_of(where.st.st_mode));
	else if (!measure(v, &l->record, l) ||
		 (wants(v, &l->record, l) && !compute(v, &l->record, work, l)))
		look_close(l);
	l->found.is_dir = rc == BASEDIRS_OTHER && S_ISDIR(where.st.st_mode);
}

void look_open(struct verify *v, const struct basedirs *dirs, unsigned int base, const char *path,
	       size_t len, struct verity_work *work, struct look *l)
{
	unsigned int looks = 0;

	do {
		look_once(v, dirs, base, path, len, work, l);
	} while (l->found.changed && ++looks < VERIFY_LOOKS);
}

void look_close(struct look *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

void look_compare(struct verify *v, const struct object_record *record, struct verity_work *work,
		  struct look *l)
{
	struct found *found = &l->found;

	/* The digest that was computed for another record may have another algorithm. */
	if (record->digest.algorithm && record->digest.algorithm != algorithm_of(&l->record)) {
		l->record = *record;
		l->computed = false;
		if (!measure(v, record, l))
			return;
	}
	if (wants(v, record, l) && !l->computed) {
		if (!compute(v, record, work, l))
			return;
		verity_tops(&work->tops);
	}
	decide(found, KIND_OK, "%s%s", l->computed ? "by content" : "by size",
	       l->sealed == VERITY_SEALED ? " and kernel" : "");
	if (!compare(l, record))
		return;
	if (v->require_verity && !record->digest.algorithm) {
		decide(found, KIND_NO_DIGEST, "no digest is recorded");
		return;
	}
	if (v->contents_done)
		return;
	if (v->enable_verity && verity_lacks(l->sealed) && record->digest.algorithm &&
	    enable(v, l, &record->digest))
		l->sealed = VERITY_SEALED;
	found->reseal = v->enable_verity && l->sealed == VERITY_OTHER && record->digest.algorithm;
	if (found->kind == KIND_OK && l->sealed != VERITY_SEALED &&
	    (v->require_verity || found->reseal))
		decide(found, KIND_NO_VERITY, "%s", not_sealed(l->sealed));
}

int object_open(struct verify *v, const struct objects *objects, size_t first,
		struct verity_work *work, struct look *l, struct error *err)
{
	const struct sort_item *item = &objects->v[first];

	l->fd = -1;
	if (objects_record(objects, first, &l->record, err))
		return -1;
	look_open(v, &v->dirs, 0, item->s, item->len, work, l);
	l->found.use = first;
	return 0;
}

int object_compare(struct verify *v, const struct objects *objects, size_t first, size_t end,
		   struct verity_work *work, struct look *l, struct error *err)
{
	struct object_record r = l->record, last;

	if (l->fd < 0)
		return 0;
	for (size_t i = first; i < end; i++) {
		if (i > first && objects_record(objects, i, &r, err))
			return -1;
		if (i > first && r.size == last.size && cfs_digest_equal(&r.digest, &last.digest))
			continue;
		last = r;
		l->found.use = i;
		if ((u64)l->st.st_size != r.size) {
			decide(&l->found, KIND_WRONG_SIZE, "want %llu, is %llu",
			       (unsigned long long)r.size, (unsigned long long)l->st.st_size);
			return 0;
		}
		if (!r.digest.algorithm)
			atomic_fetch_add(&v->without_digest, 1);
		look_compare(v, &r, work, l);
		if (l->found.kind != KIND_OK)
			return 0;
	}
	l->found.use = first;
	return 0;
}
