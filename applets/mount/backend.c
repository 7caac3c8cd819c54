// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/backend.h"
#include "applets/applet.h"
#include "applets/mount/job.h"
#include "applets/mount/named.h"
#include "applets/mount/probe.h"
#include "applets/mount/via_erofs.h"
#include "applets/mount/via_kmod.h"

static const char no_fuse[] = "fuse: not in this version";

static int take(struct job *j, enum backend backend)
{
	j->backend = backend;
	verbose("back end: %s", backend == BACKEND_KMOD ? "kmod" : "erofs");
	return 0;
}

/* Named on the command line: it, or none. */
static int choose_named(struct job *j)
{
	int rc;

	if (j->opt->backend == BACKEND_FUSE)
		return job_fail(j, MOUNT_FAILED, "%s", no_fuse);
	rc = j->opt->backend == BACKEND_KMOD ? via_kmod_able(j) : via_erofs_able(j);
	return rc > 0 ? take(j, j->opt->backend) : -1;
}

int backend_choose(struct job *j)
{
	struct error reason;
	int rc;

	if (j->opt->backend != BACKEND_AUTO)
		return choose_named(j);
	/* Below a second overlay the module would use up both levels of stacking. */
	if (j->opt->upper) {
		int level = j->level;

		rc = via_erofs_able(j);
		if (rc > 0 && j->level == level)
			return take(j, BACKEND_EROFS);
		if (rc < 0)
			return -1;
	}
	rc = via_kmod_able(j);
	if (rc > 0)
		return take(j, BACKEND_KMOD);
	if (rc < 0)
		return -1;
	reason = j->err;
	verbose("%s", reason.text);
	rc = via_erofs_able(j);
	if (rc > 0)
		return take(j, BACKEND_EROFS);
	if (rc < 0)
		return -1;
	/* Only when nothing is left are the reasons errors. */
	if (!option_verbose)
		complain("%s", reason.text);
	complain("%s", j->err.text);
	complain("%s", no_fuse);
	return job_fail(j, MOUNT_FAILED, "%s: no back end can mount this", j->image.name);
}

int backend_prepare(struct job *j)
{
	if (imagefd_header(j) || imagefd_verify(j))
		return -1;
	if (probe_level(j))
		return -1;
	if (j->level)
		verbose("objects are checked at open: level %d", j->level);
	if (backend_choose(j) || named_upper_check(j))
		return -1;
	return job_interrupted(j);
}

int backend_build(struct job *j)
{
	/* Before names may become relative to something else. */
	imagefd_source(j);
	if (imagefd_ready(j))
		return -1;
	return j->backend == BACKEND_KMOD ? via_kmod(j) : via_erofs(j);
}
