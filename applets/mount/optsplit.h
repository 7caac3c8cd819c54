/* SPDX-License-Identifier: GPL-2.0-only */
/* Splitting a -o list into pieces, and decoding quotes and escapes in them (mount 2.1, 2.2). */
#ifndef CFS_MOUNT_OPTSPLIT_H
#define CFS_MOUNT_OPTSPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A part of the list, still with its quotes and escapes. */
struct optpiece {
	const char *s;
	size_t len;
};

/*
 * The length of the part of @p before the next @sep that is neither quoted nor behind a
 * backslash. With @named, @p is KEY=VALUE, and quotes count only behind the first '='.
 * -1: a quote is left open.
 */
ssize_t optsplit_part(struct optpiece p, char sep, bool named, bool as_upstream);

/*
 * Write the decoded piece and a NUL to @to, which needs p.len + 1 bytes. Returns how many
 * bytes were written; 0: a backslash stands before a character that it does not escape.
 */
size_t optsplit_decode(char *to, struct optpiece p, bool as_upstream);

#endif
