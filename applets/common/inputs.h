/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that operands name, opened before any of them is read (PH-2). */
#ifndef CFS_APPLETS_INPUTS_H
#define CFS_APPLETS_INPUTS_H

#include "base/error.h"

struct inputs {
	char *const *names;
	int *fd; /* of each name; what cannot be opened: -errno; INT_MIN: not tried yet */
	unsigned int n;
	bool all; /* each has been tried */
};

/*
 * Open @names, NULL behind the last one, "-" being stdin, as long as there are
 * descriptors to spare. What cannot be opened is told by inputs_take(). -1: no memory.
 */
int inputs_open(struct inputs *in, char *const *names, struct error *err);

/* The descriptor of a name, which is the caller's from now on. -1 and a text that begins with the name. */
int inputs_take(struct inputs *in, unsigned int i, struct error *err);

/* Also of one that is all zeros. */
void inputs_close(struct inputs *in);

#endif
