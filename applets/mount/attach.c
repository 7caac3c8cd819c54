// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/attach.h"
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/job.h"
#include "applets/mount/mountinfo.h"
#include "applets/mount/named.h"
#include "applets/mount/sysnr.h"
#include "files/io.h"

unsigned int attach_flags(const struct job *j)
{
	return j->opt->attr | (optlist_writable(j->opt) ? 0 : MOUNT_ATTR_RDONLY);
}

int attach_idmap(struct job *j, int mount)
{
	const struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (u32)j->idmap };

	if (j->idmap < 0)
		return 0;
	if (sys_mount_setattr(mount, &attr))
		return job_sys(j, "idmap %s: set", j->opt->idmap);
	verbose("idmap %s: set", j->opt->idmap);
	return 0;
}

int attach_mount(struct job *j, const char *target)
{
	if (j->attached)
		return 0;
	if (j->ns >= 0) {
		if (setns(j->ns, CLONE_NEWNS))
			return job_sys(j, "-N %s: enter", j->ns_name);
		if (named_target(j, target))
			return -1;
	}
	if (sys_move_mount(j->mount, j->target))
		return job_sys(j, "%s: attach", j->target_name);
	verbose("%s: mounted", j->target_name);
	return 0;
}

/* ro or rw of the file system. A layered one without upperdir stays read-only, whatever is said. */
static int remount_super(struct job *j)
{
	int fs = sys_fspick(j->target), rc = 0;

	if (fs < 0)
		return job_denied(j, j->target_name);
	kmsg_mark(&j->log, -1);
	if (sys_fsconfig(fs, FSCONFIG_SET_FLAG, j->opt->rw ? "rw" : "ro", NULL, 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0)) {
		rc = 1;
		if (!j->opt->rw || errno != EROFS) {
			rc = job_sys(j, "%s: remount", j->target_name);
			kmsg_take_context(&j->log, fs);
			kmsg_take_log(&j->log);
		}
	}
	close(fs);
	return rc;
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
 * Whether a mount is one that some back end makes. Of an overlay its data-only
 * layers tell, or its source: that is the image, or a word where that has no path.
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

/* What remount changes must be a composefs mount. Without mountinfo an overlay is taken for one. */
static int check_ours(struct job *j)
{
	struct mount_line line;
	struct mount_place place;
	struct statfs st;
	char *text;
	int rc = 0;

	mountinfo_place(j->target, &place);
	if (!place.is_root)
		return job_fail(j, MOUNT_FAILED, "%s: nothing is mounted here", j->target_name);
	text = place.id ? mountinfo_read() : NULL;
	if (text && mountinfo_find(text, place.id, &line)) {
		if (!is_ours(&line))
			rc = job_fail(j, MOUNT_FAILED, "%s: not a composefs mount (type %s)",
				      j->target_name, line.type);
	} else if (!fstatfs(j->target, &st) && (u32)st.f_type != OVERLAY_MAGIC &&
		   (u32)st.f_type != CFS_MAGIC && (u32)st.f_type != FUSE_MAGIC) {
		rc = job_fail(j, MOUNT_FAILED, "%s: not a composefs mount", j->target_name);
	}
	free(text);
	return rc;
}

int attach_remount(struct job *j)
{
	const struct optlist *o = j->opt;
	struct mount_attr attr = { .attr_set = o->attr & o->touched,
				   .attr_clr = ~o->attr & o->touched };
	int rc = 0;

	if (check_ours(j))
		return -1;
	if (o->touched & MOUNT_ATTR__ATIME)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	if (o->rw >= 0)
		rc = remount_super(j);
	if (rc < 0)
		return -1;
	if (rc)
		verbose("%s: stays read-only, it has no upperdir", j->target_name);
	else if (o->rw > 0)
		attr.attr_clr |= MOUNT_ATTR_RDONLY;
	else if (!o->rw)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if ((attr.attr_set || attr.attr_clr) && sys_mount_setattr(j->target, &attr))
		return job_denied(j, j->target_name);
	return 0;
}
