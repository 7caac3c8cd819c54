// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/seed.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/setup-root/copydir.h"
#include "applets/setup-root/removedir.h"
#include "base/text.h"

#define READ_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* Whether a directory has no entries: 1 or 0; -1 and errno. Closes @fd. */
static int is_empty(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *e;
	int rc = 1;

	if (!dir) {
		close(fd);
		return -1;
	}
	errno = 0;
	while (rc && (e = readdir(dir)))
		rc = !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	if (errno)
		rc = -1;
	closedir(dir);
	return rc;
}

/* Whether there is no state: 1: the name is missing or an empty directory; 0; -1 with an error. */
static int is_free(const struct seed *s, struct error *err)
{
	struct stat st, parent;
	int fd, rc;

	if (fstatat(s->to, s->name, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return 1;
		return error_sys(err, "%s/%s", s->shown, s->name);
	}
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (fstat(s->to, &parent))
		return error_sys(err, "%s: stat", s->shown);
	fd = openat(s->to, s->name, READ_DIR | O_NOFOLLOW);
	rc = fd < 0 ? -1 : is_empty(fd);
	if (rc < 0)
		return error_sys(err, "%s/%s", s->shown, s->name);
	if (rc && st.st_dev != parent.st_dev) {
		warn("%s/%s: a mount point is not seeded", s->shown, s->name);
		rc = 0;
	}
	return rc;
}

/* Sync the copy @fd and put it under its name; rename() replaces only an empty directory. */
static int publish(const struct seed *s, const char *temporary, int fd, struct error *err)
{
	int dir, rc;

	if (syncfs(fd))
		return error_sys(err, "%s/%s: sync", s->shown, temporary);
	if (renameat(s->to, temporary, s->to, s->name))
		return error_sys(err, "%s/%s: rename %s to it", s->shown, s->name, temporary);
	dir = openat(s->to, ".", READ_DIR);
	rc = dir < 0 || fsync(dir) ? error_sys(err, "%s: sync", s->shown) : 0;
	if (dir >= 0)
		close(dir);
	return rc;
}

static int make_copy(const struct seed *s, const char *temporary, struct error *err)
{
	char to_shown[PATH_MAX];
	struct copydir job = {
		.host = s->host,
		.from_shown = s->from_shown,
		.to_shown = to_shown,
	};
	int rc;

	text_format(to_shown, sizeof(to_shown), "%s/%s", s->shown, temporary);
	job.from = openat(s->from, ".", READ_DIR);
	if (job.from < 0)
		return error_sys(err, "%s of the image", s->from_shown);
	job.to = mkdirat(s->to, temporary, 0700) ? -1
						 : openat(s->to, temporary, READ_DIR | O_NOFOLLOW);
	if (job.to < 0)
		rc = error_sys(err, "%s", to_shown);
	else
		rc = copydir(&job, err) || publish(s, temporary, job.to, err) ? -1 : 0;
	close(job.from);
	if (job.to >= 0)
		close(job.to);
	return rc;
}

int seed_copy(const struct seed *s, bool *copied, struct error *err)
{
	char temporary[NAME_MAX + 1];
	int rc = is_free(s, err);

	*copied = rc > 0;
	if (rc <= 0)
		return rc;
	text_format(temporary, sizeof(temporary), ".%s.seed", s->name);
	if (host_names(s->host, err) || removedir(s->to, temporary, s->shown, err))
		return -1;
	rc = make_copy(s, temporary, err);
	if (rc) {
		struct error ignored;

		(void)removedir(s->to, temporary, s->shown, &ignored);
	}
	return rc;
}
