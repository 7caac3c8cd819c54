// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/overlay.h"
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
	if (o->is_image && (fs_string(fs, "metacopy", "on") || fs_string(fs, "redirect_dir", "on")))
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

/* With no objects there is no data layer, but overlayfs wants two: the target is one that nothing points into. */
static unsigned int data_layers(const struct job *j, const struct overlay *o)
{
	if (!o->is_image)
		return 0;
	return j->dirs.n ? j->dirs.n : j->upper < 0;
}

static int data_fd(const struct job *j, unsigned int i)
{
	return j->dirs.n ? j->dirs.fd[i] : j->target;
}

static int layers_by_fd(struct job *j, int fs, const struct overlay *o)
{
	if (set_fd(fs, "lowerdir+", o->lower)) {
		fs_fail(j, fs, "overlay: lowerdir+");
		return errno == EINVAL || errno == EBADF || errno == EOPNOTSUPP ? NEXT : -1;
	}
	for (unsigned int i = 0; i < data_layers(j, o); i++)
		if (set_fd(fs, "datadir+", data_fd(j, i)))
			return fs_fail(j, fs, "overlay: datadir+");
	if (j->upper >= 0 && (set_fd(fs, "upperdir", j->upper) || set_fd(fs, "workdir", j->work)))
		return fs_fail(j, fs, "overlay: upperdir, workdir");
	return 0;
}

/*
 * The name of a data layer: the path that was given if it still leads there, so
 * that mountinfo says something, else that of the descriptor.
 */
static const char *data_name(const struct job *j, unsigned int i, char room[FDNAME_ROOM])
{
	const char *name = j->dirs.n ? j->dirs.name[i] : j->target_name;
	struct stat a, b;

	if (name[0] == '/' && strlen(name) <= FS_STRING_MAX && !stat(name, &a) &&
	    !fstat(data_fd(j, i), &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
		return name;
	return job_fdname(j, room, data_fd(j, i));
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
		if (fs_string(fs, "datadir+",
			      j->dirs.n ? data_name(j, i, room) : job_fdname(j, room, j->target)))
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
		job_fdname(j, room, data_fd(j, i));
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

/* Take a mount off again by the name of its descriptor. Tried more than once: it must not stay. */
static int take_off(struct job *j, int mount)
{
	char room[FDNAME_ROOM];

	for (int i = 0; i < 4; i++)
		if (!sys_umount(job_fdname(j, room, mount)))
			return 0;
	return job_sys(j, "%s: take the lower mount off", j->target_name);
}

/* A tmpfs attached on the target: an empty layer for D, where the target would show its files. */
static int attach_empty(struct job *j)
{
	int fs = sys_fsopen("tmpfs"), fd = -1;

	if (fs >= 0 && !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, MOUNT_ATTR_RDONLY);
	if (fd < 0)
		job_sys(j, "tmpfs: for an empty layer");
	if (fs >= 0)
		close(fs);
	if (fd >= 0 && sys_move_mount(fd, j->target)) {
		job_sys(j, "%s: attach an empty layer", j->target_name);
		close(fd);
		fd = -1;
	}
	return fd;
}

/* B, C, D with the lower mount attached on the target for as long as it takes. */
static int make_attached(struct job *j, int fs, const struct overlay *o, enum way way)
{
	int target = j->target, empty = -1, rc, off = 0;
	sigset_t all, old;

	if (job_names(j))
		return -1;
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &old))
		return job_sys(j, "signals");
	if (way == WAY_D && o->is_image && !j->dirs.n) {
		empty = attach_empty(j);
		if (empty < 0) {
			sigprocmask(SIG_SETMASK, &old, NULL);
			return -1;
		}
		j->target = empty;
	}
	rc = !o->is_attached && sys_move_mount(o->lower, j->target)
		     ? job_sys(j, "%s: attach the lower mount", j->target_name)
		     : 0;
	if (!rc) {
		rc = make(j, fs, o, way);
		off = o->is_attached ? 0 : take_off(j, o->lower);
	}
	if (empty >= 0) {
		off |= take_off(j, empty);
		close(empty);
	}
	j->target = target;
	sigprocmask(SIG_SETMASK, &old, NULL);
	return off ? -1 : rc;
}

/* D shows the object directories unless the image hides them. */
static int check_stubs(struct job *j, const struct overlay *o)
{
	int rc = o->is_image && j->dirs.n ? probe_hides_objects(j) : 1;

	if (rc)
		return rc < 0 ? rc : 0;
	return job_fail(
		j, MOUNT_FAILED,
		"%s: this kernel (before Linux 6.5) would show the object directories; use the composefs module",
		j->image.name);
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

int overlay_build(struct job *j, const struct overlay *o)
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
		else if (way == WAY_D && check_stubs(j, o))
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
