// SPDX-License-Identifier: GPL-2.0-only
/* cfs json-convert: make an image from tables of contents (command line 9, toc). */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "applets/applet.h"
#include "applets/common/layers_option.h"
#include "applets/common/progress.h"
#include "applets/common/result.h"
#include "base/text.h"
#include "base/workers.h"
#include "source/toc/blob.h"
#include "source/toc/toc.h"
#include "source/toc/objects.h"

struct convert {
	struct result result;
	char **inputs;
	enum whiteouts whiteouts;
	struct option_list digests; /* --toc-digest */
	const char *digest_from;
	struct inputs in;
	int objects; /* digest_from, open; -1: none */
	unsigned int threads;
	bool use_epoch;
};

/* "sha256:" and 64 lower case hex digits. */
static bool parse_digest(struct sha256_sum *sum, const char *s)
{
	size_t len = strlen(s);

	return !strncmp(s, "sha256:", 7) && sha256_sum_parse(sum, s + 7, len - 7) &&
	       cfs_hex_is_lower(s + 7, len - 7);
}

static int read_input(struct convert *c, unsigned int i, struct layers *layers, struct table *shas,
		      struct error *err)
{
	struct toc_input in = { .name = c->inputs[i],
				.read = blob_read,
				.shas = c->digest_from ? shas : NULL };
	struct sha256_sum digest;
	struct blob blob;
	int rc, fd = inputs_take(&c->in, i, err);

	if (fd < 0)
		return -1;
	if (c->digests.n)
		parse_digest(&digest, c->digests.v[i]);
	rc = blob_open_fd(&blob, fd, c->inputs[i], c->digests.n ? digest.b : NULL, err);
	if (rc)
		return rc < 0 ? -1 : EXIT_MISMATCH;
	in.gzip = blob.kind == BLOB_GZIP;
	in.arg = &blob;
	rc = toc_read(layers, &in, err);
	blob_release(&blob);
	return rc;
}

static int read_all(struct convert *c, struct tree *tree, struct table *shas, struct error *err)
{
	struct layers layers;
	int rc = layers_init(&layers, tree, c->whiteouts) ? error_nomem(err) : 0;
	u32 line;

	for (unsigned int i = 0; !rc && c->inputs[i]; i++)
		rc = read_input(c, i, &layers, shas, err);
	if (!rc)
		rc = layers_finish(&layers, err);
	layers_release(&layers);
	return rc ? rc : tree_seal(tree, &line, err);
}

static u64 content_bytes(const struct tree *tree)
{
	u64 total = 0;

	for (u32 id = 0; id < tree->nodes; id++)
		if (node_is_external(tree->order[id]) &&
		    __builtin_add_overflow(total, tree->order[id]->size, &total))
			return 0;
	return total;
}

static int add_digests(const struct convert *c, struct tree *tree, const struct table *shas,
		       struct error *err)
{
	const struct toc_from from = { .name = c->digest_from,
				       .fd = c->objects,
				       .algorithm = tree->algorithm,
				       .threads = c->threads,
				       .pool = c->result.pool };
	struct progress progress;
	int rc;

	progress_start(&progress, false, 0);
	if (progress_wanted(&progress))
		progress.total = content_bytes(tree);
	rc = toc_objects(tree, shas, &from, progress_add, &progress, err);
	progress_end(&progress);
	return rc > 0 ? EXIT_MISMATCH : rc;
}

static int produce(void *arg, struct tree *tree, struct error *err)
{
	struct convert *c = arg;
	struct table shas = { 0 };
	int rc = read_all(c, tree, &shas, err);

	if (!rc && !tree->algorithm && c->digest_from)
		tree->algorithm = CFS_SHA256;
	if (!rc && c->digest_from)
		rc = add_digests(c, tree, &shas, err);
	table_release(&shas);
	for (u32 id = 0; !rc && c->use_epoch && id < tree->nodes; id++) {
		tree->order[id]->mtime = 0;
		tree->order[id]->mtime_nsec = 0;
	}
	return rc;
}

