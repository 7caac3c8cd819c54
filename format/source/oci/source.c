// SPDX-License-Identifier: GPL-2.0-only
#include "source/oci/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "files/beneath.h"
#include "files/io.h"

static bool has_file(const struct oci_source *s, const char *name)
{
	const struct oci_member *m = oci_archive_find(&s->archive, name, strlen(name));

	return m && m->is_file;
}

static int check_layout(struct oci_source *s, struct error *err)
{
	struct buf b = { 0 };
	int rc = oci_fetch(s, "oci-layout", &b, err);

	if (rc && err->code == ENOENT)
		error_set(err, ENOENT, "no oci-layout in it: not an OCI image layout");
	if (!rc && oci_layout_check(b.p, b.len, err))
		rc = error_in(err, "oci-layout");
	buf_release(&b);
	return rc ? error_in(err, "%s", s->path) : 0;
}

int oci_source_open(struct oci_source *s, int fd, const char *path, bool piped, struct tar *tar,
		    struct notes *notes, struct error *err)
{
	struct stat st;

	*s = (struct oci_source){ .path = path, .dir = -1, .tar = tar };
	if (fstat(fd, &st))
		return error_sys(err, "%s: stat", path);
	if (S_ISDIR(st.st_mode)) {
		s->dir = fd;
		return check_layout(s, err);
	}
	if (oci_archive_open(&s->archive, fd, path, piped || !S_ISREG(st.st_mode), tar, notes, err))
		return -1;
	if (has_file(s, "oci-layout") || has_file(s, "index.json"))
		return check_layout(s, err);
	s->is_docker = has_file(s, "manifest.json");
	if (s->is_docker)
		return 0;
	return error_set(
		err, EINVAL,
		"%s: neither an OCI nor a docker archive: no index.json and no manifest.json",
		path);
}

void oci_source_release(struct oci_source *s)
{
	oci_archive_release(&s->archive);
	arena_release(&s->arena);
}

const char *oci_blob_name(char to[OCI_BLOB_NAME], const struct cfs_digest *digest)
{
	memcpy(to, digest->algorithm == CFS_SHA512 ? "blobs/sha512/" : "blobs/sha256/", 13);
	to[13 + cfs_digest_print(to + 13, digest)] = 0;
	return to;
}

/* ---- files ---- */

static int no_file(const char *name, struct error *err)
{
	return error_set(err, ENOENT, "%s: is not there", name);
}

/* A regular file of the layout. Returns a descriptor, or -1 and a text. */
static int open_file(const struct oci_source *s, const char *name, u64 *size, struct error *err)
{
	int fd = beneath_open(s->dir, name, strlen(name), O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return no_file(name, err);
	if (fd < 0)
		return error_sys(err, "%s: open", name);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		*size = (u64)st.st_size;
		return fd;
	}
	close(fd);
	return error_set(err, EINVAL, "%s: is not a regular file", name);
}

static int too_large(const char *name, struct error *err)
{
	return error_set(err, EFBIG, "%s: more than 4 MiB, which is too large for a document",
			 name);
}

/* @size bytes of a document by @read into @b. */
static int slurp(const char *name, u64 size, const struct oci_bytes *from, struct buf *b,
		 struct error *err)
{
	char *room;
	ssize_t n;

	if (size > OCI_DOCUMENT_MAX)
		return too_large(name, err);
	b->len = 0;
	room = buf_room(b, (size_t)size + 1);
	if (!room)
		return error_nomem(err);
	n = from->read(from->arg, room, (size_t)size, err);
	if (n < 0)
		return -1;
	b->len = (size_t)n;
	return 0;
}

static ssize_t read_fd(void *arg, void *to, size_t len, struct error *err)
{
	ssize_t n = io_read(*(int *)arg, to, len);

	return n < 0 ? error_sys(err, "read") : n;
}

static int fetch_file(struct oci_source *s, const char *name, struct buf *b, struct error *err)
{
	u64 size;
	int fd = open_file(s, name, &size, err), rc;
	const struct oci_bytes from = { read_fd, &fd, 0 };

	if (fd < 0)
		return -1;
	rc = slurp(name, size, &from, b, err);
	close(fd);
	return rc;
}

static int fetch_member(struct oci_source *s, const char *name, struct buf *b, struct error *err)
{
	struct oci_member *m = oci_archive_find(&s->archive, name, strlen(name));
	struct oci_member_reader reader = { &s->archive, 0, 0 };
	const struct oci_bytes from = { oci_member_read, &reader, 0 };

	if (!m || !m->is_file)
		return no_file(name, err);
	if (!s->archive.piped) {
		reader.offset = m->offset;
		reader.left = m->size;
		return slurp(name, m->size, &from, b, err);
	}
	if (m->size > OCI_DOCUMENT_MAX)
		return too_large(name, err);
	if (m->layer)
		return error_set(err, EINVAL, "%s: is not a JSON document", name);
	if (!m->bytes)
		return error_set(
			err, EFBIG,
			"%s: the documents of the archive take more than 64 MiB: write the archive to a file first",
			name);
	b->len = 0;
	buf_add(b, m->bytes, (size_t)m->size);
	return b->failed ? error_nomem(err) : 0;
}

