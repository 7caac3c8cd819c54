// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/root.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/backend.h"
#include "applets/mount/named.h"
#include "applets/mount/sysnr.h"
#include "applets/setup-root/state.h"
#include "base/text.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define RECURSIVE 0x8000 /* AT_RECURSIVE */
#define TRANSIENT_AT "/run/composefs/root"

/* What is open while the roots change places. */
struct swap {
	struct job *j;
	struct root *r;
	int sysroot;  /* the physical root as it is mounted now */
	int physical; /* a clone of it, for below the new root */
	int backup;   /* another, in case of failure */
	int tmpfs;    /* of a transient root */
};

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The image by its link, which leads nowhere but below composefs. */
static int open_image(struct swap *s, int dir)
{
	char path[CFS_DIGEST_HEX + 8];
	int fd;

	text_format(path, sizeof(path), "images/%s", s->r->cmdline.hex);
	text_format(s->r->image, sizeof(s->r->image), "%s/composefs/%s", s->r->sysroot, path);
	fd = state_open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? job_sys(s->j, "%s", s->r->image) : imagefd_take(s->j, fd, s->r->image);
}

static int open_objects(struct swap *s, int dir)
{
	struct basedirs *b = &s->j->dirs;

	text_format(s->r->objects, sizeof(s->r->objects), "%s/composefs/objects", s->r->sysroot);
	b->fd[0] = openat(dir, "objects", DIR_FLAGS | O_NOFOLLOW);
	if (b->fd[0] < 0)
		return job_sys(s->j, "%s", s->r->objects);
	b->name[0] = s->r->objects;
	b->n = 1;
	return 0;
}

/* Step 1: everything that is there before. */
static int open_all(struct swap *s)
{
	struct job *j = s->j;
	int dir, rc;

	s->sysroot = openat(AT_FDCWD, s->r->sysroot, DIR_FLAGS);
	if (s->sysroot < 0)
		return job_sys(j, "%s", s->r->sysroot);
	if (named_target(j, s->r->target ? s->r->target : s->r->sysroot))
		return -1;
	dir = openat(s->sysroot, "composefs", DIR_FLAGS | O_NOFOLLOW);
	if (dir < 0)
		return job_sys(j, "%s/composefs", s->r->sysroot);
	rc = open_image(s, dir) || open_objects(s, dir) ? -1 : 0;
	close(dir);
	return rc;
}

/* mkdir -p of TRANSIENT_AT. */
static int open_transient(void)
{
	char path[] = TRANSIENT_AT;

	for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		(void)mkdir(path, 0755);
		*p = '/';
	}
	(void)mkdir(path, 0700);
	return openat(AT_FDCWD, path, DIR_FLAGS | O_NOFOLLOW);
}

/* A tmpfs as the upper layer of the root; where the kernel wants it attached, that is in /run. */
static int build_transient(struct swap *s)
{
	struct job *j = s->j;
	int at, rc;

	s->tmpfs = state_tmpfs(j, &j->upper, &j->work);
	if (s->tmpfs < 0)
		return -1;
	if (!backend_build(j))
		return 0;
	at = open_transient();
	if (at < 0)
		return job_sys(j, TRANSIENT_AT);
	rc = sys_move_mount(s->tmpfs, at) ? job_sys(j, TRANSIENT_AT ": attach") : 0;
	close(at);
	if (rc)
		return rc;
	verbose("transient layer attached at " TRANSIENT_AT);
	return backend_build(j);
}

static int build(struct swap *s)
{
	if (s->r->conf.root_transient)
		return build_transient(s);
	return backend_build(s->j);
}

/* Steps 1 to 3: nothing lasting has changed when this fails. */
static int prepare(struct swap *s)
{
	struct job *j = s->j;

	if (open_all(s) || backend_prepare(j))
		return -1;
	if (s->r->fake)
		return 0;
	if (build(s))
		return -1;
	if (!s->r->target) {
		s->physical = sys_clone_mount(s->sysroot, RECURSIVE);
		s->backup = s->physical < 0 ? -1 : sys_clone_mount(s->sysroot, RECURSIVE);
		if (s->backup < 0)
			return job_sys(j, "%s: clone", s->r->sysroot);
	}
	return job_interrupted(j);
}

/* Attach by name: the descriptor that was opened first lies in the mount just detached. */
static int attach_by_name(struct job *j, int mount, const char *name)
{
	int cwd = j->names.cwd >= 0 ? j->names.cwd : AT_FDCWD;

	return (int)syscall(SYS_move_mount, mount, "", cwd, name, MOVE_MOUNT_F_EMPTY_PATH);
}

/* Whether state has to be written. */
static bool needs_writing(const struct conf *c)
{
	return c->etc == CONF_BIND || c->etc == CONF_OVERLAY || c->var == CONF_BIND ||
	       c->var == CONF_OVERLAY;
}

