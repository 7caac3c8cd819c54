// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/named.h"
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "applets/mount/kmsg.h"
#include "applets/mount/mountinfo.h"
#include "applets/mount/sysnr.h"
#include "files/io.h"
#include "base/text.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define INITIAL_USER_NS 0xEFFFFFFDu /* PROC_USER_INIT_INO */
#define READ_ONLY 1                 /* ST_RDONLY */

void named_init(struct named *n)
{
	memset(n, 0, sizeof(*n));
	n->target = n->ns = n->upper = n->work = n->idmap = -1;
}

void named_close(struct named *n)
{
	const int fds[] = { n->target, n->ns, n->upper, n->work, n->idmap };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	basedirs_close(&n->dirs);
	named_init(n);
}

int named_target(struct named *n, const char *path, struct error *err)
{
	n->target_name = path;
	n->target = openat(AT_FDCWD, path, DIR_FLAGS);
	if (n->target >= 0)
		return 0;
	if (errno == ENOTDIR)
		return error_set(err, ENOTDIR, "%s: mount point: not a directory", path);
	if (errno == ENOENT)
		return error_set(err, ENOENT, "%s: mount point: %s; create the directory first",
				 path, error_words(ENOENT));
	return error_sys(err, "%s: mount point", path);
}

int named_namespace(struct named *n, const char *name, struct error *err)
{
	char path[64] = "";
	u64 pid;

	n->ns_name = name;
	if (text_number(name, strlen(name), 10, INT32_MAX, &pid))
		text_format(path, sizeof(path), "/proc/%llu/ns/mnt", (unsigned long long)pid);
	n->ns = openat(AT_FDCWD, path[0] ? path : name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (n->ns < 0)
		return error_sys(err, "-N %s", name);
	if (ioctl(n->ns, NS_GET_NSTYPE) != CLONE_NEWNS)
		return error_set(err, EINVAL, "-N %s: not a mount namespace", name);
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Whether the directory @inside lies below @dir on the same file system: 1 or 0; -1 and
 * errno. Walks up from @inside until the file system or the root ends the walk.
 */
static int lies_inside(int inside, int dir)
{
	struct stat top, st, up;
	int at = inside;

	if (fstat(dir, &top) || fstat(inside, &st))
		return -1;
	for (;;) {
		int fd = openat(at, "..", DIR_FLAGS), rc;

		if (at != inside)
			close(at);
		if (fd < 0)
			return -1;
		at = fd;
		if (fstat(at, &up))
			rc = -1;
		else if (up.st_dev != st.st_dev || up.st_ino == st.st_ino)
			rc = 0;
		else if (is_same(&up, &top))
			rc = 1;
		else
			rc = 2;
		if (rc < 2) {
			close(at);
			return rc;
		}
		st = up;
	}
}

/* Refuse if the directory @a lies inside @b. The options are for the message. */
static int check_apart(int a, const char *a_option, const char *a_name, int b, const char *b_option,
		       const char *b_name, struct error *err)
{
	int rc = lies_inside(a, b);

	if (rc < 0)
		return error_sys(err, "%s %s: look at the directories above", a_option, a_name);
	if (rc)
		return error_set(err, EINVAL, "%s %s: lies inside %s %s", a_option, a_name,
				 b_option, b_name);
	return 0;
}

static int refuse_nested(const struct basedirs *b, struct error *err)
{
	for (unsigned int i = 0; b->n > 1 && i < b->n; i++)
		for (unsigned int k = 0; k < b->n; k++)
			if (i != k && check_apart(b->fd[i], "basedir", b->name[i], b->fd[k],
						  "basedir", b->name[k], err))
				return -1;
	return 0;
}

/* Open one more basedir, unless it is among those that are open, whose stats are @st. */
static int add_basedir(struct basedirs *b, const char *name, struct stat st[OPTIONS_BASEDIRS],
		       struct error *err)
{
	int fd = openat(AT_FDCWD, name, DIR_FLAGS);

	if (fd < 0 && errno == ENOTDIR)
		return error_set(err, ENOTDIR, "basedir %s: not a directory", name);
	if (fd < 0)
		return error_sys(err, "basedir %s", name);
	b->fd[b->n] = fd;
	b->name[b->n] = name;
	if (fstat(fd, &st[b->n++]))
		return error_sys(err, "basedir %s: stat", name);
	for (unsigned int k = 0; k + 1 < b->n; k++) {
		if (!is_same(&st[k], &st[b->n - 1]))
			continue;
		close(fd);
		b->n--;
		break;
	}
	return 0;
}

static int open_basedirs(struct basedirs *b, const struct mount_paths *paths, struct error *err)
{
	struct stat st[OPTIONS_BASEDIRS];

	for (unsigned int i = 0; i < paths->basedirs; i++)
		if (add_basedir(b, paths->basedir[i], st, err))
			return -1;
	return refuse_nested(b, err);
}

static int open_idmap(struct named *n, const char *name, struct error *err)
{
	struct stat st;

	n->idmap_name = name;
	n->idmap = openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (n->idmap < 0)
		return error_sys(err, "idmap %s", name);
	if (ioctl(n->idmap, NS_GET_NSTYPE) != CLONE_NEWUSER)
		return error_set(err, EINVAL, "idmap %s: not a user namespace", name);
	if (fstat(n->idmap, &st))
		return error_sys(err, "idmap %s: stat", name);
	if (st.st_ino == INITIAL_USER_NS)
		return error_set(err, EINVAL, "idmap %s: the initial namespace cannot be used",
				 name);
	return 0;
}

static int open_upper(struct named *n, const struct mount_paths *paths, struct error *err)
{
	n->upper_name = paths->upper;
	n->work_name = paths->work;
	n->upper = openat(AT_FDCWD, paths->upper, DIR_FLAGS);
	if (n->upper < 0)
		return error_sys(err, "upperdir %s", paths->upper);
	n->work = openat(AT_FDCWD, paths->work, DIR_FLAGS);
	return n->work < 0 ? error_sys(err, "workdir %s", paths->work) : 0;
}

int named_options(struct named *n, const struct mount_paths *paths, struct error *err)
{
	if (open_basedirs(&n->dirs, paths, err))
		return -1;
	if (paths->upper && open_upper(n, paths, err))
		return -1;
	return paths->idmap ? open_idmap(n, paths->idmap, err) : 0;
}

static int check_place(int fd, const char *option, const char *name, struct error *err)
{
	struct statfs st;

	if (fstatfs(fd, &st))
		return error_sys(err, "%s %s: statfs", option, name);
	if (st.f_type == OVERLAY_MAGIC)
		return error_set(
			err, EINVAL,
			"%s %s: lies on an overlay, which cannot hold the layers of another overlay",
			option, name);
	if ((unsigned long)st.f_flags & READ_ONLY)
		return error_set(err, EROFS, "%s %s: lies on a read-only mount", option, name);
	return 0;
}

/* What overlayfs makes in a work directory, and "." and "..". */
static bool may_be_in_work(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "work") ||
	       !strcmp(name, "index");
}

static int check_work_content(const struct named *n, struct error *err)
{
	int fd = openat(n->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct stat st;
	int rc = 0;

	if (!dir) {
		rc = error_sys(err, "workdir %s: open", n->work_name);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	while (!rc && (e = readdir(dir)))
		if (!may_be_in_work(e->d_name))
			rc = error_set(err, ENOTEMPTY, "workdir %s: not empty (%s)", n->work_name,
				       e->d_name);
	if (!rc && errno)
		rc = error_sys(err, "workdir %s: read", n->work_name);
	closedir(dir);
	if (!rc && !fstatat(n->work, "work/incompat/volatile", &st, 0))
		rc = error_set(
			err, EINVAL,
			"workdir %s: left over from a volatile mount that was not unmounted; discard upperdir and workdir",
			n->work_name);
	return rc;
}

/* Whether a line of mountinfo has an option whose value is a path of @want. */
static bool option_is(const char *line, const char *key, const struct stat *want)
{
	const char *s = kmsg_find(line, key);
	char path[4200];
	struct stat st;

	return s && mountinfo_decode(path, sizeof(path), s + strlen(key), true) &&
	       !stat(path, &st) && is_same(&st, want);
}

/*
 * Refuse directories that another overlay uses, as far as mountinfo shows: overlayfs
 * accepts them with a line in the kernel log and calls the behaviour undefined.
 */
static int check_unused(const struct named *n, struct error *err)
{
	struct stat upper, work;
	char *text, *rest, *line;
	int rc = 0;

	if (fstat(n->upper, &upper) || fstat(n->work, &work))
		return error_sys(err, "upperdir %s: stat", n->upper_name);
	text = rest = mountinfo_read();
	while (!rc && (line = mountinfo_line(&rest))) {
		if (!kmsg_find(line, " - overlay "))
			continue;
		if (option_is(line, ",upperdir=", &upper))
			rc = error_set(err, EBUSY, "upperdir %s: in use by another mount",
				       n->upper_name);
		else if (option_is(line, ",workdir=", &work))
			rc = error_set(err, EBUSY, "workdir %s: in use by another mount",
				       n->work_name);
	}
	free(text);
	return rc;
}

static int check_same_mount(const struct named *n, struct error *err)
{
	struct mount_place upper_place, work_place;
	struct stat upper, work;

	if (fstat(n->upper, &upper) || fstat(n->work, &work))
		return error_sys(err, "upperdir %s: stat", n->upper_name);
	if (is_same(&upper, &work))
		return error_set(err, EINVAL, "workdir %s: the same directory as upperdir",
				 n->work_name);
	mountinfo_place(n->upper, &upper_place);
	mountinfo_place(n->work, &work_place);
	/* Where the kernel does not tell the mount, it refuses two of them itself. */
	if (upper.st_dev != work.st_dev ||
	    (upper_place.id && work_place.id && upper_place.id != work_place.id))
		return error_set(err, EXDEV, "workdir %s: not on the same mount as upperdir %s",
				 n->work_name, n->upper_name);
	return 0;
}

/* Refuse if upperdir, workdir and the basedirs lie inside each other. */
static int check_all_apart(const struct named *n, struct error *err)
{
	const char *upper = n->upper_name, *work = n->work_name;
	const struct basedirs *dirs = &n->dirs;

	if (check_apart(n->work, "workdir", work, n->upper, "upperdir", upper, err) ||
	    check_apart(n->upper, "upperdir", upper, n->work, "workdir", work, err))
		return -1;
	for (unsigned int i = 0; i < dirs->n; i++)
		if (check_apart(n->upper, "upperdir", upper, dirs->fd[i], "basedir", dirs->name[i],
				err) ||
		    check_apart(dirs->fd[i], "basedir", dirs->name[i], n->upper, "upperdir", upper,
				err) ||
		    check_apart(n->work, "workdir", work, dirs->fd[i], "basedir", dirs->name[i],
				err))
			return -1;
	return 0;
}

int named_upper_check(const struct named *n, struct error *err)
{
	if (n->upper < 0)
		return 0;
	if (check_place(n->upper, "upperdir", n->upper_name, err) ||
	    check_place(n->work, "workdir", n->work_name, err) || check_same_mount(n, err) ||
	    check_all_apart(n, err) || check_work_content(n, err))
		return -1;
	return check_unused(n, err);
}
