// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/removedir.h"
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include "applets/setup-root/dirqueue.h"

/* Remove the files of a directory and queue its directories. -1 and errno. */
static int empty_dir(struct dirqueue *q, int top, const char *path)
{
	int fd = dirqueue_open(top, path), rc = 0, code;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		code = errno;
		if (fd >= 0)
			close(fd);
		errno = code;
		return -1;
	}
	while (!rc && (e = readdir(dir))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		rc = unlinkat(fd, e->d_name, 0);
		if (rc && (errno == EISDIR || errno == EPERM))
			rc = dirqueue_add(q, path, e->d_name);
	}
	code = errno;
	closedir(dir);
	errno = code;
	return rc;
}

static int empty_tree(int top)
{
	char path[DIRQUEUE_PATH];
	struct dirqueue q = { 0 };
	int rc = dirqueue_add(&q, "", ""), code;

	while (!rc && dirqueue_take(&q, path))
		rc = empty_dir(&q, top, path);
	/* A directory was queued behind its parent, so the last one is removed first. */
	while (!rc && dirqueue_take_last(&q, path))
		if (path[0])
			rc = unlinkat(top, path + 1, AT_REMOVEDIR);
	code = errno;
	dirqueue_release(&q);
	errno = code;
	return rc;
}

int removedir(int dir, const char *name, const char *shown, struct error *err)
{
	int top = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;

	if (top < 0)
		return errno == ENOENT ? 0 : error_sys(err, "%s/%s: remove", shown, name);
	rc = empty_tree(top) || unlinkat(dir, name, AT_REMOVEDIR)
		     ? error_sys(err, "%s/%s: remove", shown, name)
		     : 0;
	close(top);
	return rc;
}
