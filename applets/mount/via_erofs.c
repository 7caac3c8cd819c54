// SPDX-License-Identifier: GPL-2.0-only
/* The back end erofs. */
#include "applets/mount/backend.h"
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/job.h"
#include "applets/mount/loopdev.h"
#include "applets/mount/overlay.h"
#include "applets/mount/probe.h"
#include "applets/mount/sysnr.h"

static const char no_check[] =
	"overlayfs of this kernel cannot check (needs Linux 6.6 or the composefs module)";

static int able(struct job *j)
{
	int fs = sys_fsopen("erofs"), rc;

	if (fs < 0 && errno == ENODEV) {
		job_fail(j, MOUNT_FAILED, "erofs: not in this kernel; load erofs.ko");
		return 0;
	}
	if (fs < 0 && errno != EPERM)
		return job_denied(j, "erofs: fsopen");
	if (fs >= 0)
		close(fs);
	if (backend_denied(j, "erofs"))
		return 0;
	rc = overlay_probe(j);
	if (rc < 0)
		return -1;
	if (rc == OVERLAY_ABSENT) {
		job_fail(j, MOUNT_FAILED, "overlay: not in this kernel; load overlay.ko");
		return 0;
	}
	if (!j->level || rc == OVERLAY_CHECKS)
		return 1;
	job_fail(j, MOUNT_FAILED, "verity: %s; use %s to go without", no_check,
		 j->opt->level0 ? j->opt->level0 : "noverity");
	return 0;
}

/*
 * Whether the kernel must look for POSIX ACLs. The flag in the header does not
 * tell, because some writers leave it clear; a walk over all inodes does.
 */
static bool may_have_acl(const struct imagefd *im)
{
	return !im->img.checked || im->img.has_acl;
}

/* A context of EROFS for what @fd is open on; -1 and errno, the kernel's words are taken. */
static int create(struct job *j, int fd)
{
	char name[FDNAME_ROOM];
	int fs = sys_fsopen("erofs"), code;

	if (fs < 0)
		return -1;
	kmsg_mark(&j->log, j->dev);
	if (!sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", job_fdname(j, name, fd), 0) &&
	    !sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) &&
	    (may_have_acl(&j->image) || !sys_fsconfig(fs, FSCONFIG_SET_FLAG, "noacl", NULL, 0)) &&
	    !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fs;
	code = errno;
	kmsg_take_context(&j->log, fs);
	kmsg_take_log(&j->log);
	close(fs);
	errno = code;
	return -1;
}

static int create_fail(struct job *j)
{
	if (errno == EPERM)
		return job_fail(j, MOUNT_USAGE, "must be root");
	return job_sys(j, "%s: erofs", j->image.name);
}

/* The same through a loop device, which goes away with the mount. */
static int create_loop(struct job *j)
{
	int device = loopdev_attach(j), fs;

	if (device < 0)
		return -1;
	fs = create(j, device);
	if (fs < 0)
		create_fail(j);
	close(device);
	return fs;
}

/* The image as a mount that is attached nowhere. */
static int mount_image(struct job *j)
{
	int fs = -1, mount;

	/* ENOTBLK: not from this file, or not in this kernel. */
	errno = ENOTBLK;
	if (!(j->opt->debug & DEBUG_LOOP) || j->image.is_device)
		fs = create(j, j->image.fd);
	if (fs < 0 && errno != ENOTBLK)
		return create_fail(j);
	if (fs < 0)
		fs = create_loop(j);
	if (fs < 0)
		return -1;
	mount = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					MOUNT_ATTR_NOEXEC);
	if (mount < 0)
		job_denied(j, "erofs: fsmount");
	close(fs);
	return mount;
}

static int build(struct job *j)
{
	struct overlay o = { .is_image = true };
	int rc;

	if (job_names(j))
		return -1;
	o.lower = mount_image(j);
	if (o.lower < 0)
		return -1;
	rc = attach_idmap(j, o.lower);
	if (!rc)
		rc = overlay_build(j, &o);
	close(o.lower);
	return rc;
}

const struct backend backend_erofs = {
	.name = "erofs",
	.synonym = "overlay",
	.able = able,
	.build = build,
	.layers = true,
};
