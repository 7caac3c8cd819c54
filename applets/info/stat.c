// SPDX-License-Identifier: GPL-2.0-only
/* cfs info stat: figures of an image. */
#include <stdlib.h>
#include "applets/info/info.h"
#include "verity/verity.h"
#include "image/objects.h"

enum {
	INODES,
	DIRECTORIES,
	FILES,
	SYMLINKS,
	CHAR_DEVICES,
	BLOCK_DEVICES,
	FIFOS,
	SOCKETS,
	WHITEOUTS, /* they are among the character devices, too */
	NAMES,
	INLINE_FILES,
	INLINE_BYTES,
	OBJECTS,
	OBJECT_BYTES,
	WITH_DIGEST,
	MISSING,
	MISSING_BYTES,
	FIGURES
};

static const char *const keys[FIGURES] = {
	[INODES] = "inodes",
	[DIRECTORIES] = "directories",
	[FILES] = "files",
	[SYMLINKS] = "symlinks",
	[CHAR_DEVICES] = "char-devices",
	[BLOCK_DEVICES] = "block-devices",
	[FIFOS] = "fifos",
	[SOCKETS] = "sockets",
	[WHITEOUTS] = "whiteouts",
	[NAMES] = "names",
	[INLINE_FILES] = "inline-files",
	[INLINE_BYTES] = "inline-bytes",
	[OBJECTS] = "objects",
	[OBJECT_BYTES] = "object-bytes",
	[WITH_DIGEST] = "with-digest",
	[MISSING] = "missing",
	[MISSING_BYTES] = "missing-bytes",
};

static int type_figure(u32 mode)
{
	switch (mode & CFS_IFMT) {
	case CFS_IFDIR:
		return DIRECTORIES;
	case CFS_IFREG:
		return FILES;
	case CFS_IFLNK:
		return SYMLINKS;
	case CFS_IFBLK:
		return BLOCK_DEVICES;
	case CFS_IFIFO:
		return FIFOS;
	case CFS_IFSOCK:
		return SOCKETS;
	default:
		return CHAR_DEVICES;
	}
}

static int count_entry(struct info *info, const struct cursor_entry *e, void *arg,
		       struct error *err)
{
	u64 *figures = arg;

	(void)info;
	(void)err;
	figures[NAMES]++;
	if (e->is_link)
		return 0;
	figures[INODES]++;
	figures[type_figure(e->d.mode)]++;
	if ((e->d.mode & CFS_IFMT) == CFS_IFCHR && !e->d.rdev)
		figures[WHITEOUTS]++;
	if (e->has_content) {
		figures[INLINE_FILES]++;
		figures[INLINE_BYTES] += e->d.size;
	}
	return 0;
}

static int count_objects(struct info *info, const struct objects *o, u64 *figures,
			 struct error *err)
{
	for (size_t i = 0; i < o->n; i++) {
		struct basedirs_found found;
		struct object_record r;
		int where = BASEDIRS_FILE;

		if (objects_record(o, i, &r, err))
			return -1;
		figures[OBJECTS]++;
		figures[OBJECT_BYTES] += r.size;
		figures[WITH_DIGEST] += r.digest.algorithm != 0;
		if (info->basedir)
			where = basedirs_find(&info->dirs, o->v[i].s, o->v[i].len, &found, err);
		if (where < 0)
			return -1;
		if (where != BASEDIRS_FILE) {
			figures[MISSING]++;
			figures[MISSING_BYTES] += r.size;
		}
	}
	return 0;
}

static void print_key(struct buf *b, const char *key)
{
	buf_str(b, key);
	buf_str(b, ": ");
}

static void print_line(struct buf *b, const char *key, u64 value)
{
	print_key(b, key);
	buf_dec(b, value);
	buf_byte(b, '\n');
}

static void print_text(struct info *info, const char *name, const struct image *img,
		       const struct cfs_digest *digest, const u64 *figures)
{
	struct buf *b = &info->out.line;

	print_key(b, "image");
	buf_escape(b, name, strlen(name), ESCAPE_SPACE_OK);
	buf_byte(b, '\n');
	print_key(b, "digest");
	buf_hex(b, digest->b, cfs_digest_size(digest->algorithm));
	buf_byte(b, '\n');
	print_line(b, "format-version", img->super.version);
	print_key(b, "acl");
	buf_str(b, img->has_acl ? "yes\n" : "no\n");
	print_line(b, "size", img->len);
	for (int i = 0; i < (info->basedir ? FIGURES : MISSING); i++)
		print_line(b, keys[i], figures[i]);
}

static void print_json(struct info *info, const char *name, const struct image *img,
		       const struct cfs_digest *digest, const u64 *figures)
{
	struct json j;

	json_open(&j, &info->out.line);
	json_bytes(&j, "image", name, strlen(name));
	json_hex(&j, "digest", digest->b, cfs_digest_size(digest->algorithm));
	json_number(&j, "format-version", img->super.version);
	json_bool(&j, "acl", img->has_acl);
	json_number(&j, "size", img->len);
	for (int i = 0; i < (info->basedir ? FIGURES : MISSING); i++)
		json_number(&j, keys[i], figures[i]);
	json_close(&j);
}

static int stat_image(struct info *info, const char *name, const struct image *img,
		      struct verity *v, struct error *err)
{
	struct objects o = { .images = img };
	u64 figures[FIGURES] = { 0 };
	struct cfs_digest digest;
	int rc;

	rc = info_walk(info, img, name, 0, count_entry, figures, err);
	if (!rc)
		rc = objects_add(&o, 0, err);
	if (!rc)
		rc = objects_sort(&o, err);
	objects_unique(&o);
	if (!rc)
		rc = count_objects(info, &o, figures, err);
	objects_release(&o);
	if (rc)
		return -1;
	verity_memory(v, image_algorithm(img), img->bytes, (size_t)img->len, &digest);
	if (info->json)
		print_json(info, name, img, &digest, figures);
	else
		print_text(info, name, img, &digest, figures);
	return output_poll(&info->out, err);
}

int info_stat(struct info *info, char **args, struct error *err)
{
	struct verity *v = malloc(sizeof(*v));
	int rc = v ? 0 : error_nomem(err);

	for (unsigned int i = 0; !rc && args[i]; i++) {
		struct image img;

		rc = info_open(&info->in, i, &img, err);
		if (rc)
			break;
		if (i && !info->json)
			buf_byte(&info->out.line, '\n');
		rc = stat_image(info, args[i], &img, v, err);
		image_close(&img);
	}
	free(v);
	return rc ? EXIT_FAILED : EXIT_DONE;
}
