// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/overlay.h"
#include <dirent.h>
#include <signal.h>
#include <sys/statfs.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/job.h"
#include "applets/mount/probe.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

#define NO_SUCH_OPTION "cfs-no-such-option"

enum way {
	WAY_A, /* layers by descriptor, nothing attached */
	WAY_B, /* layers by name, one option each */
	WAY_C, /* all in one string, data layers behind "::" */
	WAY_D, /* all in one string, data layers as ordinary ones */
};

/* What a try ended with, beside 0 and -1: the next path may do better. */
#define NEXT 1

static int fs_string(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/* What went wrong with a context, and all the kernel has to say. Returns -1. */
static int fs_fail(struct job *j, int fs, const char *what)
{
	int code = errno;

	kmsg_take_context(&j->log, fs);
	kmsg_take_log(&j->log);
	errno = code;
	return job_denied(j, what);
}

int overlay_probe(struct job *j)
{
	int fs = sys_fsopen("overlay"), rc = OVERLAY_CHECKS;

	if (fs < 0 && errno == ENODEV)
		return OVERLAY_ABSENT;
	if (fs < 0)
		return job_denied(j, "overlay: fsopen");
	/* Before 6.5 every option is taken, and refused when it is too late. */
	if (!fs_string(fs, NO_SUCH_OPTION, "1") || fs_string(fs, "verity", "require"))
		rc = OVERLAY_NO_CHECK;
	close(fs);
	return rc;
}

/* A CREATE that failed: reasons that have words of their own. */
static int create_fail(struct job *j, int fs)
{
	int code = errno;
	struct statfs st;
	bool stacked = false;

	fs_fail(j, fs, "overlay: create");
	for (unsigned int i = 0; i < j->dirs.n; i++)
		stacked |= !fstatfs(j->dirs.fd[i], &st) && st.f_type == OVERLAY_MAGIC;
	if (kmsg_has(&j->log, "stacking depth exceeded") ||
	    (code == EINVAL && stacked && !j->log.n))
		return job_fail(
			j, MOUNT_FAILED,
			"overlay: more than two stacked file systems (basedir on an overlay?)");
	if (code == EBUSY && j->opt->upper)
		return job_fail(j, MOUNT_FAILED, "upperdir %s: in use by another mount",
				j->opt->upper);
	if (code == ELOOP)
		return job_fail(j, MOUNT_FAILED, "overlay: directories lie inside each other: %s",
				error_words(code));
	return -1;
}

/* Options that are the same on all paths. */
static int set_common(struct job *j, int fs, const struct overlay *o)
{
	const struct optlist *opt = j->opt;

	if (fs_string(fs, "source", j->source))
		return fs_fail(j, fs, "overlay: source");
	if (o->userxattr && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0))
		return fs_fail(j, fs, "overlay: userxattr");
	/* Refused together with userxattr, and implied by data-only layers there. */
	if (o->is_image && !o->userxattr &&
	    (fs_string(fs, "metacopy", "on") || fs_string(fs, "redirect_dir", "on")))
		return fs_fail(j, fs, "overlay: metacopy, redirect_dir");
	if (o->is_image && j->level && fs_string(fs, "verity", j->level == 2 ? "require" : "on"))
		return fs_fail(j, fs, "overlay: verity");
	if (opt->is_volatile && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0))
		return fs_fail(j, fs, "overlay: volatile");
	for (int i = 0; i < CONTEXT_MAX; i++)
		if (opt->context[i] && fs_string(fs, optlist_context[i], opt->context[i]))
			return fs_fail(j, fs, optlist_context[i]);
	if (!optlist_writable(opt) && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0))
		return fs_fail(j, fs, "overlay: ro");
	return 0;
}

static int set_fd(int fs, const char *key, int fd)
{
	return sys_fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd);
}

/* Without a basedir there are no objects, but overlayfs wants two layers: an empty one takes their place. */
static unsigned int data_layers(const struct job *j, const struct overlay *o)
{
	if (!o->is_image)
		return 0;
	return j->dirs.n ? j->dirs.n : o->empty >= 0;
}

