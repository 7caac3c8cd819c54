// SPDX-License-Identifier: GPL-2.0-only
/* cfs info cat: contents out of an image and its objects, checked before they are written. */
#include <stdlib.h>
#include <unistd.h>
#include "applets/info/info.h"
#include "files/io.h"
#include "verity/sha256.h"
#include "base/text.h"
#include "verity/verity.h"

#define PIECE ((size_t)1 << 20)

/* A file that was asked for. */
struct target {
	const char *path; /* as given */
	struct cfs_inode inode;
	struct cfs_backing backing;
};

struct cat {
	struct info *info;
	const char *image; /* name */
	struct image img;
	u8 *piece;               /* PIECE bytes */
	u8 (*sums)[SHA256_SIZE]; /* of each piece of the object that is read */
	struct verity v;
};

/* Text about a target. */
static int complain_of(const struct cat *cat, const char *path, struct error *err, const char *what)
{
	return error_set(err, EINVAL, "%s: %s: %s", cat->image, path, what);
}

static int damaged(const struct cat *cat, int rc, const struct cfs_fault *f, struct error *err)
{
	image_fault(err, rc, f);
	return error_in(err, "%s", cat->image);
}

/* "IMAGE: the path as far as @end: is a symbolic link to its target" */
static int complain_of_link(struct cat *cat, const char *path, const char *end,
			    const struct cfs_inode *inode, struct error *err)
{
	struct cfs_span to = image_piece(&cat->img, inode, 0);

	return error_set(err, ELOOP, "%s: %.*s: is a symbolic link to %.*s", cat->image,
			 (int)(end - path), path, (int)to.len, (const char *)to.p);
}

#define NOT_FOUND 1

static int not_found(const struct cat *cat, const char *path, struct error *err, const char *what)
{
	complain_of(cat, path, err, what);
	return NOT_FOUND;
}

