// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/from_tar.h"

#include <fcntl.h>
#include <unistd.h>
#include "applets/common/progress.h"
#include "files/io.h"
#include "core/erofs.h"

/* Whether a file begins as images do. */
static bool is_image(int fd)
{
	static const u8 magic[] = { CFS_MAGIC & 0xff, CFS_MAGIC >> 8 & 0xff, CFS_MAGIC >> 16 & 0xff,
				    CFS_MAGIC >> 24 };
	static const u8 super[] = { EROFS_SUPER_MAGIC_V1 & 0xff, EROFS_SUPER_MAGIC_V1 >> 8 & 0xff,
				    EROFS_SUPER_MAGIC_V1 >> 16 & 0xff, EROFS_SUPER_MAGIC_V1 >> 24 };
	u8 start[EROFS_SUPER_OFFSET + sizeof(super)];

	return io_pread(fd, start, sizeof(start), 0) == (ssize_t)sizeof(start) &&
	       !memcmp(start, magic, sizeof(magic)) &&
	       !memcmp(start + EROFS_SUPER_OFFSET, super, sizeof(super));
}

int from_tar_check_image(const struct publish *out, struct error *err)
{
	bool good;
	int fd;

	if (out->to_fd || !out->exists || !out->st.st_size)
		return 0;
	fd = openat(out->dir, out->base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, "%s: open", out->name);
	good = is_image(fd);
	close(fd);
	if (good)
		return 0;
	return error_set(err, EEXIST,
			 "%s: exists and is neither empty nor a composefs image; is IMAGE missing?",
			 out->name);
}

static int open_layer(void *arg, unsigned int i, struct error *err)
{
	return inputs_take(arg, i, err);
}

int from_tar(struct tree *tree, struct inputs *layers, struct tar_options *options, bool progress,
	     struct error *err)
{
	struct progress shown;
	int rc;

	options->open = open_layer;
	options->open_arg = layers;
	options->progress = progress_add;
	options->progress_arg = &shown;
	progress_start(&shown, progress, 0);
	rc = tar_files(tree, layers->names, options, err);
	progress_end(&shown);
	options->progress_arg = NULL;
	return rc;
}
