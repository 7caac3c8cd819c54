// SPDX-License-Identifier: GPL-2.0-only
/*
 * cfs --completion bash|zsh|fish: a script for that shell, made from the option rows of
 * each applet. The rows live in the main function of an applet, so a child process runs
 * that function; options_parse() hands the rows to completion_rows() and ends the child.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "applets/common/options_inside.h"
#include "base/text.h"
#include "files/io.h"

static const struct shell {
	const char *name;
	/*
	 * The whole script is: head, the part of each applet, tail. @rows are the
	 * options that --help shows; NULL ends them.
	 */
	void (*head)(struct buf *b);
	void (*applet)(struct buf *b, const struct applet *a, const struct option_row *const *rows);
	void (*tail)(struct buf *b);
} * shell;

static const char globals[] = "--help --version --list --install --completion help";

/* Words separated by spaces that follow `cfs info`. */
static const char *first_words(const struct applet *a)
{
	return a->sub_commands ? a->sub_commands : "";
}

/* An option whose value is one of a few words names them all: apply|overlay|keep. */
static bool has_choices(const struct option_row *row)
{
	return row->arg && strchr(row->arg, '|') && row->kind != OPTION_LIST;
}

/* @s with each byte of @special escaped by @escape. */
static void add_escaped(struct buf *b, const char *s, const char *special, const char *escape)
{
	for (; *s; s++) {
		if (strchr(special, *s))
			buf_str(b, escape);
		buf_byte(b, *s);
	}
}

/* The words of a list, each between @before and @after. */
static void add_words(struct buf *b, const char *list, char separator, const char *before,
		      const char *after)
{
	const char end[] = { separator, 0 };

	while (list && *list) {
		size_t len = strcspn(list, end);

		buf_str(b, before);
		buf_add(b, list, len);
		buf_str(b, after);
		list += len + (list[len] != 0);
	}
}

/* The names that an applet answers to. */
static void add_names(struct buf *b, const struct applet *a, const char *before, const char *after)
{
	buf_str(b, before);
	buf_str(b, a->name);
	buf_str(b, after);
	add_words(b, a->aliases, ' ', before, after);
}

static void add_all_names(struct buf *b, const char *before, const char *after)
{
	for (const struct applet *const *a = applets; *a; a++)
		add_names(b, *a, before, after);
}

/* ---- bash: one function with a case for each applet ----------------------- */

static void bash_head(struct buf *b)
{
	buf_str(b,
		"# bash completion for cfs\n"
		"_cfs()\n{\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} applet=${COMP_WORDS[0]##*/} at=1 words= first= opt=\n"
		"\tCOMPREPLY=()\n"
		"\tif [[ $applet == cfs ]]; then\n"
		"\t\tif ((COMP_CWORD == 1)); then\n"
		"\t\t\tmapfile -t COMPREPLY < <(compgen -W '");
	buf_str(b, globals);
	add_all_names(b, " ", "");
	buf_str(b, "' -- \"$cur\")\n\t\t\treturn\n\t\tfi\n"
		   "\t\tapplet=${COMP_WORDS[1]} at=2\n"
		   "\tfi\n"
		   "\tcase $applet in\n"
		   "\thelp)\n\t\tfirst='");
	add_all_names(b, " ", "");
	buf_str(b, "' ;;\n\t--completion)\n\t\tfirst='bash zsh fish' ;;\n");
}

static void bash_applet(struct buf *b, const struct applet *a, const struct option_row *const *rows)
{
	buf_byte(b, '\t');
	buf_str(b, a->name);
	add_words(b, a->aliases, ' ', "|", "");
	buf_str(b, ")\n\t\tfirst='");
	buf_str(b, first_words(a));
	buf_str(b, "'\n\t\twords='");
	for (size_t i = 0; rows[i]; i++) {
		const struct option_row *row = rows[i];

		if (!row->name)
			continue;
		buf_str(b, "--");
		buf_str(b, row->name);
		buf_str(b, row->arg && row->kind != OPTION_OPTIONAL ? "= " : " ");
	}
	buf_str(b, "'\n");
	for (size_t i = 0; rows[i]; i++) {
		const struct option_row *row = rows[i];

		if (!row->name || !has_choices(row))
			continue;
		buf_str(b, "\t\topt+=' --");
		buf_str(b, row->name);
		buf_byte(b, '=');
		buf_str(b, row->arg);
		buf_str(b, "'\n");
	}
	buf_str(b, "\t\t;;\n");
}

