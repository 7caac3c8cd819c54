// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/archive.h"

#include <stdlib.h>
#include <unistd.h>
#include "core/erofs.h"
#include "files/io.h"
#include "source/oci/document.h"
#include "source/tar/header.h"

#define KEPT_MAX ((u64)64 << 20)

/* ---- names ---- */

/* Copy a path in its plain form to @to, which has room for it. -1: it leads out of the archive. */
static ssize_t plain_name(char *to, const char *path, size_t len)
{
	const char *end = path + len, *s;
	size_t n, at = 0;

	while (layers_component(&path, end, &s, &n)) {
		if (n == 2 && !memcmp(s, "..", 2))
			return -1;
		if (at)
			to[at++] = '/';
		memcpy(to + at, s, n);
		at += n;
	}
	return (ssize_t)at;
}

struct wanted {
	const char *s;
	size_t len;
};

static bool has_name(const void *item, const void *want)
{
	const struct oci_member *m = item;
	const struct wanted *w = want;

	return m->name_len == w->len && !memcmp(m->name, w->s, w->len);
}

struct oci_member *oci_archive_find(const struct oci_archive *a, const char *name, size_t len)
{
	const struct wanted want = { name, len };

	return table_find(&a->members, hash_bytes(&a->key, 0, name, len), has_name, &want);
}

struct oci_member *oci_archive_follow(const struct oci_archive *a, const struct oci_member *m)
{
	const char *target = m->target, *slash = NULL;
	size_t dir = 0, len;
	char *path;
	ssize_t n;

	if (!target)
		return NULL;
	len = strlen(target);
	path = malloc(m->name_len + len + 2);
	if (!path)
		return NULL;
	for (size_t i = 0; i < m->name_len; i++)
		if (m->name[i] == '/')
			slash = m->name + i;
	if (slash)
		dir = (size_t)(slash - m->name);
	memcpy(path, m->name, dir);
	/* ".." in front takes components of the link's own directory away. */
	while (len >= 3 && !memcmp(target, "../", 3)) {
		if (!dir) {
			free(path);
			return NULL;
		}
		while (dir && path[dir - 1] != '/')
			dir--;
		dir -= dir > 0;
		target += 3;
		len -= 3;
	}
	path[dir] = '/';
	memcpy(path + dir + 1, target, len);
	n = *target == '/' ? -1 : plain_name(path, path, dir + 1 + len);
	m = n < 0 ? NULL : oci_archive_find(a, path, (size_t)n);
	free(path);
	return m && m->is_file ? (struct oci_member *)(uintptr_t)m : NULL;
}

/* ---- reading a file again ---- */

/* Have the decompressed bytes from @offset on come next. */
static int seek(struct oci_archive *a, u64 offset, struct error *err)
{
	u8 skipped[4096];

	if (a->in_is_open && a->at > offset) {
		input_release(&a->in);
		a->in_is_open = false;
	}
	if (!a->in_is_open) {
		if (lseek(a->fd, 0, SEEK_SET) < 0)
			return error_sys(err, "%s: lseek", a->path);
		if (input_open_fd(&a->in, a->fd, a->path, err))
			return -1;
		a->in.limit = UINT64_MAX;
		a->in_is_open = true;
		a->at = 0;
	}
	while (a->at < offset) {
		u64 left = offset - a->at;
		ssize_t n =
			input_read(&a->in, skipped,
				   left < sizeof(skipped) ? (size_t)left : sizeof(skipped), err);

		if (n <= 0)
			return n ? -1
				 : error_set(err, EIO, "%s: changed while it was read", a->path);
		a->at += (u64)n;
	}
	return 0;
}