static int data_fd(const struct job *j, const struct overlay *o, unsigned int i)
{
	return j->dirs.n ? j->dirs.fd[i] : o->empty;
}

static int layers_by_fd(struct job *j, int fs, const struct overlay *o)
{
	if (set_fd(fs, "lowerdir+", o->lower)) {
		fs_fail(j, fs, "overlay: lowerdir+");
		return errno == EINVAL || errno == EBADF || errno == EOPNOTSUPP ? NEXT : -1;
	}
	for (unsigned int i = 0; i < data_layers(j, o); i++)
		if (set_fd(fs, "datadir+", data_fd(j, o, i)))
			return fs_fail(j, fs, "overlay: datadir+");
	if (j->upper >= 0 && (set_fd(fs, "upperdir", j->upper) || set_fd(fs, "workdir", j->work)))
		return fs_fail(j, fs, "overlay: upperdir, workdir");
	return 0;
}

/*
 * The name of a data layer: the path that was given if it still leads there, so
 * that mountinfo says something, else that of the descriptor.
 */
static const char *data_name(const struct job *j, const struct overlay *o, unsigned int i,
			     char room[FDNAME_ROOM])
{
	const char *name = j->dirs.n ? j->dirs.name[i] : "";
	struct stat a, b;

	if (name[0] == '/' && strlen(name) <= FS_STRING_MAX && !stat(name, &a) &&
	    !fstat(data_fd(j, o, i), &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return name;
	return job_fdname(j, room, data_fd(j, o, i));
}

static int upper_by_name(struct job *j, int fs)
{
	char room[FDNAME_ROOM];

	if (j->upper < 0)
		return 0;
	if (fs_string(fs, "upperdir", job_fdname(j, room, j->upper)) ||
	    fs_string(fs, "workdir", job_fdname(j, room, j->work)))
		return fs_fail(j, fs, "overlay: upperdir, workdir");
	return 0;
}

static int layers_by_name(struct job *j, int fs, const struct overlay *o)
{
	char room[FDNAME_ROOM];

	if (fs_string(fs, "lowerdir+", job_fdname(j, room, o->lower))) {
		fs_fail(j, fs, "overlay: lowerdir+");
		return errno == EINVAL ? NEXT : -1;
	}
	for (unsigned int i = 0; i < data_layers(j, o); i++)
		if (fs_string(fs, "datadir+", data_name(j, o, i, room)))
			return fs_fail(j, fs, "overlay: datadir+");
	return upper_by_name(j, fs);
}

/* lowerdir= with all layers into @list; false: they do not fit. */
static bool list_layers(const struct job *j, const struct overlay *o, const char *colon,
			char list[FS_STRING_MAX + 1])
{
	char room[FDNAME_ROOM];
	size_t used =
		(size_t)text_format(list, FS_STRING_MAX + 1, "%s", job_fdname(j, room, o->lower));

	for (unsigned int i = 0; i < data_layers(j, o); i++) {
		job_fdname(j, room, data_fd(j, o, i));
		if (used + strlen(colon) + strlen(room) > FS_STRING_MAX)
			return false;
		used += (size_t)text_format(list + used, FS_STRING_MAX + 1 - used, "%s%s", colon,
					    room);
	}
	return true;
}

static int layers_in_one(struct job *j, int fs, const struct overlay *o, enum way way)
{
	const char *colon = way == WAY_C ? "::" : ":";
	char list[FS_STRING_MAX + 1];

	if (!list_layers(j, o, colon, list)) {
		/* Numbers alone, seen from where the descriptors have such names. */
		if (job_enter_fds(j))
			return -1;
		if (!list_layers(j, o, colon, list))
			return job_fail(j, MOUNT_FAILED, "basedir: too many for this kernel");
	}
	if (fs_string(fs, "lowerdir", list))
		return fs_fail(j, fs, "overlay: lowerdir");
	return upper_by_name(j, fs);
}

/* Everything from an open context to j->mount. */
static int make(struct job *j, int fs, const struct overlay *o, enum way way)
{
	int rc;

	kmsg_mark(&j->log, j->dev);
	rc = set_common(j, fs, o);
	if (!rc && way == WAY_A)
		rc = layers_by_fd(j, fs, o);
	else if (!rc && way == WAY_B)
		rc = layers_by_name(j, fs, o);
	else if (!rc)
		rc = layers_in_one(j, fs, o, way);
	if (rc)
		return rc;
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		/* A: "failed to clone lowerpath", detached layers are not allowed yet. */
		rc = errno == EINVAL && way == WAY_A ? NEXT : -1;
		create_fail(j, fs);
		return rc;
	}
	j->mount = sys_fsmount(fs, attach_flags(j));
	return j->mount < 0 ? fs_fail(j, fs, "overlay: fsmount") : 0;
}

bool overlay_takes_data(struct job *j)
{
	int fs = sys_fsopen("overlay");
	int lower = j->target >= 0 ? j->target : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool good = fs >= 0 && lower >= 0 &&
		    !sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) &&
		    !sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) &&
		    (!j->level || !fs_string(fs, "verity", j->level == 2 ? "require" : "on")) &&
		    !set_fd(fs, "lowerdir+", lower);

	for (unsigned int i = 0; good && i < j->dirs.n; i++)
		good = !set_fd(fs, "datadir+", j->dirs.fd[i]);
	good = good && !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (fs >= 0)
		close(fs);
	if (lower >= 0 && lower != j->target)
		close(lower);
	return good;
}

