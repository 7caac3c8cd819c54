// SPDX-License-Identifier: GPL-2.0-only
/* Rows to parser and --help (cli 2 and 3). */
#include <stdarg.h>
#include <stdlib.h>
#include "applets/applet.h"
#include "applets/common/output.h"
#include "applets/common/window.h"
#include "base/text.h"

struct parse {
	const struct applet *self;
	const struct option_row *rows;
	char **next; /* the word behind the one at hand */
};

static bool ask_help, ask_version;
static int usage_status = EXIT_USAGE;

/* What every applet takes. */
static const struct option_row common_rows[] = {
	{ 'h', "help", NULL, "show this text", &ask_help, OPTION_PLAIN },
	{ 'q', "quiet", NULL, "no warnings, no progress, no summary", &option_quiet, OPTION_PLAIN },
	{ 'v', "verbose", NULL, "say what the program chose by itself", &option_verbose,
	  OPTION_PLAIN },
	{ 0, "version", NULL, "show the version", &ask_version, OPTION_PLAIN },
	{ 0, "debug-sandbox", "PROGRAM", NULL, &window_debug, OPTION_PLAIN },
	{ 0 },
};

static bool is_end(const struct option_row *row)
{
	return !row->letter && !row->name;
}

void options_refuse(const char *option, const char *fmt, ...)
{
	struct error err;
	va_list ap;

	va_start(ap, fmt);
	text_vformat(err.text, sizeof(err.text), fmt, ap);
	va_end(ap);
	complain("%s: %s", option, err.text);
	exit(usage_status);
}

static void print_rows(struct buf *b, const struct option_row *row)
{
	for (; !is_end(row); row++) {
		size_t start = b->len;
		bool optional = row->kind == OPTION_OPTIONAL;

		if (!row->help)
			continue;
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
			buf_str(b, optional ? "[=" : row->name ? "=" : "");
			buf_str(b, row->arg);
			buf_str(b, optional ? "]" : "");
		}
		do
			buf_byte(b, ' ');
		while (!b->failed && b->len - start < 30);
		buf_str(b, row->help);
		buf_byte(b, '\n');
	}
}

/* Print and end the process; a closed stdout is an error here, too. */
static _Noreturn void answer(struct buf *b)
{
	struct error err;
	int rc = b->failed ? error_nomem(&err) : output_text(b->p, b->len, &err);

	exit(rc ? fail(&err) : EXIT_DONE);
}

static _Noreturn void print_help(const struct parse *p)
{
	const char *line = p->self->operands;
	struct buf b = { 0 };

	for (;;) {
		size_t len = strcspn(line, "\n");

		buf_str(&b, b.len ? "       " : "Usage: ");
		buf_str(&b, program_name);
		buf_str(&b, " [OPTION...] ");
		buf_add(&b, line, len);
		buf_byte(&b, '\n');
		if (!line[len])
			break;
		line += len + 1;
	}
	buf_byte(&b, '\n');
	buf_str(&b, p->self->summary);
	buf_byte(&b, '\n');
	if (p->self->details) {
		buf_byte(&b, '\n');
		buf_str(&b, p->self->details);
		buf_byte(&b, '\n');
	}
	buf_str(&b, "\nOptions:\n");
	print_rows(&b, p->rows);
	print_rows(&b, common_rows);
	answer(&b);
}

void options_version(void)
{
	struct buf b = { 0 };

	buf_str(&b, "cfs " CFS_VERSION "\nimage format: EROFS, writes 0 1, reads 0 1 2\n");
	answer(&b);
}

static _Noreturn void usage_error(const struct parse *p, const char *text)
{
	complain("%s; usage: %s [OPTION...] %.*s (--help shows more)", text, program_name,
		 (int)strcspn(p->self->operands, "\n"), p->self->operands);
	exit(usage_status);
}

static const struct option_row *find_row(const struct parse *p, const char *name, size_t len,
					 char letter)
{
	for (int t = 0; t < 2; t++)
		for (const struct option_row *row = t ? common_rows : p->rows; !is_end(row); row++)
			if (name ? row->name && strlen(row->name) == len &&
					    !memcmp(row->name, name, len)
				 : row->letter == letter)
				return row;
	return NULL;
}

