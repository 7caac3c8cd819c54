// SPDX-License-Identifier: GPL-2.0-only
#include "applets/common/replace.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "core/erofs.h"
#include "core/span.h"
#include "files/io.h"

#define DEVICE_START ((size_t)1 << 20)
#define FILE_START (EROFS_SUPER_OFFSET + sizeof(struct erofs_super_block))

/* Whether the bytes are the start of an image. */
static bool is_image(const u8 *start, size_t len)
{
	struct cfs_span s = { start, len };
	struct cfs_header header;
	struct erofs_super_block super;

	return cfs_span_load(s, 0, &header) && get32(header.magic) == CFS_MAGIC &&
	       cfs_span_load(s, EROFS_SUPER_OFFSET, &super) &&
	       get32(super.magic) == EROFS_SUPER_MAGIC_V1;
}

static bool is_zero(const u8 *p, size_t len)
{
	u8 all = 0;

	while (len--)
		all |= *p++;
	return !all;
}

/* Read up to @len bytes from the start of a file. -1 and a text. */
static ssize_t read_start(const struct publish *out, u8 *start, size_t len, struct error *err)
{
	int fd = openat(out->dir, out->base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return error_sys(err, "%s: open for a look at what is replaced (--force: without)",
				 out->name);
	n = io_pread(fd, start, len, 0);
	if (n < 0)
		error_sys(err, "%s: read", out->name);
	close(fd);
	return n;
}

static int check_start(const struct publish *out, u8 *start, size_t size, struct error *err)
{
	ssize_t n = read_start(out, start, size, err);

	if (n < 0)
		return -1;
	if (n == 0 || is_image(start, (size_t)n))
		return 0;
	if (S_ISBLK(out->st.st_mode))
		return is_zero(start, (size_t)n)
			       ? 0
			       : error_set(
					 err, EEXIST,
					 "%s: block device holds something other than a composefs "
					 "image: use --force to overwrite it",
					 out->name);
	return error_set(err, EEXIST,
			 "%s: exists and is neither empty nor a composefs image: use --force to "
			 "replace it",
			 out->name);
}

int replace_check(const struct publish *out, struct error *err)
{
	bool device = S_ISBLK(out->st.st_mode);
	size_t size = device ? DEVICE_START : FILE_START;
	u8 *start;
	int rc;

	if (out->to_fd || !out->exists || (!device && !S_ISREG(out->st.st_mode)))
		return 0;
	start = malloc(size);
	if (!start) {
		error_nomem(err);
		return error_in(err, "%s", out->name);
	}
	rc = check_start(out, start, size, err);
	free(start);
	return rc;
}
