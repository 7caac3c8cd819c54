// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/root.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/backend.h"
#include "applets/mount/host.h"
#include "applets/mount/signals.h"
#include "applets/mount/stated.h"
#include "applets/mount/sysnr.h"
#include "applets/setup-root/state.h"
#include "base/text.h"

#define DIR_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define RECURSIVE 0x8000 /* AT_RECURSIVE */
#define TRANSIENT_AT "/run/composefs/root"

static const struct mount_advice advice = {
	.level0 = "composefs=?HEX (objects are then not verified)",
	.unsealed = "composefs=?HEX (objects are then not verified)",
};

/* What is open while the roots change places. */
struct swap {
	struct root *r;
	struct host *host;
	struct error *err;
	const struct cmdline_image *use; /* the image of the command line that is on the disk */
	char image_name[4096], objects_name[4096];
	char statement_name[CONF_VALUE + CMDLINE_HEX + 2]; /* beneath sysroot */
	char source[FS_SOURCE_ROOM];
	struct named named;
	struct imagefd image;
	struct stated_texts stated;
	struct signed_options sign;
	struct statement *statement;
	struct mount_flags flags;
	struct mount_request request;
	struct mount_result result;
	int sysroot;              /* the physical root as it is mounted now */
	int physical;             /* a clone of it, to be attached below the new root */
	int backup;               /* another clone, to be attached again after a failure */
	struct state_tmpfs tmpfs; /* the layer of a transient root */
};

