// SPDX-License-Identifier: GPL-2.0-only
/* cfs diff: why two digests differ (diff.md). */
#include <stdlib.h>
#include "applets/applet.h"
#include "applets/common/filter.h"
#include "applets/common/output.h"
#include "applets/diff/facts.h"
#include "applets/diff/list.h"
#include "applets/diff/operand.h"
#include "applets/diff/summary.h"

enum form {
	FORM_SUMMARY,
	FORM_LIST,
	FORM_NAMES,
	FORM_JSON,
	FORM_QUIET,
};

struct diff {
	enum form form;
	struct option_list filter;
	struct ignore ignore;
	struct operands operands;
	bool images;        /* are compared as well */
	bool images_differ; /* and do */
	struct facts facts;
	struct merge merge;
	struct compare compare;
	struct summary *summary;
	struct lister lister;
	u64 names[SIDES], only[SIDES], differ;
	struct output out;
};

static bool trees_differ(const struct diff *d)
{
	return d->only[SIDE_A] || d->only[SIDE_B] || d->differ;
}

/* Print a pair that differs, or count it for the summary. */
static int report_pair(struct diff *d, const struct pair *p, const struct changes *changes,
		       struct error *err)
{
	int rc = 0;

	if (d->form == FORM_SUMMARY)
		summary_add(d->summary, p, changes);
	else if (d->form == FORM_LIST)
		rc = list_pair(&d->lister, p, changes, &d->out.line, err);
	else if (d->form == FORM_NAMES)
		list_name(p, &d->out.line);
	else if (d->form == FORM_JSON)
		rc = json_pair(&d->lister, p, changes, &d->out.line, err);
	return rc ? rc : output_poll(&d->out, err);
}

/* Compare one name. */
static int take_pair(struct diff *d, const struct pair *p, struct error *err)
{
	struct changes changes = { 0 };

	for (int s = 0; s < SIDES; s++)
		d->names[s] += p->e[s] != NULL;
	if (p->alike) {
		if (d->summary)
			summary_pass(d->summary, p);
		return 0;
	}
	if (!p->e[SIDE_B]) {
		d->only[SIDE_A]++;
	} else if (!p->e[SIDE_A]) {
		d->only[SIDE_B]++;
	} else {
		if (compare_pair(&d->compare, p, &changes, err))
			return -1;
		if (!changes.attrs) {
			if (d->summary)
				summary_pass(d->summary, p);
			return 0;
		}
		d->differ++;
	}
	return report_pair(d, p, &changes, err);
}

static int walk(struct diff *d, struct error *err)
{
	struct pair p;
	int rc;

	while ((rc = merge_next(&d->merge, &p, err)) > 0) {
		if (take_pair(d, &p, err))
			return -1;
		if (d->form == FORM_QUIET && trees_differ(d))
			return 0;
	}
	return rc;
}

/* "A: NAME: KIND, format version V, N names, digest HEX". */
static void print_side(const struct diff *d, enum side side, struct buf *b)
{
	const struct cfs_digest *digest = &d->operands.digest[side];
	const char *name = d->operands.names[side];

	buf_str(b, side == SIDE_A ? "A: " : "B: ");
	buf_escape(b, name, strlen(name), ESCAPE_SPACE_OK);
	buf_str(b, ": ");
	buf_str(b, d->operands.kind[side]);
	buf_str(b, ", format version ");
	buf_dec(b, d->operands.img[side].super.version);
	buf_str(b, ", ");
	buf_dec(b, d->names[side]);
	buf_str(b, d->names[side] == 1 ? " name, digest " : " names, digest ");
	buf_hex(b, digest->b, cfs_digest_size(digest->algorithm));
	buf_byte(b, '\n');
}

/* "N of M names differ". */
static void print_verdict(const struct diff *d, struct buf *b)
{
	u64 differ = d->only[SIDE_A] + d->only[SIDE_B] + d->differ;
	u64 all = d->names[SIDE_A] + d->only[SIDE_B];

	buf_dec(b, differ);
	buf_str(b, " of ");
	buf_dec(b, all);
	buf_str(b, all == 1 ? " name" : " names");
	buf_str(b, differ == 1 ? " differs\n" : " differ\n");
}

static int print_summary(struct diff *d, struct error *err)
{
	struct buf *b = &d->out.line;

	for (int s = 0; s < SIDES; s++)
		print_side(d, (enum side)s, b);
	if (trees_differ(d)) {
		print_verdict(d, b);
		if (d->images)
			facts_version(&d->facts, b);
		return summary_print(d->summary, d->operands.img, b, err);
	}
	if (d->images_differ) {
		buf_str(b, "the trees are equal, the images are not\n");
		return facts_summary(&d->facts, b, err);
	}
	buf_str(b, "no difference\n");
	return 0;
}

