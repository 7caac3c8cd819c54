/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that operands name, opened before any of them is read (PH-2). */
#ifndef CFS_APPLETS_INPUTS_H
#define CFS_APPLETS_INPUTS_H

#include "base/error.h"

struct inputs {
	char *const *names;
	int *fd; /* of each name; -errno: it could not be opened; INT_MIN: not tried yet */
	unsigned int n;
	bool all; /* each has been tried */
};

/*
 * Open @names, which NULL ends, "-" being stdin, as long as descriptors are left.
 * inputs_take() reports the ones that cannot be opened. -1: no memory.
 */
int inputs_open(struct inputs *in, char *const *names, struct error *err);

/* Hand the descriptor of a name over to the caller. -1 and a text that begins with the name. */
int inputs_take(struct inputs *in, unsigned int i, struct error *err);

/* Also works on a struct of zeros. */
void inputs_close(struct inputs *in);

#endif
