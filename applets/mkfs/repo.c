// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/repo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "base/text.h"
#include "files/beneath.h"
#include "store/object.h"

static void waiting(const char *name)
{
	warn("%s: waiting for the lock of the repository", name);
}

int mkfs_repo_open(struct mkfs_repo *m, u8 algorithm, struct store_flags flags, struct notes *notes,
		   struct error *err)
{
	const struct repo_want want = {
		.write = true,
		.require_verity = flags.require_verity,
		.no_sync = flags.no_sync,
		.algorithm = algorithm,
		.waiting = waiting,
	};

	if (strlen(m->path) + sizeof("/objects") > sizeof(m->objects))
		return error_set(err, ENAMETOOLONG, "%.200s...: name too long", m->path);
	if (repo_open(&m->repo, m->path, &want, err)) {
		repo_close(&m->repo);
		return -1;
	}
	text_format(m->objects, sizeof(m->objects), "%s/objects", m->path);
	flags.algorithm = m->repo.algorithm;
	flags.require_verity |= m->repo.sealed;
	if (fstat(m->repo.fd, &m->st)) {
		error_sys(err, "%s: fstat", m->path);
	} else if (!store_open(&m->store, m->objects, flags, notes, err)) {
		m->is_open = true;
		return 0;
	}
	repo_close(&m->repo);
	return -1;
}

void mkfs_repo_close(struct mkfs_repo *m)
{
	if (!m->is_open)
		return;
	store_close(&m->store);
	repo_close(&m->repo);
	m->is_open = false;
}

/* Returns a text that says what is wrong with the object of a file, or NULL if it is good. */
static const char *object_fault(const struct mkfs_repo *m, const struct node *node,
				char path[OBJECT_PATH])
{
	struct stat st;
	bool good;
	int fd;

	if (!node->algorithm)
		return "has no digest";
	path[cfs_object_name(path, node->algorithm, node->file.digest)] = '\0';
	if (!node->payload_is_object)
		return "has a payload that is not the object name of its digest";
	fd = beneath_open(m->store.dir, path, strlen(path), O_PATH);
	if (fd < 0)
		return "object";
	good = !fstat(fd, &st) && S_ISREG(st.st_mode) && (u64)st.st_size == node->size;
	close(fd);
	return good ? NULL : "has an object of another size";
}

int mkfs_repo_check(const struct mkfs_repo *m, const struct tree *tree, struct error *err)
{
	for (u32 id = 0; id < tree->nodes; id++) {
		const struct node *node = tree->order[id];
		char path[OBJECT_PATH] = "";
		struct buf name = { 0 };
		const char *what;
		int len;

		what = node_is_external(node) ? object_fault(m, node, path) : NULL;
		if (!what)
			continue;
		tree_path(&name, &node->name);
		len = name.len > 2000 ? 2000 : (int)name.len;
		if (name.failed)
			len = 0;
		if (!strcmp(what, "object"))
			error_set(err, ENOENT, "%s: object %s is missing (first file: %.*s)",
				  m->path, path, len, name.p);
		else
			error_set(err, EINVAL, "%s: %.*s: %s", m->path, len, name.p, what);
		buf_release(&name);
		return -1;
	}
	if (!tree->algorithm || tree->algorithm == m->repo.algorithm)
		return 0;
	return error_set(err, EINVAL, "%s/meta.json: algorithm is fsverity-%s-12, the dump has %s",
			 m->path, cfs_algorithm_word(m->repo.algorithm),
			 cfs_algorithm_name(tree->algorithm));
}

int mkfs_repo_version(const struct mkfs_repo *m, struct image_version *version, struct error *err)
{
	if (!(m->repo.formats & 3))
		return error_set(
			err, EOPNOTSUPP,
			"%s/meta.json: wants V2 images only, which this program does not write; --min-version=1 writes another format",
			m->path);
	version->min = m->repo.formats & 2 ? 1 : 0;
	version->max = 1;
	return 0;
}

int mkfs_repo_takes(const struct mkfs_repo *m, unsigned int version, struct error *err)
{
	if (m->repo.formats & 1u << version)
		return 0;
	return error_set(err, EOPNOTSUPP,
			 "%s/meta.json: does not list format version %u among those of its images",
			 m->path, version);
}

/* The image as a file without a name. */
static int write_image(struct mkfs_repo *m, const struct tree *tree,
		       const struct image_version *version, struct newfile *f, struct error *err)
{
	struct writer w;
	int rc;

	if (newfile_unnamed(f, m->store.dir, 0600) && newfile_named(f, m->store.dir, 0600))
		return error_sys(err, "%s: open of a new file", m->objects);
	if (writer_init(&w, f->fd))
		return error_nomem(err);
	rc = image_write(tree, version, &w, err);
	if (!rc && writer_flush(&w))
		rc = error_sys(err, "%s: write of a new file", m->objects);
	writer_release(&w);
	return rc;
}

static int put_image(struct mkfs_repo *m, struct newfile *f, struct cfs_digest *digest,
		     struct error *err)
{
	struct verity_work *work = malloc(sizeof(*work));
	struct stat st;
	int rc;

	if (!work)
		return error_nomem(err);
	verity_work_init(work, m->repo.algorithm, NULL);
	if (fstat(f->fd, &st))
		rc = error_sys(err, "%s: fstat", m->objects);
	else
		rc = store_put_file(&m->store, work, f->fd, &st, digest, err);
	if (rc == CONTENT_CHANGED)
		error_set(err, EAGAIN, "%s: the image changes while it is stored", m->objects);
	free(work);
	return rc ? -1 : 0;
}

int mkfs_repo_keep(struct mkfs_repo *m, const struct tree *tree,
		   const struct image_version *version, struct cfs_digest *digest,
		   struct error *err)
{
	const bool no_sync = m->store.flags.no_sync;
	struct newfile f = NEWFILE_NONE;
	int rc = write_image(m, tree, version, &f, err);

	if (!rc)
		rc = put_image(m, &f, digest, err);
	newfile_drop(&f);
	if (!rc)
		rc = store_finish(&m->store, err);
	if (!rc)
		rc = repo_link(&m->repo, digest, m->ref, no_sync, err);
	if (!rc && !m->ref)
		verbose("%s: the image has no name: a collection of garbage removes it; use --name",
			m->path);
	return rc;
}
