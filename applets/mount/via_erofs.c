// SPDX-License-Identifier: GPL-2.0-only
/* The back end erofs. */
#include <fcntl.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/backend.h"
#include "applets/mount/host.h"
#include "applets/mount/loopdev.h"
#include "applets/mount/overlay.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"

/* Whether EROFS can be used: 1; 0 with the reason; -1 with an error. */
static int has_erofs(struct error *err)
{
	int fs = sys_fsopen("erofs");

	if (fs < 0 && errno == ENODEV) {
		error_set(err, ENODEV, "erofs: not in this kernel; load erofs.ko");
		return 0;
	}
	if (fs < 0 && errno != EPERM)
		return status_denied(err, "erofs: fsopen");
	if (fs >= 0)
		close(fs);
	return !backend_denied("erofs", err);
}

static int able(const struct mount_request *r, struct host *host, struct error *err)
{
	int rc = has_erofs(err);

	(void)host;
	if (rc <= 0)
		return rc;
	rc = overlay_probe(err);
	if (rc < 0)
		return -1;
	if (rc == OVERLAY_ABSENT) {
		error_set(err, ENODEV, "overlay: not in this kernel; load overlay.ko");
		return 0;
	}
	if (!r->level || rc == OVERLAY_CHECKS)
		return 1;
	error_set(
		err, EOPNOTSUPP,
		"verity: overlayfs of this kernel cannot check objects (needs Linux 6.6 or the composefs module); use %s to go without",
		r->advice->level0);
	return 0;
}

/*
 * Whether the kernel must look for POSIX ACLs. The flag in the header does not tell,
 * because some writers leave it clear; the walk over all inodes does.
 */
static bool may_have_acl(const struct imagefd *im)
{
	return !im->img.checked || im->img.has_acl;
}

static int set_descriptor(int fs, int fd)
{
	return sys_fsconfig(fs, FSCONFIG_SET_FD, "source", NULL, fd);
}

/*
 * Whether EROFS takes the image by its descriptor (Linux 7.x). Other kernels want a name,
 * which needs a procfs. A refusal stays among the messages of a context, so the context
 * that is asked is not the one that is used.
 */
static bool takes_descriptor(const struct mount_request *r)
{
	bool by_name = r->debug & (MOUNT_DEBUG_NAME | MOUNT_DEBUG_LOOP) || r->image->is_device;
	int fs = by_name ? -1 : sys_fsopen("erofs");
	bool takes = fs >= 0 && !set_descriptor(fs, r->image->fd);

	if (fs >= 0)
		close(fs);
	verbose("erofs: image by %s", takes ? "descriptor" : "name");
	return takes;
}

/* Make an EROFS context for the open file or device @fd. -1 and errno. */
static int create(const struct mount_request *r, struct host *host, int fd, bool by_descriptor)
{
	char name[FDNAME_ROOM];
	int fs = sys_fsopen("erofs"), code;

	if (fs < 0)
		return -1;
	host_log_mark(host);
	if (!(by_descriptor ? set_descriptor(fs, fd)
			    : sys_fsconfig(fs, FSCONFIG_SET_STRING, "source",
					   host_fdname(host, name, fd), 0)) &&
	    !sys_fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) &&
	    (may_have_acl(r->image) || !sys_fsconfig(fs, FSCONFIG_SET_FLAG, "noacl", NULL, 0)) &&
	    !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fs;
	host_log_take(host, fs);
	code = errno;
	close(fs);
	errno = code;
	return -1;
}

static int create_fail(const struct imagefd *im, struct error *err)
{
	if (errno == EPERM)
		return status_not_root(err);
	return error_sys(err, "%s: erofs", im->name);
}

/* The same through a loop device, which goes away with the mount. -1 with an error. */
static int create_loop(const struct mount_request *r, struct host *host, struct error *err)
{
	int device, fs;

	if (host_names(host, err))
		return -1;
	device = loopdev_attach(r->image, host, err);
	if (device < 0)
		return -1;
	fs = create(r, host, device, false);
	if (fs < 0)
		create_fail(r->image, err);
	close(device);
	return fs;
}

enum {
	NEEDS_LOOP = -2
};

/*
 * Make an EROFS context for the image itself. -1 with an error. NEEDS_LOOP: the kernel
 * says ENOTBLK because it cannot mount EROFS from this file, or from any file. For a file
 * of tmpfs it does so only if the file is named: by descriptor it says EINVAL (Linux 7.3),
 * as for a bad image.
 */
static int create_direct(const struct mount_request *r, struct host *host, struct error *err)
{
	int fs;

	if (takes_descriptor(r)) {
		fs = create(r, host, r->image->fd, true);
		if (fs >= 0)
			return fs;
		if (errno != EINVAL)
			return create_fail(r->image, err);
	}
	if (host_names(host, err))
		return -1;
	fs = create(r, host, r->image->fd, false);
	if (fs >= 0)
		return fs;
	return errno == ENOTBLK ? NEEDS_LOOP : create_fail(r->image, err);
}

/* Mount the image, detached. -1 with an error. */
static int mount_image(const struct mount_request *r, struct host *host, struct error *err)
{
	int fs = NEEDS_LOOP, mount;

	if (!(r->debug & MOUNT_DEBUG_LOOP) || r->image->is_device)
		fs = create_direct(r, host, err);
	if (fs == NEEDS_LOOP)
		fs = create_loop(r, host, err);
	if (fs < 0)
		return -1;
	mount = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
					MOUNT_ATTR_NOEXEC);
	if (mount < 0)
		status_denied(err, "erofs: fsmount");
	close(fs);
	return mount;
}

static int build(const struct mount_request *r, struct host *host, struct mount_result *to,
		 struct error *err)
{
	struct overlay_request o;
	int lower;

	lower = mount_image(r, host, err);
	if (lower < 0)
		return -1;
	o = overlay_request(r, lower);
	overlay_add_image(&o, r);
	if (!attach_idmap(lower, r->named, err))
		to->mount = overlay_build(&o, host, err);
	close(lower);
	return to->mount < 0 ? -1 : 0;
}

const struct backend backend_erofs = {
	.name = "erofs",
	.synonym = "overlay",
	.able = able,
	.build = build,
	.layers = true,
};