static void bash_tail(struct buf *b)
{
	buf_str(b, "\tesac\n"
		   "\t# The shell splits --option=value at the =.\n"
		   "\tlocal name= value=$cur i\n"
		   "\tif [[ $cur == --*=* ]]; then\n"
		   "\t\tname=${cur%%=*} value=${cur#*=}\n"
		   "\telif [[ $cur == = ]]; then\n"
		   "\t\tname=${COMP_WORDS[COMP_CWORD-1]} value=\n"
		   "\telif ((COMP_CWORD >= 2)) && [[ ${COMP_WORDS[COMP_CWORD-1]} == = ]]; then\n"
		   "\t\tname=${COMP_WORDS[COMP_CWORD-2]}\n"
		   "\tfi\n"
		   "\tif [[ -n $name ]]; then\n"
		   "\t\tfor i in $opt; do\n"
		   "\t\t\tif [[ $i == \"$name=\"* ]]; then\n"
		   "\t\t\t\ti=${i#*=}\n"
		   "\t\t\t\tmapfile -t COMPREPLY < <(compgen -W \"${i//|/ }\" -- \"$value\")\n"
		   "\t\t\t\treturn\n"
		   "\t\t\tfi\n"
		   "\t\tdone\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$value\")\n"
		   "\telif [[ $cur == -* ]]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		   "\t\t[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace 2>/dev/null\n"
		   "\telif ((COMP_CWORD == at)) && [[ -n $first ]]; then\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$first\" -- \"$cur\")\n"
		   "\telse\n"
		   "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
		   "\tfi\n"
		   "}\n"
		   "complete -o filenames -F _cfs cfs");
	for (const struct applet *const *a = applets; *a; a++)
		add_words(b, (*a)->aliases, ' ', " ", "");
	buf_byte(b, '\n');
}

/* ---- zsh: _arguments for each applet -------------------------------------- */

static void zsh_head(struct buf *b)
{
	buf_str(b, "#compdef cfs");
	for (const struct applet *const *a = applets; *a; a++)
		add_words(b, (*a)->aliases, ' ', " ", "");
	buf_str(b, "\n_cfs_applets() {\n\tlocal -a applets=(\n");
	for (const struct applet *const *a = applets; *a; a++) {
		buf_str(b, "\t\t'");
		buf_str(b, (*a)->name);
		buf_byte(b, ':');
		add_escaped(b, (*a)->summary, "'", "'\\'");
		buf_str(b, "'\n");
		add_words(b, (*a)->aliases, ' ', "\t\t", "\n");
	}
	buf_str(b, "\t)\n\t_describe applet applets\n}\n"
		   "_cfs() {\n"
		   "\tlocal applet=${service:-${words[1]:t}}\n"
		   "\tif [[ $applet == cfs ]]; then\n"
		   "\t\tif ((CURRENT == 2)); then\n"
		   "\t\t\t_cfs_applets\n"
		   "\t\t\tcompadd -- ");
	buf_str(b, globals);
	buf_str(b, "\n\t\t\treturn\n\t\tfi\n"
		   "\t\tapplet=$words[2]\n"
		   "\t\tshift words\n"
		   "\t\t((CURRENT--))\n"
		   "\tfi\n"
		   "\tcase $applet in\n"
		   "\thelp) _cfs_applets ;;\n"
		   "\t--completion) compadd bash zsh fish ;;\n"
		   "\t--install) _files -/ ;;\n");
}

/* Text inside single quotes and the brackets of an _arguments specification. */
static void zsh_text(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'') {
			buf_str(b, "'\\''");
			continue;
		}
		if (strchr("[]:\\", *s))
			buf_byte(b, '\\');
		buf_byte(b, *s);
	}
}

