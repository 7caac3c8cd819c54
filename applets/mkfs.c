// SPDX-License-Identifier: GPL-2.0-only
/* cfs mkfs: make an image from a directory or a dump (cli 5). */
#include <stdlib.h>
#include "applets/applet.h"
#include "applets/common/result.h"
#include "base/text.h"
#include "tree/dump_parse.h"

struct mkfs {
	struct result result;
	const char *source;
	bool from_file;
	bool use_epoch, skip_xattrs, user_xattrs, skip_devices, hardlinks;
	struct option_optional clamp;
	bool clamps;
	s64 clamp_to;
	struct option_number threads;
};

/* --clamp-mtime: every later time becomes SECONDS.0. */
static void clamp_mtimes(const struct mkfs *m, struct tree *tree)
{
	for (u32 id = 0; m->clamps && id < tree->nodes; id++) {
		struct node *node = tree->order[id];

		if (node->mtime > m->clamp_to || (node->mtime == m->clamp_to && node->mtime_nsec)) {
			node->mtime = m->clamp_to;
			node->mtime_nsec = 0;
		}
	}
}

static int same_as_output(const struct mkfs *m, const struct stat *st)
{
	const struct publish *out = &m->result.out;

	return m->result.image && !out->to_fd && out->exists && out->st.st_dev == st->st_dev &&
	       out->st.st_ino == st->st_ino;
}

static int read_dump(const struct mkfs *m, struct tree *tree, struct error *err)
{
	struct input in;
	int rc;

	if (input_open(&in, m->source, err))
		return -1;
	if (same_as_output(m, &in.st))
		rc = error_set(err, EINVAL, "%s: is the input and cannot be the image, too", m->result.image);
	else
		rc = dump_parse(tree, &in, m->source, getenv("CFS_PARSE_STRICT") != NULL, err);
	input_release(&in);
	return rc;
}

static int produce(void *arg, struct tree *tree, struct error *err)
{
	struct mkfs *m = arg;

	if (read_dump(m, tree, err))
		return -1;
	clamp_mtimes(m, tree);
	return 0;
}

static void parse_clamp(struct mkfs *m)
{
	const char *value = m->clamp.value;

	if (!m->clamp.set)
		return;
	if (!value)
		value = getenv("SOURCE_DATE_EPOCH");
	if (!value)
		options_refuse("--clamp-mtime", "has no value, and SOURCE_DATE_EPOCH is not set");
	if (!text_signed(value, strlen(value), &m->clamp_to))
		options_refuse("--clamp-mtime", "\"%s\" is not a number of seconds", value);
	m->clamps = true;
}

static int mkfs_main(const struct applet *self, char **argv)
{
	struct mkfs m = { .threads = { .min = 1, .max = 1024 } };
	const struct option_row rows[] = {
		{ 0, "from-file", NULL, "the source is a dump", &m.from_file },
		RESULT_ROWS(&m.result),
		{ 0, "use-epoch", NULL, "every mtime is 0", &m.use_epoch },
		{ 0, "clamp-mtime", "SECONDS", "later mtimes become SECONDS ($SOURCE_DATE_EPOCH)", &m.clamp, OPTION_OPTIONAL },
		{ 0, "skip-xattrs", NULL, "no extended attributes", &m.skip_xattrs },
		{ 0, "user-xattrs", NULL, "only user.* extended attributes", &m.user_xattrs },
		{ 0, "skip-devices", NULL, "no device nodes", &m.skip_devices },
		{ 0, "hardlinks", NULL, "names of one inode become one inode", &m.hardlinks },
		{ 0, "threads", "N", "threads for file contents (default: the processors, at most 8)", &m.threads, OPTION_NUMBER },
		{ 0 },
	};
	char **operands;

	result_init(&m.result);
	operands = options_parse(self, rows, 1, 2, argv);
	result_options(&m.result);
	if (m.skip_xattrs && m.user_xattrs)
		options_refuse("--skip-xattrs", "excludes --user-xattrs");
	parse_clamp(&m);
	m.source = operands[0];
	m.result.image = operands[1];
	if (!m.result.image && result_needs_image(&m.result))
		options_refuse("IMAGE", "is missing; only --print-digest-only and --print-dump do without");
	m.result.source = m.from_file ? m.source : NULL;
	return result_run(&m.result, produce, &m);
}

const struct applet applet_mkfs = {
	.name = "mkfs",
	.aliases = "mkcomposefs mkfs.composefs",
	.operands = "SOURCE IMAGE\n--from-file DUMP IMAGE\n--print-digest-only|--print-dump SOURCE",
	.summary = "make an image from a directory or a dump",
	.main = mkfs_main,
};