/* Check the options in ways that the rows cannot express. */
static void check_options(struct convert *c, const char *out, const char *format,
			  const char *whiteouts)
{
	struct result *r = &c->result;
	unsigned int inputs = 0, stdins = 0;
	struct sha256_sum digest;

	result_options(r);
	for (; c->inputs[inputs]; inputs++)
		stdins += !strcmp(c->inputs[inputs], "-");
	if (stdins > 1)
		options_refuse("-", "standard input can be read only once");
	c->whiteouts = layers_option(whiteouts, inputs);
	for (unsigned int i = 0; i < c->digests.n; i++)
		if (!parse_digest(&digest, c->digests.v[i]))
			options_refuse("--toc-digest",
				       "\"%s\" is not sha256: and 64 hex digits of lower case",
				       c->digests.v[i]);
	if (c->digests.n && c->digests.n != inputs)
		options_refuse("--toc-digest",
			       "the number of hashes (%u) is not the number of inputs (%u)",
			       c->digests.n, inputs);
	if (format && !strcmp(format, "composefs"))
		options_refuse(
			"--format",
			"composefs was the format of 2022, which is gone; only erofs is written");
	if (format && strcmp(format, "erofs"))
		options_refuse("--format", "\"%s\" is not erofs", format);
	if (out && !result_needs_image(r))
		options_refuse("--out", "excludes --print-dump and --print-digest-only");
	if (!out && result_needs_image(r) && isatty(STDOUT_FILENO))
		options_refuse("--out", "is missing, and stdout is a terminal");
	r->image = out ? out : "-";
	r->source = inputs == 1 ? c->inputs[0] : NULL;
}

static int open_files(struct convert *c, struct error *err)
{
	c->objects = -1;
	c->threads = 1;
	if (c->digest_from) {
		c->objects = open(c->digest_from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (c->objects < 0)
			return error_sys(err, "%s: open", c->digest_from);
		c->threads = workers_default();
	}
	return inputs_open(&c->in, c->inputs, err);
}

static int json_convert_main(const struct applet *self, char **argv)
{
	static char stdin_name[] = "-";
	char *only_stdin[] = { stdin_name, NULL };
	struct convert c = { 0 };
	const char *out = NULL, *format = NULL, *whiteouts = NULL;
	bool no_sandbox = false;
	const struct option_row rows[] = {
		{ 0, "out", "IMAGE", "write the image to IMAGE (default: standard output)", &out },
		{ 0, "whiteouts", "apply|overlay|keep",
		  "how to treat whiteouts of layers (default: apply)", &whiteouts },
		{ 0, "digest-from", "DIR", "record fs-verity digests of the objects in DIR",
		  &c.digest_from },
		{ 0, "toc-digest", "sha256:HEX",
		  "require this hash of the table; once for each input", &c.digests, OPTION_LIST },
		{ 0, "use-epoch", NULL, "set every mtime to 0", &c.use_epoch },
		RESULT_ROWS(&c.result),
		{ 0, "format", "erofs", NULL, &format },
		{ 0, "no-sandbox", NULL, NULL, &no_sandbox },
		{ 0 },
	};
	struct error err;
	int rc;

	result_init(&c.result);
	c.inputs = options_parse(self, rows, 0, -1, argv);
	if (!*c.inputs)
		c.inputs = only_stdin;
	check_options(&c, out, format, whiteouts);
	if (open_files(&c, &err)) {
		rc = fail(&err);
	} else {
		result_confine(&c.result, &c.in, c.objects, c.threads);
		rc = result_run(&c.result, produce, &c);
	}
	inputs_close(&c.in);
	if (c.objects >= 0)
		close(c.objects);
	free(c.digests.v);
	return rc;
}

const struct applet applet_json_convert = {
	.name = "json-convert",
	.aliases = "composefs-from-json writer-json",
	.operands = "[--out=IMAGE] [INPUT...]",
	.summary = "make an image from a table of contents (JSON, zstd:chunked, eStargz)",
	.examples =
		"  cfs json-convert --out=image.cfs toc.json\n"
		"  cfs json-convert --digest-from=objects --out=image.cfs layer0.zst layer1.zst",
	.upstream_options = "out format no-sandbox",
	.main = json_convert_main,
};
