// SPDX-License-Identifier: GPL-2.0-only
/* The parser that an applet's option rows describe (command line 2 and 3). */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "applets/common/near.h"
#include "applets/common/options_inside.h"
#include "applets/common/window.h"
#include "base/text.h"

struct parse {
	const struct applet *self;
	const struct option_row *rows;
	char **next; /* the word after the current one */
};

static bool ask_help, ask_version;
static int usage_status = EXIT_USAGE;
static bool mount_status; /* the applet has the exit statuses of mount(8) */

const struct option_row options_common[] = {
	{ 'h', "help", NULL, "show this text", &ask_help, OPTION_PLAIN },
	{ 'q', "quiet", NULL, "print no warnings, no progress and no summary", &option_quiet,
	  OPTION_PLAIN },
	{ 'v', "verbose", NULL, "report what the program has chosen", &option_verbose,
	  OPTION_PLAIN },
	{ 'V', "version", NULL, "show the version", &ask_version, OPTION_PLAIN },
	{ 0, "debug-sandbox", "PROGRAM", NULL, &window_debug, OPTION_PLAIN },
	{ 0 },
};

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

static _Noreturn void usage_error(const struct parse *p, const char *text)
{
	const char *operands = p->self->operands;

	complain("%s; usage: %s [OPTION...]%s%.*s (--help shows more)", text, program_name,
		 *operands ? " " : "", (int)strcspn(operands, "\n"), operands);
	exit(usage_status);
}

static bool has_name(const struct option_row *row, const char *name, size_t len)
{
	return row->name && strlen(row->name) == len && !memcmp(row->name, name, len);
}

/* Look up a row by name, or by letter if @name is NULL. */
static const struct option_row *find_row(const struct parse *p, const char *name, size_t len,
					 char letter)
{
	for (int t = 0; t < 2; t++) {
		const struct option_row *row = t ? options_common : p->rows;

		for (; !option_row_is_end(row); row++)
			if (name ? has_name(row, name, len) : row->letter == letter)
				return row;
	}
	return NULL;
}

static _Noreturn void refuse_unknown(const struct parse *p, const char *shown)
{
	struct near near;
	char text[96];

	near_start(&near, shown + 2, strlen(shown + 2));
	for (int t = 0; t < 2; t++) {
		const struct option_row *row = t ? options_common : p->rows;

		for (; !option_row_is_end(row); row++)
			if (row->name && row->help)
				near_offer(&near, row->name, strlen(row->name));
	}
	near_text(&near, "--", text);
	options_refuse(shown, "no such option%s (--help shows them)", text);
}

/*
 * The row of an abbreviated option of upstream's program. getopt_long() of the
 * original program accepts every prefix of exactly one of its own options.
 * NULL if no option begins with @name.
 */
static const struct option_row *find_shortened(const struct parse *p, const char *shown,
					       const char *name, size_t len)
{
	const char *word = program_is_upstream ? p->self->upstream_options : NULL;
	const char *first = NULL;

	while (word && *word) {
		size_t n = strcspn(word, " ");

		if (n > len && !memcmp(word, name, len)) {
			if (first)
				options_refuse(shown, "ambiguous: --%.*s or --%.*s",
					       (int)strcspn(first, " "), first, (int)n, word);
			first = word;
		}
		word += n + (word[n] == ' ');
	}
	return first ? find_row(p, first, strcspn(first, " "), 0) : NULL;
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

static _Noreturn void fail_nomem(void)
{
	struct error err;

	error_nomem(&err);
	fail(&err);
	/* In the exit statuses of mount(8), 1 is a wrong command line and 2 a failure. */
	exit(mount_status ? 2 : EXIT_FAILED);
}

static const char *mount_option(const char *dirs)
{
	size_t size = strlen(dirs) + sizeof("basedir=");
	char *word = malloc(size);

	if (!word)
		fail_nomem();
	text_format(word, size, "basedir=%s", dirs);
	return word;
}

static void add_to_list(struct option_list *list, const char *value)
{
	const char **v = realloc(list->v, (list->n + 1) * sizeof(*v));

	if (!v)
		fail_nomem();
	v[list->n++] = value;
	list->v = v;
}

/* Store the value of an option; NULL if it was given without one. */
static void set_value(const struct option_row *row, const char *shown, const char *value)
{
	if (!row->arg) {
		*(bool *)row->to = true;
	} else if (row->kind == OPTION_NUMBER) {
		set_number(shown, row->to, value);
	} else if (row->kind == OPTION_LIST) {
		add_to_list(row->to, value);
	} else if (row->kind == OPTION_BASEDIR) {
		if (strncmp(value, "basedir=", 8) || !value[8])
			options_refuse(shown, "\"%s\": only basedir=DIR is known here", value);
		*(const char **)row->to = value + 8;
	} else if (row->kind == OPTION_MOUNT_BASEDIR) {
		add_to_list(row->to, mount_option(value));
	} else if (row->kind == OPTION_OPTIONAL) {
		*(struct option_optional *)row->to = (struct option_optional){ value, true };
	} else {
		*(const char **)row->to = value;
	}
}

/*
 * The value of an option that needs one: the rest of the word, @here, or the next
 * word. Only a TEXT may be empty.
 */
static const char *need_value(struct parse *p, const struct option_row *row, const char *shown,
			      const char *here)
{
	if (!here && !*p->next)
		options_refuse(shown, "needs a value: %s", row->arg);
	if (!here)
		here = *p->next++;
	if (!*here && row->name && strcmp(row->arg, "TEXT"))
		options_refuse(shown, "the value is empty: give %s", row->arg);
	return here;
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
		row = find_shortened(p, shown, word + 2, len);
	if (!row)
		refuse_unknown(p, shown);
	if (value && !row->arg)
		options_refuse(shown,
			       row->to == &ask_version && find_row(p, "min-version", 11, 0)
				       ? "takes no value; --min-version sets the format version"
				       : "takes no value");
	if (row->arg && row->kind != OPTION_OPTIONAL)
		value = need_value(p, row, shown, value);
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
			set_value(row, shown, need_value(p, row, shown, word[1] ? word + 1 : NULL));
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

	if (completion_wanted())
		completion_rows(self, rows);
	if (program_is_upstream)
		usage_status = EXIT_FAILED;
	if (self->usage_status) {
		usage_status = self->usage_status;
		mount_status = true;
	}
	while (*p.next) {
		char *word = *p.next++;

		/* "-:NAME" is the image NAME on stdin. */
		if (!options || word[0] != '-' || !word[1] || word[1] == ':')
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
		help_print(self, rows);
	if (ask_version)
		options_version();
	if (n < min)
		usage_error(&p, n || min == 1 ? "an operand is missing" : "operands are missing");
	if (max >= 0 && n > max) {
		struct error text;

		text_format(text.text, sizeof(text.text), "%s: unexpected operand", operands[max]);
		usage_error(&p, text.text);
	}
	message_subject = operands[0];
	return operands;
}
