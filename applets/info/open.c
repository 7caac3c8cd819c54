// SPDX-License-Identifier: GPL-2.0-only
/* Functions that the sub-commands of cfs info share: open and check images, walk them, close them. */
#include <stdlib.h>
#include "applets/common/window.h"
#include "applets/info/info.h"
#include "image/check.h"

int info_end(struct info *info, int status, struct error *err)
{
	struct error late;

	/* Output before a failure has no meaning, except that of cat, whose bytes were checked. */
	if (output_end(&info->out, &late) && status == EXIT_DONE) {
		*err = late;
		status = EXIT_FAILED;
	}
	basedirs_close(&info->dirs);
	inputs_close(&info->in);
	free(info->filter.v);
	if (status != EXIT_DONE)
		fail(err);
	return status;
}

int info_open(struct inputs *in, unsigned int i, struct image *img, struct error *err)
{
	int fd = inputs_take(in, i, err);

	*img = (struct image){ 0 };
	if (fd < 0 || image_open(img, fd, in->names[i], err))
		return -1;
	if (!image_check(img, NULL, NULL, err))
		return 0;
	image_close(img);
	return error_in(err, "%s", in->names[i]);
}

int info_inputs(struct info *info, char *const *names, struct error *err)
{
	if (inputs_open(&info->in, names, err))
		return -1;
	if (info->in.all && !info->basedir)
		window_enter(info->in.fd, info->in.n);
	return 0;
}

int info_walk(struct info *info, const struct image *img, const char *name, unsigned int flags,
	      info_entry_fn *fn, void *arg, struct error *err)
{
	struct cursor_entry e;
	struct cursor c;
	int rc;

	rc = cursor_init(&c, img, flags, info->filter.v, info->filter.n, err);
	if (rc)
		return error_in(err, "%s", name);
	while ((rc = cursor_next(&c, &e, err)) > 0)
		if (fn(info, &e, arg, err))
			break;
	cursor_release(&c);
	if (rc < 0)
		error_in(err, "%s", name);
	return rc ? -1 : 0;
}