/* What follows the name of an option: how its value is given. */
static const char *zsh_value(const struct option_row *row, bool is_long)
{
	if (!row->arg)
		return "";
	if (!is_long)
		return "+";
	return row->kind == OPTION_OPTIONAL ? "=-" : "=";
}

static void zsh_spec(struct buf *b, const struct option_row *row, const char *name, bool is_long)
{
	buf_str(b, " \\\n\t\t'*");
	buf_str(b, is_long ? "--" : "-");
	buf_str(b, name);
	buf_str(b, zsh_value(row, is_long));
	buf_byte(b, '[');
	zsh_text(b, row->help);
	buf_byte(b, ']');
	if (row->arg) {
		buf_str(b, row->kind == OPTION_OPTIONAL ? "::" : ":");
		zsh_text(b, row->arg);
		buf_byte(b, ':');
		buf_str(b, has_choices(row) ? "(" : "_files");
		if (has_choices(row))
			add_words(b, row->arg, '|', "", " ");
		buf_str(b, has_choices(row) ? ")" : "");
	}
	buf_byte(b, '\'');
}

static void zsh_option(struct buf *b, const struct option_row *row)
{
	const char letter[] = { row->letter, 0 };

	if (row->letter)
		zsh_spec(b, row, letter, false);
	if (row->name)
		zsh_spec(b, row, row->name, true);
}

static void zsh_applet(struct buf *b, const struct applet *a, const struct option_row *const *rows)
{
	buf_byte(b, '\t');
	buf_str(b, a->name);
	add_words(b, a->aliases, ' ', "|", "");
	buf_str(b, ") _arguments");
	for (size_t i = 0; rows[i]; i++)
		zsh_option(b, rows[i]);
	if (*first_words(a)) {
		buf_str(b, " \\\n\t\t'1:command:(");
		buf_str(b, first_words(a));
		buf_str(b, ")'");
	}
	buf_str(b, " \\\n\t\t'*:file:_files' ;;\n");
}

static void zsh_tail(struct buf *b)
{
	buf_str(b, "\tesac\n}\n"
		   "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n"
		   "\t_cfs \"$@\"\nelse\n\tcompdef _cfs cfs");
	for (const struct applet *const *a = applets; *a; a++)
		add_words(b, (*a)->aliases, ' ', " ", "");
	buf_str(b, "\nfi\n");
}

/* ---- fish: a line for each option ----------------------------------------- */

static void fish_quoted(struct buf *b, const char *s)
{
	buf_byte(b, '\'');
	add_escaped(b, s, "'\\", "\\");
	buf_byte(b, '\'');
}

static void fish_head(struct buf *b)
{
	buf_str(b, "# fish completion for cfs\n"
		   "complete -c cfs -n __fish_use_subcommand -f -a '");
	buf_str(b, globals);
	buf_str(b, "'\n");
	for (const struct applet *const *a = applets; *a; a++) {
		buf_str(b, "complete -c cfs -n __fish_use_subcommand -f -a '");
		add_names(b, *a, "", " ");
		buf_str(b, "' -d ");
		fish_quoted(b, (*a)->summary);
		buf_byte(b, '\n');
	}
	buf_str(b, "complete -c cfs -n '__fish_seen_subcommand_from help' -f -a '");
	add_all_names(b, "", " ");
	buf_str(b,
		"'\ncomplete -c cfs -n '__fish_seen_subcommand_from --completion' -f -a 'bash zsh fish'\n");
}

/* "complete -c NAME [-n CONDITION]" of @name, or of cfs if it is NULL. */
static void fish_start(struct buf *b, const struct applet *a, const char *name, size_t len)
{
	buf_str(b, "complete -c ");
	if (name) {
		buf_add(b, name, len);
		return;
	}
	buf_str(b, "cfs -n '__fish_seen_subcommand_from");
	add_names(b, a, " ", "");
	buf_byte(b, '\'');
}

