/* SPDX-License-Identifier: GPL-2.0-only */
/* Print a tree as a JSON table of contents, from which json-convert makes the same image (toc 4, ostree 7). */
#ifndef CFS_SOURCE_TOC_PRINT_H
#define CFS_SOURCE_TOC_PRINT_H

#include "tree/tree.h"

struct toc_print {
	const struct name *next; /* NULL: all are printed */
	bool begun, ended;
	struct buf path; /* scratch */
};

/* Start to print a sealed tree of directories, symlinks and regular files without inlined content; all times are 0. */
void toc_print_start(struct toc_print *p, const struct tree *tree);

/*
 * Add the next line to @out: one for the beginning, for each entry and for the
 * end. Returns 1; 0 if there was none left; -1 and a text if a name cannot be written.
 */
int toc_print_line(struct toc_print *p, struct buf *out, struct error *err);

void toc_print_release(struct toc_print *p);

#endif
