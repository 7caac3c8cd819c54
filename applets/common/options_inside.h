/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser of options, --help and --completion share. */
#ifndef CFS_APPLETS_OPTIONS_INSIDE_H
#define CFS_APPLETS_OPTIONS_INSIDE_H

#include "applets/applet.h"
#include "base/buf.h"

/* The options that every applet takes. */
extern const struct option_row options_common[];

static inline bool option_row_is_end(const struct option_row *row)
{
	return !row->letter && !row->name;
}

/* Print the --help of an applet and end the process. */
_Noreturn void help_print(const struct applet *self, const struct option_row *rows);

/* Print a text, release it and end the process. A failed write is exit status 1. */
_Noreturn void help_answer(struct buf *b);

/* Whether --completion runs this applet to get at its rows. */
bool completion_wanted(void);

/* Print the part of an applet in the completion script and end the process. */
_Noreturn void completion_rows(const struct applet *self, const struct option_row *rows);

#endif
