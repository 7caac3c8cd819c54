// SPDX-License-Identifier: GPL-2.0-only
/* cfs ostree-convert: make an image from a commit of an OSTree repository (command line 10). */
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/owners.h"
#include "applets/common/progress.h"
#include "applets/common/result.h"
#include "base/workers.h"
#include "source/ostree/ostree.h"

struct convert {
	struct result result;
	struct ostree ostree;
};

static int produce(void *arg, struct tree *tree, struct error *err)
{
	struct convert *c = arg;
	struct progress progress;
	int rc;

	c->ostree.pool = c->result.pool;
	c->ostree.progress = progress_add;
	c->ostree.progress_arg = &progress;
	verbose("%u threads", c->ostree.threads);
	progress_start(&progress, false, 0);
	rc = ostree_read(&c->ostree, tree, err);
	progress_end(&progress);
	if (rc)
		return -1;
	if (c->ostree.digest.algorithm)
		c->result.wanted = &c->ostree.digest;
	return 0;
}

static int ostree_convert_main(const struct applet *self, char **argv)
{
	struct convert c = { 0 };
	struct result *r = &c.result;
	const char *out = NULL;
	bool no_verity = false;
	const struct option_row rows[] = {
		{ 0, "out", "IMAGE", "write the image to IMAGE (default: standard output)", &out },
		{ 0, "hash-alg", "ALG", "sha256 only, because OSTree records this algorithm",
		  &r->hash_alg },
		{ 0, "no-verity", NULL, "record no fs-verity digests", &no_verity },
		{ 0, "print-dump", NULL, "print the tree as a dump and write no image",
		  &r->print_dump },
		{ 0, "print-json", NULL, "print the tree as a table of contents for json-convert",
		  &r->print_json },
		{ 0, "print-digest", NULL, "print the fs-verity digest of the image",
		  &r->print_digest },
		{ 0, "print-digest-only", NULL, "print the digest and write no image",
		  &r->print_digest_only },
		{ 0, "no-sync", NULL, "do not wait until all is on stable storage", &r->no_sync },
		{ 0 },
	};
	const struct inputs none = { .all = true };
	struct error err;
	char **operands;
	int rc;

	result_init(r);
	operands = options_parse(self, rows, 2, 2, argv);
	/* The script of that name printed JSON for writer-json. */
	if (!strcmp(applet_word, "ostree-convert-commit"))
		r->print_json = true;
	result_options(r);
	if (r->algorithm == CFS_SHA512)
		options_refuse("--hash-alg", "OSTree has SHA-256 digests only");
	if (out && !result_needs_image(r))
		options_refuse("--out",
			       "excludes --print-dump, --print-json and --print-digest-only");
	if (!out && result_needs_image(r) && isatty(STDOUT_FILENO))
		options_refuse("--out", "is missing, and stdout is a terminal");
	r->source = operands[0];
	r->image = out ? out : "-";
	c.ostree = (struct ostree){ .repo = operands[0],
				    .rev = operands[1],
				    .verity = !no_verity,
				    .threads = workers_default() };
	if (ostree_begin(&c.ostree, &err))
		return fail(&err);
	/* Only a bare repository takes owners from the files of its objects. */
	if (c.ostree.opened.mode == OSTREE_BARE && owners_check(operands[0], &err)) {
		ostree_end(&c.ostree);
		return fail(&err);
	}
	result_confine(r, &none, c.ostree.opened.objects, c.ostree.threads);
	rc = result_run(r, produce, &c);
	ostree_end(&c.ostree);
	return rc;
}

const struct applet applet_ostree_convert = {
	.name = "ostree-convert",
	.aliases = "ostree-convert-commit",
	.operands = "[--out=IMAGE] REPO REV",
	.summary = "make an image from an OSTree commit",
	.examples = "  cfs ostree-convert --out=image.cfs /ostree/repo os/stable\n"
		    "  cfs mount -o basedir=/ostree/repo/objects image.cfs /mnt",
	.main = ostree_convert_main,
};
