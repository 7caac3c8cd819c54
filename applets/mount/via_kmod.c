// SPDX-License-Identifier: GPL-2.0-only
/* The back end kmod. */
#include "applets/mount/backend.h"
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/job.h"
#include "base/text.h"
#include "applets/mount/overlay.h"
#include "applets/mount/sysnr.h"

#define TYPE "composefs"

static int able(struct job *j)
{
	int fs = sys_fsopen(TYPE);

	if (fs >= 0)
		close(fs);
	if ((fs >= 0 || errno == EPERM) && backend_denied(j, TYPE))
		return 0;
	if (fs >= 0)
		return 1;
	if (errno == ENOSYS)
		return job_fail(j, MOUNT_FAILED, "fsopen: not in this kernel");
	if (errno != ENODEV)
		return job_denied(j, TYPE ": fsopen");
	job_fail(j, MOUNT_FAILED, "kmod: composefs: not in this kernel; load composefs.ko");
	return 0;
}

static int set(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/* Options, source and directories. -1 and errno. */
static int configure(struct job *j, int fs)
{
	const char level[] = { (char)('0' + j->level), '\0' };
	char name[FDNAME_ROOM], hex[TEXT_DIGEST];

	if (set(fs, "source", job_fdname(j, name, j->image.fd)))
		return -1;
	for (unsigned int i = 0; i < j->dirs.n; i++)
		if (set(fs, "basedir+", job_fdname(j, name, j->dirs.fd[i])))
			return -1;
	if (set(fs, "verity_check", level))
		return -1;
	/* The module measures what it opens; a copy has no fs-verity, and was hashed. */
	if (j->image.measured) {
		if (set(fs, "digest", text_digest(hex, &j->image.digest)))
			return -1;
	}
	/* An overlay above gets the labels that were asked for. */
	for (int i = 0; i < CONTEXT_MAX && j->upper < 0; i++)
		if (j->opt->context[i] && set(fs, optlist_context[i], j->opt->context[i]))
			return -1;
	return sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
}

/* The mount, attached nowhere. */
static int mount_image(struct job *j)
{
	int fs = sys_fsopen(TYPE), mount = -1;

	if (fs < 0)
		return job_denied(j, TYPE ": fsopen");
	kmsg_mark(&j->log, j->dev);
	if (configure(j, fs) || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ||
	    (mount = sys_fsmount(fs, j->upper < 0 ? attach_flags(j) : MOUNT_ATTR_RDONLY)) < 0) {
		int code = errno;

		kmsg_take_context(&j->log, fs);
		kmsg_take_log(&j->log);
		if (code == EPERM)
			job_fail(j, MOUNT_USAGE, "must be root");
		else if (errno = code, job_sys(j, "%s: " TYPE, j->image.name),
			 kmsg_has(&j->log, "stack"))
			job_fail(j, MOUNT_FAILED,
				 TYPE
				 ": more than two stacked file systems (basedir on an overlay?)");
	}
	close(fs);
	return mount;
}

static int build(struct job *j)
{
	struct overlay o = { .is_image = false };
	int rc;

	if (job_names(j))
		return -1;
	o.lower = mount_image(j);
	if (o.lower < 0)
		return -1;
	rc = attach_idmap(j, o.lower);
	if (!rc && j->upper < 0) {
		j->mount = o.lower;
		return 0;
	}
	if (!rc)
		rc = overlay_build(j, &o);
	close(o.lower);
	return rc;
}

const struct backend backend_kmod = {
	.name = "kmod",
	.synonym = "native",
	.able = able,
	.build = build,
};
