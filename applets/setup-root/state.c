// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/state.h"
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/overlay.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"
#include "applets/setup-root/cmdline.h"
#include "applets/setup-root/seed.h"
#include "base/text.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define READ_ONLY 1 /* ST_RDONLY */
#define LABEL "security.selinux"
#define OPEN_TRIES 10000

int state_directory(int root, const char *name)
{
	return openat(root, name, DIR_FLAGS);
}

int state_open_beneath(int dir, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (unsigned int)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	/* A mount or a rename, wherever it is, makes the kernel give up at a ".." (openat2(2)). */
	for (int i = 0; i < OPEN_TRIES; i++) {
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

int state_make_writable(int mount)
{
	const struct mount_attr attr = { .attr_clr = MOUNT_ATTR_RDONLY };
	struct statfs st;
	int fs, rc = 0, code;

	if (fstatfs(mount, &st))
		return -1;
	if (!((unsigned long)st.f_flags & READ_ONLY))
		return 0;
	fs = sys_fspick(mount);
	if (fs < 0)
		return -1;
	if (sys_fsconfig(fs, FSCONFIG_SET_FLAG, "rw", NULL, 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0))
		rc = -1;
	code = errno;
	close(fs);
	errno = code;
	return rc ? rc : sys_mount_setattr(mount, &attr);
}

static int make_tmpfs(void)
{
	int fs = sys_fsopen("tmpfs"), fd = -1, code;

	if (fs < 0)
		return -1;
	if (!sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "composefs", 0) &&
	    !sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) &&
	    !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, 0);
	code = errno;
	close(fs);
	errno = code;
	return fd;
}

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void state_tmpfs_close(struct state_tmpfs *t)
{
	drop(&t->upper);
	drop(&t->work);
	drop(&t->mount);
}

int state_tmpfs_open(struct state_tmpfs *t, struct error *err)
{
	int rc = 0;

	t->upper = t->work = -1;
	t->mount = make_tmpfs();
	if (t->mount < 0)
		return status_denied(err, "tmpfs: for a transient layer");
	if (mkdirat(t->mount, "upper", 0755) || mkdirat(t->mount, "work", 0700) ||
	    (t->upper = state_directory(t->mount, "upper")) < 0 ||
	    (t->work = state_directory(t->mount, "work")) < 0)
		rc = error_sys(err, "tmpfs: directories of a transient layer");
	if (rc)
		state_tmpfs_close(t);
	return rc;
}

/* Open a directory below @dir, and make it if it is missing. */
static int make_directory(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, mode) && errno != EEXIST)
		return -1;
	return state_directory(dir, name);
}

/* Open state/deploy/HEX, or the directory @below in it. Make what is missing. -1 with an error. */
static int state_open(const struct state *s, const char *below)
{
	const char *const names[] = { "state", "deploy", s->hex, below };
	int fd = s->physical;

	for (unsigned int i = 0; i < 4 && names[i]; i++) {
		int next = make_directory(fd, names[i], i == 3 ? 0700 : 0755);

		if (fd != s->physical)
			close(fd);
		if (next < 0)
			return error_sys(s->err, "%s/state/deploy/%s%s%s", s->sysroot, s->hex,
					 below ? "/" : "", below ? below : "");
		fd = next;
	}
	return fd;
}

