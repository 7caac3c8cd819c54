// SPDX-License-Identifier: GPL-2.0-only
/*
 * verify --repair-from: replace missing and wrong objects by good ones. verify
 * --enable-verity: replace objects that have fs-verity with another algorithm.
 */
#include <stdlib.h>
#include <unistd.h>
#include "applets/verify/verify.h"
#include "store/object.h"
#include "store/store.h"
#include "base/text.h"

void repair_sweep(const struct verify *v)
{
	/* This is done here because a store is opened only if something is wrong in it. */
	for (unsigned int i = 0; i < v->dirs.n; i++)
		newfile_sweep(v->dirs.fd[i]);
}

/* The stores that were repaired, by basedir. */
static int store_of(struct verify *v, unsigned int which, u8 algorithm, struct store **store,
		    struct error *err)
{
	const struct store_flags flags = { .algorithm = algorithm };
	struct notes notes;
	int rc;

	*store = v->stores[which];
	if (*store)
		return 0;
	*store = malloc(sizeof(**store));
	if (!*store)
		return error_nomem(err);
	notes_init(&notes);
	rc = store_open(*store, v->dirs.name[which], flags, &notes, err);
	warn_notes(&notes);
	notes_release(&notes);
	if (rc) {
		free(*store);
		return -1;
	}
	(*store)->notes = NULL;
	v->stores[which] = *store;
	return 0;
}

static enum store_seal seal_wanted(struct verify *v, const struct found *found)
{
	if (found->reseal)
		return STORE_SEAL_MUST;
	return v->require_verity || v->enable_verity || atomic_load(&v->sealed[found->which])
		       ? STORE_SEAL_IF_POSSIBLE
		       : STORE_SEAL_NO;
}

/* Try directory @which of @from. 1: it has no such object, or (with a warning) a wrong one. */
static int repair_from(struct verify *v, const struct basedirs *from, unsigned int which,
		       const char *path, const struct object_record *record,
		       struct verity_work *work, struct found *found, struct error *err)
{
	struct basedirs one = { .n = 1, .fd = { from->fd[which] }, .name = { from->name[which] } };
	struct basedirs_found there;
	struct store *store;
	struct error e;
	int fd, rc = basedirs_open_file(&one, path, strlen(path), &there, &fd, &e);

	if (rc < 0)
		warn("not used: %s", e.text);
	else if (rc == BASEDIRS_OTHER)
		warn("%s/%s: not used: not a regular file", one.name[0], path);
	if (rc != BASEDIRS_FILE)
		return 1;
	rc = 1;
	if ((u64)there.st.st_size == record->size || record->size == REPAIR_ANY_SIZE) {
		rc = store_of(v, found->which, record->digest.algorithm, &store, err);
		if (!rc)
			rc = store_repair(store, work, path, fd, &there.st, &record->digest,
					  seal_wanted(v, found), err);
		if (!rc)
			found->kind = v->require_verity && !atomic_load(&store->verity)
					      ? KIND_NO_VERITY
					      : KIND_REPAIRED;
	}
	close(fd);
	if (rc > 0 && !found->reseal)
		warn("%s/%s: not used: %s", one.name[0], path,
		     rc > 1 ? err->text : "wrong size or content");
	return rc;
}

/* Copy the path, and get ready to hash. False: this object cannot be replaced. */
static bool begin(char name[CFS_PATH_MAX + 1], const char *path, size_t len,
		  const struct object_record *record, struct verity_work *work)
{
	verity_work_init(work, record->digest.algorithm, NULL); /* the threads are gone */
	if (!record->digest.algorithm || len > CFS_PATH_MAX)
		return false;
	memcpy(name, path, len);
	name[len] = 0;
	if (object_path_fits(path, len, &record->digest))
		return true;
	warn("%s: not replaced: the image records another digest than the name says", name);
	return false;
}

int repair_object(struct verify *v, const char *path, size_t len,
		  const struct object_record *record, struct verity_work *work, struct found *found,
		  struct error *err)
{
	char name[CFS_PATH_MAX + 1];
	int rc = 1;

	/* A directory stays, because nothing can be renamed over it. */
	if (found->is_dir || !begin(name, path, len, record, work))
		return 1;
	for (unsigned int i = 0; i < v->repair.n && rc > 0; i++) {
		rc = repair_from(v, &v->repair, i, name, record, work, found, err);
		if (!rc)
			text_format(found->detail, sizeof(found->detail), "from %.150s",
				    v->repair.name[i]);
	}
	return rc;
}

int repair_seal(struct verify *v, const char *path, size_t len, const struct object_record *record,
		struct verity_work *work, struct found *found, struct error *err)
{
	char name[CFS_PATH_MAX + 1];
	int rc;

	if (!begin(name, path, len, record, work))
		return 0;
	rc = repair_from(v, &v->dirs, found->which, name, record, work, found, err);
	if (rc < 0)
		return -1;
	if (rc == 1)
		error_set(err, EUCLEAN, "changed before fs-verity was enabled");
	found->kind = rc ? KIND_UNREADABLE : KIND_OK;
	text_format(found->detail, sizeof(found->detail), "%s",
		    rc ? err->text : "replaced by a copy with fs-verity");
	return 0;
}

int repair_finish(struct verify *v, struct error *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < v->dirs.n; i++) {
		struct error e;

		if (!v->stores[i])
			continue;
		if (store_finish(v->stores[i], rc ? &e : err))
			rc = -1;
		store_close(v->stores[i]);
		free(v->stores[i]);
		v->stores[i] = NULL;
	}
	return rc;
}
