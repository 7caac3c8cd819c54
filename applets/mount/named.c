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
#include "applets/mount/job.h"
#include "applets/mount/mountinfo.h"
#include "applets/mount/sysnr.h"
#include "files/io.h"
#include "base/text.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define INITIAL_USER_NS 0xEFFFFFFDu /* PROC_USER_INIT_INO */
#define READ_ONLY 1                 /* ST_RDONLY */

int named_target(struct job *j, const char *path)
{
	j->target_name = path;
	j->target = openat(AT_FDCWD, path, DIR_FLAGS);
	return j->target < 0 ? job_sys(j, "%s: mount point", path) : 0;
}

int named_namespace(struct job *j, const char *name)
{
	char path[64] = "";
	int type;
	u64 pid;

	j->ns_name = name;
	if (text_number(name, strlen(name), 10, INT32_MAX, &pid))
		text_format(path, sizeof(path), "/proc/%llu/ns/mnt", (unsigned long long)pid);
	j->ns = openat(AT_FDCWD, path[0] ? path : name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (j->ns < 0)
		return job_sys(j, "-N %s", name);
	type = ioctl(j->ns, NS_GET_NSTYPE);
	return type == CLONE_NEWNS
		       ? 0
		       : job_fail(j, MOUNT_FAILED, "-N %s: not a mount namespace", name);
}

/* -1: @inside lies nowhere below @dir of the same file system, 1: it does. -2: unknown, errno. */
static int lies_inside(int inside, int dir)
{
	struct stat top, st, up;
	int at = inside, rc = -2;

	if (fstat(dir, &top) || fstat(inside, &st))
		return -2;
	for (;;) {
		int fd = openat(at, "..", DIR_FLAGS);

		if (at != inside)
			close(at);
		if (fd < 0)
			return -2;
		at = fd;
		if (fstat(at, &up))
			break;
		rc = -1;
		if (up.st_dev != st.st_dev || up.st_ino == st.st_ino)
			break;
		rc = 1;
		if (up.st_dev == top.st_dev && up.st_ino == top.st_ino)
			break;
		rc = -2;
		st = up;
	}
	close(at);
	return rc;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int refuse_nested(struct job *j)
{
	struct basedirs *b = &j->dirs;

	for (unsigned int i = 0; b->n > 1 && i < b->n; i++) {
		for (unsigned int k = 0; k < b->n; k++) {
			int rc = i == k ? -1 : lies_inside(b->fd[i], b->fd[k]);

			if (rc == -2)
				return job_sys(j, "basedir %s: look at the directories above",
					       b->name[i]);
			if (rc == 1)
				return job_fail(j, MOUNT_FAILED,
						"basedir %s: lies inside basedir %s", b->name[i],
						b->name[k]);
		}
	}
	return 0;
}

static int open_basedirs(struct job *j)
{
	const struct optlist *o = j->opt;
	struct basedirs *b = &j->dirs;
	struct stat st[OPTLIST_BASEDIRS];

	for (unsigned int i = 0; i < o->basedirs; i++) {
		const char *name = o->basedir[i];
		int fd = openat(AT_FDCWD, name, DIR_FLAGS);
		bool again = false;

		if (fd < 0 && errno == ENOTDIR)
			return job_fail(j, MOUNT_FAILED, "basedir %s: not a directory", name);
		if (fd < 0)
			return job_sys(j, "basedir %s", name);
		b->fd[b->n] = fd;
		b->name[b->n++] = name;
		if (o->basedirs == 1)
			break;
		if (fstat(fd, &st[b->n - 1]))
			return job_sys(j, "basedir %s: stat", name);
		for (unsigned int k = 0; k + 1 < b->n; k++)
			again |= is_same(&st[k], &st[b->n - 1]);
		if (again)
			close(b->fd[--b->n]);
	}
	return refuse_nested(j);
}

static int open_idmap(struct job *j)
{
	const char *name = j->opt->idmap;
	struct stat st;

	j->idmap = openat(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (j->idmap < 0)
		return job_sys(j, "idmap %s", name);
	if (ioctl(j->idmap, NS_GET_NSTYPE) != CLONE_NEWUSER)
		return job_fail(j, MOUNT_FAILED, "idmap %s: not a user namespace", name);
	if (fstat(j->idmap, &st))
		return job_sys(j, "idmap %s: stat", name);
	if (st.st_ino == INITIAL_USER_NS)
		return job_fail(j, MOUNT_FAILED, "idmap %s: the initial namespace cannot be used",
				name);
	return 0;
}

int named_options(struct job *j)
{
	const struct optlist *o = j->opt;

	if (open_basedirs(j))
		return -1;
	if (o->upper) {
		j->upper = openat(AT_FDCWD, o->upper, DIR_FLAGS);
		if (j->upper < 0)
			return job_sys(j, "upperdir %s", o->upper);
		j->work = openat(AT_FDCWD, o->work, DIR_FLAGS);
		if (j->work < 0)
			return job_sys(j, "workdir %s", o->work);
	}
	return o->idmap ? open_idmap(j) : 0;
}

static int check_place(struct job *j, int fd, const char *option, const char *name)
{
	struct statfs st;

	if (fstatfs(fd, &st))
		return job_sys(j, "%s %s: statfs", option, name);
	if (st.f_type == OVERLAY_MAGIC)
		return job_fail(j, MOUNT_FAILED,
				"%s %s: lies on an overlay, which cannot hold another one's",
				option, name);
	if ((unsigned long)st.f_flags & READ_ONLY)
		return job_fail(j, MOUNT_FAILED, "%s %s: lies on a read-only mount", option, name);
	return 0;
}

static int check_apart(struct job *j, int inside, const char *a, const char *a_name, int dir,
		       const char *b, const char *b_name)
{
	int rc = lies_inside(inside, dir);

	if (rc == -2)
		return job_sys(j, "%s %s: look at the directories above", a, a_name);
	return rc == 1 ? job_fail(j, MOUNT_FAILED, "%s %s: lies inside %s %s", a, a_name, b, b_name)
		       : 0;
}

/* Empty, or with nothing but what overlayfs makes. */
static int check_work_content(struct job *j)
{
	int fd = openat(j->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	struct stat st;
	int rc = 0;

	if (!dir) {
		rc = job_sys(j, "workdir %s: open", j->opt->work);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	while (!rc && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    strcmp(e->d_name, "work") && strcmp(e->d_name, "index"))
			rc = job_fail(j, MOUNT_FAILED, "workdir %s: not empty (%s)", j->opt->work,
				      e->d_name);
	if (!rc && errno)
		rc = job_sys(j, "workdir %s: read", j->opt->work);
	closedir(dir);
	if (!rc && !fstatat(j->work, "work/incompat/volatile", &st, 0))
		rc = job_fail(
			j, MOUNT_FAILED,
			"workdir %s: volatile layer of a mount that was not unmounted; discard it",
			j->opt->work);
	return rc;
}

/* Whether a line of mountinfo has an option whose value leads to @want. */
static bool option_is(const char *line, const char *key, const struct stat *want)
{
	const char *s = kmsg_find(line, key);
	char path[4200];
	struct stat st;

	return s && mountinfo_decode(path, sizeof(path), s + strlen(key), true) &&
	       !stat(path, &st) && is_same(&st, want);
}

/*
 * Whether another overlay uses them, as far as mountinfo shows: overlayfs allows
 * it with a line in the kernel log, and calls what happens then undefined.
 */
static int check_unused(struct job *j)
{
	struct stat upper, work;
	char *text, *rest, *line;
	int rc = 0;

	if (fstat(j->upper, &upper) || fstat(j->work, &work))
		return job_sys(j, "upperdir %s: stat", j->opt->upper);
	text = rest = mountinfo_read();
	while (!rc && (line = mountinfo_line(&rest))) {
		if (!kmsg_find(line, " - overlay "))
			continue;
		if (option_is(line, ",upperdir=", &upper))
			rc = job_fail(j, MOUNT_FAILED, "upperdir %s: in use by another mount",
				      j->opt->upper);
		else if (option_is(line, ",workdir=", &work))
			rc = job_fail(j, MOUNT_FAILED, "workdir %s: in use by another mount",
				      j->opt->work);
	}
	free(text);
	return rc;
}

int named_upper_check(struct job *j)
{
	const char *upper = j->opt->upper, *work = j->opt->work;
	struct stat a, b;
	struct mount_place a_place, b_place;

	if (j->upper < 0)
		return 0;
	if (check_place(j, j->upper, "upperdir", upper) || check_place(j, j->work, "workdir", work))
		return -1;
	if (fstat(j->upper, &a) || fstat(j->work, &b))
		return job_sys(j, "upperdir %s: stat", upper);
	if (is_same(&a, &b))
		return job_fail(j, MOUNT_FAILED, "workdir %s: the same directory as upperdir",
				work);
	mountinfo_place(j->upper, &a_place);
	mountinfo_place(j->work, &b_place);
	if (a.st_dev != b.st_dev || a_place.id != b_place.id)
		return job_fail(j, MOUNT_FAILED, "workdir %s: not on the same mount as upperdir %s",
				work, upper);
	if (check_apart(j, j->work, "workdir", work, j->upper, "upperdir", upper) ||
	    check_apart(j, j->upper, "upperdir", upper, j->work, "workdir", work))
		return -1;
	for (unsigned int i = 0; i < j->dirs.n; i++) {
		if (check_apart(j, j->upper, "upperdir", upper, j->dirs.fd[i], "basedir",
				j->dirs.name[i]) ||
		    check_apart(j, j->dirs.fd[i], "basedir", j->dirs.name[i], j->upper, "upperdir",
				upper) ||
		    check_apart(j, j->work, "workdir", work, j->dirs.fd[i], "basedir",
				j->dirs.name[i]))
			return -1;
	}
	return check_work_content(j) ? -1 : check_unused(j);
}
