/* SPDX-License-Identifier: GPL-2.0-only */
/* Dump text to a tree (dump-format 1 to 5). */
#ifndef CFS_DUMP_PARSE_H
#define CFS_DUMP_PARSE_H

#include "files/input.h"
#include "tree/tree.h"

/*
 * Fill an empty tree with what @in holds and seal it. With @strict the stricter
 * rules of dump-format 4, "Strict mode". Errors begin with @name and, where a
 * line is to blame, its number. The caller releases the tree in any case.
 */
int dump_parse(struct tree *tree, struct input *in, const char *name, bool strict,
	       struct error *err);

#endif
