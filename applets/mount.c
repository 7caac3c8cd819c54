// SPDX-License-Identifier: GPL-2.0-only
/* cfs mount: mount an image (mount.md). */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/backend.h"
#include "applets/mount/job.h"
#include "applets/mount/named.h"
#include "applets/mount/stated.h"
#include "base/text.h"

struct mount {
	struct option_list lists;
	const char *type, *ns;
	bool fake, no_mtab, read_only, read_write, sloppy;
	const char *source, *target;
	struct optlist opt;
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
		m->opt.rw = 1;
	if (m->read_only)
		m->opt.rw = 0;
	if (optlist_finish(&m->opt, &err))
		return wrong_options(&err);
	if (m->type && strcmp(m->type, "composefs") && strncmp(m->type, "composefs.", 10)) {
		complain("-t %s: unsupported file system type", m->type);
		return MOUNT_USAGE;
	}
	return MOUNT_DONE;
}

#define ABSENT 1 /* there is no image, and nofail was given */

/* Everything that was named: 0, ABSENT, -1. With -N the target is opened later, in the other namespace. */
static int open_all(struct job *j, const struct mount *m)
{
	j->target_name = m->target;
	if (m->ns ? named_namespace(j, m->ns) : named_target(j, m->target))
		return -1;
	if (imagefd_open(j, m->source)) {
		if (j->err.code != ENOENT || !m->opt.nofail)
			return -1;
		verbose("%s; nofail: nothing is mounted", j->err.text);
		return ABSENT;
	}
	return named_options(j) || stated_judge(j) ? -1 : 0;
}

static int mount_image(struct job *j, const struct mount *m)
{
	int rc = open_all(j, m);

	if (rc)
		return rc == ABSENT ? 0 : -1;
	if (backend_prepare(j))
		return -1;
	if (m->fake)
		return 0;
	if (backend_build(j) || job_interrupted(j) || attach_mount(j, m->target))
		return -1;
	return j->opt->foreground ? j->backend->wait(j) : 0;
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

static int serve(struct job *j, const struct mount *m, int fd)
{
	j->target_name = m->target;
	if (imagefd_open(j, m->source) || named_options(j))
		return -1;
	return backend_serve(j, fd);
}

static int remount(struct job *j, const struct mount *m)
{
	if (named_target(j, m->target))
		return -1;
	return m->fake ? 0 : attach_remount(j);
}

static int run(const struct mount *m)
{
	const int fd = target_fd(m->target);
	struct job j;
	int rc;

	job_init(&j, &m->opt);
	rc = fd >= 0 ? serve(&j, m, fd) : job_hold_signals(&j);
	if (!rc && fd < 0)
		rc = m->opt.remount ? remount(&j, m) : mount_image(&j, m);
	if (rc)
		rc = job_report(&j);
	job_release(&j);
	return rc;
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
		{ 'f', NULL, NULL, "do everything but mount; with -v a dry run", &m.fake },
		{ 'n', NULL, NULL, "nothing (as mount(8) has it)", &m.no_mtab },
		{ 'r', NULL, NULL, "as -o ro", &m.read_only },
		{ 'w', NULL, NULL, "as -o rw", &m.read_write },
		{ 's', NULL, NULL, "drop unknown mount options", &m.sloppy },
		{ 't', NULL, "TYPE", "composefs or composefs.*", &m.type },
		{ 'N', NULL, "NS", "attach in this mount namespace: a file or a process", &m.ns },
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
		   "  basedir=DIR[:DIR...]  where the objects are\n"
		   "  digest=HEX            the fs-verity digest that the image must have\n"
		   "  key=FILE[:FILE...],signature=FILE[,name=][,minserial=][,serialfile=][,now=]\n"
		   "                        a signed statement must vouch for the image\n"
		   "  verity_check=0|1|2, verity, noverity, tryverity\n"
		   "                        whether objects are checked when they are opened\n"
		   "  upperdir=DIR,workdir=DIR, volatile\n"
		   "                        a writable layer\n"
		   "  idmap=FILE            the user namespace whose mapping the owners get\n"
		   "  backend=auto|kmod|erofs|fuse\n"
		   "  ro rw nosuid nodev noexec noatime nodiratime relatime strictatime\n"
		   "  nosymfollow, their opposites, context= fscontext= defcontext= rootcontext=\n"
		   "  remount               change flags of an existing mount",
	.examples = "  cfs mount -o basedir=objects image.cfs /mnt\n"
		    "  cfs mount -o basedir=objects,digest=$DIGEST image.cfs /mnt\n"
		    "  umount /mnt",
	.main = mount_main,
	.usage_status = MOUNT_USAGE,
};
