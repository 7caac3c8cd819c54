/* SPDX-License-Identifier: GPL-2.0-only */
/* What an applet is, and what applets share (cli 1 to 4). */
#ifndef CFS_APPLETS_APPLET_H
#define CFS_APPLETS_APPLET_H

#include <sys/types.h>
#include "base/error.h"

/* Exit statuses (cli 4). */
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
	const char *details; /* more usage lines; NULL: none */
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

/* The applet that answers to a name, or NULL. */
const struct applet *applet_find(const char *name);

/* cfs --install [-s] DIR [NAME...] (cli 2); returns the exit status. */
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

/*
 * message.c: the one place that prints errors. Each is one line on stderr with
 * the name that was used in front; bytes that could move a cursor are escaped.
 */
extern const char *program_name;    /* "cfs mkfs", or the link's name */
extern const char *applet_word;     /* the name the applet was called by: "mkfs", "mkcomposefs" */
extern const char *message_subject; /* for errors that name nothing: the first operand */
int fail(const struct error *err);  /* returns EXIT_FAILED */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* silent with -q */
void warn_notes(struct notes *notes);                                  /* print and empty */
void complain(const char *fmt, ...)
	__attribute__((format(printf, 1, 2))); /* an error that does not end the run */
void verbose(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
