// SPDX-License-Identifier: GPL-2.0-only
/* One object: present, regular, of the size and with the content that is recorded, sealed. */
#include <stdarg.h>
#include <unistd.h>
#include "applets/verify/verify.h"
#include "base/steady.h"
#include "base/text.h"
#include "base/verity.h"

void found_decide(struct found *found, enum kind kind, const char *fmt, ...)
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
		text_format(found->detail, sizeof(found->detail), "...%s", e.text + len - (sizeof(found->detail) - 4));
}

static void differ(struct found *found, const char *what, const struct cfs_digest *want, const struct cfs_digest *is)
{
	char a[CFS_DIGEST_HEX], b[CFS_DIGEST_HEX];

	cfs_digest_print(a, want);
	cfs_digest_print(b, is);
	found_decide(found, KIND_WRONG_CONTENT, "%swant %.64s, is %.64s", what, a, b);
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

/* --enable-verity on what passed. One refusal is the file system's answer for all. */
static bool enable(struct verify *v, const char *dir, int fd, const struct cfs_digest *digest, struct found *found)
{
	int rc;

	if (atomic_load(&v->cannot_enable))
		return false;
	rc = verity_seal(fd, digest);
	if (!rc)
		return true;
	if (rc > 0)
		found_decide(found, KIND_WRONG_CONTENT, "changed before it had fs-verity");
	else if (errno != EOPNOTSUPP)
		found_decide(found, KIND_UNREADABLE, "fs-verity cannot be enabled: %s", error_words(errno));
	else if (!atomic_exchange(&v->cannot_enable, true))
		found_decide(found, KIND_UNREADABLE, "%s: fs-verity cannot be enabled: %s", dir, error_words(errno));
	return false;
}

/* What was found out about the content of a file. */
struct content {
	struct cfs_digest is, kernel;
	bool computed; /* is */
	int sealed;    /* VERITY_*; VERITY_SHA256: kernel */
};

/* Whether the digests that there are agree. */
static bool compare(const struct content *c, const struct object_record *record, struct found *found)
{
	bool digest = record->has_digest, kernel = c->sealed == VERITY_SHA256;

	if (digest && c->computed && memcmp(&c->is, &record->digest, sizeof(c->is)))
		differ(found, "", &record->digest, &c->is);
	else if (kernel && c->computed && memcmp(&c->is, &c->kernel, sizeof(c->is)))
		differ(found, "the kernel measures another digest: ", &c->is, &c->kernel);
	else if (kernel && digest && memcmp(&c->kernel, &record->digest, sizeof(c->kernel)))
		differ(found, "by the kernel's measure: ", &record->digest, &c->kernel);
	else
		return true;
	return false;
}

/* Measure and compute. */
static bool measure(struct verify *v, int fd, const struct stat *st, struct verity_work *work, struct content *c,
		    struct found *found)
{
	int rc = 0;

	c->sealed = verity_kernel(fd, &c->kernel);
	if (c->sealed < 0) {
		found_decide(found, KIND_UNREADABLE, "FS_IOC_MEASURE_VERITY: %s", error_words(errno));
		return false;
	}
	if (!c->computed)
		return true;
	rc = verity_file(work, fd, st, &c->is);
	if (!rc)
		rc = steady_fd(fd, st);
	if (rc < 0)
		found_decide(found, KIND_UNREADABLE, "read: %s", error_words(errno));
	else if (rc)
		found_decide(found, KIND_UNREADABLE, "changes while it is read");
	found->changed = rc > 0;
	if (rc)
		return false;
	atomic_fetch_add(&v->bytes, (u64)st->st_size);
	progress_add(&v->progress, 0, (u64)st->st_size);
	return true;
}

void content_verify(struct verify *v, const char *dir, int fd, const struct stat *st,
		    const struct object_record *record, struct verity_work *work, struct found *found)
{
	struct content c = { .computed = !v->quick && record->has_digest };

	if (!measure(v, fd, st, work, &c, found))
		return;
	if (c.sealed == VERITY_SHA256)
		atomic_store(&v->sealed[found->which], true);
	found_decide(found, KIND_OK, "%s%s", c.computed ? "by content" : "by size",
		     c.sealed == VERITY_SHA256 ? " and kernel" : "");
	if (!compare(&c, record, found))
		return;
	if (v->require_verity && !record->has_digest) {
		found_decide(found, KIND_NO_DIGEST, "no digest is recorded");
		return;
	}
	if (v->enable_verity && verity_lacks(c.sealed) && record->has_digest && enable(v, dir, fd, &record->digest, found))
		c.sealed = VERITY_SHA256;
	if (found->kind == KIND_OK && v->require_verity && c.sealed != VERITY_SHA256)
		found_decide(found, KIND_NO_VERITY, "%s", not_sealed(c.sealed));
}

/* Compare one file with each different record of its name; the first that does not fit counts. */
static int check_records(struct verify *v, const struct objects *objects, size_t first, size_t end, int fd,
			 const struct stat *st, struct verity_work *work, struct found *found, struct error *err)
{
	const char *dir = v->dirs.name[found->which];
	struct object_record last, r;

	for (size_t i = first; i < end; i++) {
		if (objects_record(objects, i, &r, err))
			return -1;
		if (i > first && r.size == last.size && r.has_digest == last.has_digest &&
		    (!r.has_digest || !memcmp(&r.digest, &last.digest, sizeof(r.digest))))
			continue;
		last = r;
		found->use = i;
		if ((u64)st->st_size != r.size) {
			found_decide(found, KIND_WRONG_SIZE, "want %llu, is %llu", (unsigned long long)r.size,
				     (unsigned long long)st->st_size);
			return 0;
		}
		if (!r.has_digest)
			atomic_fetch_add(&v->without_digest, 1);
		content_verify(v, dir, fd, st, &r, work, found);
		if (found->kind != KIND_OK)
			return 0;
	}
	found->use = first;
	return 0;
}

static int look(struct verify *v, const struct objects *objects, size_t first, size_t end,
		struct verity_work *work, struct found *found, struct error *err)
{
	const struct sort_item *item = &objects->v[first];
	struct basedirs_found where;
	struct error e;
	int fd, rc;

	*found = (struct found){ .use = first };
	rc = basedirs_open_file(&v->dirs, item->s, item->len, &where, &fd, &e);
	if (rc == BASEDIRS_FILE || rc == BASEDIRS_OTHER)
		found->which = where.which;
	if (rc == BASEDIRS_FILE) {
		rc = check_records(v, objects, first, end, fd, &where.st, work, found, err);
		close(fd);
		return rc;
	}
	found->is_dir = rc == BASEDIRS_OTHER && S_ISDIR(where.st.st_mode);
	if (rc < 0)
		found_decide(found, KIND_UNREADABLE, "%s", e.text);
	else if (rc == BASEDIRS_NONE)
		found_decide(found, KIND_MISSING, "in no basedir");
	else
		found_decide(found, KIND_WRONG_TYPE, "is %s", type_of(where.st.st_mode));
	return 0;
}

int object_verify(struct verify *v, const struct objects *objects, size_t first, size_t end,
		  struct verity_work *work, struct found *found, struct error *err)
{
	unsigned int looks = 0;
	int rc;

	do {
		rc = look(v, objects, first, end, work, found, err);
	} while (!rc && found->changed && ++looks < VERIFY_LOOKS);
	return rc;
}
