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
#include "applets/mount/stated.h"
#include "applets/mount/sysnr.h"
#include "applets/setup-root/state.h"
#include "base/text.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define RECURSIVE 0x8000 /* AT_RECURSIVE */
#define TRANSIENT_AT "/run/composefs/root"

/* What is open while the roots change places. */
struct swap {
	struct job *j;
	struct optlist *opt;
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

/* None of the images is here. A V2 image may be, but this program cannot use it. */
static int no_image(struct swap *s)
{
	const struct cmdline *c = &s->r->cmdline;
	char word[CMDLINE_WORD];

	for (unsigned int i = 0; i < c->n; i++) {
		if (!c->image[i].is_v2)
			continue;
		cmdline_word(word, &c->image[i]);
		return job_fail(s->j, MOUNT_FAILED,
				"%s: V2 images of composefs-rs are not supported", word);
	}
	if (c->n == 1)
		return job_fail(
			s->j, MOUNT_FAILED,
			"%s/composefs/images: the image of the kernel command line is not here: %s",
			s->r->sysroot, c->image[0].hex);
	return job_fail(
		s->j, MOUNT_FAILED,
		"%s/composefs/images: none of the %u images of the kernel command line is here (first: %s)",
		s->r->sysroot, c->n, c->image[0].hex);
}

/*
 * Open the image of an argument by its link, which must stay beneath @dir, the
 * directory composefs (-1: there is none). 1: opened, 0: the image is missing,
 * -1 and an error: anything else.
 */
static int open_image(struct swap *s, int dir, const struct cmdline_image *image)
{
	char path[CMDLINE_HEX + 8];
	int fd = -1;

	text_format(path, sizeof(path), "images/%s", image->hex);
	text_format(s->r->image, sizeof(s->r->image), "%s/composefs/%s", s->r->sysroot, path);
	errno = ENOENT;
	if (dir >= 0)
		fd = state_open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? 0 : job_sys(s->j, "%s", s->r->image);
	return imagefd_take(s->j, fd, s->r->image) ? -1 : 1;
}

/* Tell that an argument is passed over; not for the last one, where the error tells it. */
static void pass_over(const struct cmdline_image *image, bool is_last)
{
	char word[CMDLINE_WORD];

	cmdline_word(word, image);
	if (!is_last)
		warn("%s: %s", word,
		     image->is_v2 ? "V2 images of composefs-rs are not supported"
				  : "no such image, trying the next");
}

/* Open the first image of the command line that is here. A failure never moves on to the next. */
static int choose_image(struct swap *s, int dir)
{
	const struct cmdline *c = &s->r->cmdline;
	char word[CMDLINE_WORD];

	for (unsigned int i = 0; i < c->n; i++) {
		int rc = c->image[i].is_v2 ? 0 : open_image(s, dir, &c->image[i]);

		if (rc < 0)
			return -1;
		if (rc) {
			s->r->use = &c->image[i];
			cmdline_word(word, s->r->use);
			verbose("using %s", word);
			return 0;
		}
		pass_over(&c->image[i], i + 1 == c->n);
	}
	return no_image(s);
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

/* A list of key files, cut in its place. */
static int split_keys(struct swap *s, char *list)
{
	struct optlist *o = s->opt;

	for (char *at = list; at; o->keys++) {
		if (o->keys == KEYS_MAX)
			return job_fail(s->j, MOUNT_FAILED, "[signature]: key: more than %u files",
					KEYS_MAX);
		o->key[o->keys] = at;
		at = strchr(at, ':');
		if (at)
			*at++ = '\0';
	}
	return 0;
}

static const char *conf_value(char *value)
{
	return *value ? value : NULL;
}

/*
 * With [signature] in the configuration a statement has to vouch for the image. Its
 * file and the serial file are on the physical root.
 */
static int judge_statement(struct swap *s)
{
	struct root *r = s->r;
	struct optlist *o = s->opt;
	const char *directory = conf_value(r->conf.signature[CONF_DIRECTORY]);
	struct error err;

	if (!r->conf.has_signature)
		return 0;
	text_format(r->statement, sizeof(r->statement), "%s/%s",
		    directory ? directory : "composefs/signatures", r->use->hex);
	o->signature = r->statement;
	o->name = conf_value(r->conf.signature[CONF_NAME]);
	o->min_serial = conf_value(r->conf.signature[CONF_MIN_SERIAL]);
	o->serial_file = conf_value(r->conf.signature[CONF_SERIAL_FILE]);
	o->now = conf_value(r->conf.signature[CONF_NOW]);
	o->sign.beneath = s->sysroot;
	if (split_keys(s, r->conf.signature[CONF_KEY]))
		return -1;
	if (optlist_finish(o, &err))
		return job_fail(s->j, MOUNT_FAILED, "[signature]: %s", err.text);
	return stated_judge(s->j);
}

/* The options of the mount, as the image that was chosen and the configuration ask for. */
static void set_options(struct swap *s)
{
	const struct cmdline_image *use = s->r->use;

	s->opt->digest = use->digest;
	s->opt->level0 = "composefs=?HEX (objects are then not verified)";
	if (use->insecure)
		s->opt->verity_check = 0;
	if (s->r->conf.root_transient)
		s->opt->upper = s->opt->work = "of the transient root";
	text_format(s->j->source, sizeof(s->j->source), "composefs:%s", use->hex);
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
	if (dir < 0 && errno != ENOENT)
		return job_sys(j, "%s/composefs", s->r->sysroot);
	rc = choose_image(s, dir) || judge_statement(s) || open_objects(s, dir) ? -1 : 0;
	if (dir >= 0)
		close(dir);
	if (!rc)
		set_options(s);
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
		.hex = s->r->use->hex,
		.sysroot = s->r->sysroot,
		.root = j->mount,
		.physical = s->r->target ? s->sysroot : s->physical,
	};
	const struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	char room[FDNAME_ROOM];
	int at = -1, rc;

	if (!s->r->target) {
		at = state_directory(j->mount, "sysroot");
		if (at < 0 && errno != ENOENT)
			return job_sys(j, "/sysroot of the image");
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
		s->r->use->hex);
	return 0;
}

int root_setup(struct job *j, struct optlist *opt, struct root *r)
{
	struct swap s = {
		.j = j, .opt = opt, .r = r, .sysroot = -1, .physical = -1, .backup = -1, .tmpfs = -1
	};
	char room[FDNAME_ROOM];
	int rc;

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
