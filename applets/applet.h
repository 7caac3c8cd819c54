/* SPDX-License-Identifier: GPL-2.0-only */
/* What an applet is, and what applets share (command line 1 to 4). */
#ifndef CFS_APPLETS_APPLET_H
#define CFS_APPLETS_APPLET_H

#include <sys/types.h>
#include "base/error.h"

/* Exit statuses (command line 4). */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_MISMATCH = 3,
};

struct applet {
	const char *name;
	const char *aliases;  /* separated by spaces; NULL: none */
	const char *operands; /* as usage shows them */
	const char *summary;
	const char *details;  /* more lines of --help; NULL: none */
	const char *examples; /* lines at the end of --help; NULL: none */
	/*
	 * The long options of upstream's program, separated by spaces. Under its name
	 * they may be abbreviated. NULL: none.
	 */
	const char *upstream_options;
	int (*main)(const struct applet *self, char **argv);
	int usage_status; /* of a wrong command line; 0: EXIT_USAGE */
};

/* All applets, sorted by name; NULL at the end. Made from the file names in applets/. */
extern const struct applet *const applets[];

/* What a row's value is. */
enum option_kind {
	OPTION_PLAIN,    /* without arg bool *; with arg const char ** */
	OPTION_NUMBER,   /* struct option_number * */
	OPTION_LIST,     /* struct option_list *: may be repeated */
	OPTION_OPTIONAL, /* struct option_optional *: only --opt and --opt=VALUE */
	OPTION_BASEDIR,  /* const char **: the DIR of -o basedir=DIR, as for mount */
};

struct option_row {
	char letter;      /* 0: none */
	const char *name; /* NULL: none; the first row without letter and name is the end */
	const char *arg;  /* name of the value for --help; NULL: takes none */
	const char *help; /* NULL: not in --help */
	void *to;
	enum option_kind kind;
};

struct option_number {
	u64 value, min, max;
	bool set;
};

struct option_list {
	const char **v; /* allocated; lives as long as the process */
	unsigned int n;
};

struct option_optional {
	const char *value; /* NULL: without value */
	bool set;
};

/*
 * Take the options of @rows and those of every applet (-h -q -v --version) out
 * of @argv, and return the operands, NULL terminated. --help and --version
 * print and end the process; so does a wrong command line, with a message and
 * the applet's usage_status: it names the option, or gives the usage.
 * @min, @max: number of operands; max -1: any.
 */
char **options_parse(const struct applet *self, const struct option_row *rows, int min, int max,
		     char **argv);

/* Print the version and end the process. */
_Noreturn void options_version(void);

/* Whether @name is one of the words of @list, which spaces separate; NULL has none. */
bool applet_word_in(const char *list, const char *name);

/* The applet that answers to a name, or NULL. */
const struct applet *applet_find(const char *name);

/* cfs --install [-s] DIR [NAME...] (command line 2); returns the exit status. */
int install_links(char **argv);

/* "NAME: --option: text" and the exit status of a wrong command line; never returns. */
_Noreturn void options_refuse(const char *option, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The umask of the caller, set by main(). The process runs with 022; only a new
 * image is created with this one.
 */
extern mode_t umask_given;

/* Set by options_parse(), for everybody in applets/. */
extern bool option_quiet, option_verbose;

/* The name that this program was called by. Set by main(). */
extern const char *program_name; /* "cfs mkfs", or the name of the link */
extern const char *applet_word;  /* the name of the applet: "mkfs", "mkcomposefs" */
extern char **program_args;      /* the arguments of the process, where they were passed */
extern bool program_is_upstream; /* a link has the name of one of upstream's programs */

/*
 * message.c is the only place that prints errors. Each message is one line on
 * stderr that begins with the program's name. Bytes that could move a cursor are
 * escaped.
 */
extern const char *message_subject; /* named by errors that name nothing: the first operand */

/* Print an error. Returns EXIT_FAILED. */
int fail(const struct error *err);

/* Print an error that does not end the run. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print a warning, unless -q is given. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Print the collected warnings and empty the list. */
void warn_notes(struct notes *notes);

/* Print a note if -v is given. */
void verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
