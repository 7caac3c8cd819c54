/* SPDX-License-Identifier: GPL-2.0-only */
/* The option --filter of applets that show a part of an image. */
#ifndef CFS_APPLETS_FILTER_H
#define CFS_APPLETS_FILTER_H

#include "applets/applet.h"

/* A value that cannot be a name in the root directory ends the process. */
void filter_check(const struct option_list *filter);

#endif
