// SPDX-License-Identifier: GPL-2.0-only
#include "source/toc/objects.h"

#include <stdlib.h>
#include <unistd.h>
#include "store/basedirs.h"
#include "files/io.h"
#include "verity/verity.h"
#include "base/workers.h"

/* One object, and one of the files that use it. */
struct object {
	const struct node *node;
	struct cfs_digest verity;
	u8 sha[SHA256_SIZE];
	u64 size;
	const char *what; /* what is wrong with the object; NULL: nothing */
};

struct objects {
	struct tree *tree;
	const struct table *shas;
	struct basedirs dirs;
	struct table table; /* of objects by path */
	struct object *v;
	size_t n;
	u8 algorithm;             /* of the digests */
	struct verity_work *work; /* of each thread */
	void (*progress)(void *arg, u64 names, u64 bytes);
	void *progress_arg;
};

struct path {
	char room[CFS_OBJECT_NAME_MAX];
	const char *s;
	size_t len;
};

static void path_of(const struct node *node, struct path *path)
{
	path->s = node_payload(node, path->room, &path->len);
}

static bool same_path(const void *item, const void *want)
{
	const struct object *o = item;
	const struct path *w = want;
	struct path is;

	path_of(o->node, &is);
	return is.len == w->len && !memcmp(is.s, w->s, w->len);
}

static u64 path_hash(const struct objects *o, const struct path *path)
{
	return hash_bytes(&o->tree->key, 0, path->s, path->len);
}

/* Each object once. */
static int collect(struct objects *o, struct error *err)
{
	o->v = malloc((o->tree->nodes ? o->tree->nodes : 1) * sizeof(*o->v));
	if (!o->v)
		return error_nomem(err);
	for (u32 id = 0; id < o->tree->nodes; id++) {
		const struct node *node = o->tree->order[id];
		struct path path;

		if (!node_is_external(node))
			continue;
		path_of(node, &path);
		if (table_find(&o->table, path_hash(o, &path), same_path, &path))
			continue;
		o->v[o->n] = (struct object){ .node = node };
		if (table_add(&o->table, path_hash(o, &path), &o->v[o->n++]))
			return error_nomem(err);
	}
	return 0;
}

static int read_object(struct objects *o, struct verity_work *work, struct object *object, int fd,
		       struct error *err)
{
	struct sha256 sha;
	ssize_t n;

	sha256_init(&sha);
	verity_init(&work->v, o->algorithm);
	do {
		n = io_read(fd, work->buf, sizeof(work->buf));
		if (n < 0)
			return error_sys(err, "read");
		sha256_add(&sha, work->buf, (size_t)n);
		verity_add(&work->v, work->buf, (size_t)n);
		object->size += (u64)n;
		if (o->progress)
			o->progress(o->progress_arg, 0, (u64)n);
	} while (n == (ssize_t)sizeof(work->buf));
	sha256_end(&sha, object->sha);
	verity_end(&work->v, &object->verity);
	return 0;
}

static int look_at(struct workers *w, unsigned int index, size_t item, void *arg, struct error *err)
{
	struct objects *o = arg;
	struct object *object = &o->v[item];
	struct basedirs_found found;
	struct path path;
	int fd = -1, rc;

	(void)w;
	path_of(object->node, &path);
	rc = basedirs_open_file(&o->dirs, path.s, path.len, &found, &fd, err);
	if (rc == BASEDIRS_NONE)
		object->what = "is missing";
	else if (rc == BASEDIRS_OTHER)
		object->what = "is not a regular file";
	else if (rc == BASEDIRS_FILE && (u64)found.st.st_size != object->node->size)
		object->what = "has another size"; /* other files of that size are wrong as well */
	if (rc == BASEDIRS_FILE && !object->what) {
		rc = read_object(o, &o->work[index], object, fd, err);
		if (rc)
			error_in(err, "%s: %.*s", o->dirs.name[0], (int)path.len, path.s);
	}
	if (fd >= 0)
		close(fd);
	return rc < 0 ? -1 : 0;
}

/* Returns a text that says what is wrong with the object of a file, or NULL if it is good. */
static const char *judge(const struct objects *o, const struct object *object,
			 const struct node *node)
{
	const struct toc_sha *sha = toc_find_sha(o->tree, o->shas, node);

	if (object->what)
		return object->what;
	if (object->size != node->size)
		return "has another size";
	if (sha && memcmp(sha->sha, object->sha, sizeof(object->sha)))
		return "has another SHA-256";
	if (node->algorithm &&
	    (node->algorithm != object->verity.algorithm ||
	     memcmp(node->file.digest, object->verity.b, cfs_digest_size(node->algorithm))))
		return "has another fs-verity digest";
	return NULL;
}

static int mismatch(const struct objects *o, const struct node *node, const struct path *path,
		    const char *what, struct error *err)
{
	struct buf b = { 0 };

	tree_path(&b, &node->name);
	error_set(err, EBADMSG, "%s: object %.*s %s, of the file %.*s", o->dirs.name[0],
		  path->len > 200 ? 200 : (int)path->len, path->s, what,
		  b.len > 4000 ? 4000 : (int)b.len, b.failed ? "" : b.p);
	buf_release(&b);
	return TOC_MISMATCH;
}

static int apply(struct objects *o, struct error *err)
{
	for (u32 id = 0; id < o->tree->nodes; id++) {
		struct node *node = o->tree->order[id];
		const struct object *object;
		const char *what;
		struct path path;

		if (!node_is_external(node))
			continue;
		path_of(node, &path);
		object = table_find(&o->table, path_hash(o, &path), same_path, &path);
		what = judge(o, object, node);
		if (what)
			return mismatch(o, node, &path, what, err);
	}
	return 0;
}

/* Set the digests after all files are checked, because a payload may be made from a digest. */
static int set_digests(struct objects *o, struct error *err)
{
	for (u32 id = 0; id < o->tree->nodes; id++) {
		struct node *node = o->tree->order[id];
		const struct object *object;
		struct path path;

		if (!node_is_external(node) || node->algorithm)
			continue;
		path_of(node, &path);
		object = table_find(&o->table, path_hash(o, &path), same_path, &path);
		if (node_set_digest(o->tree->growers, node, &object->verity))
			return error_nomem(err);
	}
	return 0;
}

int toc_objects(struct tree *tree, const struct table *shas, const struct toc_from *from,
		void (*progress)(void *arg, u64 names, u64 bytes), void *progress_arg,
		struct error *err)
{
	struct objects o = {
		.tree = tree,
		.shas = shas,
		.algorithm = from->algorithm,
		.progress = progress,
		.progress_arg = progress_arg,
	};
	int rc;

	o.dirs.name[0] = from->name;
	o.dirs.fd[0] = from->fd;
	o.dirs.n = 1;
	o.work = malloc(from->threads *
			sizeof(*o.work)); /* little of it is touched for small files */
	rc = o.work ? collect(&o, err) : error_nomem(err);
	if (!rc)
		rc = workers_each_of(from->pool, from->threads, o.n, look_at, &o, err);
	if (!rc)
		rc = apply(&o, err);
	if (!rc)
		rc = set_digests(&o, err);
	free(o.work);
	free(o.v);
	table_release(&o.table);
	return rc;
}
