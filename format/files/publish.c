// SPDX-License-Identifier: GPL-2.0-only
#include "files/publish.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/text.h"

static int number_behind(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);
	const char *digits = name + len;
	u64 n;

	if (strncmp(name, prefix, len) || (digits[0] == '0' && digits[1]))
		return -1;
	return text_number(digits, strlen(digits), 10, INT_MAX, &n) ? (int)n : -1;
}

int publish_descriptor(const char *name)
{
	int fd;

	if (!strcmp(name, "-") || !strcmp(name, "/dev/stdout"))
		return STDOUT_FILENO;
	fd = number_behind(name, "/dev/fd/");
	return fd >= 0 ? fd : number_behind(name, "/proc/self/fd/");
}

const char *publish_name(const struct publish *p)
{
	return p->to_fd && p->fd == STDOUT_FILENO ? "-" : p->name;
}

static int open_descriptor(struct publish *p, struct error *err)
{
	int flags = fcntl(p->fd, F_GETFL);

	if (flags < 0)
		return error_sys(err, "%s: fcntl", publish_name(p));
	if ((flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH))
		return error_set(err, EBADF, "%s: not open for writing", publish_name(p));
	if (fstat(p->fd, &p->st))
		return error_sys(err, "%s: fstat", publish_name(p));
	if (isatty(p->fd))
		return error_set(err, EINVAL, "%s: is a terminal", publish_name(p));
	p->exists = true;
	return 0;
}

/* Split the name, and open the directory that the file will be in. */
static int open_directory(struct publish *p, struct error *err)
{
	const char *slash = strrchr(p->name, '/');
	char *dir;

	p->base = slash ? slash + 1 : p->name;
	if (!*p->name)
		return error_set(err, ENOENT, "empty name of the output file");
	if (!*p->base || !strcmp(p->base, ".") || !strcmp(p->base, ".."))
		return error_set(err, EISDIR, "%s: is the name of a directory", p->name);
	dir = slash ? strndup(p->name, (size_t)(slash - p->name) + 1) : strdup(".");
	if (!dir) {
		error_nomem(err);
		return error_in(err, "%s", p->name);
	}
	p->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	return p->dir < 0 ? error_sys(err, "%s: open of its directory", p->name) : 0;
}

static int look_at_old(struct publish *p, struct error *err)
{
	const char *what;

	if (fstatat(p->dir, p->base, &p->st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : error_sys(err, "%s: stat", p->name);
	p->exists = true;
	if (S_ISREG(p->st.st_mode))
		return 0;
	what = "exists and is no regular file";
	if (S_ISLNK(p->st.st_mode))
		what = "is a symbolic link";
	if (S_ISDIR(p->st.st_mode))
		what = "is a directory";
	return error_set(err, EINVAL, "%s: %s", p->name, what);
}

static int create(struct publish *p, struct error *err)
{
	bool unnamed;

	newfile_sweep(p->dir);
	unnamed = newfile_unnamed(&p->file, p->dir) == 0;
	if (!unnamed && errno != EOPNOTSUPP)
		return error_sys(err, "%s: open of a new file", p->name);
	if (!unnamed || !newfile_linkable(&p->file, p->dir)) {
		newfile_drop(&p->file);
		if (newfile_named(&p->file, p->dir))
			return error_sys(err, "%s: open of a temporary file", p->name);
		if (fstat(p->file.fd, &p->temp))
			return error_sys(err, "%s: fstat of a temporary file", p->name);
		p->has_temp = true;
	}
	p->fd = p->file.fd;
	return 0;
}

int publish_open(struct publish *p, const char *name, bool no_sync, struct error *err)
{
	*p = (struct publish){ .name = name, .no_sync = no_sync, .dir = -1, .file = NEWFILE_NONE };
	p->fd = publish_descriptor(name);
	if (p->fd >= 0) {
		p->to_fd = true;
		return open_descriptor(p, err);
	}
	if (open_directory(p, err) || look_at_old(p, err) || create(p, err)) {
		publish_abort(p);
		return -1;
	}
	return 0;
}

void publish_abort(struct publish *p)
{
	newfile_drop(&p->file);
	if (p->dir >= 0)
		close(p->dir);
	p->dir = p->fd = -1;
}

/*
 * Mode and owner of what is replaced, as far as the caller may; setuid and the
 * like make no sense on an image.
 */
static int set_attributes(struct publish *p, struct error *err)
{
	mode_t mode = p->exists ? p->st.st_mode & 0777 : 0644;

	if (p->exists && fchown(p->fd, p->st.st_uid, p->st.st_gid))
		(void)!fchown(p->fd, (uid_t)-1, p->st.st_gid);
	return fchmod(p->fd, mode) ? error_sys(err, "%s: fchmod", p->name) : 0;
}

static int commit_file(struct publish *p, struct error *err)
{
	if (set_attributes(p, err))
		return -1;
	if (!p->no_sync && fsync(p->fd))
		return error_sys(err, "%s: fsync", p->name);
	if (newfile_replace(&p->file, p->dir, p->dir, p->base))
		return error_sys(err, "%s: rename", p->name);
	if (newfile_drop(&p->file))
		return error_sys(err, "%s: close", p->name);
	if (!p->no_sync && fsync(p->dir))
		return error_sys(err, "%s: fsync of its directory", p->name);
	return 0;
}

int publish_commit(struct publish *p, struct error *err)
{
	int rc = 0;

	if (!p->to_fd)
		rc = commit_file(p, err);
	else if (!p->no_sync && S_ISREG(p->st.st_mode) && fsync(p->fd))
		rc = error_sys(err, "%s: fsync", publish_name(p));
	publish_abort(p);
	return rc;
}
