// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/backend.h"
#include <string.h>
#include "applets/applet.h"
#include "applets/mount/job.h"
#include "applets/mount/named.h"
#include "applets/mount/probe.h"
#include "applets/mount/sysnr.h"

static bool has_name(const struct backend *b, const char *name)
{
	return !strcmp(b->name, name) || (b->synonym && !strcmp(b->synonym, name));
}

/* Returns 1. */
static int take(struct job *j, const struct backend *b)
{
	j->backend = b;
	verbose("back end: %s", b->name);
	return 1;
}

/* Reasons why back ends were skipped. There are not as many back ends. */
struct skipped {
	unsigned int n;
	struct error reason[8];
	int status; /* of the first one */
};

static void skip(struct job *j, struct skipped *s)
{
	verbose("%s", j->err.text);
	if (!s->n)
		s->status = j->status;
	if (s->n < sizeof(s->reason) / sizeof(s->reason[0]))
		s->reason[s->n++] = j->err;
}

/*
 * With a writable layer a back end that makes an overlay anyway comes first: an
 * overlay above another file system would use up both levels of stacking.
 */
static bool is_turn(const struct backend *b, bool layers_first, bool first_round)
{
	return layers_first ? b->layers == first_round : first_round;
}

/* Take the first one that can: 1, 0 with the reasons, -1. */
static int choose_any(struct job *j, struct skipped *skipped)
{
	for (int round = 0; round < 2; round++) {
		for (unsigned int i = 0; backends[i]; i++) {
			int rc;

			if (backends[i]->named_only ||
			    !is_turn(backends[i], j->opt->upper != NULL, !round))
				continue;
			rc = backends[i]->able(j);
			if (rc)
				return rc < 0 ? -1 : take(j, backends[i]);
			skip(j, skipped);
		}
	}
	return 0;
}

/* The one that was named, or none: 1, 0 with the reason, -1. */
static int choose_named(struct job *j, struct skipped *skipped)
{
	for (unsigned int i = 0; backends[i]; i++) {
		int rc;

		if (!has_name(backends[i], j->opt->backend))
			continue;
		rc = backends[i]->able(j);
		if (rc > 0)
			return take(j, backends[i]);
		if (!rc)
			skip(j, skipped);
		return rc;
	}
	return job_fail(j, MOUNT_FAILED, "%s: not in this build", j->opt->backend);
}

static int choose(struct job *j, struct skipped *skipped)
{
	skipped->n = 0;
	return j->opt->backend ? choose_named(j, skipped) : choose_any(j, skipped);
}

/* None can: the reasons are errors only now. With -v they were printed. */
static int none(struct job *j, const struct skipped *s)
{
	if (j->opt->backend)
		return job_fail(j, s->status, "%s", s->reason[0].text);
	for (unsigned int i = 0; i < s->n && !option_verbose; i++)
		complain("%s", s->reason[i].text);
	return job_fail(j, MOUNT_FAILED, "%s: no back end can mount this", j->image.name);
}

/* j->level and j->backend: the level that was asked for, or 0 where tryverity allows it. */
static int decide(struct job *j)
{
	struct skipped skipped;
	bool tries;
	int rc;

	j->level = optlist_level(j->opt, &tries);
	if (tries)
		j->level = 2;
	rc = choose(j, &skipped);
	if (!rc && tries) {
		j->level = 0;
		rc = choose(j, &skipped);
		if (rc > 0)
			warn("tryverity: no back end of this kernel can check objects; they are not checked");
	}
	if (!rc)
		return none(j, &skipped);
	if (j->image.digest.algorithm && j->level < 2)
		warn("verity_check=%d: contents are not verified, only the image is", j->level);
	return rc < 0 ? -1 : 0;
}

int backend_prepare(struct job *j)
{
	if (imagefd_header(j) || imagefd_verify(j) || probe_basedir(j) || decide(j) ||
	    probe_store(j))
		return -1;
	if (j->level)
		verbose("objects are checked at open: level %d", j->level);
	return named_upper_check(j) ? -1 : job_interrupted(j);
}

bool backend_denied(struct job *j, const char *type)
{
	int fs = sys_fsopen(type), code;
	bool denied;

	if (fs < 0) {
		denied = errno == EPERM;
	} else {
		/* Without any option: EPERM comes before the kernel looks for a source. */
		denied = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) && errno == EPERM;
		code = errno;
		close(fs);
		errno = code;
	}
	if (denied)
		job_fail(j, MOUNT_USAGE, "must be root");
	return denied;
}

int backend_serve(struct job *j, int fd)
{
	const struct backend *const *b = backends;
	bool tries;

	while (*b && !(*b)->serve)
		b++;
	if (!*b)
		return job_fail(j, MOUNT_FAILED, "fuse: not in this build");
	if (j->opt->backend && strncmp(j->opt->backend, "fuse", 4) != 0)
		return job_fail(j, MOUNT_USAGE, "fd:%d: needs backend=fuse", fd);
	if (imagefd_header(j) || imagefd_verify(j) || probe_basedir(j))
		return -1;
	j->level = optlist_level(j->opt, &tries);
	if (tries)
		j->level = 2;
	imagefd_source(j);
	return imagefd_ready(j) ? -1 : (*b)->serve(j, fd);
}

int backend_build(struct job *j)
{
	/* Before names may become relative to something else. */
	imagefd_source(j);
	if (imagefd_ready(j))
		return -1;
	return j->backend->build(j);
}
