// SPDX-License-Identifier: GPL-2.0-only
/* The back ends fuse, fuse-plain and fuse-overlay: a server process answers the kernel (applets/mount/fuse/README.md). */
#include "applets/mount/backend.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/fuse/foreground.h"
#include "applets/mount/fuse/fusermount.h"
#include "applets/mount/fuse/process.h"
#include "applets/mount/host.h"
#include "applets/mount/overlay.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

/* PROC_USER_INIT_INO of the kernel: the inode of the first user namespace. */
#define INITIAL_USER_NS 0xEFFFFFFDu

/* Without /proc, root is assumed to be in the initial namespace, where ACLs are enforced. */
static bool in_initial_ns(void)
{
	struct stat st;

	return stat("/proc/self/ns/user", &st) ? geteuid() == 0 : st.st_ino == INITIAL_USER_NS;
}

/* How this caller can mount FUSE. */
enum way {
	WAY_DIRECT, /* fsopen(): root, or CAP_SYS_ADMIN in the user namespace */
	WAY_HELPER, /* fusermount3 */
};

/* Find the way: 1; 0 with the reason why there is none. */
static int find_way(enum way *way, char helper[FUSERMOUNT_PATH], struct error *err)
{
	int fs = sys_fsopen("fuse");

	*way = fs >= 0 ? WAY_DIRECT : WAY_HELPER;
	if (fs >= 0) {
		close(fs);
		return 1;
	}
	if (errno != EPERM) {
		error_set(err, ENODEV, "fuse: not in this kernel; load fuse.ko");
		return 0;
	}
	if (fusermount_find(helper))
		return 1;
	error_set(err, FAULT_USAGE,
		  "fuse: needs fusermount3, or a user namespace (unshare -rm), or root");
	return 0;
}

/* Whether this back end can honour the options: 1; 0 with the reason. */
static int check_options(const struct mount_request *r, enum way way, struct error *err)
{
	for (int i = 0; i < CONTEXT_MAX; i++) {
		if (!r->flags->context[i])
			continue;
		error_set(err, EOPNOTSUPP, "%s: not with backend=fuse", mount_context_names[i]);
		return 0;
	}
	if (way == WAY_HELPER && r->has_upper) {
		error_set(err, EOPNOTSUPP,
			  "upperdir: fusermount3 mounts no overlay; use a user namespace "
			  "(unshare -rm), or root");
		return 0;
	}
	return 1;
}

static int able(const struct mount_request *r, struct host *host, struct error *err)
{
	char helper[FUSERMOUNT_PATH];
	enum way way;
	int dev;

	if (!find_way(&way, helper, err) || !check_options(r, way, err))
		return 0;
	dev = host_open_dev(host, "fuse", O_RDWR);
	if (dev >= 0) {
		close(dev);
		return 1;
	}
	error_sys(err, "fuse: /dev/fuse");
	if (err->code == EACCES || err->code == EPERM)
		err->code = FAULT_USAGE;
	return 0;
}

/* ---- the mount that the server serves --------------------------------------- */

static int set(int fs, const char *key, const char *value)
{
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0);
}

static int set_number(int fs, const char *key, unsigned int value)
{
	char text[16];

	text_format(text, sizeof(text), "%u", value);
	return set(fs, key, text);
}

static int set_flag(int fs, const char *key)
{
	return sys_fsconfig(fs, FSCONFIG_SET_FLAG, key, NULL, 0);
}

