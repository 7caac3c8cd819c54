// SPDX-License-Identifier: GPL-2.0-only
#include "source/ostree/file.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "files/input.h"
#include "files/io.h"
#include "verity/sha256.h"
#include "verity/verity.h"
#include "core/erofs.h"
#include "source/dir/attrs.h"

#define BLOCK ((size_t)128 << 10)

struct ostree_reader {
	const struct ostree_repo *repo;
	struct grower *g;
	bool want_verity;
	struct scan_options all; /* xattrs */
	struct entry_work w;     /* to read them with; w.value: a stored header */
	struct input in;         /* of an archive's contents */
	struct buf header;       /* canonical */
	struct verity verity;
	u8 block[BLOCK]; /* of content, or a symlink's target */
};

/* An object whose header has been read, but not its content. */
struct object {
	struct sha256_sum sum;
	int fd;
	struct stat st;
	struct ostree_attrs attrs;
	struct cfs_span target;
	u64 size; /* stated by the header of an archive object */
};

struct ostree_reader *ostree_reader_open(const struct ostree_repo *repo, struct grower *g,
					 bool verity)
{
	struct ostree_reader *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	r->repo = repo;
	r->g = g;
	r->want_verity = verity;
	r->all = (struct scan_options){ 0 };
	r->w.options = &r->all;
	r->w.g = g;
	r->in = (struct input){ 0 };
	r->header = (struct buf){ 0 };
	return r;
}

void ostree_reader_close(struct ostree_reader *r)
{
	if (!r)
		return;
	input_release(&r->in);
	buf_release(&r->header);
	free(r);
}

const char *ostree_file_ext(const struct ostree_repo *repo)
{
	return repo->mode == OSTREE_ARCHIVE ? "filez" : "file";
}

/* Read the target of a symlink object. In a bare-user repository it is a file that may end with a NUL. */
static int read_target(struct ostree_reader *r, struct object *o, struct error *err)
{
	ssize_t n;

	if (S_ISLNK(o->st.st_mode))
		n = readlinkat(o->fd, "", (char *)r->block, BLOCK);
	else
		n = io_read(o->fd, r->block, CFS_PATH_MAX + 2);
	if (n < 0)
		return error_sys(err, "read of the symlink target");
	if (n && !S_ISLNK(o->st.st_mode) && !r->block[n - 1])
		n--;
	o->target = (struct cfs_span){ r->block, (u64)n };
	return 0;
}

/* Read all extended attributes of a bare object. */
static int read_xattrs(struct ostree_reader *r, const struct object *o, struct error *err)
{
	char name[OSTREE_OBJECT_NAME];
	struct entry link = { .dir = r->repo->objects, .name = name, .type = DT_LNK };
	int rc;

	ostree_object_name(name, &o->sum, "file");
	rc = attrs_read(&r->w, o->fd, S_ISLNK(o->st.st_mode) ? &link : NULL, err);
	return rc == ENTRY_CHANGED ? error_set(err, EINVAL, "has changed") : rc;
}

static int open_bare(struct ostree_reader *r, struct object *o, struct error *err)
{
	bool only = r->repo->mode == OSTREE_BARE_USER_ONLY;

	o->attrs.mode = o->st.st_mode;
	o->attrs.uid = only ? 0 : o->st.st_uid;
	o->attrs.gid = only ? 0 : o->st.st_gid;
	if (!only && !r->repo->no_xattrs && read_xattrs(r, o, err))
		return -1;
	return S_ISLNK(o->st.st_mode) ? read_target(r, o, err) : 0;
}

static int open_bare_user(struct ostree_reader *r, struct object *o, struct error *err)
{
	ssize_t n = fgetxattr(o->fd, "user.ostreemeta", r->w.value, sizeof(r->w.value));

	if (n < 0 && errno == ENODATA)
		return error_set(err, EBADMSG, "has no extended attribute user.ostreemeta");
	if (n < 0)
		return error_sys(err, "user.ostreemeta: getxattr");
	if (ostree_filemeta_decode(&o->attrs, (struct cfs_span){ r->w.value, (u64)n }, err) ||
	    ostree_xattrs_decode(&o->attrs.xattrs, false, r->g, err))
		return error_in(err, "user.ostreemeta");
	return (o->attrs.mode & CFS_IFMT) == CFS_IFLNK ? read_target(r, o, err) : 0;
}

