// SPDX-License-Identifier: GPL-2.0-only
#include "files/publish.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "files/inplace.h"
#include "base/text.h"

#define LINKS_MAX 40 /* symbolic links in a row, as for the kernel */
#define PROC_MAGIC 0x9fa0

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

static int open_descriptor(struct publish *p, int fd, struct error *err)
{
	int flags = fcntl(fd, F_GETFL);

	p->fd = fd;
	p->to_fd = true;
	if (flags < 0)
		return error_sys(err, "%s: fcntl", publish_name(p));
	if ((flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH))
		return error_set(err, EBADF, "%s: not open for writing", publish_name(p));
	if (fstat(fd, &p->st))
		return error_sys(err, "%s: fstat", publish_name(p));
	if (isatty(fd))
		return error_set(err, EINVAL, "%s: is a terminal", publish_name(p));
	p->exists = true;
	return 0;
}

/* ---- the name ------------------------------------------------------------ */

/*
 * Open the directory of @path, which is relative to the present p->dir, and take
 * over the last component as p->base.
 */
static int open_directory(struct publish *p, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	int from = p->dir >= 0 ? p->dir : AT_FDCWD, fd;
	char *dir;

	if (!*path)
		return error_set(err, ENOENT, "empty name of the output file");
	p->base = slash ? slash + 1 : path;
	if (!*p->base || !strcmp(p->base, ".") || !strcmp(p->base, ".."))
		return error_set(err, EISDIR, "%s: is the name of a directory", p->name);
	dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!dir) {
		error_nomem(err);
		return error_in(err, "%s", p->name);
	}
	fd = openat(from, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->dir_by_path = fd < 0 && errno == EACCES;
	if (p->dir_by_path)
		fd = openat(from, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	free(dir);
	if (fd < 0)
		return error_sys(err, "%s: open of its directory", p->name);
	if (p->dir >= 0)
		close(p->dir);
	p->dir = fd;
	return 0;
}

/*
 * Whether another user may have planted the file: it is in a sticky directory that
 * everybody may write to, and belongs neither to the caller nor to the owner of the
 * directory. This is the rule of fs.protected_symlinks, _fifos and _regular. The kernel
 * applies it only when it follows the link or creates the file itself.
 */
static bool is_planted(const struct publish *p)
{
	struct stat dir;

	return !fstat(p->dir, &dir) && (dir.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
	       p->st.st_uid != geteuid() && p->st.st_uid != dir.st_uid;
}

static int planted(const struct publish *p, const char *what, struct error *err)
{
	return error_set(err, EACCES,
			 "%s: %s of another user in a sticky directory that everybody may write to",
			 p->name, what);
}

/* A link of /proc/PID/fd has no path: the kernel alone can follow it. */
static bool in_proc(int dir)
{
	struct statfs fs;

	return !fstatfs(dir, &fs) && fs.f_type == PROC_MAGIC;
}

/* Continue with the target of the link @fd. 0, or -1 and a text. */
static int follow_link(struct publish *p, int fd, struct error *err)
{
	char *target = malloc(PATH_MAX);
	ssize_t len = target ? readlinkat(fd, "", target, PATH_MAX - 1) : -1;
	int rc, descriptor;

	if (len < 0) {
		rc = error_sys(err, "%s: readlink", p->name);
		free(target);
		return rc;
	}
	target[len] = 0;
	descriptor = *target == '/' ? publish_descriptor(target) : -1;
	rc = descriptor >= 0 ? open_descriptor(p, descriptor, err) : open_directory(p, target, err);
	free(p->target); /* the path just followed was relative to it */
	p->target = target;
	return rc;
}

/* Find what has the name, behind any symbolic links: p->st, p->exists. */
static int look_at_old(struct publish *p, struct error *err)
{
	for (unsigned int links = 0;; links++) {
		int rc, fd = openat(p->dir, p->base, O_PATH | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return errno == ENOENT ? 0 : error_sys(err, "%s: open", p->name);
		if (fstat(fd, &p->st)) {
			rc = error_sys(err, "%s: stat", p->name);
			close(fd);
			return rc;
		}
		p->exists = !S_ISLNK(p->st.st_mode) || in_proc(p->dir);
		if (p->exists)
			rc = 0;
		else if (links == LINKS_MAX)
			rc = error_set(err, ELOOP, "%s: too many levels of symbolic links",
				       p->name);
		else
			rc = is_planted(p) ? planted(p, "symbolic link", err)
					   : follow_link(p, fd, err);
		close(fd);
		if (rc || p->exists)
			return rc;
	}
}

/* ---- what is written to -------------------------------------------------- */

/* Create a temporary file for the rename. *found: errno if the directory does not allow it. */
static int create(struct publish *p, int *found, struct error *err)
{
	mode_t mode = p->exists ? 0600 : 0666; /* a mode to be kept is set at the end */
	bool unnamed;

	newfile_sweep(p->dir);
	unnamed = newfile_unnamed(&p->file, p->dir, mode) == 0;
	if (!unnamed && errno != EOPNOTSUPP) {
		*found = errno;
		return error_sys(err, "%s: open of a new file", p->name);
	}
	if (!unnamed || !newfile_linkable(&p->file, p->dir)) {
		newfile_drop(&p->file);
		if (newfile_named(&p->file, p->dir, mode)) {
			*found = errno;
			return error_sys(err, "%s: open of a temporary file", p->name);
		}
		if (fstat(p->file.fd, &p->temp))
			return error_sys(err, "%s: fstat of a temporary file", p->name);
		p->has_temp = true;
	}
	p->fd = p->file.fd;
	return 0;
}

/* Write in place: open it, and memory for a complete copy. */
static int open_place(struct publish *p, struct error *err)
{
	if (is_planted(p) && (S_ISREG(p->st.st_mode) || S_ISFIFO(p->st.st_mode)))
		return planted(p, S_ISREG(p->st.st_mode) ? "file" : "fifo", err);
	p->place = inplace_open(p->dir, p->base, &p->st, err);
	if (p->place < 0)
		return error_in(err, "%s", p->name);
	p->fd = inplace_memory(err);
	return p->fd < 0 ? error_in(err, "%s", p->name) : 0;
}

/* Open what will be written to. */
static int prepare(struct publish *p, struct error *err)
{
	int found = 0;

	if (p->exists && !S_ISREG(p->st.st_mode))
		return open_place(p, err);
	if (!create(p, &found, err))
		return 0;
	if (!p->exists || (found != EACCES && found != EPERM && found != EROFS))
		return -1;
	p->why = "its directory is not writable";
	return open_place(p, err);
}

int publish_open(struct publish *p, const char *name, bool no_sync, struct error *err)
{
	int fd = publish_descriptor(name);

	*p = (struct publish){ .name = name,
			       .no_sync = no_sync,
			       .fd = -1,
			       .dir = -1,
			       .place = -1,
			       .file = NEWFILE_NONE };
	if (fd >= 0)
		return open_descriptor(p, fd, err);
	if (open_directory(p, p->name, err) || look_at_old(p, err) ||
	    (!p->to_fd && prepare(p, err))) {
		publish_abort(p);
		return -1;
	}
	return 0;
}

void publish_abort(struct publish *p)
{
	newfile_drop(&p->file);
	if (p->place >= 0) {
		close(p->place);
		if (p->fd >= 0)
			close(p->fd);
	}
	if (p->dir >= 0)
		close(p->dir);
	free(p->target);
	p->target = NULL;
	p->dir = p->place = -1;
	if (!p->to_fd)
		p->fd = -1;
}

/* ---- the end ------------------------------------------------------------- */

/*
 * Mode and owner of the file that is replaced, as far as the caller may set
 * them. Setuid and the like make no sense on an image. A new file has the mode
 * that the umask left.
 */
static int set_attributes(struct publish *p, struct error *err)
{
	if (!p->exists)
		return 0;
	if (fchown(p->fd, p->st.st_uid, p->st.st_gid))
		(void)!fchown(p->fd, (uid_t)-1, p->st.st_gid);
	return fchmod(p->fd, p->st.st_mode & 0777) ? error_sys(err, "%s: fchmod", p->name) : 0;
}

static int write_place(struct publish *p, struct error *err)
{
	int rc = inplace_write(p->place, &p->st, p->fd, p->no_sync, err);

	p->place = -1; /* closed */
	if (p->file.fd < 0)
		close(p->fd);
	p->fd = -1;
	return rc ? error_in(err, "%s", p->name) : 0;
}

/* Another file is mounted on the name, so no rename can replace it. */
static int write_mount_point(struct publish *p, struct error *err)
{
	if (newfile_unname(&p->file))
		return error_sys(err, "%s: unlink of a temporary file", p->name);
	p->why = "it is a mount point";
	p->place = inplace_open(p->dir, p->base, &p->st, err);
	return p->place < 0 ? error_in(err, "%s", p->name) : write_place(p, err);
}

static int commit_file(struct publish *p, struct error *err)
{
	if (set_attributes(p, err))
		return -1;
	if (!p->no_sync && fsync(p->fd))
		return error_sys(err, "%s: fsync", p->name);
	if (newfile_replace(&p->file, p->dir, p->dir, p->base)) {
		if (errno == EBUSY && p->exists)
			return write_mount_point(p, err);
		return error_sys(err, "%s: rename", p->name);
	}
	/* The entry of a directory that cannot be opened is synced with the whole file system. */
	if (!p->no_sync && p->dir_by_path && syncfs(p->fd))
		return error_sys(err, "%s: syncfs", p->name);
	if (newfile_drop(&p->file))
		return error_sys(err, "%s: close", p->name);
	if (!p->no_sync && !p->dir_by_path && fsync(p->dir))
		return error_sys(err, "%s: fsync of its directory", p->name);
	return 0;
}

int publish_commit(struct publish *p, struct error *err)
{
	int rc = 0;

	if (p->place >= 0)
		rc = write_place(p, err);
	else if (!p->to_fd)
		rc = commit_file(p, err);
	else if (!p->no_sync && (S_ISREG(p->st.st_mode) || S_ISBLK(p->st.st_mode)) && fsync(p->fd))
		rc = error_sys(err, "%s: fsync", publish_name(p));
	publish_abort(p);
	return rc;
}
