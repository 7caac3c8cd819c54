// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/storeprobe.h"
#include <unistd.h>
#include "applets/applet.h"
#include "applets/mount/probe.h"
#include "applets/mount/status.h"
#include "base/text.h"
#include "verity/verity.h"

#define LOOK_FOR 3 /* objects, at level 0 */

/* The sample has fs-verity: compare its digest with the recorded one. */
static int compare(const struct probe *p, const char *dir, const struct cfs_digest *is,
		   bool *sealed, struct error *err)
{
	char want[TEXT_DIGEST], have[TEXT_DIGEST];

	*sealed = cfs_digest_equal(is, &p->digest);
	if (*sealed)
		return 0;
	return error_set(err, EINVAL, "basedir %s: object %s of %s: wrong digest: want %s, is %s",
			 dir, p->payload, p->path, text_digest(want, &p->digest),
			 text_digest(have, is));
}

/* Judge the open object @fd by what fs-verity says of it. */
static int see_object(const struct storeprobe *s, const struct probe *p, const char *dir, int fd,
		      bool *sealed, struct error *err)
{
	struct cfs_digest digest;

	switch (verity_measure(fd, p->digest.algorithm, &digest)) {
	case VERITY_SEALED:
		return compare(p, dir, &digest, sealed, err);
	case VERITY_OTHER:
		return error_set(err, EINVAL,
				 "basedir %s: object %s has fs-verity of another algorithm than %s",
				 dir, p->payload, cfs_algorithm_name(p->digest.algorithm));
	case VERITY_NONE:
	case VERITY_UNSUPPORTED:
		if (s->hashes)
			return 0;
		return error_set(
			err, EINVAL,
			"basedir %s: objects have no fs-verity (first: %s); enable it, or use %s",
			dir, p->payload, s->remedy);
	default:
		return error_sys(err, "basedir %s: %s: fs-verity digest", dir, p->payload);
	}
}

static int see_store(const struct storeprobe *s, const struct probe *p, bool *sealed,
		     struct error *err)
{
	struct basedirs_found found;
	struct error why;
	int fd, rc;

	if (!p->digest.algorithm && s->level == 1)
		return 0;
	if (!p->digest.algorithm)
		return error_set(err, EINVAL, "%s: %s has no recorded digest; use verity_check=1",
				 s->im->name, p->path);
	rc = basedirs_open_file(s->dirs, p->payload, p->payload_len, &found, &fd, &why);
	if (rc < 0)
		return error_set(err, why.code, "basedir %s", why.text);
	if (rc == BASEDIRS_NONE) {
		warn("%s: object %s of %s is missing", s->dirs->name[0], p->payload, p->path);
		return 0;
	}
	if (rc == BASEDIRS_OTHER)
		return error_set(err, EINVAL, "basedir %s: object %s of %s is not a regular file",
				 s->dirs->name[found.which], p->payload, p->path);
	rc = see_object(s, p, s->dirs->name[found.which], fd, sealed, err);
	close(fd);
	return rc;
}

int storeprobe_basedir(const struct imagefd *im, const struct basedirs *dirs, struct error *err)
{
	struct probe p;
	int rc;

	if (dirs->n)
		return 0;
	rc = probe_find(im, 0, &p, err);
	if (!rc && p.found)
		rc = error_set(err, FAULT_USAGE,
			       "basedir: not given, but %s refers to objects (first: %s)", im->name,
			       p.path);
	probe_release(&p);
	return rc;
}

/*
 * Level 0 checks no object, but a basedir that has none of the first few objects is
 * usually the wrong directory: warn.
 */
static int look_for_objects(const struct storeprobe *s, struct error *err)
{
	char first[256] = "";

	for (unsigned int n = 0; n < LOOK_FOR; n++) {
		struct basedirs_found found;
		struct error unknown;
		struct probe p;
		int rc;

		if (probe_find(s->im, n, &p, err)) {
			probe_release(&p);
			return -1;
		}
		if (!p.found)
			break;
		if (!n)
			text_format(first, sizeof(first), "%s of %s", p.payload, p.path);
		rc = basedirs_find(s->dirs, p.payload, p.payload_len, &found, &unknown);
		probe_release(&p);
		/* Do not warn about an object that cannot be looked up. */
		if (rc != BASEDIRS_NONE)
			return 0;
	}
	if (first[0])
		warn("basedir %s: has none of the first objects of %s (first: %s), so their files will not open: check that it is the right directory",
		     s->dirs->name[0], s->im->name, first);
	return 0;
}

int storeprobe_run(const struct storeprobe *s, bool *sealed, struct error *err)
{
	struct probe p;
	int rc;

	*sealed = false;
	if (!s->dirs->n)
		return 0;
	if (!s->level)
		return look_for_objects(s, err);
	rc = probe_find(s->im, 0, &p, err);
	if (!rc && p.found)
		rc = see_store(s, &p, sealed, err);
	probe_release(&p);
	return rc;
}
