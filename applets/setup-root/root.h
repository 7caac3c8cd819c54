/* SPDX-License-Identifier: GPL-2.0-only */
/* From a mounted physical root to the root that the command line names (setup-root 16.1). */
#ifndef CFS_SETUP_ROOT_ROOT_H
#define CFS_SETUP_ROOT_ROOT_H

#include "applets/setup-root/cmdline.h"
#include "applets/setup-root/conf.h"

struct host;

struct root {
	const char *sysroot; /* as given */
	const char *target;  /* build it there and leave sysroot alone; NULL: in place of sysroot */
	bool fake;           /* stop before the first mount call */
	struct cmdline cmdline;
	struct conf conf;
};

/* 0, or -1 with an error; then sysroot is as it was. Cuts lists in r->conf. */
int root_setup(struct root *r, struct host *host, struct error *err);

#endif