/* Steps 5 to 7, with the new root in its place. */
static int fill(struct swap *s)
{
	struct job *j = s->j;
	struct state state = {
		.j = j,
		.conf = &s->r->conf,
		.hex = s->r->cmdline.hex,
		.sysroot = s->r->sysroot,
		.root = j->mount,
		.physical = s->r->target ? s->sysroot : s->physical,
	};
	const struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	char room[FDNAME_ROOM];
	int at = -1, rc;

	if (!s->r->target) {
		at = state_directory(j->mount, "sysroot");
		/* Without such a directory it has to be somewhere while the layers of /etc are picked up. */
		if (at >= 0 ? sys_move_mount(s->physical, at)
			    : attach_by_name(j, s->physical, s->r->sysroot)) {
			rc = job_sys(j, "%s/sysroot: attach the physical root", s->r->sysroot);
			drop(&at);
			return rc;
		}
	}
	rc = 0;
	if (needs_writing(&s->r->conf) && state_make_writable(state.physical))
		rc = job_sys(j, "%s: make writable", s->r->sysroot);
	if (!rc)
		rc = state_mount(&state);
	if (!rc && s->r->conf.sysroot_readonly && at >= 0 &&
	    sys_mount_setattr(s->physical, &read_only))
		rc = job_sys(j, "%s/sysroot: make read-only", s->r->sysroot);
	if (!s->r->target && at < 0 && sys_umount(job_fdname(j, room, s->physical)) && !rc)
		rc = job_sys(j, "%s: take the physical root off", s->r->sysroot);
	drop(&at);
	return rc;
}

/* The new root goes, the old one comes back. */
static void undo(struct swap *s)
{
	char room[FDNAME_ROOM];

	/* What stands on top goes first: the kernel takes off what is uppermost. */
	if (s->physical >= 0)
		(void)sys_umount(job_fdname(s->j, room, s->physical));
	(void)sys_umount(job_fdname(s->j, room, s->j->mount));
	if (!s->r->target && attach_by_name(s->j, s->backup, s->r->sysroot))
		complain("%s: cannot be put back: %s", s->r->sysroot, error_words(errno));
}

/* Step 8: systemd cannot find the disk behind an overlay. Only warns. */
static void name_device(const struct swap *s)
{
	char link[64];
	struct stat st;
	dev_t dev;

	if (fstat(s->sysroot, &st))
		return;
	dev = st.st_dev;
	if (!stat("/dev/gpt-auto-root", &st) && S_ISBLK(st.st_mode))
		dev = st.st_rdev;
	if (!major(dev) || access("/run", F_OK))
		return;
	text_format(link, sizeof(link), "/dev/block/%u:%u", major(dev), minor(dev));
	(void)mkdir("/run/systemd", 0755);
	if (symlink(link, "/run/systemd/volatile-root") && errno != EEXIST)
		warn("/run/systemd/volatile-root: %s", error_words(errno));
}

/* Steps 4 to 8. */
static int change(struct swap *s)
{
	struct job *j = s->j;
	char room[FDNAME_ROOM];

	if (s->r->target) {
		if (sys_move_mount(j->mount, j->target))
			return job_sys(j, "%s: attach", s->r->target);
	} else {
		if (sys_umount(job_fdname(j, room, s->sysroot)))
			return job_sys(j, "%s: detach", s->r->sysroot);
		if (attach_by_name(j, j->mount, s->r->sysroot)) {
			job_sys(j, "%s: attach the new root", s->r->sysroot);
			undo(s);
			return -1;
		}
	}
	if (fill(s)) {
		undo(s);
		return -1;
	}
	if (!s->r->target)
		name_device(s);
	verbose("%s: root of composefs:%s", s->r->target ? s->r->target : s->r->sysroot,
		s->r->cmdline.hex);
	return 0;
}

int root_setup(struct job *j, struct optlist *opt, struct root *r)
{
	struct swap s = {
		.j = j, .r = r, .sysroot = -1, .physical = -1, .backup = -1, .tmpfs = -1
	};
	char room[FDNAME_ROOM];
	int rc;

	opt->has_digest = true;
	opt->digest = r->cmdline.digest;
	if (r->cmdline.insecure)
		opt->verity_check = 0;
	if (r->conf.root_transient)
		opt->upper = opt->work = "of the transient root";
	text_format(j->source, sizeof(j->source), "composefs:%s", r->cmdline.hex);
	rc = prepare(&s);
	if (!rc && !r->fake)
		rc = change(&s);
	/* Where it had to be attached it is not to stay without the root above it. */
	if (rc && s.tmpfs >= 0 && j->names.ready)
		(void)sys_umount(job_fdname(j, room, s.tmpfs));
	drop(&s.sysroot);
	drop(&s.physical);
	drop(&s.backup);
	drop(&s.tmpfs);
	return rc;
}
