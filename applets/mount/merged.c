// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/merged.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "applets/mount/probe.h"

/* Whether an entry of a basedir is one that the image hides: 00 to ff, or "." and "..". */
static bool is_hidden(const char *name)
{
	static const char digits[] = "0123456789abcdef";

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return true;
	return strlen(name) == 2 && strchr(digits, name[0]) && strchr(digits, name[1]);
}

static int check_basedir(const char *name, int basedir, struct error *err)
{
	int fd = openat(basedir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (!dir) {
		rc = error_sys(err, "basedir %s: open", name);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	while (!rc && (e = readdir(dir)))
		if (!is_hidden(e->d_name))
			rc = error_set(
				err, EINVAL,
				"basedir %s: has an entry \"%s\", which this kernel (before Linux "
				"6.5) would show in the mounted tree; move the objects into a "
				"directory of their own or use the composefs module",
				name, e->d_name);
	if (!rc && errno)
		rc = error_sys(err, "basedir %s: read", name);
	closedir(dir);
	return rc;
}

int merged_check(const struct overlay_request *o, struct error *err)
{
	int rc;

	if (!o->image || !o->data->n)
		return 0;
	if (o->level)
		return error_set(
			err, EOPNOTSUPP,
			"verity: this kernel (before Linux 6.5) shows files that are added to a basedir later; "
			"use the composefs module, or %s to go without",
			o->level0);
	rc = probe_hides_objects(o->image, err);
	if (rc < 0)
		return -1;
	if (!rc)
		return error_set(
			err, EOPNOTSUPP,
			"%s: this kernel (before Linux 6.5) would show the object directories; use the composefs module",
			o->image->name);
	for (unsigned int i = 0; i < o->data->n; i++)
		if (check_basedir(o->data->name[i], o->data->fd[i], err))
			return -1;
	return 0;
}
