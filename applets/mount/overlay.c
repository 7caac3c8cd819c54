// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/overlay.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/merged.h"
#include "applets/mount/signals.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

#define NO_SUCH_OPTION "cfs-no-such-option"

enum way {
	WAY_A, /* layers by descriptor, nothing attached */
	WAY_B, /* layers by name, one option each */
	WAY_C, /* all in one string, data layers behind "::" */
	WAY_D, /* all in one string, data layers as ordinary ones */
};

/* A step may return this beside 0 and -1: the next path may work. */
#define NEXT 1

/* One overlay on its way. */
struct build {
	const struct overlay_request *o;
	struct host *host;
	struct error *err;
	int empty; /* a mount in the place of the objects if there is no basedir; -1: none */
	int mount; /* the result */
};

static int fs_string(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int set_flag(int fs, const char *key)
{
	return sys_fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0);
}

static int set_fd(int fs, const char *key, int fd)
{
	return sys_fsconfig(fs, FSCONFIG_SET_FD, key, NULL, fd);
}

static int set_verity(int fs, int level)
{
	if (!level)
		return 0;
	return fs_string(fs, "verity", level == 2 ? "require" : "on");
}

/* Report a failed call on a context and collect what the kernel says. Returns -1, keeps errno. */
static int fs_fail(struct build *b, int fs, const char *what)
{
	int code = errno;

	host_log_take(b->host, fs);
	status_denied(b->err, what);
	errno = code;
	return -1;
}

int overlay_probe(struct error *err)
{
	int fs = sys_fsopen("overlay"), rc = OVERLAY_CHECKS;

	if (fs < 0 && errno == ENODEV)
		return OVERLAY_ABSENT;
	if (fs < 0)
		return status_denied(err, "overlay: fsopen");
	/* Before 6.5 every option is accepted, and refused only by CREATE. */
	if (!fs_string(fs, NO_SUCH_OPTION, "1") || set_verity(fs, 2))
		rc = OVERLAY_NO_CHECK;
	close(fs);
	return rc;
}

/* Whether a basedir lies on an overlay itself. */
static bool data_is_stacked(const struct overlay_request *o)
{
	struct statfs st;

	for (unsigned int i = 0; o->image && i < o->data->n; i++)
		if (!fstatfs(o->data->fd[i], &st) && st.f_type == OVERLAY_MAGIC)
			return true;
	return false;
}

/* Report a failed CREATE; some reasons have better words than the kernel's. Returns -1. */
static int create_fail(struct build *b, int fs)
{
	const struct kmsg *log = &b->host->log;
	int code = errno;

	fs_fail(b, fs, "overlay: create");
	if (kmsg_has(log, "stacking depth exceeded") ||
	    (code == EINVAL && !log->n && data_is_stacked(b->o)))
		return error_set(
			b->err, code,
			"overlay: more than two stacked file systems (is a basedir on an overlay?)");
	if (code == EBUSY && b->o->upper >= 0)
		return error_set(b->err, code, "upperdir %s: in use by another mount",
				 b->o->upper_name);
	if (code == ELOOP)
		return error_set(b->err, code, "overlay: directories lie inside each other: %s",
				 error_words(code));
	return -1;
}

/* Set the options that are the same on all paths. */
static int set_common(struct build *b, int fs)
{
	const struct overlay_request *o = b->o;

	if (fs_string(fs, "source", o->source))
		return fs_fail(b, fs, "overlay: source");
	if (o->userxattr && set_flag(fs, "userxattr"))
		return fs_fail(b, fs, "overlay: userxattr");
	/* With userxattr these are refused, and data-only layers imply them. */
	if (o->image && !o->userxattr &&
	    (fs_string(fs, "metacopy", "on") || fs_string(fs, "redirect_dir", "on")))
		return fs_fail(b, fs, "overlay: metacopy, redirect_dir");
	if (o->image && set_verity(fs, o->level))
		return fs_fail(b, fs, "overlay: verity");
	if (o->flags->is_volatile && set_flag(fs, "volatile"))
		return fs_fail(b, fs, "overlay: volatile");
	for (int i = 0; i < CONTEXT_MAX; i++)
		if (o->flags->context[i] &&
		    fs_string(fs, mount_context_names[i], o->flags->context[i]))
			return fs_fail(b, fs, mount_context_names[i]);
	if (!o->flags->writable && set_flag(fs, "ro"))
		return fs_fail(b, fs, "overlay: ro");
	return 0;
}

