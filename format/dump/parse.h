/* SPDX-License-Identifier: GPL-2.0-only */
/* Parse dump text into a tree (dump format 1 to 5). */
#ifndef CFS_DUMP_PARSE_H
#define CFS_DUMP_PARSE_H

#include "files/input.h"
#include "tree/tree.h"

/*
 * Parse @in into an empty tree and seal it. @strict selects the strict mode of dump format 4.
 * Error texts begin with @name and, if a line is at fault, its number. The caller releases the
 * tree in any case.
 */
int dump_parse(struct tree *tree, struct input *in, const char *name, bool strict,
	       struct error *err);

#endif