/* Take a mount off again by the name of its descriptor. Tried more than once: it must not stay. */
static int take_off(struct job *j, int mount)
{
	char room[FDNAME_ROOM];

	for (int i = 0; i < 4; i++)
		if (!sys_umount(job_fdname(j, room, mount)))
			return 0;
	return job_sys(j, "%s: take the lower mount off", j->target_name);
}

/*
 * A layer in which nothing can be found, for an image without objects: a tmpfs of
 * our own, read-only and attached nowhere. Every directory that exists already
 * would lend its files to an image that was made to point at them.
 */
static int open_empty(struct job *j)
{
	int fs = sys_fsopen("tmpfs"), fd = -1;

	if (fs < 0)
		return job_denied(j, "tmpfs: fsopen");
	if (!fs_string(fs, "mode", "0755") && !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					     MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		fs_fail(j, fs, "tmpfs: for an empty layer");
	close(fs);
	return fd;
}

/* Attach the layers that have to be attached, the empty one below. -1: what is attached is to be taken off. */
static int attach_layers(struct job *j, const struct overlay *o)
{
	int at = j->target;

	if (o->empty >= 0) {
		if (sys_move_mount(o->empty, at))
			return job_sys(j, "%s: attach an empty layer", j->target_name);
		at = o->empty;
	}
	if (!o->is_attached && sys_move_mount(o->lower, at))
		return job_sys(j, "%s: attach the lower mount", j->target_name);
	return 0;
}

/* A layer that was not attached is none to take off: the kernel says EINVAL. */
static int detach_layers(struct job *j, const struct overlay *o, bool all)
{
	int rc = 0;

	if (all && !o->is_attached)
		rc = take_off(j, o->lower);
	if (o->empty >= 0)
		rc |= take_off(j, o->empty);
	return rc;
}

/* B, C, D with the lower mount attached on the target for as long as it takes. */
static int make_attached(struct job *j, int fs, const struct overlay *o, enum way way)
{
	sigset_t all, old;
	int rc, off;

	if (job_names(j))
		return -1;
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &old))
		return job_sys(j, "signals");
	rc = attach_layers(j, o);
	if (!rc) {
		rc = make(j, fs, o, way);
		off = detach_layers(j, o, true);
	} else {
		struct error first = j->err;
		int status = j->status;

		off = detach_layers(j, o, false);
		j->err = first;
		j->status = status;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return off ? -1 : rc;
}

/* Whether overlayfs may show an entry of a basedir on path D: the image hides 00 to ff. */
static bool is_object_directory(const char *name)
{
	static const char digits[] = "0123456789abcdef";

	return strlen(name) == 2 && strchr(digits, name[0]) && strchr(digits, name[1]);
}