/* The number of data layers. Overlayfs wants two layers, so an empty one replaces missing basedirs. */
static unsigned int data_layers(const struct build *b)
{
	if (!b->o->image)
		return 0;
	return b->o->data->n ? b->o->data->n : b->empty >= 0;
}

static int data_fd(const struct build *b, unsigned int i)
{
	return b->o->data->n ? b->o->data->fd[i] : b->empty;
}

static int layers_by_fd(struct build *b, int fs)
{
	const struct overlay_request *o = b->o;

	if (set_fd(fs, "lowerdir+", o->lower)) {
		fs_fail(b, fs, "overlay: lowerdir+");
		return errno == EINVAL || errno == EBADF || errno == EOPNOTSUPP ? NEXT : -1;
	}
	for (unsigned int i = 0; i < data_layers(b); i++)
		if (set_fd(fs, "datadir+", data_fd(b, i)))
			return fs_fail(b, fs, "overlay: datadir+");
	if (o->upper >= 0 && (set_fd(fs, "upperdir", o->upper) || set_fd(fs, "workdir", o->work)))
		return fs_fail(b, fs, "overlay: upperdir, workdir");
	return 0;
}

/*
 * The name of a data layer: the path that was given if it still leads to the directory,
 * so that mountinfo shows it, otherwise the name of the descriptor.
 */
static const char *data_name(const struct build *b, unsigned int i, char room[FDNAME_ROOM])
{
	const char *name = b->o->data->n ? b->o->data->name[i] : "";
	struct stat by_name, by_fd;

	if (name[0] == '/' && strlen(name) <= FS_STRING_MAX && !stat(name, &by_name) &&
	    !fstat(data_fd(b, i), &by_fd) && by_name.st_dev == by_fd.st_dev &&
	    by_name.st_ino == by_fd.st_ino)
		return name;
	return host_fdname(b->host, room, data_fd(b, i));
}

static int upper_by_name(struct build *b, int fs)
{
	char room[FDNAME_ROOM];

	if (b->o->upper < 0)
		return 0;
	if (fs_string(fs, "upperdir", host_fdname(b->host, room, b->o->upper)) ||
	    fs_string(fs, "workdir", host_fdname(b->host, room, b->o->work)))
		return fs_fail(b, fs, "overlay: upperdir, workdir");
	return 0;
}

static int layers_by_name(struct build *b, int fs)
{
	char room[FDNAME_ROOM];

	if (fs_string(fs, "lowerdir+", host_fdname(b->host, room, b->o->lower))) {
		fs_fail(b, fs, "overlay: lowerdir+");
		return errno == EINVAL ? NEXT : -1;
	}
	for (unsigned int i = 0; i < data_layers(b); i++)
		if (fs_string(fs, "datadir+", data_name(b, i, room)))
			return fs_fail(b, fs, "overlay: datadir+");
	return upper_by_name(b, fs);
}

/* Write all layers to @list, as lowerdir= takes them; false: they do not fit. */
static bool list_layers(const struct build *b, const char *colon, char list[FS_STRING_MAX + 1])
{
	char room[FDNAME_ROOM];
	size_t used = (size_t)text_format(list, FS_STRING_MAX + 1, "%s",
					  host_fdname(b->host, room, b->o->lower));

	for (unsigned int i = 0; i < data_layers(b); i++) {
		host_fdname(b->host, room, data_fd(b, i));
		if (used + strlen(colon) + strlen(room) > FS_STRING_MAX)
			return false;
		used += (size_t)text_format(list + used, FS_STRING_MAX + 1 - used, "%s%s", colon,
					    room);
	}
	return true;
}

