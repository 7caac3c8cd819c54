// SPDX-License-Identifier: GPL-2.0-only
/* cfs mount: mount an image (mount.md). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/backend.h"
#include "applets/mount/host.h"
#include "applets/mount/optlist.h"
#include "applets/mount/signals.h"
#include "applets/mount/status.h"
#include "base/text.h"

static const struct mount_advice advice = {
	.level0 = "noverity",
	.unsealed = "noverity or backend=fuse",
};

/* The command line. */
struct mount {
	struct option_list lists;
	const char *type, *ns;
	bool fake, no_mtab, read_only, read_write, sloppy;
	const char *source, *target;
	struct optlist opt;
};

/* Everything that is open while the mount is made. */
struct work {
	const struct mount *m;
	struct named named;
	struct imagefd image;
	struct statement *statement;
	struct host host;
	char source[FS_SOURCE_ROOM];
	struct mount_request request;
	struct mount_result result;
};

static int wrong_options(const struct error *err)
{
	fail(err);
	return err->code == ENOMEM ? MOUNT_SYSTEM : MOUNT_USAGE;
}

/* The lists, then what has letters of its own. Returns an exit status. */
static int parse_options(struct mount *m)
{
	struct error err;

	for (unsigned int i = 0; i < m->lists.n; i++)
		if (optlist_parse(&m->opt, m->lists.v[i], m->sloppy, &err))
			return wrong_options(&err);
	if (m->read_write)
		m->opt.flags.rw = 1;
	if (m->read_only)
		m->opt.flags.rw = 0;
	if (optlist_finish(&m->opt, &err))
		return wrong_options(&err);
	if (m->type && strcmp(m->type, "composefs") && strncmp(m->type, "composefs.", 10)) {
		complain("-t %s: unsupported file system type", m->type);
		return MOUNT_USAGE;
	}
	return MOUNT_DONE;
}

static void close_result(struct mount_result *r)
{
	if (r->mount >= 0)
		close(r->mount);
	r->mount = -1;
}

#define ABSENT 1 /* there is no image, and nofail was given */

static int open_image(struct work *w, struct error *err)
{
	if (!imagefd_open(&w->image, w->m->source, err)) {
		/* Now, because the working directory may change later. */
		imagefd_source(&w->image, w->source);
		return 0;
	}
	if (err->code != ENOENT || !w->m->opt.nofail)
		return -1;
	verbose("%s; nofail: nothing is mounted", err->text);
	return ABSENT;
}

/* Open the directories, and read and judge the statement that vouches for the image. */
static int open_rest(struct work *w, struct error *err)
{
	const struct optlist *o = &w->m->opt;

	if (named_options(&w->named, &o->paths, err))
		return -1;
	return stated_judge(&o->sign, &w->statement, err);
}

/* Open the mount point. A mount point that is a file may be the image. */
static int open_target(struct work *w, struct error *err)
{
	const char *target = w->m->target;
	struct stat st;

	if (!named_target(&w->named, target, err))
		return 0;
	if (err->code == ENOTDIR && !stat(w->m->source, &st) && S_ISDIR(st.st_mode))
		return error_set(
			err, ENOTDIR,
			"%s: mount point: not a directory; are IMAGE and DIRECTORY swapped?",
			target);
	return -1;
}

/* Open everything that was named: 0, ABSENT, -1. With -N the target is opened later, in its namespace. */
static int open_all(struct work *w, struct error *err)
{
	const struct mount *m = w->m;
	int rc;

	w->named.target_name = m->target;
	if (m->ns ? named_namespace(&w->named, m->ns, err) : open_target(w, err))
		return -1;
	rc = open_image(w, err);
	return rc ? rc : open_rest(w, err);
}

static void fill_request(struct work *w)
{
	const struct optlist *o = &w->m->opt;

	w->request = (struct mount_request){
		.image = &w->image,
		.named = &w->named,
		.flags = &o->flags,
		.advice = &advice,
		.source = w->source,
		.debug = o->debug,
		.has_upper = w->named.upper >= 0,
	};
}

static struct backend_wish wish_of(const struct work *w)
{
	const struct optlist *o = &w->m->opt;
	struct backend_wish wish = {
		.backend = o->backend,
		.trust = {
			.digest = o->digest,
			.statement = w->statement,
			.sign = &o->sign,
			.unchecked = o->nocheck,
		},
	};

	wish.level = optlist_level(o, &wish.tries);
	if (wish.tries)
		wish.level = 2;
	return wish;
}

static int mount_image(struct work *w, struct error *err)
{
	struct mount_request *r = &w->request;
	struct mount_result *result = &w->result;
	struct backend_wish wish;
	int rc = open_all(w, err);

	if (rc)
		return rc == ABSENT ? 0 : -1;
	fill_request(w);
	wish = wish_of(w);
	if (backend_prepare(r, &wish, &w->host, err))
		return -1;
	if (w->m->fake)
		return 0;
	if (backend_build(r, &w->host, result, err) || signals_check(err) ||
	    attach_mount(result, &w->named, w->m->target, err))
		return -1;
	if (!r->flags->foreground)
		return 0;
	/* An open descriptor of the mount would keep the server alive. */
	close_result(result);
	return r->by->wait(r, result->server, err);
}

/* The descriptor in "fd:N" or "/dev/fd/N", -1: the target is a directory. */
static int target_fd(const char *target)
{
	const char *digits = NULL;
	u64 n;

	if (!strncmp(target, "fd:", 3))
		digits = target + 3;
	else if (!strncmp(target, "/dev/fd/", 8))
		digits = target + 8;
	return digits && text_number(digits, strlen(digits), 10, INT_MAX, &n) ? (int)n : -1;
}

