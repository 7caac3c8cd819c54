/* SPDX-License-Identifier: GPL-2.0-only */
/* From a mounted physical root to the root that the command line names (mount 16.1). */
#ifndef CFS_SETUP_ROOT_ROOT_H
#define CFS_SETUP_ROOT_ROOT_H

#include "applets/mount/job.h"
#include "applets/setup-root/cmdline.h"
#include "applets/setup-root/conf.h"

struct root {
	const char *sysroot; /* as given */
	const char *target;  /* build it there and leave sysroot alone; NULL: in place of sysroot */
	bool fake;           /* stop before the first mount call */
	struct cmdline cmdline;
	struct conf conf;
	const struct cmdline_image *use; /* the image of the command line that is here */
	char image[4096], objects[4096]; /* their names, for messages of the job */
	char statement[CONF_VALUE + CMDLINE_HEX + 2]; /* the signed file, beneath sysroot */
};

/* 0, or -1 and j->err; then sysroot is as it was. @j has the options @opt, which are set here. */
int root_setup(struct job *j, struct optlist *opt, struct root *r);

#endif
