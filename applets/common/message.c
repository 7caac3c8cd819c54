// SPDX-License-Identifier: GPL-2.0-only
/* The one place that prints errors (command line 3). */
#include <stdarg.h>
#include "applets/applet.h"
#include "files/io.h"
#include "base/text.h"

const char *program_name = "cfs";
const char *applet_word = "cfs";
bool program_is_upstream;
char *program_args;
size_t program_args_len;
const char *message_subject;
bool option_quiet, option_verbose;
mode_t umask_given = 022;

/* The letter that follows the backslash for the byte @c, 0 if it is written in hex. */
static char escape_letter(u8 c)
{
	switch (c) {
	case '\\':
		return '\\';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	}
	return 0;
}

/* Append what fits to a line; bytes that could move a cursor are escaped as in a dump. */
static size_t put(char *line, size_t used, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	for (; *text && used + 5 < size; text++) {
		u8 c = (u8)*text;

		if (c >= 0x20 && c < 0x7f && c != '\\') {
			line[used++] = *text;
			continue;
		}
		line[used++] = '\\';
		if (escape_letter(c)) {
			line[used++] = escape_letter(c);
		} else {
			line[used++] = 'x';
			line[used++] = hex[c >> 4];
			line[used++] = hex[c & 15];
		}
	}
	return used;
}

/* Print one line with one write. An error of stderr cannot be reported anywhere. */
static void print(const char *text)
{
	char line[4 * sizeof(((struct error *)0)->text) + 256];
	size_t used = put(line, 0, 200, program_name);

	line[used++] = ':';
	line[used++] = ' ';
	used = put(line, used, sizeof(line) - 1, text);
	line[used++] = '\n';
	(void)io_write(2, line, used);
}

int fail(const struct error *err)
{
	/* A function that runs out of memory may know no name, so add the operand (ER-2). */
	if (message_subject && !strcmp(err->text, error_words(ENOMEM)))
		complain("%s: %s", message_subject, err->text);
	else
		print(err->text);
	return EXIT_FAILED;
}

static void vprint(const char *fmt, va_list ap)
{
	char text[sizeof(((struct error *)0)->text)];

	text_vformat(text, sizeof(text), fmt, ap);
	print(text);
}

void complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprint(fmt, ap);
	va_end(ap);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!option_quiet)
		vprint(fmt, ap);
	va_end(ap);
}

void verbose(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (option_verbose)
		vprint(fmt, ap);
	va_end(ap);
}

void warn_notes(struct notes *notes)
{
	for (size_t off = 0; off < notes->text.len; off += strlen(notes->text.p + off) + 1)
		warn("%s", notes->text.p + off);
	if (notes->lost)
		warn("and %u more warnings", notes->lost);
	notes->text.len = 0;
	notes->lost = 0;
}