static void set_number(const char *shown, struct option_number *number, const char *value)
{
	if (!text_number(value, strlen(value), 10, UINT64_MAX, &number->value))
		options_refuse(shown, "\"%s\" is not a decimal number", value);
	if (number->value < number->min || number->value > number->max)
		options_refuse(shown, "%s is not in the range %llu to %llu", value,
			       (unsigned long long)number->min, (unsigned long long)number->max);
	number->set = true;
}

static void add_to_list(struct option_list *list, const char *value)
{
	const char **v = realloc(list->v, (list->n + 1) * sizeof(*v));
	struct error err;

	if (!v) {
		error_nomem(&err);
		fail(&err);
		/* For those who follow mount(8), 1 is a wrong command line. */
		exit(usage_status == EXIT_FAILED ? 2 : EXIT_FAILED);
	}
	v[list->n++] = value;
	list->v = v;
}

/* @value NULL: none was given. */
static void set_value(const struct option_row *row, const char *shown, const char *value)
{
	if (!row->arg) {
		*(bool *)row->to = true;
	} else if (row->kind == OPTION_NUMBER) {
		set_number(shown, row->to, value);
	} else if (row->kind == OPTION_LIST) {
		add_to_list(row->to, value);
	} else if (row->kind == OPTION_OPTIONAL) {
		*(struct option_optional *)row->to = (struct option_optional){ value, true };
	} else {
		*(const char **)row->to = value;
	}
}

/* The value of an option that needs one: behind it in the same word, or the next word. */
static const char *need_value(struct parse *p, const char *shown, const char *here)
{
	if (here)
		return here;
	if (!*p->next)
		options_refuse(shown, "needs a value");
	return *p->next++;
}

static void take_long(struct parse *p, const char *word)
{
	size_t len = strcspn(word + 2, "=");
	const char *value = word[2 + len] ? word + 3 + len : NULL;
	const struct option_row *row = find_row(p, word + 2, len, 0);
	char shown[64];

	if (len > sizeof(shown) - 3)
		options_refuse("--", "no such option: %s (--help shows them)", word);
	memcpy(shown, word, len + 2);
	shown[len + 2] = 0;
	if (!row)
		options_refuse(shown, "no such option (--help shows them)");
	if (value && !row->arg)
		options_refuse(shown,
			       row->to == &ask_version && find_row(p, "min-version", 11, 0)
				       ? "takes no value; --min-version sets the format version"
				       : "takes no value");
	if (row->arg && row->kind != OPTION_OPTIONAL)
		value = need_value(p, shown, value);
	set_value(row, shown, value);
}

static void take_short(struct parse *p, const char *word)
{
	for (word++; *word; word++) {
		const struct option_row *row = find_row(p, NULL, 0, *word);
		const char shown[] = { '-', *word, 0 };

		if (!row)
			options_refuse(shown, "no such option (--help shows them)");
		if (row->arg) {
			set_value(row, shown, need_value(p, shown, word[1] ? word + 1 : NULL));
			return;
		}
		set_value(row, shown, NULL);
	}
}

char **options_parse(const struct applet *self, const struct option_row *rows, int min, int max,
		     char **argv)
{
	struct parse p = { self, rows, argv + 1 };
	char **operands = argv + 1;
	int n = 0;
	bool options = true;

	if (self->usage_status)
		usage_status = self->usage_status;
	while (*p.next) {
		char *word = *p.next++;

		if (!options || word[0] != '-' || !word[1])
			operands[n++] = word;
		else if (!strcmp(word, "--"))
			options = false;
		else if (word[1] == '-')
			take_long(&p, word);
		else
			take_short(&p, word);
	}
	operands[n] = NULL;
	if (ask_help)
		print_help(&p);
	if (ask_version)
		options_version();
	if (n < min)
		usage_error(&p, n ? "an operand is missing" : "operands are missing");
	if (max >= 0 && n > max)
		usage_error(&p, "too many operands");
	message_subject = operands[0];
	return operands;
}
