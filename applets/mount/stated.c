// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/stated.h"
#include <stdlib.h>
#include <sys/stat.h>
#include "applets/mount/job.h"
#include "base/text.h"
#include "verity/verity.h"

static int refuse(struct job *j, const struct error *err)
{
	return job_fail(j, err->code == ENOMEM ? MOUNT_SYSTEM : MOUNT_FAILED, "%s", err->text);
}

int stated_judge(struct job *j)
{
	const struct signed_options *o = &j->opt->sign;
	struct signed_files files = { 0 };
	struct error err = { 0 };
	int rc;

	if (!o->signature)
		return 0;
	j->statement = malloc(sizeof(*j->statement));
	if (!j->statement)
		return job_fail(j, MOUNT_SYSTEM, "%s", error_words(ENOMEM));
	rc = signed_read(&files, o, &err);
	if (!rc && signed_judge(&files, o, j->statement, &err) != SIGNED_GOOD)
		rc = -1;
	signed_release(&files, o);
	if (rc)
		return refuse(j, &err);
	signed_note(j->statement, o, "now=");
	return 0;
}

bool stated_has(const struct job *j, const struct cfs_digest *digest)
{
	const struct cfs_digest *want = &j->opt->digest;

	return statement_has(j->statement, digest) &&
	       (!want->algorithm || cfs_digest_equal(want, digest));
}

/* The digest of the copy with one algorithm. */
static int hash(struct job *j, u8 algorithm, struct signed_image *image)
{
	struct stat st;
	int rc;

	if (image->digest[algorithm].algorithm)
		return 0;
	if (fstat(j->image.fd, &st))
		return job_sys(j, "%s: stat", j->image.name);
	rc = verity_fd(j->image.fd, &st, algorithm, &image->digest[algorithm]);
	if (rc < 0)
		return job_sys(j, "%s: hash", j->image.name);
	return rc ? job_fail(j, MOUNT_INTERNAL, "internal error: a sealed file changed") : 0;
}

int stated_compare(struct job *j)
{
	const struct statement *st = j->statement;
	const struct cfs_digest *want = &j->opt->digest, *has;
	struct signed_image image = { 0 };
	char a[TEXT_DIGEST], b[TEXT_DIGEST];
	struct error err;

	if (hash(j, CFS_SHA256, &image) || (want->algorithm && hash(j, want->algorithm, &image)))
		return -1;
	for (unsigned int i = 0; i < st->ndigests; i++)
		if (hash(j, st->digests[i].algorithm, &image))
			return -1;
	has = signed_match(st, &j->opt->sign, &image, &err);
	if (!has)
		return job_fail(j, MOUNT_FAILED, "%s: wrong digest: %s", j->image.name, err.text);
	if (want->algorithm && !cfs_digest_equal(want, &image.digest[want->algorithm]))
		return job_fail(j, MOUNT_FAILED, "%s: wrong digest: want %s, is %s", j->image.name,
				text_digest(a, want),
				text_digest(b, &image.digest[want->algorithm]));
	j->image.digest = *has;
	return 0;
}
