// SPDX-License-Identifier: GPL-2.0-only
/* The back end fuse: a process of ours answers the kernel (applets/mount/fuse/README.md). */
#include "applets/mount/backend.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/attach.h"
#include "applets/mount/fuse/foreground.h"
#include "applets/mount/fuse/fusermount.h"
#include "applets/mount/fuse/process.h"
#include "applets/mount/job.h"
#include "applets/mount/overlay.h"
#include "applets/mount/sysnr.h"
#include "base/text.h"

/* PROC_USER_INIT_INO of the kernel: the inode of the first user namespace. */
#define INITIAL_USER_NS 0xEFFFFFFDu

/* Without /proc root is taken for that of the initial namespace: ACLs are enforced then. */
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

/* 1 and the way; 0 and the reason. */
static int find_way(struct job *j, enum way *way, char helper[FUSERMOUNT_PATH])
{
	int fs = sys_fsopen("fuse");

	*way = fs >= 0 ? WAY_DIRECT : WAY_HELPER;
	if (fs >= 0) {
		close(fs);
		return 1;
	}
	if (errno != EPERM) {
		job_fail(j, MOUNT_FAILED, "fuse: not in this kernel; load fuse.ko");
		return 0;
	}
	if (fusermount_find(helper))
		return 1;
	job_fail(j, MOUNT_USAGE,
		 "fuse: needs fusermount3, or a user namespace (unshare -rm), or root");
	return 0;
}

/* Options that this back end cannot honour: 1, or 0 and the reason. */
static int check_options(struct job *j, enum way way)
{
	for (int i = 0; i < CONTEXT_MAX; i++) {
		if (!j->opt->context[i])
			continue;
		job_fail(j, MOUNT_FAILED, "%s: not with backend=fuse", optlist_context[i]);
		return 0;
	}
	if (way == WAY_HELPER && j->opt->upper) {
		job_fail(j, MOUNT_FAILED,
			 "upperdir: fusermount3 mounts no overlay; use a user namespace "
			 "(unshare -rm), or root");
		return 0;
	}
	return 1;
}

