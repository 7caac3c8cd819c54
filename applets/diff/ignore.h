/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes that --ignore excludes from the comparison (diff 3). */
#ifndef CFS_APPLETS_DIFF_IGNORE_H
#define CFS_APPLETS_DIFF_IGNORE_H

#include "applets/applet.h"
#include "applets/diff/entry.h"

struct ignore_xattr {
	char *name; /* not terminated */
	size_t len;
	bool prefix; /* every name that begins so */
};

struct ignore {
	unsigned int attrs; /* ATTR_BIT()s */
	bool nsec;          /* nanoseconds count as 0 */
	bool image;         /* the images are not compared byte for byte */
	struct ignore_xattr *xattrs;
	size_t nxattrs, cap;
};

/*
 * Read the values of all --ignore options. A word that names nothing ends the
 * process with the status of a wrong command line. -1 and a text without memory.
 */
int ignore_parse(struct ignore *ignore, const struct option_list *lists, struct error *err);
void ignore_release(struct ignore *ignore);

/* Whether an xattr is left out. */
bool ignore_has_xattr(const struct ignore *ignore, const struct dump_xattr *x);

#endif
