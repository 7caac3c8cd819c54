// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/below.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVELS_MAX 4096

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool below(int dir, const char *top)
{
	struct stat want, is, before = { 0 };
	int fd = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool found = false;

	if (stat(top, &want))
		want = before;
	for (unsigned int i = 0; fd >= 0 && i < LEVELS_MAX; i++) {
		int up;

		if (fstat(fd, &is) || (i && same(&is, &before))) /* above the root is the root */
			break;
		found = same(&is, &want);
		if (found)
			break;
		before = is;
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return found;
}
