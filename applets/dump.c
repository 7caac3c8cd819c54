// SPDX-License-Identifier: GPL-2.0-only
/* cfs dump: print an image as text; composefs-dump: write an image again (command line 6). */
#include "applets/applet.h"
#include "applets/common/filter.h"
#include "applets/common/result.h"
#include "applets/info/info.h"
#include "applets/common/replace.h"
#include "image/read.h"

struct rewrite {
	struct result result;
	struct inputs in;
};

static int rewrite_produce(void *arg, struct tree *tree, struct error *err)
{
	struct rewrite *w = arg;
	struct image img;
	int rc;

	if (info_open(&w->in, 0, &img, err))
		return -1;
	w->result.version = (struct image_version){ img.super.version, img.super.version };
	rc = image_read(tree, &img, err);
	if (rc)
		error_in(err, "%s", w->result.source);
	image_close(&img);
	return rc;
}

static const struct applet rewrite_applet = {
	.name = "composefs-dump",
	.operands = "SOURCE DEST",
	.summary = "read an image and write it again, in the version that it has",
	.examples = "  composefs-dump old.cfs new.cfs",
};

static int rewrite_main(char **argv)
{
	bool force = false;
	const struct option_row rows[] = {
		{ 0, "force", NULL, "replace DEST even if it is not a composefs image", &force },
		{ 0 },
	};
	char **args = options_parse(&rewrite_applet, rows, 2, 2, argv);
	char *source[] = { args[0], NULL };
	struct rewrite w = { 0 };
	struct error err;
	int rc;

	result_init(&w.result);
	result_options(&w.result);
	w.result.source = args[0];
	w.result.image = args[1];
	w.result.check = force ? NULL : replace_check;
	if (inputs_open(&w.in, source, &err))
		return fail(&err);
	result_confine(&w.result, &w.in, -1, 1);
	rc = result_run(&w.result, rewrite_produce, &w);
	inputs_close(&w.in);
	return rc;
}

static int dump_main(const struct applet *self, char **argv)
{
	struct info info = { 0 };
	const struct option_row rows[] = {
		{ 0, "basedir", "DIR[:DIR...]", NULL, &info.basedir, OPTION_PLAIN },
		{ 0, "filter", "NAME", "show only this entry of the root; may be repeated",
		  &info.filter, OPTION_LIST },
		{ 0 },
	};
	struct error err;
	char **args;
	int status;

	if (!strcmp(applet_word, "composefs-dump"))
		return rewrite_main(argv);
	args = options_parse(self, rows, 1, -1, argv);
	filter_check(&info.filter);
	status = info_inputs(&info, args, &err) ? EXIT_FAILED : info_dump(&info, args, &err);
	return info_end(&info, status, &err);
}

const struct applet applet_dump = {
	.name = "dump",
	.aliases = "composefs-dump",
	.operands = "IMAGE...",
	.summary = "print an image as text",
	.examples = "  cfs dump image.cfs\n"
		    "  cfs dump --filter=etc image.cfs\n"
		    "  cfs dump a.cfs >a; cfs dump b.cfs | diff -u a -",
	.main = dump_main,
};