static void drop(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Report that none of the images is on the disk, or only V2 images, which are not supported. */
static int no_image(struct swap *s)
{
	const struct cmdline *c = &s->r->cmdline;
	char word[CMDLINE_WORD];

	for (unsigned int i = 0; i < c->n; i++) {
		if (!c->image[i].is_v2)
			continue;
		cmdline_word(word, &c->image[i]);
		return error_set(s->err, ENOENT, "%s: V2 images of composefs-rs are not supported",
				 word);
	}
	if (c->n == 1)
		return error_set(
			s->err, ENOENT,
			"%s/composefs/images: the image of the kernel command line is not here: %s",
			s->r->sysroot, c->image[0].hex);
	return error_set(
		s->err, ENOENT,
		"%s/composefs/images: none of the %u images of the kernel command line is here (first: %s)",
		s->r->sysroot, c->n, c->image[0].hex);
}

/*
 * Open the image of an argument by its link, which must lead to a file beneath @dir, the
 * directory composefs (-1: there is none). 1: it is open; 0: it is missing; -1 with an
 * error: anything else.
 */
static int open_image(struct swap *s, int dir, const struct cmdline_image *image)
{
	char path[CMDLINE_HEX + 8];
	int fd = -1;

	text_format(path, sizeof(path), "images/%s", image->hex);
	text_format(s->image_name, sizeof(s->image_name), "%s/composefs/%s", s->r->sysroot, path);
	errno = ENOENT;
	if (dir >= 0)
		fd = state_open_beneath(dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? 0 : error_sys(s->err, "%s", s->image_name);
	return imagefd_take(&s->image, fd, s->image_name, s->err) ? -1 : 1;
}

/* Warn that an image is passed over. For the last one the error says so. */
static void pass_over(const struct cmdline_image *image, bool is_last)
{
	char word[CMDLINE_WORD];

	if (is_last)
		return;
	cmdline_word(word, image);
	if (image->is_v2)
		warn("%s: V2 images of composefs-rs are not supported", word);
	else
		warn("%s: no such image, trying the next", word);
}

/* Open the first image of the command line that is on the disk. Only a missing image is passed over. */
static int choose_image(struct swap *s, int dir)
{
	const struct cmdline *c = &s->r->cmdline;
	char word[CMDLINE_WORD];

	for (unsigned int i = 0; i < c->n; i++) {
		int rc = c->image[i].is_v2 ? 0 : open_image(s, dir, &c->image[i]);

		if (rc < 0)
			return -1;
		if (rc) {
			s->use = &c->image[i];
			cmdline_word(word, s->use);
			verbose("using %s", word);
			return 0;
		}
		pass_over(&c->image[i], i + 1 == c->n);
	}
	return no_image(s);
}

static int open_objects(struct swap *s, int dir)
{
	struct basedirs *b = &s->named.dirs;

	text_format(s->objects_name, sizeof(s->objects_name), "%s/composefs/objects",
		    s->r->sysroot);
	b->fd[0] = openat(dir, "objects", DIR_FLAGS | O_NOFOLLOW);
	if (b->fd[0] < 0)
		return error_sys(s->err, "%s", s->objects_name);
	b->name[0] = s->objects_name;
	b->n = 1;
	return 0;
}

/* Cut the list of key files into its names. */
static int split_keys(struct swap *s, char *list)
{
	struct stated_texts *t = &s->stated;

	for (char *at = list; at; t->keys++) {
		if (t->keys == KEYS_MAX)
			return error_set(s->err, EINVAL, "[signature]: key: more than %u files",
					 KEYS_MAX);
		t->key[t->keys] = at;
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
	struct conf *c = &s->r->conf;
	const char *directory = conf_value(c->signature[CONF_DIRECTORY]);

	if (!c->has_signature)
		return 0;
	text_format(s->statement_name, sizeof(s->statement_name), "%s/%s",
		    directory ? directory : "composefs/signatures", s->use->hex);
	s->stated.signature = s->statement_name;
	s->stated.name = conf_value(c->signature[CONF_NAME]);
	s->stated.min_serial = conf_value(c->signature[CONF_MIN_SERIAL]);
	s->stated.serial_file = conf_value(c->signature[CONF_SERIAL_FILE]);
	s->stated.now = conf_value(c->signature[CONF_NOW]);
	s->sign.beneath = s->sysroot;
	if (split_keys(s, c->signature[CONF_KEY]))
		return -1;
	if (stated_options(&s->stated, &s->sign, s->err))
		return error_in(s->err, "[signature]");
	return stated_judge(&s->sign, &s->statement, s->err);
}

/* The mount that the chosen image and the configuration ask for. */
static void fill_request(struct swap *s)
{
	bool transient = s->r->conf.root_transient;

	text_format(s->source, sizeof(s->source), "composefs:%s", s->use->hex);
	s->flags.writable = transient;
	s->request = (struct mount_request){
		.image = &s->image,
		.named = &s->named,
		.flags = &s->flags,
		.advice = &advice,
		.source = s->source,
		.has_upper = transient,
	};
}

/* Check the image, which must have the digest of the command line, and choose a back end. */
static int prepare_image(struct swap *s)
{
	const struct backend_wish wish = {
		.trust = {
			.digest = s->use->digest,
			.statement = s->statement,
			.sign = &s->sign,
		},
		.level = s->use->insecure ? 0 : 2,
		.no_server = true, /* the root must not depend on a process */
	};

	return backend_prepare(&s->request, &wish, s->host, s->err);
}

/* Step 1: open everything that exists before the mount. */
static int open_all(struct swap *s)
{
	int dir, rc;

	s->sysroot = openat(AT_FDCWD, s->r->sysroot, DIR_FLAGS);
	if (s->sysroot < 0)
		return error_sys(s->err, "%s", s->r->sysroot);
	if (named_target(&s->named, s->r->target ? s->r->target : s->r->sysroot, s->err))
		return -1;
	dir = openat(s->sysroot, "composefs", DIR_FLAGS | O_NOFOLLOW);
	if (dir < 0 && errno != ENOENT)
		return error_sys(s->err, "%s/composefs", s->r->sysroot);
	rc = choose_image(s, dir) || judge_statement(s) || open_objects(s, dir) ? -1 : 0;
	if (dir >= 0)
		close(dir);
	if (!rc)
		fill_request(s);
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

/* Later steps unmount by the names of descriptors, which not every back end needs. */
static int backend_try(struct swap *s)
{
	if (backend_build(&s->request, s->host, &s->result, s->err))
		return -1;
	return host_names(s->host, s->err);
}

/*
 * Build the root with a tmpfs as its upper layer. The tmpfs is attached in /run if the
 * kernel does not take a detached one.
 */
static int build_transient(struct swap *s)
{
	int at, rc;

	if (state_tmpfs_open(&s->tmpfs, s->err))
		return -1;
	s->named.upper = fcntl(s->tmpfs.upper, F_DUPFD_CLOEXEC, 3);
	s->named.work = fcntl(s->tmpfs.work, F_DUPFD_CLOEXEC, 3);
	if (s->named.upper < 0 || s->named.work < 0)
		return error_sys(s->err, "tmpfs: directories of a transient layer");
	s->named.upper_name = s->named.work_name = "of the transient root";
	if (!backend_try(s))
		return 0;
	at = open_transient();
	if (at < 0)
		return error_sys(s->err, TRANSIENT_AT);
	rc = sys_move_mount(s->tmpfs.mount, at) ? error_sys(s->err, TRANSIENT_AT ": attach") : 0;
	close(at);
	if (rc)
		return rc;
	verbose("transient layer attached at " TRANSIENT_AT);
	return backend_try(s);
}

static int build(struct swap *s)
{
	return s->r->conf.root_transient ? build_transient(s) : backend_try(s);
}

/* Steps 1 to 3. A failure leaves no lasting change. */
static int prepare(struct swap *s)
{
	if (open_all(s) || prepare_image(s))
		return -1;
	if (s->r->fake)
		return 0;
	if (build(s))
		return -1;
	if (!s->r->target) {
		s->physical = sys_clone_mount(s->sysroot, RECURSIVE);
		s->backup = s->physical < 0 ? -1 : sys_clone_mount(s->sysroot, RECURSIVE);
		if (s->backup < 0)
			return error_sys(s->err, "%s: clone", s->r->sysroot);
	}
	return signals_check(s->err);
}

/*
 * Attach to sysroot by its name, because the descriptor that was opened first lies in the
 * mount that was detached since.
 */
static int attach_by_name(const struct swap *s, int mount)
{
	const struct fdnames *names = &s->host->names;
	int cwd = names->cwd >= 0 ? names->cwd : AT_FDCWD;

	return (int)syscall(SYS_move_mount, mount, "", cwd, s->r->sysroot, MOVE_MOUNT_F_EMPTY_PATH);
}

static int unmount(const struct swap *s, int mount)
{
	char room[FDNAME_ROOM];

	return sys_umount(host_fdname(s->host, room, mount));
}

/* Whether state has to be written. */
static bool needs_writing(const struct conf *c)
{
	return c->etc == CONF_BIND || c->etc == CONF_OVERLAY || c->var == CONF_BIND ||
	       c->var == CONF_OVERLAY;
}

/*
 * Attach the physical root below the new one. *@at: the directory sysroot of the image;
 * -1 if it has none, and then the physical root stands on the new root for the moment.
 */
static int attach_physical(struct swap *s, int *at)
{
	int rc;

	*at = state_directory(s->result.mount, "sysroot");
	if (*at < 0 && errno != ENOENT)
		return error_sys(s->err, "/sysroot of the image");
	rc = *at >= 0 ? sys_move_mount(s->physical, *at) : attach_by_name(s, s->physical);
	if (!rc)
		return 0;
	return error_sys(s->err, "%s/sysroot: attach the physical root", s->r->sysroot);
}

/* Mount /etc and /var, and make the physical root read-only if that is configured. */
static int fill_state(struct swap *s, bool has_sysroot)
{
	const struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };
	const struct conf *c = &s->r->conf;
	const struct state state = {
		.host = s->host,
		.err = s->err,
		.conf = c,
		.hex = s->use->hex,
		.sysroot = s->r->sysroot,
		.root = s->result.mount,
		.physical = s->r->target ? s->sysroot : s->physical,
	};

	if (needs_writing(c) && state_make_writable(state.physical))
		return error_sys(s->err, "%s: make writable", s->r->sysroot);
	if (state_mount(&state))
		return -1;
	if (c->sysroot_readonly && has_sysroot && sys_mount_setattr(s->physical, &read_only))
		return error_sys(s->err, "%s/sysroot: make read-only", s->r->sysroot);
	return 0;
}

/* Steps 5 to 7, with the new root in its place. */
static int fill(struct swap *s)
{
	int at = -1, rc;

	if (s->r->target)
		return fill_state(s, false);
	rc = attach_physical(s, &at);
	if (!rc)
		rc = fill_state(s, at >= 0);
	if (!rc && at < 0 && unmount(s, s->physical))
		rc = error_sys(s->err, "%s: take the physical root off", s->r->sysroot);
	drop(&at);
	return rc;
}

/* Take the new root off and put the old one back. */
static void undo(struct swap *s)
{
	/* The physical root is above the new root, and the kernel unmounts the uppermost one. */
	if (s->physical >= 0)
		(void)unmount(s, s->physical);
	(void)unmount(s, s->result.mount);
	if (!s->r->target && attach_by_name(s, s->backup))
		complain("%s: cannot be put back: %s; mount it by hand", s->r->sysroot,
			 error_words(errno));
}

/* Step 8: tell systemd the disk, which it cannot find behind an overlay. Only warns. */
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

/* Step 4: put the new root in its place. */
static int exchange(struct swap *s)
{
	int mount = s->result.mount;

	if (s->r->target)
		return sys_move_mount(mount, s->named.target)
			       ? error_sys(s->err, "%s: attach", s->r->target)
			       : 0;
	if (unmount(s, s->sysroot))
		return error_sys(s->err, "%s: detach", s->r->sysroot);
	if (!attach_by_name(s, mount))
		return 0;
	error_sys(s->err, "%s: attach the new root", s->r->sysroot);
	undo(s);
	return -1;
}

/* Steps 4 to 8. */
static int change(struct swap *s)
{
	if (exchange(s))
		return -1;
	if (fill(s)) {
		undo(s);
		return -1;
	}
	if (!s->r->target)
		name_device(s);
	verbose("%s: the root is composefs:%s", s->r->target ? s->r->target : s->r->sysroot,
		s->use->hex);
	return 0;
}

static void release(struct swap *s)
{
	drop(&s->sysroot);
	drop(&s->physical);
	drop(&s->backup);
	drop(&s->result.mount);
	state_tmpfs_close(&s->tmpfs);
	named_close(&s->named);
	imagefd_close(&s->image);
	free(s->statement);
}

int root_setup(struct root *r, struct host *host, struct error *err)
{
	struct swap s = {
		.r = r,
		.host = host,
		.err = err,
		.sign.beneath = -1,
		.flags.rw = -1,
		.result.mount = -1,
		.sysroot = -1,
		.physical = -1,
		.backup = -1,
		.tmpfs = { -1, -1, -1 },
	};
	int rc;

	named_init(&s.named);
	imagefd_init(&s.image);
	rc = prepare(&s);
	if (!rc && !r->fake)
		rc = change(&s);
	/* The tmpfs must not stay attached without the root above it. */
	if (rc && s.tmpfs.mount >= 0 && host->names.ready)
		(void)unmount(&s, s.tmpfs.mount);
	release(&s);
	return rc;
}
