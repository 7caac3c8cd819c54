/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals that would end the process (SIGHUP, SIGINT, SIGQUIT, SIGTERM) are blocked while
 * a mount is made, so that an interrupted mount is undone. All functions return 0, or -1
 * with an error, which has the code FAULT_INTERRUPTED if such a signal has come.
 */
#ifndef CFS_MOUNT_SIGNALS_H
#define CFS_MOUNT_SIGNALS_H

#include "base/error.h"

/* Block them from now on. */
int signals_hold(struct error *err);

/* Whether one has come. */
int signals_check(struct error *err);

/* Wait until the descriptor is readable or such a signal comes. */
int signals_wait(int fd, struct error *err);

#endif
