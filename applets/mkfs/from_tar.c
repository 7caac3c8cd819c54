// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/from_tar.h"

#include <sys/stat.h>

#include <unistd.h>
#include "applets/common/progress.h"

/* How much of the layers has been read. */
struct reading {
	struct inputs *layers;
	struct progress progress;
	u64 before; /* bytes of the layers that have been read */
	u64 size;   /* of the present one */
	int fd;     /* of the present one */
};

static u64 size_of(int fd)
{
	struct stat st;

	return fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) ? (u64)st.st_size : 0;
}

/* Bytes of all layers; 0: one of them is not a regular file. */
static u64 total_size(const struct inputs *layers)
{
	u64 total = 0;

	for (unsigned int i = 0; i < layers->n; i++) {
		u64 size = size_of(layers->fd[i]);

		if (!size || __builtin_add_overflow(total, size, &total))
			return 0;
	}
	return total;
}

static int open_layer(void *arg, unsigned int i, struct error *err)
{
	struct reading *r = arg;

	r->before += r->size;
	r->fd = inputs_take(r->layers, i, err);
	r->size = size_of(r->fd);
	return r->fd;
}

/* Contents may be compressed, so the position in the file says how much is left. */
static void tell(void *arg, u64 names, u64 bytes)
{
	struct reading *r = arg;
	off_t at = r->progress.total ? lseek(r->fd, 0, SEEK_CUR) : 0;

	if (at > 0)
		progress_at(&r->progress, r->before + ((u64)at < r->size ? (u64)at : r->size));
	progress_add(&r->progress, names, bytes);
}

int from_tar(struct tree *tree, struct inputs *layers, struct tar_options *options, bool progress,
	     struct error *err)
{
	struct reading reading = { .layers = layers, .fd = -1 };
	int rc;

	options->open = open_layer;
	options->open_arg = &reading;
	options->progress = tell;
	options->progress_arg = &reading;
	progress_start(&reading.progress, progress, 0);
	if (progress_wanted(&reading.progress))
		reading.progress.total = total_size(layers);
	rc = tar_files(tree, layers->names, options, err);
	progress_end(&reading.progress);
	options->progress_arg = NULL;
	return rc;
}