/* Follow the path through directories alone. 0, or a text and NOT_FOUND or -1. */
static int path_find(struct cat *cat, const char *path, struct cfs_inode *inode, struct error *err)
{
	struct cfs_fault f;
	const char *s = path;
	int rc;

	rc = image_inode(&cat->img, cat->img.super.root_nid, inode, &f);
	while (!rc) {
		struct cfs_inode dir = *inode;
		size_t len;

		s += strspn(s, "/");
		len = strcspn(s, "/");
		if (!len)
			return 0;
		if (dir.ftype != EROFS_FT_DIR)
			return not_found(cat, path, err, "a component is not a directory");
		if (s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.')))
			return not_found(cat, path, err, "no such file");
		rc = image_find(&cat->img, &dir, s, len, inode, &f);
		s += len;
		if (rc == -ENOENT || (!rc && cfs_inode_is_stub(inode)))
			return not_found(cat, path, err, "no such file");
		if (!rc && inode->ftype == EROFS_FT_SYMLINK)
			return complain_of_link(cat, path, s, inode, err);
	}
	return damaged(cat, rc, &f, err);
}

/* The path as it is, or, if there is no such name, with the escapes resolved that ls prints. */
static int path_given(struct cat *cat, const char *path, struct cfs_inode *inode, struct error *err)
{
	int rc = path_find(cat, path, inode, err);
	size_t size = strlen(path) + 1;
	struct error again;
	char *plain;
	ssize_t len;

	if (rc != NOT_FOUND || !strchr(path, '\\'))
		return rc;
	plain = malloc(size);
	if (!plain)
		return error_nomem(err);
	len = text_unescape(plain, path, size);
	/* The NUL at the end was copied, too; one before it is in no name. */
	if (len > 0 && strlen(plain) + 1 == (size_t)len)
		rc = path_find(cat, plain, inode, &again);
	if (rc < 0)
		*err = again;
	free(plain);
	return rc;
}

static int target_find(struct cat *cat, const char *path, struct target *t, struct error *err)
{
	struct cfs_fault f;
	int rc;

	t->path = path;
	if (path_given(cat, path, &t->inode, err))
		return -1;
	rc = image_meaning(&cat->img, &t->inode, &t->backing, NULL, NULL, &f);
	if (rc)
		return damaged(cat, rc, &f, err);
	if (t->inode.ftype == EROFS_FT_DIR)
		return complain_of(cat, path, err, "is a directory");
	if (!t->backing.is_file)
		return complain_of(cat, path, err, "is not a regular file");
	return 0;
}

static bool is_external(const struct target *t)
{
	return t->inode.size && !cfs_inode_has_content(&t->inode);
}

/* Report that the check of a file failed. Returns EXIT_MISMATCH. */
static int mismatch(const struct cat *cat, const struct target *t, struct error *err,
		    const char *what)
{
	complain_of(cat, t->path, err, what);
	return EXIT_MISMATCH;
}

/* Write the bytes that are buffered, so that @data need not be copied. */
static int put(struct cat *cat, const void *data, size_t len, struct error *err)
{
	struct buf *b = &cat->info->out.line;

	while (len) {
		size_t n = len < (64u << 10) ? len : (64u << 10);

		buf_add(b, data, n);
		if (output_poll(&cat->info->out, err))
			return EXIT_FAILED;
		data = (const u8 *)data + n;
		len -= n;
	}
	return EXIT_DONE;
}

/* Piece @i of an object of @size bytes. EXIT_*. */
static int piece_read(struct cat *cat, const struct target *t, int fd, u64 i, size_t *len,
		      struct error *err)
{
	u64 off = i * PIECE, left = t->inode.size - off;
	ssize_t n;

	*len = left < PIECE ? (size_t)left : PIECE;
	n = io_pread(fd, cat->piece, *len, off);
	if (n < 0) {
		error_sys(err, "%s: %s: read its object", cat->image, t->path);
		return EXIT_FAILED;
	}
	return (size_t)n == *len ? EXIT_DONE
				 : mismatch(cat, t, err, "its object changed while it was read");
}

/* Hash all of it, and each piece for the second reading. */
static int object_check(struct cat *cat, const struct target *t, int fd, u64 pieces,
			struct error *err)
{
	struct cfs_digest is;
	int status;

	verity_init(&cat->v, t->backing.digest.algorithm);
	for (u64 i = 0; i < pieces; i++) {
		size_t len;

		status = piece_read(cat, t, fd, i, &len, err);
		if (status)
			return status;
		verity_add(&cat->v, cat->piece, len);
		sha256_one(cat->piece, len, cat->sums[i]);
	}
	verity_end(&cat->v, &is);
	if (!cfs_digest_equal(&is, &t->backing.digest))
		return mismatch(cat, t, err, "its object has the wrong content");
	return EXIT_DONE;
}

/* Write the object, but only pieces that equal those that were checked. */
static int object_put(struct cat *cat, const struct target *t, int fd, u64 pieces,
		      struct error *err)
{
	for (u64 i = 0; i < pieces; i++) {
		u8 sum[SHA256_SIZE];
		size_t len;
		int status = piece_read(cat, t, fd, i, &len, err);

		if (status)
			return status;
		if (t->backing.digest.algorithm) {
			sha256_one(cat->piece, len, sum);
			if (memcmp(sum, cat->sums[i], sizeof(sum)))
				return mismatch(cat, t, err,
						"its object changed while it was read");
		}
		status = put(cat, cat->piece, len, err);
		if (status)
			return status;
	}
	return EXIT_DONE;
}

static int cat_object(struct cat *cat, const struct target *t, struct error *err)
{
	const struct cfs_backing *b = &t->backing;
	u64 pieces = (t->inode.size + PIECE - 1) / PIECE;
	struct basedirs_found found;
	int where, fd, status = EXIT_DONE;

	if (!b->has_redirect)
		return mismatch(cat, t, err, "names no object");
	where = basedirs_open_file(&cat->info->dirs, b->path, b->path_len, &found, &fd, err);
	if (where < 0)
		return EXIT_FAILED;
	if (where != BASEDIRS_FILE)
		return mismatch(cat, t, err,
				where == BASEDIRS_NONE ? "its object is missing"
						       : "its object is not a regular file");
	if ((u64)found.st.st_size != t->inode.size)
		status = mismatch(cat, t, err, "its object has the wrong size");
	if (!status && !b->digest.algorithm)
		warn("%s: %s: has no recorded digest, only the size of its object was checked",
		     cat->image, t->path);
	if (!status && b->digest.algorithm) {
		cat->sums = calloc((size_t)pieces, sizeof(*cat->sums));
		if (!cat->sums) {
			error_nomem(err);
			status = EXIT_FAILED;
		}
		if (!status)
			status = object_check(cat, t, fd, pieces, err);
	}
	if (!status)
		status = object_put(cat, t, fd, pieces, err);
	free(cat->sums);
	cat->sums = NULL;
	close(fd);
	return status;
}

static int cat_target(struct cat *cat, const struct target *t, struct error *err)
{
	struct cfs_span s;

	if (!t->inode.size)
		return EXIT_DONE;
	if (is_external(t))
		return cat_object(cat, t, err);
	s = image_content(&cat->img, &t->inode, cat->piece);
	return put(cat, s.p, (size_t)s.len, err);
}

static int cat_all(struct cat *cat, char **paths, struct target *t, struct error *err)
{
	int status;

	/* Look up all names first, so that a wrong one stops the run before it writes. */
	for (int i = 0; paths[i]; i++) {
		if (target_find(cat, paths[i], &t[i], err))
			return EXIT_FAILED;
		if (is_external(&t[i]) && !cat->info->basedir)
			options_refuse("--basedir", "is needed for %s", paths[i]);
	}
	for (int i = 0; paths[i]; i++) {
		status = cat_target(cat, &t[i], err);
		if (status)
			return status;
	}
	return EXIT_DONE;
}

int info_cat(struct info *info, char **args, struct error *err)
{
	struct cat *cat = calloc(1, sizeof(*cat));
	struct target *targets = NULL;
	int status = EXIT_FAILED, n = 0;

	while (args[n])
		n++;
	if (cat) {
		cat->info = info;
		cat->image = args[0];
		cat->piece = malloc(PIECE);
		targets = calloc((size_t)n, sizeof(*targets));
	}
	if (!cat || !cat->piece || !targets)
		error_nomem(err);
	else if (!info_open(&info->in, 0, &cat->img, err))
		status = cat_all(cat, args + 1, targets, err);
	if (cat) {
		image_close(&cat->img);
		free(cat->piece);
	}
	free(targets);
	free(cat);
	return status;
}
