// SPDX-License-Identifier: GPL-2.0-only
/* --help of an applet, and --version. */
#include <stdlib.h>
#include <string.h>
#include "applets/common/options_inside.h"
#include "applets/common/output.h"
#include "verity/sha256_code.h"

#define HELP_COLUMN 30

void help_answer(struct buf *b)
{
	struct error err;
	int rc = b->failed ? error_nomem(&err) : output_text(b->p, b->len, &err);

	buf_release(b);
	exit(rc ? fail(&err) : EXIT_DONE);
}

static void print_row(struct buf *b, const struct option_row *row)
{
	bool optional = row->kind == OPTION_OPTIONAL;
	size_t start = b->len;

	buf_str(b, "  ");
	if (row->letter) {
		buf_byte(b, '-');
		buf_byte(b, row->letter);
		buf_str(b, row->name ? ", " : " ");
	}
	if (row->name) {
		buf_str(b, "--");
		buf_str(b, row->name);
	}
	if (row->arg) {
		if (optional)
			buf_str(b, "[=");
		else if (row->name)
			buf_byte(b, '=');
		buf_str(b, row->arg);
		if (optional)
			buf_byte(b, ']');
	}
	do
		buf_byte(b, ' ');
	while (!b->failed && b->len - start < HELP_COLUMN);
	buf_str(b, row->help);
	buf_byte(b, '\n');
}

static void print_rows(struct buf *b, const struct option_row *row)
{
	for (; !option_row_is_end(row); row++)
		if (row->help)
			print_row(b, row);
}

/* A usage line for each line of the operands. */
static void print_usage(struct buf *b, const char *operands)
{
	const char *line = operands;

	for (;;) {
		size_t len = strcspn(line, "\n");

		buf_str(b, line == operands ? "Usage: " : "       ");
		buf_str(b, program_name);
		buf_str(b, " [OPTION...] ");
		buf_add(b, line, len);
		buf_byte(b, '\n');
		if (!line[len])
			return;
		line += len + 1;
	}
}

void help_print(const struct applet *self, const struct option_row *rows)
{
	struct buf b = { 0 };

	print_usage(&b, self->operands);
	buf_byte(&b, '\n');
	buf_str(&b, self->summary);
	buf_byte(&b, '\n');
	if (self->details) {
		buf_byte(&b, '\n');
		buf_str(&b, self->details);
		buf_byte(&b, '\n');
	}
	buf_str(&b, "\nOptions:\n");
	print_rows(&b, rows);
	print_rows(&b, options_common);
	if (self->examples) {
		buf_str(&b, "\nExamples:\n");
		buf_str(&b, self->examples);
		buf_byte(&b, '\n');
	}
	help_answer(&b);
}

void options_version(void)
{
	struct buf b = { 0 };

	buf_str(&b,
		"cfs " CFS_VERSION "\nimage format: EROFS, writes 0 1, reads 0 1 2\nbuilt with:");
	for (const struct applet *const *a = applets; *a; a++) {
		buf_byte(&b, ' ');
		buf_str(&b, (*a)->name);
	}
	buf_str(&b, "; ");
	buf_str(&b, build_components);
	buf_str(&b, "; commit ");
	buf_str(&b, build_commit);
	buf_str(&b, ", SHA-256 by ");
	buf_str(&b, sha256_chosen()->name);
	buf_byte(&b, '\n');
	help_answer(&b);
}
