// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/backend.h"
#include <string.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/host.h"
#include "applets/mount/signals.h"
#include "applets/mount/status.h"
#include "applets/mount/storeprobe.h"
#include "applets/mount/sysnr.h"

#define REASONS 8 /* no program has as many back ends */

/* The back end that is looked for, and why others were skipped. */
struct choice {
	const struct backend_wish *wish;
	struct mount_request *r;
	struct host *host;
	struct error *err;
	unsigned int skipped;
	struct error reason[REASONS];
};

static bool has_name(const struct backend *b, const char *name)
{
	return !strcmp(b->name, name) || (b->synonym && !strcmp(b->synonym, name));
}

/* Ask a back end and take it if it is able: 1; 0: it was skipped; -1 with an error. */
static int consider(struct choice *c, const struct backend *b)
{
	int rc = b->able(c->r, c->host, c->err);

	if (rc < 0)
		return -1;
	if (rc) {
		c->r->by = b;
		verbose("back end: %s", b->name);
		return 1;
	}
	verbose("%s", c->err->text);
	if (c->skipped < REASONS)
		c->reason[c->skipped++] = *c->err;
	return 0;
}

/*
 * With an upper directory, back ends that make an overlay anyway come first: an overlay
 * above another file system would use up both levels of stacking.
 */
static bool is_turn(const struct choice *c, const struct backend *b, bool first_round)
{
	if (b->named_only || (c->wish->no_server && b->wait))
		return false;
	return c->r->has_upper ? b->layers == first_round : first_round;
}

/* Take the first one that is able: 1; 0: none is; -1 with an error. */
static int choose_any(struct choice *c)
{
	for (int round = 0; round < 2; round++) {
		for (unsigned int i = 0; backends[i]; i++) {
			int rc = is_turn(c, backends[i], !round) ? consider(c, backends[i]) : 0;

			if (rc)
				return rc;
		}
	}
	return 0;
}

/* Take the one that was named: 1; 0: it is not able; -1 with an error. */
static int choose_named(struct choice *c)
{
	for (unsigned int i = 0; backends[i]; i++)
		if (has_name(backends[i], c->wish->backend))
			return consider(c, backends[i]);
	return error_set(c->err, ENOTSUP, "%s: not in this build", c->wish->backend);
}

static int choose(struct choice *c, int level)
{
	c->skipped = 0;
	c->r->level = level;
	return c->wish->backend ? choose_named(c) : choose_any(c);
}

/* No back end is able: print why, unless -v has done so. Returns -1. */
static int none_able(struct choice *c)
{
	if (c->wish->backend) {
		*c->err = c->reason[0];
		return -1;
	}
	for (unsigned int i = 0; i < c->skipped && !option_verbose; i++)
		complain("%s", c->reason[i].text);
	return error_set(c->err, ENOTSUP, "%s: no back end can mount this", c->r->image->name);
}

/* Tell root that no kernel file system was taken. Without privilege this is the usual case. */
static void note_server(const struct choice *c)
{
	if (c->wish->backend || !c->r->by->wait)
		return;
	for (unsigned int i = 0; i < c->skipped; i++)
		if (c->reason[i].code == FAULT_USAGE)
			return;
	warn("%s: no other back end can mount this: a FUSE server process serves it",
	     c->r->image->name);
}

/* Choose back end and level: the level that was asked for, or 0 where tryverity allows it. */
static int decide(struct choice *c)
{
	int rc = choose(c, c->wish->level);

	if (!rc && c->wish->tries) {
		rc = choose(c, 0);
		if (rc > 0)
			warn("tryverity: no back end of this kernel can check objects; they are not checked");
	}
	if (!rc)
		return none_able(c);
	if (rc > 0)
		note_server(c);
	if (c->r->image->digest.algorithm && c->r->level < 2)
		warn("verity_check=%d: file contents are not verified, only the image is",
		     c->r->level);
	return rc < 0 ? -1 : 0;
}

/* Check the image, and that it has a store if it needs one. */
static int check_image(const struct mount_request *r, const struct backend_wish *wish,
		       struct error *err)
{
	if (imagecheck_run(r->image, &wish->trust, err))
		return -1;
	return storeprobe_basedir(r->image, &r->named->dirs, err);
}

int backend_prepare(struct mount_request *r, const struct backend_wish *wish, struct host *host,
		    struct error *err)
{
	struct choice c = { .wish = wish, .r = r, .host = host, .err = err };
	struct storeprobe probe = {
		.im = r->image,
		.dirs = &r->named->dirs,
		.remedy = r->advice->unsealed,
	};

	if (check_image(r, wish, err) || decide(&c))
		return -1;
	probe.level = r->level;
	probe.hashes = r->by->hashes;
	if (storeprobe_run(&probe, &r->sealed, err))
		return -1;
	if (r->level)
		verbose("objects are checked when they are opened: level %d", r->level);
	return named_upper_check(r->named, err) ? -1 : signals_check(err);
}

bool backend_denied(const char *type, struct error *err)
{
	int fs = sys_fsopen(type), code;
	bool denied;

	if (fs < 0) {
		denied = errno == EPERM;
	} else {
		/* CREATE checks the permission before it looks for a source. */
		denied = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) && errno == EPERM;
		code = errno;
		close(fs);
		errno = code;
	}
	if (denied)
		status_not_root(err);
	return denied;
}

int backend_serve(struct mount_request *r, const struct backend_wish *wish, struct host *host,
		  int fd, struct error *err)
{
	const struct backend *const *b = backends;

	while (*b && !(*b)->serve)
		b++;
	if (!*b)
		return error_set(err, ENOTSUP, "fuse: not in this build");
	if (wish->backend && strncmp(wish->backend, "fuse", 4) != 0)
		return error_set(err, FAULT_USAGE, "fd:%d: needs backend=fuse", fd);
	r->level = wish->level;
	if (check_image(r, wish, err) || imagefd_ready(r->image, host, err))
		return -1;
	return (*b)->serve(r, fd, err);
}

int backend_build(const struct mount_request *r, struct host *host, struct mount_result *to,
		  struct error *err)
{
	*to = (struct mount_result){ .mount = -1 };
	if (imagefd_ready(r->image, host, err))
		return -1;
	return r->by->build(r, host, to, err);
}
