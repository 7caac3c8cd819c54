// SPDX-License-Identifier: GPL-2.0-only
/* cfs info objects and missing-objects. */
#include "applets/info/objects.h"
#include <stdlib.h>

int objects_open(struct objects *o, struct image **images, struct info *info, struct error *err)
{
	u32 n = info->in.n;

	*o = (struct objects){ .filter = info->filter.v, .nfilter = info->filter.n };
	*images = calloc(n + 1, sizeof(**images)); /* one of zeros behind them */
	if (!*images)
		return error_nomem(err);
	o->images = *images;
	for (u32 i = 0; i < n; i++)
		if (info_open(&info->in, i, &(*images)[i], err) || objects_add(o, i, err))
			return -1;
	if (objects_sort(o, err))
		return -1;
	objects_unique(o);
	return 0;
}

void objects_close(struct objects *o, struct image *images)
{
	objects_release(o);
	for (u32 i = 0; images && images[i].bytes; i++)
		image_close(&images[i]);
	free(images);
}

void objects_line(struct info *info, const char *name, size_t len)
{
	struct buf *b = &info->out.line;

	if (info->escape && !info->null)
		buf_escape(b, name, len, 0);
	else
		buf_add(b, name, len);
	buf_byte(b, info->null ? '\0' : '\n');
}

static int print_object(struct info *info, const struct objects *o, size_t i, struct error *err)
{
	struct object_record r;
	struct json j;

	if (!info->json) {
		objects_line(info, o->v[i].s, o->v[i].len);
		return output_poll(&info->out, err);
	}
	if (objects_record(o, i, &r, err))
		return -1;
	json_open(&j, &info->out.line);
	json_bytes(&j, "object", o->v[i].s, o->v[i].len);
	json_number(&j, "size", r.size);
	if (r.digest.algorithm)
		json_hex(&j, "digest", r.digest.b, cfs_digest_size(r.digest.algorithm));
	json_close(&j);
	return output_poll(&info->out, err);
}

/* @missing: only those that are in no basedir as a regular file. */
static int print_objects(struct info *info, bool missing, struct error *err)
{
	struct image *images = NULL;
	struct objects o;
	int rc;

	rc = objects_open(&o, &images, info, err);
	for (size_t i = 0; !rc && i < o.n; i++) {
		struct basedirs_found found;
		int where = BASEDIRS_NONE;

		if (missing)
			where = basedirs_find(&info->dirs, o.v[i].s, o.v[i].len, &found, err);
		if (where < 0)
			rc = -1;
		else if (where != BASEDIRS_FILE)
			rc = print_object(info, &o, i, err);
	}
	objects_close(&o, images);
	return rc ? EXIT_FAILED : EXIT_DONE;
}

int info_objects(struct info *info, char **args, struct error *err)
{
	(void)args;
	return print_objects(info, false, err);
}

int info_missing_objects(struct info *info, char **args, struct error *err)
{
	(void)args;
	return print_objects(info, true, err);
}