static int layers_in_one(struct build *b, int fs, enum way way)
{
	const char *colon = way == WAY_C ? "::" : ":";
	char list[FS_STRING_MAX + 1];

	if (!list_layers(b, colon, list)) {
		/* Shorten the names to numbers. */
		if (host_enter_fds(b->host, b->err))
			return -1;
		if (!list_layers(b, colon, list))
			return error_set(b->err, E2BIG,
					 "basedir: too many directories for this kernel (before "
					 "Linux 6.7): merge stores");
	}
	if (fs_string(fs, "lowerdir", list))
		return fs_fail(b, fs, "overlay: lowerdir");
	return upper_by_name(b, fs);
}

static int set_layers(struct build *b, int fs, enum way way)
{
	switch (way) {
	case WAY_A:
		return layers_by_fd(b, fs);
	case WAY_B:
		return layers_by_name(b, fs);
	default:
		return layers_in_one(b, fs, way);
	}
}

/* Configure an open context and make the mount: 0, NEXT or -1. */
static int make(struct build *b, int fs, enum way way)
{
	int rc;

	host_log_mark(b->host);
	rc = set_common(b, fs);
	if (!rc)
		rc = set_layers(b, fs, way);
	if (rc)
		return rc;
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		/* On path A EINVAL may mean that detached layers are not allowed yet. */
		rc = errno == EINVAL && way == WAY_A ? NEXT : -1;
		create_fail(b, fs);
		return rc;
	}
	b->mount = sys_fsmount(fs, mount_flags_attr(b->o->flags));
	return b->mount < 0 ? fs_fail(b, fs, "overlay: fsmount") : 0;
}

bool overlay_takes_data(const struct mount_request *r)
{
	const struct basedirs *dirs = &r->named->dirs;
	int fs = sys_fsopen("overlay");
	int target = r->named->target;
	int lower = target >= 0 ? target : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool good = fs >= 0 && lower >= 0 && !set_flag(fs, "userxattr") && !set_flag(fs, "ro") &&
		    !set_verity(fs, r->level) && !set_fd(fs, "lowerdir+", lower);

	for (unsigned int i = 0; good && i < dirs->n; i++)
		good = !set_fd(fs, "datadir+", dirs->fd[i]);
	good = good && !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (fs >= 0)
		close(fs);
	if (lower >= 0 && lower != target)
		close(lower);
	return good;
}

/* Unmount by the name of a descriptor. Tries several times, because the mount must not stay. */
static int take_off(struct build *b, int mount, struct error *err)
{
	char room[FDNAME_ROOM];

	for (int i = 0; i < 4; i++)
		if (!sys_umount(host_fdname(b->host, room, mount)))
			return 0;
	return error_sys(err, "%s: take the lower mount off", b->o->scratch_name);
}

/*
 * Make an empty data layer for an image without objects: a read-only, detached tmpfs. An
 * existing directory must not be used, because an image can be made whose redirects lead
 * to the files in it.
 */
static int open_empty(struct build *b)
{
	int fs = sys_fsopen("tmpfs"), fd = -1;

	if (fs < 0)
		return status_denied(b->err, "tmpfs: fsopen");
	if (!fs_string(fs, "mode", "0755") && !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					     MOUNT_ATTR_NOEXEC);
	if (fd < 0)
		fs_fail(b, fs, "tmpfs: for an empty layer");
	close(fs);
	return fd;
}

/* Attach the detached layers, the empty one below. After -1 one of them may be attached. */
static int attach_layers(struct build *b)
{
	const struct overlay_request *o = b->o;
	int at = o->scratch;

	if (b->empty >= 0) {
		if (sys_move_mount(b->empty, at))
			return error_sys(b->err, "%s: attach an empty layer", o->scratch_name);
		at = b->empty;
	}
	if (!o->lower_attached && sys_move_mount(o->lower, at))
		return error_sys(b->err, "%s: attach the lower mount", o->scratch_name);
	return 0;
}