static void print_json_side(const struct diff *d, enum side side, struct json *line)
{
	const struct cfs_digest *digest = &d->operands.digest[side];
	struct json j;

	json_open_in(&j, line, side == SIDE_A ? "a" : "b");
	json_string(&j, "name", d->operands.names[side]);
	json_string(&j, "type", d->operands.kind[side]);
	json_number(&j, "version", d->operands.img[side].super.version);
	json_number(&j, "names", d->names[side]);
	json_hex(&j, "digest", digest->b, cfs_digest_size(digest->algorithm));
	json_close_in(&j);
}

static void print_json_summary(struct diff *d)
{
	struct json j;

	json_open(&j, &d->out.line);
	json_string(&j, "kind", "summary");
	json_bool(&j, "same", !trees_differ(d) && !d->images_differ);
	for (int s = 0; s < SIDES; s++)
		print_json_side(d, (enum side)s, &j);
	json_number(&j, "only_a", d->only[SIDE_A]);
	json_number(&j, "only_b", d->only[SIDE_B]);
	json_number(&j, "differ", d->differ);
	json_close(&j);
}

/* Print the lines that come before the walk. */
static int begin(struct diff *d, struct error *err)
{
	const struct image *img = d->operands.img;

	if (facts_init(&d->facts, img, d->operands.digest, err))
		return -1;
	d->images = !d->ignore.image && !d->filter.n;
	d->images_differ = d->images && !d->operands.same;
	if (d->images_differ && d->form == FORM_LIST)
		facts_list(&d->facts, &d->out.line);
	if (d->images_differ && d->form == FORM_JSON)
		facts_json(&d->facts, &d->out.line);
	d->lister = (struct lister){ .img = img, .ignore = &d->ignore };
	if (d->form == FORM_SUMMARY)
		d->summary = summary_new(&d->ignore);
	if (d->form == FORM_SUMMARY && !d->summary)
		return error_nomem(err);
	if (compare_init(&d->compare, img, &d->ignore, err))
		return -1;
	return merge_init(&d->merge, img, d->filter.v, d->filter.n, err);
}

static int run(struct diff *d, char **args, bool hardlinks, struct error *err)
{
	if (operands_load(&d->operands, args, hardlinks, d->form != FORM_QUIET, err) ||
	    begin(d, err))
		return -1;
	/* Without output, different bytes and equal ones are the answer. */
	if (d->form == FORM_QUIET && (d->images_differ || d->operands.same))
		return 0;
	if (walk(d, err))
		return -1;
	if (d->form == FORM_SUMMARY && print_summary(d, err))
		return -1;
	if (d->form == FORM_JSON)
		print_json_summary(d);
	return 0;
}

static void release(struct diff *d)
{
	merge_release(&d->merge);
	compare_release(&d->compare);
	free(d->summary);
	buf_release(&d->lister.link);
	operands_release(&d->operands);
	ignore_release(&d->ignore);
}

static enum form form_of(bool list, bool names, bool json)
{
	if (json && (list || names))
		options_refuse("--json", "excludes --list and --names-only");
	if (option_quiet)
		return FORM_QUIET;
	if (names)
		return FORM_NAMES;
	if (list)
		return FORM_LIST;
	return json ? FORM_JSON : FORM_SUMMARY;
}

static int diff_main(const struct applet *self, char **argv)
{
	static struct diff d;
	struct option_list ignore = { 0 };
	bool list = false, names = false, json = false, hardlinks = false;
	const struct option_row rows[] = {
		{ 'l', "list", NULL, "print a line for each entry that differs", &list },
		{ 0, "names-only", NULL, "print only the sign and the path of each", &names },
		{ 0, "json", NULL, "print JSON Lines", &json },
		{ 0, "ignore", "WORD[,WORD...]", "do not compare these: mtime, xattr:NAME, ...",
		  &ignore, OPTION_LIST },
		{ 0, "filter", "NAME", "compare only this entry of the root; may be repeated",
		  &d.filter, OPTION_LIST },
		{ 0, "hardlinks", NULL, "in a directory, keep hard links as mkfs --hardlinks does",
		  &hardlinks },
		{ 0 },
	};
	char **args = options_parse(self, rows, 2, 2, argv);
	struct error err = { 0 };
	int rc;

	d.form = form_of(list, names, json);
	filter_check(&d.filter);
	if (!strcmp(args[0], "-") && !strcmp(args[1], "-"))
		options_refuse("-", "standard input can be read only once");
	rc = ignore_parse(&d.ignore, &ignore, &err);
	if (!rc)
		rc = run(&d, args, hardlinks, &err);
	if (!rc)
		rc = output_end(&d.out, &err);
	else
		buf_release(&d.out.line);
	release(&d);
	if (rc)
		return fail(&err);
	return trees_differ(&d) || d.images_differ ? EXIT_MISMATCH : EXIT_DONE;
}

const struct applet applet_diff = {
	.name = "diff",
	.operands = "A B",
	.summary = "find out why two digests differ",
	.examples = "  cfs diff old.cfs new.cfs\n"
		    "  cfs diff --list --ignore=mtime image.cfs tree",
	.main = diff_main,
};