/* Give the upper directory owner, mode and label of the directory in the image, because the mount shows the upper one's. */
static int dress_upper(int dir, int lower)
{
	char label[256];
	struct stat st;
	int a = openat(lower, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int b = openat(dir, "upper", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = -1;

	if (a >= 0 && b >= 0 && !fstat(a, &st) && !fchown(b, st.st_uid, st.st_gid) &&
	    !fchmod(b, st.st_mode & 07777)) {
		ssize_t n = fgetxattr(a, LABEL, label, sizeof(label));

		rc = n > 0 ? fsetxattr(b, LABEL, label, (size_t)n, 0) : 0;
	}
	if (a >= 0)
		close(a);
	if (b >= 0)
		close(b);
	return rc;
}

/* The layers of an overlay in the state; -1: not open. */
struct layers {
	int upper, work;
};

static void close_layers(struct layers *l)
{
	drop(&l->upper);
	drop(&l->work);
}

/* Open the layers of the state, and make them on the first start. -1 with an error. */
static int open_layers(const struct state *s, const char *name, int lower, struct layers *l)
{
	int dir = state_open(s, name), rc = 0;

	if (dir < 0)
		return -1;
	if (!mkdirat(dir, "upper", 0700))
		rc = dress_upper(dir, lower);
	else if (errno != EEXIST)
		rc = -1;
	if (!rc)
		l->work = make_directory(dir, "work", 0700);
	if (!rc)
		l->upper = state_directory(dir, "upper");
	if (rc || l->work < 0 || l->upper < 0)
		rc = error_sys(s->err, "%s/state/deploy/%s/%s", s->sysroot, s->hex, name);
	close(dir);
	return rc;
}

/*
 * Make an overlay over the directory @at of the new root. @tmp, if it is not -1, is the
 * detached mount of the layers; it is attached at @at while the overlay is made.
 */
static int make_overlay(const struct state *s, const char *name, int at, const struct layers *l,
			int tmp)
{
	const struct mount_flags flags = { .writable = true };
	char room[FDNAME_ROOM], source[32];
	const struct overlay_request o = {
		.lower = at,
		.lower_attached = true,
		.upper = l->upper,
		.work = l->work,
		.upper_name = name,
		.flags = &flags,
		.source = source,
		.scratch = at,
		.scratch_name = name,
		.debug = s->debug,
	};
	int mount;

	text_format(source, sizeof(source), "composefs-%s", name);
	if (tmp >= 0 && host_names(s->host, s->err))
		return -1;
	if (tmp >= 0 && sys_move_mount(tmp, at))
		return error_sys(s->err, "attach a tmpfs");
	mount = overlay_build(&o, s->host, s->err);
	if (tmp >= 0)
		(void)sys_umount(host_fdname(s->host, room, tmp));
	return mount;
}

/* The same, and attach it there. */
static int overlay_on(const struct state *s, const char *name, int at, const struct layers *l,
		      int tmp)
{
	int mount = make_overlay(s, name, at, l, tmp), rc;

	if (mount < 0)
		return error_in(s->err, "/%s", name);
	rc = sys_move_mount(mount, at) ? error_sys(s->err, "/%s: attach", name) : 0;
	close(mount);
	return rc;
}

static int mount_transient(const struct state *s, const char *name, int at)
{
	struct state_tmpfs t;
	struct layers l;
	int rc;

	if (state_tmpfs_open(&t, s->err))
		return -1;
	l = (struct layers){ t.upper, t.work };
	rc = overlay_on(s, name, at, &l, t.mount);
	state_tmpfs_close(&t);
	return rc;
}

static int mount_overlay(const struct state *s, const char *name, int at)
{
	struct layers l = { -1, -1 };
	int rc = open_layers(s, name, at, &l);

	if (!rc)
		rc = overlay_on(s, name, at, &l, -1);
	close_layers(&l);
	return rc;
}

/*
 * The directory of the state that is bound, which may be a symbolic link that an installer
 * made: the directory in which it is, by O_PATH, and its name there.
 */
struct place {
	int dir; /* -1: not open */
	char name[NAME_MAX + 1];
	char shown[PATH_MAX]; /* of @dir */
};

/* The place that the target of a link names, which must lie beneath the physical root. -1 and errno. */
static int follow_link(const struct state *s, const char *target, struct place *p)
{
	const char *slash = strrchr(target, '/'), *name = slash ? slash + 1 : target;
	char path[PATH_MAX];
	int n;

	errno = EINVAL;
	if (target[0] == '/' || !*name || !strcmp(name, ".") || !strcmp(name, "..") ||
	    strlen(name) > NAME_MAX)
		return -1;
	n = text_format(path, sizeof(path), "state/deploy/%s/%.*s", s->hex, (int)(name - target),
			target);
	errno = ENAMETOOLONG;
	if (n >= (int)sizeof(path))
		return -1;
	text_format(p->name, sizeof(p->name), "%s", name);
	text_format(p->shown, sizeof(p->shown), "%s/%s", s->sysroot, path);
	p->dir = state_open_beneath(s->physical, path, O_PATH | O_DIRECTORY);
	return p->dir < 0 ? -1 : 0;
}

/* Find the place of state/deploy/HEX/@name. -1 with an error. */
static int find_place(const struct state *s, const char *name, struct place *p)
{
	char target[PATH_MAX];
	int dir = state_open(s, NULL), rc;
	ssize_t n;

	if (dir < 0)
		return -1;
	n = readlinkat(dir, name, target, sizeof(target) - 1);
	if (n < 0) {
		p->dir = dir;
		text_format(p->name, sizeof(p->name), "%s", name);
		text_format(p->shown, sizeof(p->shown), "%s/state/deploy/%s", s->sysroot, s->hex);
		return 0;
	}
	target[n] = '\0';
	rc = follow_link(s, target, p);
	if (rc)
		error_sys(s->err, "%s/state/deploy/%s/%s: link to %s", s->sysroot, s->hex, name,
			  target);
	close(dir);
	return rc;
}

/* Copy the image's directory @at to the state, if the state has none or an empty one. */
static int seed(const struct state *s, const char *name, int at)
{
	struct place p = { .dir = -1 };
	char from_shown[NAME_MAX + 2];
	struct seed seed = {
		.host = s->host,
		.from = at,
		.from_shown = from_shown,
		.name = p.name,
		.shown = p.shown,
	};
	bool copied = false;
	int rc = find_place(s, name, &p);

	if (rc)
		return -1;
	text_format(from_shown, sizeof(from_shown), "/%s", name);
	seed.to = p.dir;
	rc = seed_copy(&seed, &copied, s->err);
	close(p.dir);
	if (copied && !rc)
		verbose("%s/%s: seeded from /%s of the image", p.shown, p.name, name);
	return rc;
}

/* The directory may be a symbolic link, but only to a place beneath the physical root. */
static int mount_bind(const struct state *s, const char *name, int at)
{
	char path[CMDLINE_HEX + 32];
	int fd, tree = -1, rc = 0;

	if (s->conf->var_seed && !strcmp(name, "var") && seed(s, name, at))
		return -1;
	text_format(path, sizeof(path), "state/deploy/%s/%s", s->hex, name);
	fd = state_open_beneath(s->physical, path, O_PATH | O_DIRECTORY);
	if (fd < 0 && errno == ENOENT) {
		int dir = state_open(s, NULL);

		if (dir < 0)
			return -1;
		fd = make_directory(dir, name, 0755);
		close(dir);
	}
	if (fd >= 0)
		tree = sys_clone_mount(fd, 0);
	if (tree < 0 || sys_move_mount(tree, at))
		rc = error_sys(s->err, "%s/%s: bind to /%s", s->sysroot, path, name);
	if (fd >= 0)
		close(fd);
	if (tree >= 0)
		close(tree);
	return rc;
}

static int mount_one(const struct state *s, const char *name, enum conf_mount how)
{
	static int (*const mounts[])(const struct state *, const char *, int) = {
		[CONF_BIND] = mount_bind,
		[CONF_OVERLAY] = mount_overlay,
		[CONF_TRANSIENT] = mount_transient,
	};
	int at, rc;

	if (how == CONF_NONE)
		return 0;
	at = state_directory(s->root, name);
	if (at < 0)
		return error_sys(s->err, "/%s of the image", name);
	rc = mounts[how](s, name, at);
	close(at);
	if (!rc)
		verbose("/%s: %s", name, conf_mount_names[how]);
	return rc;
}

int state_mount(const struct state *s)
{
	if (mount_one(s, "etc", s->conf->etc))
		return -1;
	return mount_one(s, "var", s->conf->var);
}