int oci_fetch(struct oci_source *s, const char *name, struct buf *b, struct error *err)
{
	return s->dir >= 0 ? fetch_file(s, name, b, err) : fetch_member(s, name, b, err);
}

int oci_fetch_blob(struct oci_source *s, const struct oci_descriptor *d, struct buf *b,
		   struct error *err)
{
	char name[OCI_BLOB_NAME], text[OCI_DIGEST_TEXT];
	struct cfs_digest got;
	struct oci_hash hash;

	oci_digest_print(text, &d->digest);
	if (d->has_size && d->size > OCI_DOCUMENT_MAX)
		return too_large(text, err);
	if (oci_fetch(s, oci_blob_name(name, &d->digest), b, err))
		return -1;
	if (d->has_size && b->len != d->size) {
		error_set(err, EBADMSG, "%s: has %zu bytes, its descriptor says %llu", text, b->len,
			  (unsigned long long)d->size);
		return OCI_WRONG;
	}
	oci_hash_init(&hash, 1u << d->digest.algorithm);
	oci_hash_add(&hash, b->p, b->len);
	if (oci_hash_is(&hash, &d->digest))
		return 0;
	oci_hash_end(&hash, d->digest.algorithm, &got);
	error_set(err, EBADMSG, "%s: digest is %s", name, oci_digest_print(text, &got));
	return OCI_WRONG;
}

/* ---- layers ---- */

static struct oci_member *layer_member(const struct oci_source *s, const char *name)
{
	struct oci_member *m = oci_archive_find(&s->archive, name, strlen(name));

	if (m && !m->is_file && s->is_docker)
		m = oci_archive_follow(&s->archive, m);
	return m && m->is_file ? m : NULL;
}

u64 oci_source_offset(const struct oci_source *s, const char *name)
{
	const struct oci_member *m = s->dir < 0 ? layer_member(s, name) : NULL;

	return m ? m->offset : 0;
}

static struct oci_layer *read_layer(struct oci_source *s, const char *name,
				    const struct oci_bytes *bytes, unsigned int blob,
				    unsigned int plain, struct error *err)
{
	struct oci_layer *layer = arena_alloc(&s->arena, sizeof(*layer));

	if (!layer) {
		error_nomem(err);
		return NULL;
	}
	return oci_layer_read(layer, s->tar, name, bytes, blob, plain, &s->arena, err) ? NULL
										       : layer;
}

/* Bytes that were kept can be a layer, too: an archive without members is 1024 zeros. */
struct kept {
	const char *p;
	size_t left;
};

static ssize_t read_kept(void *arg, void *to, size_t len, struct error *err)
{
	struct kept *k = arg;

	(void)err;
	if (len > k->left)
		len = k->left;
	memcpy(to, k->p, len);
	k->p += len;
	k->left -= len;
	return (ssize_t)len;
}

static struct oci_layer *passed_layer(struct oci_source *s, struct oci_member *m, const char *name,
				      unsigned int blob, unsigned int plain, struct error *err)
{
	struct kept kept = { m->bytes, (size_t)m->size };
	const struct oci_bytes bytes = { read_kept, &kept, UINT64_MAX };

	if (m->layer && plain & 1u << CFS_SHA512) {
		error_set(err, EOPNOTSUPP,
			  "%s: its diff_id is SHA-512: write the archive to a file first", name);
		return NULL;
	}
	if (m->layer)
		return m->layer;
	if (m->bytes)
		return read_layer(s, name, &bytes, blob, plain, err);
	error_set(err, EINVAL, "%s: is not a tar archive", name);
	return NULL;
}

struct oci_layer *oci_source_layer(struct oci_source *s, const char *name, u64 limit,
				   unsigned int blob, unsigned int plain, struct error *err)
{
	struct oci_bytes bytes = { .limit = limit };
	struct oci_member_reader reader = { .archive = &s->archive };
	struct oci_layer *layer;
	struct oci_member *m;
	u64 size;
	int fd;

	if (s->dir >= 0) {
		fd = open_file(s, name, &size, err);
		if (fd < 0)
			return NULL;
		bytes.read = read_fd;
		bytes.arg = &fd;
		layer = read_layer(s, name, &bytes, blob, plain, err);
		close(fd);
		return layer;
	}
	m = layer_member(s, name);
	if (!m) {
		no_file(name, err);
		return NULL;
	}
	if (s->archive.piped)
		return passed_layer(s, m, name, blob, plain, err);
	bytes.read = oci_member_read;
	bytes.arg = &reader;
	reader.offset = m->offset;
	reader.left = m->size;
	return read_layer(s, name, &bytes, blob, plain, err);
}
