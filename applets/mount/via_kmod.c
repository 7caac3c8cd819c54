// SPDX-License-Identifier: GPL-2.0-only
/* The back end kmod. */
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/backend.h"
#include "applets/mount/host.h"
#include "applets/mount/overlay.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

#define TYPE "composefs"

static int able(const struct mount_request *r, struct host *host, struct error *err)
{
	int fs = sys_fsopen(TYPE);

	(void)r;
	(void)host;
	if (fs >= 0)
		close(fs);
	if ((fs >= 0 || errno == EPERM) && backend_denied(TYPE, err))
		return 0;
	if (fs >= 0)
		return 1;
	if (errno == ENOSYS)
		return error_set(err, ENOSYS, "fsopen: not in this kernel");
	if (errno != ENODEV)
		return status_denied(err, TYPE ": fsopen");
	error_set(err, ENODEV, "kmod: composefs: not in this kernel; load composefs.ko");
	return 0;
}

static int set(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

/* Set options, source and directories. -1 and errno. */
static int configure(const struct mount_request *r, const struct host *host, int fs)
{
	const char level[] = { (char)('0' + r->level), '\0' };
	const struct basedirs *dirs = &r->named->dirs;
	char name[FDNAME_ROOM], hex[TEXT_DIGEST];

	if (set(fs, "source", host_fdname(host, name, r->image->fd)))
		return -1;
	for (unsigned int i = 0; i < dirs->n; i++)
		if (set(fs, "basedir+", host_fdname(host, name, dirs->fd[i])))
			return -1;
	if (set(fs, "verity_check", level))
		return -1;
	/* The module measures the image. A copy has no fs-verity; it was hashed here. */
	if (r->image->measured && set(fs, "digest", text_digest(hex, &r->image->digest)))
		return -1;
	/* If there is an overlay above, the overlay gets the labels. */
	for (int i = 0; i < CONTEXT_MAX && r->named->upper < 0; i++)
		if (r->flags->context[i] && set(fs, mount_context_names[i], r->flags->context[i]))
			return -1;
	return sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0);
}

/* Report a failed mount, with the kernel's words. Returns -1. */
static int mount_fail(const struct mount_request *r, struct host *host, int fs, struct error *err)
{
	int code = errno;

	host_log_take(host, fs);
	if (code == EPERM)
		return status_not_root(err);
	if (kmsg_has(&host->log, "stack"))
		return error_set(
			err, code,
			TYPE ": more than two stacked file systems (is a basedir on an overlay?)");
	return error_sys(err, "%s: " TYPE, r->image->name);
}

/* Mount the image, detached. -1 with an error. */
static int mount_image(const struct mount_request *r, struct host *host, struct error *err)
{
	unsigned int flags = MOUNT_ATTR_RDONLY;
	int fs = sys_fsopen(TYPE), mount = -1;

	if (fs < 0)
		return status_denied(err, TYPE ": fsopen");
	if (r->named->upper < 0)
		flags = mount_flags_attr(r->flags);
	host_log_mark(host);
	if (!configure(r, host, fs) && !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = sys_fsmount(fs, flags);
	if (mount < 0)
		mount_fail(r, host, fs, err);
	close(fs);
	return mount;
}

static int build(const struct mount_request *r, struct host *host, struct mount_result *to,
		 struct error *err)
{
	int lower, rc;

	if (host_names(host, err))
		return -1;
	lower = mount_image(r, host, err);
	if (lower < 0)
		return -1;
	rc = attach_idmap(lower, r->named, err);
	if (!rc && r->named->upper < 0) {
		to->mount = lower;
		return 0;
	}
	if (!rc) {
		const struct overlay_request o = overlay_request(r, lower);

		to->mount = overlay_build(&o, host, err);
	}
	close(lower);
	return to->mount < 0 ? -1 : 0;
}

const struct backend backend_kmod = {
	.name = "kmod",
	.synonym = "native",
	.able = able,
	.build = build,
};
