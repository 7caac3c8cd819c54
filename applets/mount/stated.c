// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/stated.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "applets/common/window.h"
#include "applets/mount/status.h"
#include "verity/verity.h"

static int need_each_other(const struct stated_texts *t, struct error *err)
{
	const struct {
		const char *given, *name;
	} others[] = { { t->name, "name" },
		       { t->min_serial, "minserial" },
		       { t->serial_file, "serialfile" },
		       { t->now, "now" } };

	if (t->keys && !t->signature)
		return error_set(err, EINVAL, "key: needs signature");
	if (t->signature && !t->keys)
		return error_set(err, EINVAL, "signature: needs key");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].given && !t->keys)
			return error_set(err, EINVAL, "%s: needs key and signature",
					 others[i].name);
	return 0;
}

int stated_options(const struct stated_texts *t, struct signed_options *o, struct error *err)
{
	if (need_each_other(t, err))
		return -1;
	if (t->name && !statement_name_is_good(t->name, strlen(t->name)))
		return error_set(err, EINVAL, "name: cannot be the name of a statement");
	if (t->min_serial &&
	    !statement_serial_parse(t->min_serial, strlen(t->min_serial), &o->policy.min_serial))
		return error_set(err, EINVAL, "minserial: not a serial number");
	if (t->now && !signed_now(o, t->now))
		return error_set(err, EINVAL, "now: neither \"system\" nor YYYY-MM-DDTHH:MM:SSZ");
	o->keys = t->key;
	o->nkeys = t->keys;
	o->signature = t->signature;
	o->serial_file = t->serial_file;
	o->policy.name = t->name;
	o->policy.wants_serial = t->min_serial != NULL;
	return 0;
}

/* What the confined child hands back, in memory that both processes see. */
struct judged {
	bool done;
	enum signed_verdict verdict;
	struct error err;
	struct statement statement;
};

struct judging {
	struct signed_files *files;
	const struct signed_options *o;
	struct judged *judged;
};

/* In the child: keys, signatures and text. */
static int judge(void *arg, struct workers_pool *pool)
{
	const struct judging *g = arg;
	struct judged *d = g->judged;

	(void)pool;
	d->verdict = signed_judge(g->files, g->o, &d->statement, &d->err);
	d->done = true;
	return 0;
}

/*
 * Take from the child what the comparison needs. Its pointers mean nothing here, and a number
 * is not trusted to fit the array that it counts.
 */
static int take(const struct judged *d, const char *name, struct statement *st, struct error *err)
{
	if (!d->done)
		return error_set(err, FAULT_INTERNAL, "%s: the check of the statement did not end",
				 name);
	if (d->verdict != SIGNED_GOOD) {
		*err = d->err;
		err->text[sizeof(err->text) - 1] = '\0';
		return -1;
	}
	*st = (struct statement){ .stated = d->statement.stated,
				  .has_expires = d->statement.has_expires,
				  .expires = d->statement.expires };
	while (st->ndigests < d->statement.ndigests && st->ndigests < STATEMENT_DIGESTS) {
		const struct cfs_digest *digest = &d->statement.digests[st->ndigests];

		if (digest->algorithm != CFS_SHA256 && digest->algorithm != CFS_SHA512)
			return error_set(err, FAULT_INTERNAL, "internal error: unknown algorithm");
		st->digests[st->ndigests++] = *digest;
	}
	return 0;
}

/*
 * Keys, signatures and the text of a statement are untrusted input. A confined child parses
 * them (PH-2), and this process, which may mount, gets the digests.
 */
static int judge_confined(struct signed_files *files, const struct signed_options *o,
			  struct statement *st, struct error *err)
{
	const struct window window = { .out = -1, .beneath = -1 };
	struct judging g = { files, o, NULL };
	int rc;

	g.judged = mmap(NULL, sizeof(*g.judged), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (g.judged == MAP_FAILED)
		return error_sys(err, "%s: memory for its check", o->signature);
	(void)window_run(&window, judge, &g);
	rc = take(g.judged, o->signature, st, err);
	munmap(g.judged, sizeof(*g.judged));
	return rc;
}

int stated_judge(const struct signed_options *o, struct statement **st, struct error *err)
{
	struct signed_files files = { 0 };
	int rc;

	*st = NULL;
	if (!o->signature)
		return 0;
	*st = malloc(sizeof(**st));
	if (!*st)
		return error_nomem(err);
	rc = signed_read(&files, o, err) || judge_confined(&files, o, *st, err) ? -1 : 0;
	signed_release(&files, o);
	if (!rc)
		signed_note(*st, o, "now=");
	return rc;
}

bool stated_has(const struct image_trust *trust, const struct cfs_digest *digest)
{
	const struct cfs_digest *want = &trust->digest;

	return statement_has(trust->statement, digest) &&
	       (!want->algorithm || cfs_digest_equal(want, digest));
}

int stated_hash(const struct imagefd *im, u8 algorithm, struct cfs_digest *digest,
		struct error *err)
{
	struct stat st;
	int rc;

	if (fstat(im->fd, &st))
		return error_sys(err, "%s: stat", im->name);
	rc = verity_fd(im->fd, &st, algorithm, digest);
	if (rc < 0)
		return error_sys(err, "%s: hash", im->name);
	return rc ? error_set(err, FAULT_INTERNAL, "internal error: a sealed file changed") : 0;
}

/* Hash with one algorithm, unless it was done. */
static int add_hash(const struct imagefd *im, u8 algorithm, struct signed_image *image,
		    struct error *err)
{
	struct cfs_digest *digest = &image->digest[algorithm];

	return digest->algorithm ? 0 : stated_hash(im, algorithm, digest, err);
}

int stated_compare(struct imagefd *im, const struct image_trust *trust, struct error *err)
{
	const struct statement *st = trust->statement;
	const struct cfs_digest *want = &trust->digest, *has;
	struct signed_image image = { 0 };
	struct error why;

	if (add_hash(im, CFS_SHA256, &image, err) ||
	    (want->algorithm && add_hash(im, want->algorithm, &image, err)))
		return -1;
	for (unsigned int i = 0; i < st->ndigests; i++)
		if (add_hash(im, st->digests[i].algorithm, &image, err))
			return -1;
	has = signed_match(st, trust->sign, &image, &why);
	if (!has)
		return error_set(err, EINVAL, "%s: wrong digest: %s", im->name, why.text);
	if (want->algorithm && !cfs_digest_equal(want, &image.digest[want->algorithm]))
		return imagecheck_differs(im, want, &image.digest[want->algorithm], err);
	im->digest = *has;
	return 0;
}