ssize_t oci_member_read(void *reader, void *to, size_t len, struct error *err)
{
	struct oci_member_reader *r = reader;
	struct oci_archive *a = r->archive;
	ssize_t n;

	if (len > r->left)
		len = (size_t)r->left;
	if (!len)
		return 0;
	if (a->in.compressed) {
		if (seek(a, r->offset, err))
			return -1;
		n = input_read(&a->in, to, len, err);
		a->at += n > 0 ? (u64)n : 0;
	} else {
		n = io_pread(a->fd, to, len, r->offset);
		if (n < 0)
			error_sys(err, "%s: read", a->path);
	}
	if (n >= 0 && (size_t)n < len)
		return error_set(err, EIO, "%s: changed while it was read", a->path);
	if (n > 0) {
		r->offset += (u64)n;
		r->left -= (u64)n;
	}
	return n;
}

/* ---- a pipe ---- */

/* The data of the present member, of which the first bytes have been read already. */
struct passing {
	struct tar *outer;
	u8 start[TAR_BLOCK];
	size_t pos, len; /* of start */
};

static ssize_t read_passing(void *arg, void *to, size_t len, struct error *err)
{
	struct passing *p = arg;
	size_t n = p->len - p->pos;
	ssize_t more;

	if (n > len)
		n = len;
	memcpy(to, p->start + p->pos, n);
	p->pos += n;
	if (n == len)
		return (ssize_t)n;
	more = tar_see_data(p->outer, (u8 *)to + n, len - n, err);
	return more < 0 ? -1 : (ssize_t)n + more;
}

/* The algorithm that a name blobs/ALG/HEX tells; SHA-256 for others. */
static u8 algorithm_of(const struct oci_member *m)
{
	return m->name_len > 13 && !memcmp(m->name, "blobs/sha512/", 13) ? CFS_SHA512 : CFS_SHA256;
}

static int pass_layer(struct oci_archive *a, struct oci_member *m, struct passing *p,
		      struct error *err)
{
	const struct oci_bytes bytes = { read_passing, p, UINT64_MAX };
	struct oci_layer *layer = arena_alloc(&a->arena, sizeof(*layer));
	u8 algorithm = algorithm_of(m);

	if (!layer)
		return error_nomem(err);
	if (oci_layer_read(layer, a->tar, m->name, &bytes, 1u << algorithm, 1u << CFS_SHA256,
			   &a->arena, err))
		return -1;
	m->layer = layer;
	oci_hash_end(&layer->blob, algorithm, &m->digest);
	return 0;
}

/* Hash the bytes, and keep them if they may be those of a document. */
static int pass_document(struct oci_archive *a, struct oci_member *m, struct passing *p,
			 struct error *err)
{
	bool keep = m->size <= OCI_DOCUMENT_MAX && m->size <= KEPT_MAX - a->kept;
	u8 algorithm = algorithm_of(m), piece[4096];
	struct oci_hash hash;
	u64 at = 0;
	ssize_t n;

	oci_hash_init(&hash, 1u << algorithm);
	if (keep) {
		m->bytes = malloc((size_t)m->size + 1);
		if (!m->bytes)
			return error_nomem(err);
		a->kept += m->size;
	}
	while (at < m->size) {
		u64 left = m->size - at;

		n = read_passing(p, piece, left < sizeof(piece) ? (size_t)left : sizeof(piece),
				 err);
		if (n <= 0)
			return n ? -1 : error_set(err, EBADMSG, "%s: ends too early", a->path);
		oci_hash_add(&hash, piece, (size_t)n);
		if (keep)
			memcpy(m->bytes + at, piece, (size_t)n);
		at += (u64)n;
	}
	oci_hash_end(&hash, algorithm, &m->digest);
	return 0;
}

static int pass(struct oci_archive *a, struct oci_member *m, struct tar *outer, struct error *err)
{
	struct passing p = { .outer = outer };
	ssize_t n = tar_see_data(outer, p.start, sizeof(p.start), err);

	if (n < 0)
		return -1;
	p.len = (size_t)n;
	if (!a->tar && oci_looks_like_layer(p.start, p.len))
		return 0;
	return oci_looks_like_layer(p.start, p.len) ? pass_layer(a, m, &p, err)
						    : pass_document(a, m, &p, err);
}