/* Take off the empty layer, and the lower one if @lower. 0, or -1 with an error in @err. */
static int detach_layers(struct build *b, bool lower, struct error *err)
{
	int rc = 0;

	if (lower && !b->o->lower_attached)
		rc = take_off(b, b->o->lower, err);
	if (b->empty >= 0)
		rc |= take_off(b, b->empty, err);
	return rc;
}

/* Paths B, C and D: attach the layers on the scratch directory while the overlay is made. */
static int make_attached(struct build *b, int fs, enum way way)
{
	struct error ignored;
	sigset_t all, old;
	int rc;

	if (host_names(b->host, b->err))
		return -1;
	sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &old))
		return error_sys(b->err, "signals");
	if (attach_layers(b)) {
		/* A layer that was not attached cannot be taken off either: keep the first error. */
		(void)detach_layers(b, false, &ignored);
		rc = -1;
	} else {
		rc = make(b, fs, way);
		if (detach_layers(b, true, b->err))
			rc = -1;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return rc;
}

/* The first path to try. Before 6.5 a context accepts any option. */
static enum way first_way(const struct overlay_request *o, int fs)
{
	if (o->debug & MOUNT_DEBUG_D || !fs_string(fs, NO_SUCH_OPTION, "1"))
		return WAY_D;
	if (o->debug & MOUNT_DEBUG_C)
		return WAY_C;
	return o->debug & MOUNT_DEBUG_B ? WAY_B : WAY_A;
}

/* Try one path: 0, NEXT or -1. */
static int try_way(struct build *b, enum way way)
{
	int fs, rc;

	verbose("overlay: path %c", 'A' + (int)way);
	if (way != WAY_A && b->o->scratch < 0)
		return error_set(b->err, EOPNOTSUPP,
				 "-N: needs Linux 6.15 or the composefs module");
	if (way == WAY_D && merged_check(b->o, b->err))
		return -1;
	fs = sys_fsopen("overlay");
	if (fs < 0)
		return status_denied(b->err, "overlay: fsopen");
	rc = way == WAY_A ? make(b, fs, way) : make_attached(b, fs, way);
	close(fs);
	return rc;
}

/* Try one path after the other until one works. */
static int try_ways(struct build *b)
{
	int fs = sys_fsopen("overlay"), way, rc;

	if (fs < 0)
		return status_denied(b->err, "overlay: fsopen");
	way = first_way(b->o, fs);
	/* This context was given an option that does not exist. */
	close(fs);
	for (;; way++) {
		if (signals_check(b->err))
			return -1;
		rc = try_way(b, (enum way)way);
		/* C is the last one to try: a kernel that refuses unknown options knows "::". */
		if (rc <= 0 || way >= WAY_C)
			return rc ? -1 : 0;
	}
}

int overlay_build(const struct overlay_request *o, struct host *host, struct error *err)
{
	struct build b = { .o = o, .host = host, .err = err, .empty = -1, .mount = -1 };
	int rc;

	if (o->image && !o->data->n && o->upper < 0) {
		b.empty = open_empty(&b);
		if (b.empty < 0)
			return -1;
	}
	rc = try_ways(&b);
	if (b.empty >= 0)
		close(b.empty);
	if (rc && b.mount >= 0)
		close(b.mount);
	return rc ? -1 : b.mount;
}

struct overlay_request overlay_request(const struct mount_request *r, int lower)
{
	const struct named *n = r->named;

	return (struct overlay_request){
		.lower = lower,
		.upper = n->upper,
		.work = n->work,
		.upper_name = n->upper_name,
		.flags = r->flags,
		.source = r->source,
		.scratch = n->ns < 0 ? n->target : -1,
		.scratch_name = n->target_name,
		.level0 = r->advice->level0,
		.debug = r->debug,
	};
}

void overlay_add_image(struct overlay_request *o, const struct mount_request *r)
{
	o->image = r->image;
	o->data = &r->named->dirs;
	o->level = r->level;
}