static int serve(struct work *w, int fd, struct error *err)
{
	struct backend_wish wish;

	if (open_image(w, err) || open_rest(w, err))
		return -1;
	fill_request(w);
	wish = wish_of(w);
	return backend_serve(&w->request, &wish, &w->host, fd, err);
}

static int remount(struct work *w, struct error *err)
{
	if (named_target(&w->named, w->m->target, err))
		return -1;
	return w->m->fake ? 0 : attach_remount(&w->named, &w->m->opt.flags, &w->host, err);
}

static int start(struct work *w, struct error *err)
{
	const int fd = target_fd(w->m->target);

	if (fd >= 0)
		return serve(w, fd, err);
	if (signals_hold(err))
		return -1;
	return w->m->opt.remount ? remount(w, err) : mount_image(w, err);
}

/* Returns an exit status. */
static int run(const struct mount *m)
{
	struct work w = { .m = m, .result.mount = -1 };
	struct error err;
	int status = MOUNT_DONE;

	named_init(&w.named);
	imagefd_init(&w.image);
	host_init(&w.host);
	w.host.ignore_proc = m->opt.debug & MOUNT_DEBUG_NOPROC;
	w.host.ignore_dev = m->opt.debug & MOUNT_DEBUG_NODEV;
	if (start(&w, &err))
		status = host_report(&w.host, &err);
	close_result(&w.result);
	host_close(&w.host);
	free(w.statement);
	imagefd_close(&w.image);
	named_close(&w.named);
	return status;
}

/*
 * Whether the program file gave rights that its caller does not have: it is
 * set-user-ID or set-group-ID, or has capabilities. Every user could mount any image
 * then. Root, of a user namespace too, and ambient capabilities are the caller's own.
 */
static bool has_borrowed_rights(void)
{
	return getauxval(AT_SECURE) && getuid() != 0;
}

static int mount_main(const struct applet *self, char **argv)
{
	struct mount m = { 0 };
	const struct option_row rows[] = {
		{ 'o', NULL, "LIST", "mount options, separated by commas; see the manual page",
		  &m.lists, OPTION_LIST },
		{ 0, "basedir", "DIR[:DIR...]", NULL, &m.lists, OPTION_MOUNT_BASEDIR },
		{ 0, "digest-store", "DIR[:DIR...]", NULL, &m.lists, OPTION_MOUNT_BASEDIR },
		{ 'f', NULL, NULL, "stop before the first mount call; with -v a dry run", &m.fake },
		{ 'n', NULL, NULL, "ignored, for compatibility with mount(8)", &m.no_mtab },
		{ 'r', NULL, NULL, "the same as -o ro", &m.read_only },
		{ 'w', NULL, NULL, "the same as -o rw", &m.read_write },
		{ 's', NULL, NULL, "ignore unknown mount options", &m.sloppy },
		{ 't', NULL, "TYPE", "composefs or composefs.*", &m.type },
		{ 'N', NULL, "NS",
		  "attach the mount in another mount namespace: a file or a process number",
		  &m.ns },
		{ 0 },
	};
	/* Upstream's helper looks at the first two operands alone. */
	bool as_upstream = !strcmp(applet_word, "mount.composefs");
	char **operands;
	int rc;

	if (has_borrowed_rights()) {
		complain(
			"refuses to run set-user-ID or with file capabilities: every user could mount any image; remove them with chmod u-s,g-s and setcap -r");
		return MOUNT_USAGE;
	}
	operands = options_parse(self, rows, 0, as_upstream ? -1 : 2, argv);

	m.source = operands[0];
	m.target = m.source ? operands[1] : NULL;
	if (!m.target) {
		complain(
			"usage: %s [-fnrsvwh] [-N NS] [-t TYPE] [-o LIST]... IMAGE DIRECTORY; %s is missing",
			program_name, m.source ? "DIRECTORY" : "IMAGE");
		return MOUNT_USAGE;
	}
	optlist_init(&m.opt);
	m.opt.as_upstream = as_upstream;
	rc = parse_options(&m);
	if (rc == MOUNT_DONE)
		rc = run(&m);
	optlist_release(&m.opt);
	free(m.lists.v);
	return rc;
}

const struct applet applet_mount = {
	.name = "mount",
	.aliases = "mount.composefs",
	.operands = "IMAGE DIRECTORY",
	.summary = "mount an image",
	.details = "IMAGE is a file, a block device, - (standard input) or fd:N. Mount options:\n"
		   "  basedir=DIR[:DIR...]  the directories with the objects\n"
		   "  digest=HEX            the fs-verity digest that the image must have\n"
		   "  key=FILE[:FILE...],signature=FILE[,name=][,minserial=][,serialfile=][,now=]\n"
		   "                        a signed statement must vouch for the image\n"
		   "  verity_check=0|1|2, verity, noverity, tryverity\n"
		   "                        whether objects are checked when they are opened\n"
		   "  upperdir=DIR,workdir=DIR, volatile\n"
		   "                        directories for a writable mount\n"
		   "  idmap=FILE            map owners as this user namespace does\n"
		   "  backend=auto|kmod|erofs|fuse\n"
		   "  ro rw nosuid nodev noexec noatime nodiratime relatime strictatime\n"
		   "  nosymfollow, their opposites, context= fscontext= defcontext= rootcontext=\n"
		   "  remount               change the flags of a composefs mount",
	.examples = "  cfs mount -o basedir=objects image.cfs /mnt\n"
		    "  cfs mount -o basedir=objects,digest=$DIGEST image.cfs /mnt\n"
		    "  umount /mnt",
	.main = mount_main,
	.usage_status = MOUNT_USAGE,
};