/* ---- members ---- */

/* A member replaces an earlier one of its name. */
static struct oci_member *new_member(struct oci_archive *a, const char *name, size_t len,
				     struct error *err)
{
	struct oci_member *m = oci_archive_find(a, name, len);

	if (m) {
		name = m->name;
		if (m->bytes)
			a->kept -= m->size;
		free(m->bytes);
		*m = (struct oci_member){ .name = name, .name_len = len };
		return m;
	}
	m = arena_alloc(&a->arena, sizeof(*m));
	if (m)
		m->name = arena_copy(&a->arena, name, len);
	if (!m || !m->name) {
		error_nomem(err);
		return NULL;
	}
	m->name_len = len;
	if (table_add(&a->members, hash_bytes(&a->key, 0, name, len), m)) {
		error_nomem(err);
		return NULL;
	}
	return m;
}

/* A hard link is the file that it names. The bytes stay with one of the two. */
static int add_hard_link(struct oci_archive *a, struct oci_member *m, const struct tar_seen *seen,
			 struct error *err)
{
	char *path = malloc(seen->link_len + 1);
	const struct oci_member *to;
	ssize_t n;

	if (!path)
		return error_nomem(err);
	n = plain_name(path, seen->link, seen->link_len);
	to = n < 0 ? NULL : oci_archive_find(a, path, (size_t)n);
	free(path);
	if (!to || !to->is_file || to == m)
		return 0;
	m->is_file = true;
	m->offset = to->offset;
	m->size = to->size;
	m->layer = to->layer;
	m->digest = to->digest;
	if (to->bytes) {
		m->bytes = malloc((size_t)to->size + 1);
		if (!m->bytes)
			return error_nomem(err);
		memcpy(m->bytes, to->bytes, (size_t)to->size);
		a->kept += to->size;
	}
	return 0;
}

static int see(void *arg, struct tar *outer, const struct tar_seen *seen, struct error *err)
{
	struct oci_archive *a = arg;
	char *name = malloc(seen->len + 1);
	struct oci_member *m = NULL;
	ssize_t n;

	if (!name)
		return error_nomem(err);
	n = plain_name(name, seen->name, seen->len);
	if (n > 0)
		m = new_member(a, name, (size_t)n, err);
	free(name);
	if (n <= 0)
		return 0; /* nothing can name it */
	if (!m)
		return -1;
	if (!seen->mode)
		return add_hard_link(a, m, seen, err);
	if ((seen->mode & CFS_IFMT) == CFS_IFLNK) {
		m->target = arena_copy(&a->arena, seen->link, seen->link_len);
		return m->target ? 0 : error_nomem(err);
	}
	if ((seen->mode & CFS_IFMT) != CFS_IFREG || seen->sparse)
		return 0;
	m->is_file = true;
	m->offset = seen->offset;
	m->size = seen->size;
	return a->piped ? pass(a, m, outer, err) : 0;
}

int oci_archive_open(struct oci_archive *a, int fd, const char *path, bool piped, struct tar *tar,
		     struct notes *notes, struct error *err)
{
	struct input in;

	*a = (struct oci_archive){ .path = path, .fd = fd, .piped = piped, .tar = tar };
	hash_key_init(&a->key);
	if (input_open_fd(&in, fd, path, err))
		return -1;
	a->in.compressed = in.compressed;
	return tar_see(&in, path, notes, see, a, err);
}

void oci_archive_release(struct oci_archive *a)
{
	for (size_t i = 0; i < a->members.size; i++) {
		struct oci_member *m = a->members.item[i];

		if (m)
			free(m->bytes);
	}
	table_release(&a->members);
	if (a->in_is_open)
		input_release(&a->in);
	arena_release(&a->arena);
	a->in_is_open = false;
}
