// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/attach.h"
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/mountinfo.h"
#include "applets/mount/status.h"
#include "applets/mount/sysnr.h"
#include "files/io.h"

int attach_idmap(int mount, const struct named *n, struct error *err)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (u32)n->idmap };

	if (n->idmap < 0)
		return 0;
	if (sys_mount_setattr(mount, &attr))
		return error_sys(err, "idmap %s: set", n->idmap_name);
	verbose("idmap %s: set", n->idmap_name);
	return 0;
}

int attach_mount(const struct mount_result *m, struct named *n, const char *target,
		 struct error *err)
{
	if (m->attached)
		return 0;
	if (n->ns >= 0) {
		if (setns(n->ns, CLONE_NEWNS))
			return error_sys(err, "-N %s: enter", n->ns_name);
		if (named_target(n, target, err))
			return -1;
	}
	if (sys_move_mount(m->mount, n->target))
		return error_sys(err, "%s: attach", n->target_name);
	verbose("%s: mounted", n->target_name);
	return 0;
}

/* Whether a file is a composefs image, as far as its first bytes say. */
static bool is_image(const char *path)
{
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct cfs_header h;
	bool is = fd >= 0 && io_pread(fd, &h, sizeof(h), 0) == sizeof(h) &&
		  get32(h.magic) == CFS_MAGIC;

	if (fd >= 0)
		close(fd);
	return is;
}

/*
 * Whether some back end may have made a mount. An overlay counts if it has data-only
 * layers, or if its source is an image or one of the words that stand for an image
 * without a path.
 */
static bool is_ours(const struct mount_line *line)
{
	char source[4200];

	if (!strcmp(line->type, "composefs") || !strcmp(line->type, "fuse.composefs"))
		return true;
	if (strcmp(line->type, "overlay"))
		return false;
	return kmsg_find(line->options, ",datadir+=") || kmsg_find(line->options, "::") ||
	       !strcmp(line->source, "composefs") || !strncmp(line->source, "composefs:", 10) ||
	       (mountinfo_decode(source, sizeof(source), line->source, false) && is_image(source));
}

/* Refuse to change anything but a composefs mount. Without mountinfo every overlay may be one. */
static int check_ours(const struct named *n, struct error *err)
{
	struct mount_line line;
	struct mount_place place;
	struct statfs st;
	char *text;
	int rc = 0;

	mountinfo_place(n->target, &place);
	if (!place.is_root)
		return error_set(err, EINVAL, "%s: nothing is mounted here", n->target_name);
	text = place.id ? mountinfo_read() : NULL;
	if (text && mountinfo_find(text, place.id, &line)) {
		if (!is_ours(&line))
			rc = error_set(err, EINVAL, "%s: not a composefs mount (type %s)",
				       n->target_name, line.type);
	} else if (!fstatfs(n->target, &st) && (u32)st.f_type != OVERLAY_MAGIC &&
		   (u32)st.f_type != CFS_MAGIC && (u32)st.f_type != FUSE_MAGIC) {
		rc = error_set(err, EINVAL, "%s: not a composefs mount", n->target_name);
	}
	free(text);
	return rc;
}

/*
 * Change ro or rw of the file system. *@stays: rw was asked for, but the file system has no
 * upper directory and stays read-only.
 */
static int remount_super(const struct named *n, bool rw, bool *stays, struct host *host,
			 struct error *err)
{
	int fs = sys_fspick(n->target), rc = 0;

	if (fs < 0)
		return status_denied(err, n->target_name);
	host_log_mark(host);
	if (sys_fsconfig(fs, FSCONFIG_SET_FLAG, rw ? "rw" : "ro", NULL, 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0)) {
		*stays = rw && errno == EROFS;
		if (!*stays) {
			rc = error_sys(err, "%s: remount", n->target_name);
			host_log_take(host, fs);
		}
	}
	close(fs);
	return rc;
}

int attach_remount(const struct named *n, const struct mount_flags *flags, struct host *host,
		   struct error *err)
{
	struct mount_attr attr = { .attr_set = flags->attr & flags->touched,
				   .attr_clr = ~flags->attr & flags->touched };
	bool stays = false;

	if (check_ours(n, err))
		return -1;
	if (flags->touched & MOUNT_ATTR__ATIME)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	if (flags->rw >= 0 && remount_super(n, flags->rw, &stays, host, err))
		return -1;
	if (stays)
		verbose("%s: stays read-only, because it has no upperdir", n->target_name);
	else if (flags->rw > 0)
		attr.attr_clr |= MOUNT_ATTR_RDONLY;
	else if (!flags->rw)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if ((attr.attr_set || attr.attr_clr) && sys_mount_setattr(n->target, &attr))
		return status_denied(err, n->target_name);
	return 0;
}
