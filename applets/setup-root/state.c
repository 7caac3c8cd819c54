// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/state.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/overlay.h"
#include "applets/mount/sysnr.h"
#include "applets/setup-root/cmdline.h"
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

int state_tmpfs(struct job *j, int *upper, int *work)
{
	int fs = sys_fsopen("tmpfs"), fd = -1;

	*upper = *work = -1;
	if (fs >= 0 && !sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", "composefs", 0) &&
	    !sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) &&
	    !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = sys_fsmount(fs, 0);
	if (fd < 0) {
		job_denied(j, "tmpfs: for a transient layer");
	} else if (mkdirat(fd, "upper", 0755) || mkdirat(fd, "work", 0700) ||
		   (*upper = state_directory(fd, "upper")) < 0 ||
		   (*work = state_directory(fd, "work")) < 0) {
		job_sys(j, "tmpfs: directories of a transient layer");
		close(fd);
		fd = -1;
	}
	if (fs >= 0)
		close(fs);
	return fd;
}

/* A directory below @dir, made if it is missing. */
static int make_directory(int dir, const char *name, mode_t mode)
{
	if (mkdirat(dir, name, mode) && errno != EEXIST)
		return -1;
	return state_directory(dir, name);
}

/* state/deploy/HEX, or one level below it; made as far as it is missing. */
static int state_open(const struct state *s, const char *below)
{
	const char *const names[] = { "state", "deploy", s->hex, below };
	int fd = s->physical;

	for (unsigned int i = 0; i < 4 && names[i]; i++) {
		int next = make_directory(fd, names[i], i == 3 ? 0700 : 0755);

		if (fd != s->physical)
			close(fd);
		if (next < 0)
			return job_sys(s->j, "%s/state/deploy/%s%s%s", s->sysroot, s->hex,
				       below ? "/" : "", below ? below : "");
		fd = next;
	}
	return fd;
}

/* The upper directory is what /etc will look like: owner, mode and label of the image's. */
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

/* upper and work of the state, made on the first start. */
static int open_layers(const struct state *s, const char *name, int lower, int *upper, int *work)
{
	int dir = state_open(s, name), rc = 0;

	*upper = *work = -1;
	if (dir < 0)
		return -1;
	if (!mkdirat(dir, "upper", 0700))
		rc = dress_upper(dir, lower);
	else if (errno != EEXIST)
		rc = -1;
	if (!rc)
		*work = make_directory(dir, "work", 0700);
	if (!rc)
		*upper = state_directory(dir, "upper");
	if (rc || *work < 0 || *upper < 0)
		rc = job_sys(s->j, "%s/state/deploy/%s/%s", s->sysroot, s->hex, name);
	close(dir);
	return rc;
}

/*
 * An overlay over the directory @at of the new root. @tmp, if it is not -1, is
 * the mount of the layers: it stands on @at while they are picked up.
 */
static int overlay_on(const struct state *s, const char *name, int at, int upper, int work, int tmp)
{
	char room[FDNAME_ROOM];
	struct optlist opt;
	struct job e;
	struct overlay o = { .lower = at, .is_attached = true };
	int rc;

	optlist_init(&opt);
	opt.upper = opt.work = name;
	opt.debug = s->j->opt->debug;
	job_init(&e, &opt);
	e.target = at;
	e.target_name = name;
	e.upper = upper;
	e.work = work;
	e.names = s->j->names;
	text_format(e.source, sizeof(e.source), "composefs-%s", name);
	if (tmp >= 0 && (job_names(&e) || sys_move_mount(tmp, at)))
		rc = job_sys(&e, "attach a tmpfs");
	else
		rc = overlay_build(&e, &o);
	if (tmp >= 0)
		(void)sys_umount(job_fdname(&e, room, tmp));
	if (!rc && sys_move_mount(e.mount, at))
		rc = job_sys(&e, "attach");
	if (rc) {
		s->j->log.n = e.log.n;
		memcpy(s->j->log.line, e.log.line, sizeof(e.log.line));
		job_fail(s->j, e.status, "/%s: %s", name, e.err.text);
	}
	e.target = -1;
	e.upper = e.work = e.names.proc = e.names.cwd = -1;
	job_release(&e);
	return rc;
}

static int mount_transient(const struct state *s, const char *name, int at)
{
	int upper, work, fd = state_tmpfs(s->j, &upper, &work), rc;

	if (fd < 0)
		return -1;
	rc = overlay_on(s, name, at, upper, work, fd);
	close(upper);
	close(work);
	close(fd);
	return rc;
}

/* The path may end in a link that an installer made; it stays beneath the physical root. */
static int mount_bind(const struct state *s, const char *name, int at)
{
	char path[CMDLINE_HEX + 32];
	int fd, tree = -1, rc = 0;

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
		rc = job_sys(s->j, "%s/%s: bind to /%s", s->sysroot, path, name);
	if (fd >= 0)
		close(fd);
	if (tree >= 0)
		close(tree);
	return rc;
}

static int mount_one(const struct state *s, const char *name, enum conf_mount how)
{
	static const char how_words[][10] = {
		[CONF_BIND] = "bind",
		[CONF_OVERLAY] = "overlay",
		[CONF_TRANSIENT] = "transient",
	};
	int at, upper, work, rc;

	if (how == CONF_NONE)
		return 0;
	at = state_directory(s->root, name);
	if (at < 0)
		return job_sys(s->j, "/%s of the image", name);
	if (how == CONF_BIND) {
		rc = mount_bind(s, name, at);
	} else if (how == CONF_TRANSIENT) {
		rc = mount_transient(s, name, at);
	} else {
		rc = open_layers(s, name, at, &upper, &work);
		if (!rc)
			rc = overlay_on(s, name, at, upper, work, -1);
		if (upper >= 0)
			close(upper);
		if (work >= 0)
			close(work);
	}
	close(at);
	if (!rc)
		verbose("/%s: %s", name, how_words[how]);
	return rc;
}

int state_mount(const struct state *s)
{
	if (mount_one(s, "etc", s->conf->etc))
		return -1;
	return mount_one(s, "var", s->conf->var);
}