static int configure(const struct mount_request *r, int fs, int dev)
{
	return set(fs, "source", r->source) || set(fs, "subtype", "composefs") ||
	       set_number(fs, "fd", (unsigned int)dev) || set(fs, "rootmode", "40000") ||
	       set_number(fs, "user_id", geteuid()) || set_number(fs, "group_id", getegid()) ||
	       set_flag(fs, "default_permissions") || set_flag(fs, "allow_other") ||
	       set_flag(fs, "ro") || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* nosuid and nodev are forced unless the caller is root of the initial namespace. */
static unsigned int fuse_flags(const struct mount_request *r)
{
	unsigned int flags = r->flags->attr | MOUNT_ATTR_RDONLY;

	return in_initial_ns() ? flags : flags | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
}

/* Make a detached mount whose requests come from @dev. -1 with an error. */
static int mount_device(const struct mount_request *r, struct host *host, int dev,
			struct error *err)
{
	int fs = sys_fsopen("fuse"), mount = -1;

	if (fs < 0)
		return status_denied(err, "fuse: fsopen");
	host_log_mark(host);
	if (configure(r, fs, dev) || (mount = sys_fsmount(fs, fuse_flags(r))) < 0) {
		status_denied(err, "fuse: mount");
		host_log_take(host, fs);
	}
	close(fs);
	return mount;
}

static struct fuse_serve_args serve_args(const struct mount_request *r, int dev,
					 enum fuse_view view)
{
	const struct image *img = &r->image->img;

	return (struct fuse_serve_args){
		.dev = dev,
		.image = r->image->fd,
		.image_len = r->image->size,
		.image_name = r->source,
		.dirs = &r->named->dirs,
		.level = (unsigned int)r->level,
		.view = view,
		.acl = !img->checked || img->has_acl,
		.idmap = r->named->idmap >= 0,
		.initial_ns = in_initial_ns(),
		.foreground = r->flags->foreground,
	};
}

static int start_server(const struct mount_request *r, int dev, enum fuse_view view,
			struct mount_result *to, struct error *err)
{
	const struct fuse_serve_args args = serve_args(r, dev, view);

	to->server = fuse_process_start(&args, err);
	return to->server < 0 ? -1 : 0;
}

/* ---- views ------------------------------------------------------------------ */

/* Whether overlayfs can open the objects: 1; 0 with the reason. */
static int overlay_view(const struct mount_request *r, struct error *err)
{
	if (!r->named->dirs.n)
		error_set(err, EINVAL, "fuse-overlay: there is no basedir");
	else if (r->level && !r->sealed)
		error_set(err, EINVAL, "fuse-overlay: objects have no fs-verity; use fuse-plain");
	else if (!overlay_takes_data(r))
		error_set(
			err, EOPNOTSUPP,
			"fuse-overlay: this kernel's overlayfs takes no data layers with userxattr here");
	else
		return 1;
	return 0;
}

/* Make an overlay above: to reach the objects, for an upper directory, or both. */
static int build_overlay(const struct mount_request *r, struct host *host, int lower,
			 enum fuse_view view, struct error *err)
{
	struct overlay_request o = overlay_request(r, lower);

	if (view == FUSE_OVERLAY)
		overlay_add_image(&o, r);
	o.userxattr = view == FUSE_OVERLAY || !in_initial_ns();
	return overlay_build(&o, host, err);
}

static int build_direct(const struct mount_request *r, struct host *host, enum fuse_view view,
			struct mount_result *to, struct error *err)
{
	int dev = host_open_dev(host, "fuse", O_RDWR), mount, rc;

	if (dev < 0)
		return error_sys(err, "fuse: /dev/fuse");
	mount = mount_device(r, host, dev, err);
	rc = mount < 0 || start_server(r, dev, view, to, err) || attach_idmap(mount, r->named, err)
		     ? -1
		     : 0;
	close(dev);
	if (!rc && view == FUSE_PLAIN && r->named->upper < 0) {
		to->mount = mount;
		return 0;
	}
	if (!rc)
		to->mount = build_overlay(r, host, mount, view, err);
	/* Without a mount the connection ends, and with it the server. */
	if (mount >= 0)
		close(mount);
	return to->mount < 0 ? -1 : 0;
}

/* ---- fusermount3 -------------------------------------------------------------- */

static void helper_options(const struct mount_request *r, char *to, size_t room)
{
	const bool plain_name = !strpbrk(r->source, ",\\");

	text_format(to, room,
		    "ro,nosuid,nodev,default_permissions,subtype=composefs,fsname=%s%s%s%s",
		    plain_name ? r->source : "composefs",
		    r->flags->attr & MOUNT_ATTR_NOEXEC ? ",noexec" : "",
		    r->flags->attr & MOUNT_ATTR_NOATIME ? ",noatime" : "",
		    r->flags->allow_other ? ",allow_other" : "");
}

/* The helper mounts on the target at once: if the server does not start, unmount it. */
static int build_helper(const struct mount_request *r, const char *helper, struct mount_result *to,
			struct error *err)
{
	char options[FS_SOURCE_ROOM + 160];
	char *target = realpath(r->named->target_name, NULL);
	int dev;

	if (!target)
		return error_sys(err, "%s", r->named->target_name);
	helper_options(r, options, sizeof(options));
	dev = fusermount_mount(helper, options, target, err);
	if (dev >= 0) {
		to->attached = !start_server(r, dev, FUSE_PLAIN, to, err);
		close(dev);
		if (!to->attached)
			fusermount_unmount(helper, target);
	}
	free(target);
	return to->attached ? 0 : -1;
}

/* Which views the value of backend= allows. The overlay view is preferred. */
enum {
	MAY_PLAIN = 1,
	MAY_OVERLAY = 2,
};

static int build_view(const struct mount_request *r, struct host *host, int may,
		      struct mount_result *to, struct error *err)
{
	char helper[FUSERMOUNT_PATH];
	enum fuse_view view = FUSE_PLAIN;
	enum way way;

	if (!find_way(&way, helper, err))
		return -1;
	if (may & MAY_OVERLAY && way == WAY_DIRECT && overlay_view(r, err))
		view = FUSE_OVERLAY;
	else if (!(may & MAY_PLAIN))
		return -1;
	if (r->level && !r->sealed)
		verbose("basedir %s: objects have no fs-verity: they are hashed here",
			r->named->dirs.n ? r->named->dirs.name[0] : "-");
	verbose("fuse: %s view", view == FUSE_PLAIN ? "plain" : "overlay");
	if (way == WAY_HELPER)
		return build_helper(r, helper, to, err);
	return host_names(host, err) ? -1 : build_direct(r, host, view, to, err);
}

static int serve(const struct mount_request *r, int fd, struct error *err)
{
	const struct fuse_serve_args args = serve_args(r, fd, FUSE_PLAIN);

	return fuse_process_here(&args, err) ? -1 : 0;
}

/* Unmount the target, so that the server ends. */
static void take_off(void *arg)
{
	const struct named *n = arg;
	char helper[FUSERMOUNT_PATH];
	char *target = realpath(n->target_name, NULL);

	if (target && sys_umount(target) && fusermount_find(helper))
		fusermount_unmount(helper, target);
	free(target);
}

static int wait(const struct mount_request *r, pid_t server, struct error *err)
{
	return foreground_wait(server, take_off, (void *)(uintptr_t)r->named, err) ? -1 : 0;
}

static int build(const struct mount_request *r, struct host *host, struct mount_result *to,
		 struct error *err)
{
	return build_view(r, host, MAY_PLAIN | MAY_OVERLAY, to, err);
}

static int build_plain(const struct mount_request *r, struct host *host, struct mount_result *to,
		       struct error *err)
{
	return build_view(r, host, MAY_PLAIN, to, err);
}

static int build_overlay_view(const struct mount_request *r, struct host *host,
			      struct mount_result *to, struct error *err)
{
	return build_view(r, host, MAY_OVERLAY, to, err);
}

const struct backend backend_fuse = {
	.name = "fuse",
	.able = able,
	.build = build,
	.wait = wait,
	.serve = serve,
	.hashes = true,
};

const struct backend backend_fuse_plain = {
	.name = "fuse-plain",
	.able = able,
	.build = build_plain,
	.wait = wait,
	.hashes = true,
	.named_only = true,
};

const struct backend backend_fuse_overlay = {
	.name = "fuse-overlay",
	.able = able,
	.build = build_overlay_view,
	.wait = wait,
	.hashes = true,
	.layers = true,
	.named_only = true,
};