static int able(struct job *j)
{
	char helper[FUSERMOUNT_PATH];
	enum way way;
	int rc = find_way(j, &way, helper), dev;

	if (rc > 0)
		rc = check_options(j, way);
	if (rc <= 0)
		return rc;
	dev = job_open_dev(j, "fuse", O_RDWR);
	if (dev < 0) {
		const bool denied = errno == EACCES || errno == EPERM;

		job_sys(j, "fuse: /dev/fuse");
		if (denied)
			j->status = MOUNT_USAGE;
		return 0;
	}
	close(dev);
	return 1;
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

static int configure(struct job *j, int fs, int dev)
{
	return set(fs, "source", j->source) || set(fs, "subtype", "composefs") ||
	       set_number(fs, "fd", (unsigned int)dev) || set(fs, "rootmode", "40000") ||
	       set_number(fs, "user_id", geteuid()) || set_number(fs, "group_id", getegid()) ||
	       set_flag(fs, "default_permissions") || set_flag(fs, "allow_other") ||
	       set_flag(fs, "ro") || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* nosuid and nodev are forced where the caller is not root of the initial namespace. */
static unsigned int fuse_flags(const struct job *j)
{
	unsigned int flags = j->opt->attr | MOUNT_ATTR_RDONLY;

	return in_initial_ns() ? flags : flags | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
}

/* A mount attached nowhere, whose requests come from @dev. */
static int mount_device(struct job *j, int dev)
{
	int fs = sys_fsopen("fuse"), mount = -1;

	if (fs < 0)
		return job_denied(j, "fuse: fsopen");
	kmsg_mark(&j->log, j->dev);
	if (configure(j, fs, dev) || (mount = sys_fsmount(fs, fuse_flags(j))) < 0) {
		job_denied(j, "fuse: mount");
		kmsg_take_context(&j->log, fs);
		kmsg_take_log(&j->log);
	}
	close(fs);
	return mount;
}

static struct fuse_serve_args serve_args(struct job *j, int dev, enum fuse_view view)
{
	return (struct fuse_serve_args){
		.dev = dev,
		.image = j->image.fd,
		.image_len = j->image.size,
		.image_name = j->source,
		.dirs = &j->dirs,
		.level = (unsigned int)j->level,
		.view = view,
		.acl = !j->image.img.checked || j->image.img.has_acl,
		.idmap = j->idmap >= 0,
		.initial_ns = in_initial_ns(),
		.foreground = j->opt->foreground,
	};
}

static int start_server(struct job *j, int dev, enum fuse_view view)
{
	const struct fuse_serve_args args = serve_args(j, dev, view);

	j->server = fuse_process_start(&args, &j->err);
	if (j->server < 0)
		j->status = MOUNT_FAILED;
	return j->server < 0 ? -1 : 0;
}

/* ---- views ------------------------------------------------------------------ */

/* Whether objects can be left to overlayfs: 1; 0 and the reason. */
static int overlay_view(struct job *j)
{
	if (!j->dirs.n) {
		job_fail(j, MOUNT_FAILED, "fuse-overlay: there is no basedir");
		return 0;
	}
	if (j->level && !j->sealed) {
		job_fail(j, MOUNT_FAILED,
			 "fuse-overlay: objects have no fs-verity; use fuse-plain");
		return 0;
	}
	if (overlay_takes_data(j))
		return 1;
	job_fail(j, MOUNT_FAILED,
		 "fuse-overlay: this kernel's overlayfs takes no data layers with userxattr here");
	return 0;
}

/* An overlay above: to reach the objects, to be writable, or both. */
static int build_overlay(struct job *j, int lower, enum fuse_view view)
{
	struct overlay o = {
		.lower = lower,
		.is_image = view == FUSE_OVERLAY,
		.userxattr = view == FUSE_OVERLAY || !in_initial_ns(),
	};
	int rc = overlay_build(j, &o);

	close(lower);
	return rc;
}

static int build_direct(struct job *j, enum fuse_view view)
{
	int dev = job_open_dev(j, "fuse", O_RDWR), mount;

	if (dev < 0)
		return job_sys(j, "fuse: /dev/fuse");
	mount = mount_device(j, dev);
	if (mount < 0 || start_server(j, dev, view) || attach_idmap(j, mount)) {
		/* Without its mount the connection ends, and with it the server. */
		if (mount >= 0)
			close(mount);
		close(dev);
		return -1;
	}
	close(dev);
	if (view == FUSE_PLAIN && j->upper < 0) {
		j->mount = mount;
		return 0;
	}
	return build_overlay(j, mount, view);
}

/* ---- fusermount3 -------------------------------------------------------------- */

static void helper_options(const struct job *j, char *to, size_t room)
{
	const bool plain_name = !strpbrk(j->source, ",\\");

	text_format(to, room,
		    "ro,nosuid,nodev,default_permissions,subtype=composefs,fsname=%s%s%s%s",
		    plain_name ? j->source : "composefs",
		    j->opt->attr & MOUNT_ATTR_NOEXEC ? ",noexec" : "",
		    j->opt->attr & MOUNT_ATTR_NOATIME ? ",noatime" : "",
		    j->opt->allow_other ? ",allow_other" : "");
}

/* Mounts on the target at once, so the server must start or the mount must go. */
static int build_helper(struct job *j, const char *helper)
{
	char options[FS_SOURCE_ROOM + 160];
	char *target = realpath(j->target_name, NULL);
	int dev, rc;

	if (!target)
		return job_sys(j, "%s", j->target_name);
	helper_options(j, options, sizeof(options));
	dev = fusermount_mount(helper, options, target, &j->err);
	if (dev < 0) {
		free(target);
		j->status = MOUNT_FAILED;
		return -1;
	}
	rc = start_server(j, dev, FUSE_PLAIN);
	close(dev);
	if (rc)
		fusermount_unmount(helper, target);
	j->attached = !rc;
	free(target);
	return rc;
}

/* @view: what was named; with "fuse" the overlay view is taken where it can be had. */
static int build_view(struct job *j, bool may_plain, bool may_overlay)
{
	char helper[FUSERMOUNT_PATH];
	enum fuse_view view = FUSE_PLAIN;
	enum way way;

	if (find_way(j, &way, helper) <= 0)
		return -1;
	if (may_overlay && way == WAY_DIRECT && overlay_view(j))
		view = FUSE_OVERLAY;
	else if (!may_plain)
		return -1;
	if (j->level && !j->sealed)
		verbose("basedir %s: objects have no fs-verity: hashed here",
			j->dirs.n ? j->dirs.name[0] : "-");
	verbose("fuse: %s view", view == FUSE_PLAIN ? "plain" : "overlay");
	if (way == WAY_HELPER)
		return build_helper(j, helper);
	return job_names(j) ? -1 : build_direct(j, view);
}

/* "fd:N": a launcher has mounted, or a test plays the kernel. */
static int serve(struct job *j, int fd)
{
	const struct fuse_serve_args args = serve_args(j, fd, FUSE_PLAIN);

	if (!fuse_process_here(&args, &j->err))
		return 0;
	j->status = MOUNT_FAILED;
	return -1;
}

/* Take the mount off the target, for the server to end. */
static void take_off(void *arg)
{
	struct job *j = arg;
	char helper[FUSERMOUNT_PATH];
	char *target = realpath(j->target_name, NULL);

	if (target && sys_umount(target) && fusermount_find(helper))
		fusermount_unmount(helper, target);
	free(target);
}

static int wait(struct job *j)
{
	/* The mounts that this process holds would keep the connection. */
	if (j->mount >= 0)
		close(j->mount);
	j->mount = -1;
	if (!foreground_wait(j->server, take_off, j, &j->err))
		return 0;
	j->status = MOUNT_FAILED;
	return -1;
}

static int build(struct job *j)
{
	return build_view(j, true, true);
}

static int build_plain(struct job *j)
{
	return build_view(j, true, false);
}

static int build_overlay_view(struct job *j)
{
	return build_view(j, false, true);
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