static void fish_row(struct buf *b, const struct option_row *row)
{
	if (row->letter) {
		buf_str(b, " -s ");
		buf_byte(b, row->letter);
	}
	if (row->name) {
		buf_str(b, " -l ");
		buf_str(b, row->name);
	}
	if (row->arg && row->kind != OPTION_OPTIONAL)
		buf_str(b, " -r");
	if (has_choices(row)) {
		buf_str(b, " -f -a '");
		add_words(b, row->arg, '|', "", " ");
		buf_byte(b, '\'');
	}
	buf_str(b, " -d ");
	fish_quoted(b, row->help);
	buf_byte(b, '\n');
}

static void fish_rows(struct buf *b, const struct applet *a, const struct option_row *const *rows,
		      const char *name, size_t len)
{
	for (size_t i = 0; rows[i]; i++) {
		fish_start(b, a, name, len);
		fish_row(b, rows[i]);
	}
	if (*first_words(a)) {
		fish_start(b, a, name, len);
		buf_str(b, " -a '");
		buf_str(b, first_words(a));
		buf_str(b, "'\n");
	}
}

static void fish_applet(struct buf *b, const struct applet *a, const struct option_row *const *rows)
{
	const char *alias = a->aliases;

	fish_rows(b, a, rows, NULL, 0);
	while (alias && *alias) {
		size_t len = strcspn(alias, " ");

		fish_rows(b, a, rows, alias, len);
		alias += len + (alias[len] == ' ');
	}
}

static void fish_tail(struct buf *b)
{
	(void)b;
}

/* ---- all shells ------------------------------------------------------------ */

static const struct shell shells[] = {
	{ "bash", bash_head, bash_applet, bash_tail },
	{ "zsh", zsh_head, zsh_applet, zsh_tail },
	{ "fish", fish_head, fish_applet, fish_tail },
};

/* Write to stdout, which stays open for the other parts. Returns an exit status. */
static int put(struct buf *b)
{
	struct error err;
	int rc = 0;

	if (b->failed)
		rc = error_nomem(&err);
	else if (io_write(STDOUT_FILENO, b->p, b->len))
		rc = error_sys(&err, "-: write");
	buf_release(b);
	return rc ? fail(&err) : EXIT_DONE;
}

bool completion_wanted(void)
{
	return shell != NULL;
}

void completion_rows(const struct applet *self, const struct option_row *rows)
{
	const struct option_row *visible[96];
	struct buf b = { 0 };
	size_t n = 0;

	for (int t = 0; t < 2; t++) {
		const struct option_row *row = t ? options_common : rows;

		for (; !option_row_is_end(row) && n + 1 < sizeof(visible) / sizeof(*visible); row++)
			if (row->help)
				visible[n++] = row;
	}
	visible[n] = NULL;
	shell->applet(&b, self, visible);
	_exit(put(&b));
}

static int print_applet(const struct applet *applet)
{
	char name[32], *argv[] = { name, NULL };
	int status;
	pid_t child = _Fork(); /* there is one thread */

	if (child < 0) {
		complain("fork: %s", error_words(errno));
		return EXIT_FAILED;
	}
	if (!child) {
		text_format(name, sizeof(name), "%s", applet->name);
		applet_word = name;
		(void)applet->main(applet, argv);
		_exit(EXIT_FAILED); /* it did not parse options */
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

int completion_print(const char *name)
{
	struct buf b = { 0 };
	int status;

	for (size_t i = 0; name && i < sizeof(shells) / sizeof(*shells); i++)
		if (!strcmp(shells[i].name, name))
			shell = &shells[i];
	if (!shell) {
		complain("--completion: bash, zsh or fish expected");
		return EXIT_USAGE;
	}
	shell->head(&b);
	status = put(&b);
	for (const struct applet *const *a = applets; *a && !status; a++)
		status = print_applet(*a);
	if (status)
		return status;
	shell->tail(&b);
	return put(&b);
}