/* BE32 length, 4 zero bytes, header. */
static int open_archive(struct ostree_reader *r, struct object *o, struct error *err)
{
	struct ostree_header h;
	u8 start[8], more;
	u32 len;
	ssize_t n = io_read(o->fd, start, sizeof(start));

	if (n == sizeof(start)) {
		len = gvariant_be32(start);
		if (gvariant_be32(start + 4))
			return error_set(err, EBADMSG, "no zero bytes in front of the header");
		if (len > OSTREE_HEADER_MAX)
			return error_set(err, EBADMSG, "header of more than %u bytes",
					 OSTREE_HEADER_MAX);
		n = io_read(o->fd, r->w.value, len);
		if (n >= 0 && n < (ssize_t)len)
			return error_set(err, EBADMSG, "ends within its header");
	} else if (n >= 0) {
		return error_set(err, EBADMSG, "ends before its header");
	}
	if (n < 0)
		return error_sys(err, "read");
	if (ostree_header_decode(&h, (struct cfs_span){ r->w.value, (u64)n }, err) ||
	    ostree_xattrs_decode(&h.attrs.xattrs, false, r->g, err))
		return error_in(err, "header");
	o->attrs = h.attrs;
	o->target = h.target;
	o->size = h.size;
	if ((h.attrs.mode & CFS_IFMT) == CFS_IFREG)
		return input_open_deflate(&r->in, o->fd, "content", h.size, err);
	n = io_read(o->fd, &more, 1);
	if (n < 0)
		return error_sys(err, "read");
	return n || h.size ? error_set(err, EBADMSG, "symlink with content") : 0;
}

/* Hash the content to its end. */
static int read_content(struct ostree_reader *r, const struct object *o, struct sha256 *sha,
			struct ostree_file *file, struct error *err)
{
	bool archive = r->repo->mode == OSTREE_ARCHIVE;
	struct cfs_digest digest;

	if (r->want_verity)
		verity_init(&r->verity, CFS_SHA256);
	for (;;) {
		ssize_t n = archive ? input_read(&r->in, r->block, BLOCK, err)
				    : io_read(o->fd, r->block, BLOCK);

		if (n < 0)
			return archive ? -1 : error_sys(err, "read");
		if (!n)
			break;
		sha256_add(sha, r->block, (size_t)n);
		if (r->want_verity)
			verity_add(&r->verity, r->block, (size_t)n);
		file->size += (u64)n;
	}
	if (archive && file->size != o->size)
		return error_set(err, EBADMSG,
				 "content of %llu bytes, not %llu as its header states",
				 (unsigned long long)file->size, (unsigned long long)o->size);
	if (r->want_verity && file->size) {
		verity_end(&r->verity, &digest);
		memcpy(file->digest.b, digest.b, sizeof(file->digest.b));
	}
	return 0;
}

/* Copy what the tree needs into memory of the grower. */
static int keep(struct ostree_reader *r, const struct object *o, struct ostree_file *file,
		struct error *err)
{
	file->mode = o->attrs.mode;
	file->uid = o->attrs.uid;
	file->gid = o->attrs.gid;
	if (ostree_xattrs_keep(r->g, &file->xattrs, &file->nxattrs, err))
		return -1;
	if (!o->target.len)
		return 0;
	file->size = o->target.len;
	file->target = arena_copy(&r->g->arena, o->target.p, o->target.len);
	return file->target ? 0 : error_nomem(err);
}

static int read_object(struct ostree_reader *r, struct object *o, struct ostree_file *file,
		       struct error *err)
{
	struct sha256_sum sum;
	struct sha256 sha;
	int rc;

	xattr_set_clear(&r->g->set);
	if (r->repo->mode == OSTREE_ARCHIVE)
		rc = open_archive(r, o, err);
	else if (r->repo->mode == OSTREE_BARE_USER)
		rc = open_bare_user(r, o, err);
	else
		rc = open_bare(r, o, err);
	if (rc || ostree_file_check(o->attrs.mode, o->target, err))
		return -1;
	ostree_header_encode(&r->header, &o->attrs, o->target, &r->g->set);
	if (r->header.failed)
		return error_nomem(err);
	sha256_init(&sha);
	sha256_add(&sha, r->header.p, r->header.len);
	file->size = 0;
	if ((o->attrs.mode & CFS_IFMT) == CFS_IFREG && read_content(r, o, &sha, file, err))
		return -1;
	sha256_end(&sha, sum.b);
	if (memcmp(&sum, &file->sum, sizeof(sum)))
		return error_set(err, EBADMSG, "attributes and content do not have this checksum");
	return keep(r, o, file, err);
}

int ostree_file_read(struct ostree_reader *r, struct ostree_file *file, struct error *err)
{
	bool link = r->repo->mode == OSTREE_BARE || r->repo->mode == OSTREE_BARE_USER_ONLY;
	struct object o = { .sum = file->sum };
	int rc;

	if (ostree_object_open(r->repo, &file->sum, ostree_file_ext(r->repo), link, &o.fd, &o.st,
			       err))
		return -1;
	rc = read_object(r, &o, file, err);
	close(o.fd);
	return rc;
}