/* On path D a basedir may hold nothing but object directories at its top. */
static int check_basedir(struct job *j, unsigned int i)
{
	const char *name = j->dirs.name[i];
	int fd = openat(j->dirs.fd[i], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (!dir) {
		rc = job_sys(j, "basedir %s: open", name);
		if (fd >= 0)
			close(fd);
		return rc;
	}
	errno = 0;
	while (!rc && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    !is_object_directory(e->d_name))
			rc = job_fail(
				j, MOUNT_FAILED,
				"basedir %s: has an entry \"%s\", which this kernel (before Linux "
				"6.5) would show in the mounted tree; move the objects into a "
				"directory of their own or use the composefs module",
				name, e->d_name);
	if (!rc && errno)
		rc = job_sys(j, "basedir %s: read", name);
	closedir(dir);
	return rc;
}

/*
 * Path D has no data-only layers: overlayfs merges each basedir into the tree. The
 * image must hide the object directories, and nothing else may be there. A name
 * that is added to a basedir later cannot be kept out (overlayfs sees no mounts
 * below a layer, so a view of the 256 directories cannot be made of binds); that
 * is why no verity level is given here.
 */
static int check_merged(struct job *j, const struct overlay *o)
{
	int rc;

	if (!o->is_image || !j->dirs.n)
		return 0;
	if (j->level)
		return job_fail(
			j, MOUNT_FAILED,
			"verity: this kernel (before Linux 6.5) shows what is added to a basedir later; "
			"use the composefs module, or %s to go without",
			j->opt->level0 ? j->opt->level0 : "noverity");
	rc = probe_hides_objects(j);
	if (rc < 0)
		return -1;
	if (!rc)
		return job_fail(
			j, MOUNT_FAILED,
			"%s: this kernel (before Linux 6.5) would show the object directories; use the composefs module",
			j->image.name);
	for (unsigned int i = 0; i < j->dirs.n; i++)
		if (check_basedir(j, i))
			return -1;
	return 0;
}

/* The first path to try: a context of old kernels says yes to everything. */
static int first_way(const struct job *j, int fs)
{
	static const char word[] = "1";

	if (j->opt->debug & DEBUG_D)
		return WAY_D;
	if (!fs_string(fs, NO_SUCH_OPTION, word))
		return WAY_D;
	if (j->opt->debug & DEBUG_C)
		return WAY_C;
	return j->opt->debug & DEBUG_B ? WAY_B : WAY_A;
}

/* One path after the other, until one leads to the end. */
static int build(struct job *j, const struct overlay *o)
{
	int way = -1, rc;

	do {
		int fs = sys_fsopen("overlay");

		if (fs < 0)
			return job_denied(j, "overlay: fsopen");
		if (way < 0) {
			way = first_way(j, fs);
			/* This context has been given an option that does not exist. */
			close(fs);
			continue;
		}
		verbose("overlay: path %c", 'A' + way);
		if (way != WAY_A && j->ns >= 0)
			rc = job_fail(j, MOUNT_FAILED,
				      "-N: needs Linux 6.15 or the composefs module");
		else if (way == WAY_D && check_merged(j, o))
			rc = -1;
		else
			rc = way == WAY_A ? make(j, fs, o, WAY_A)
					  : make_attached(j, fs, o, (enum way)way);
		close(fs);
		if (!rc)
			return 0;
		/* D is not what C falls to: whoever knows what does not exist knows "::". */
		if (rc < 0 || way >= WAY_C)
			return -1;
		way++;
	} while (!job_interrupted(j));
	return -1;
}

int overlay_build(struct job *j, struct overlay *o)
{
	int rc;

	o->empty = -1;
	if (o->is_image && !j->dirs.n && j->upper < 0) {
		o->empty = open_empty(j);
		if (o->empty < 0)
			return -1;
	}
	rc = build(j, o);
	if (o->empty >= 0)
		close(o->empty);
	o->empty = -1;
	return rc;
}
