// SPDX-License-Identifier: GPL-2.0-only
/* cfs info ls and dump: every name of an image (dump format 6 and 8). */
#include "applets/info/info.h"

static const char *type_name(u32 mode)
{
	switch (mode & CFS_IFMT) {
	case CFS_IFDIR:
		return "dir";
	case CFS_IFREG:
		return "file";
	case CFS_IFLNK:
		return "symlink";
	case CFS_IFIFO:
		return "fifo";
	case CFS_IFSOCK:
		return "socket";
	case CFS_IFBLK:
		return "block";
	default:
		return "char";
	}
}

static void ls_text(struct buf *b, const struct cursor_entry *e)
{
	u32 type = e->d.mode & CFS_IFMT;

	buf_escape(b, e->d.path, e->d.path_len, ESCAPE_SPACE_OK);
	if (e->is_link)
		type = 0;
	if (type == CFS_IFDIR) {
		buf_str(b, "/\t");
	} else if ((type == CFS_IFLNK || type == CFS_IFREG) && e->d.payload) {
		buf_str(b, type == CFS_IFLNK ? "\t-> " : "\t@ ");
		buf_escape(b, e->d.payload, e->d.payload_len, 0);
	}
	buf_byte(b, '\n');
}

static void ls_json(struct buf *b, const struct cursor_entry *e)
{
	const struct dump_entry *d = &e->d;
	u32 type = d->mode & CFS_IFMT;
	struct json j;

	json_open(&j, b);
	json_bytes(&j, "path", d->path, d->path_len);
	json_string(&j, "type", type_name(d->mode));
	json_number(&j, "mode", d->mode);
	json_number(&j, "uid", d->uid);
	json_number(&j, "gid", d->gid);
	json_number(&j, "size", d->size);
	json_time(&j, "mtime", d->mtime, d->mtime_nsec);
	json_number(&j, "nlink", d->nlink);
	if (type == CFS_IFLNK)
		json_bytes(&j, "target", d->payload, d->payload_len);
	else if (type == CFS_IFREG && d->payload)
		json_bytes(&j, "object", d->payload, d->payload_len);
	if (type == CFS_IFREG && d->digest)
		json_hex(&j, "digest", d->digest->b, cfs_digest_size(d->digest->algorithm));
	json_number(&j, "inode", e->nid);
	json_close(&j);
}

static int ls_entry(struct info *info, const struct cursor_entry *e, void *arg, struct error *err)
{
	(void)arg;
	if (!e->name)
		return 0;
	if (info->null) {
		buf_add(&info->out.line, e->d.path, e->d.path_len);
		buf_byte(&info->out.line, '\0');
	} else if (info->json) {
		ls_json(&info->out.line, e);
	} else {
		ls_text(&info->out.line, e);
	}
	return output_poll(&info->out, err);
}

static int dump_entry(struct info *info, const struct cursor_entry *e, void *arg, struct error *err)
{
	(void)arg;
	dump_print(&info->out.line, &e->d);
	return output_poll(&info->out, err);
}

static int list(struct info *info, char **images, unsigned int flags, info_entry_fn *fn,
		struct error *err)
{
	for (unsigned int i = 0; images[i]; i++) {
		struct image img;
		int rc;

		if (info_open(&info->in, i, &img, err))
			return EXIT_FAILED;
		rc = info_walk(info, &img, images[i], flags, fn, NULL, err);
		image_close(&img);
		if (rc)
			return EXIT_FAILED;
	}
	return EXIT_DONE;
}

int info_ls(struct info *info, char **args, struct error *err)
{
	return list(info, args, 0, ls_entry, err);
}

int info_dump(struct info *info, char **args, struct error *err)
{
	return list(info, args, CURSOR_XATTRS | CURSOR_LINKS, dump_entry, err);
}
