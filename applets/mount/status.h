/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit statuses of mount and setup-root, which are those of mount(8), and how errors lead to them. */
#ifndef CFS_MOUNT_STATUS_H
#define CFS_MOUNT_STATUS_H

#include "base/error.h"

enum {
	MOUNT_DONE = 0,
	MOUNT_USAGE = 1, /* wrong invocation, or no permission */
	MOUNT_SYSTEM = 2,
	MOUNT_INTERNAL = 4,
	MOUNT_INTERRUPTED = 8,
	MOUNT_FAILED = 32,
};

/*
 * Codes of errors that are not errno values. The step that fails chooses one of them
 * where the exit status does not follow from errno.
 */
enum {
	FAULT_USAGE = 1 << 16,
	FAULT_SYSTEM,
	FAULT_INTERNAL,
	FAULT_INTERRUPTED,
};

/* The exit status for an error: by its FAULT_*, MOUNT_SYSTEM for ENOMEM, else MOUNT_FAILED. */
int status_of(const struct error *err);

/* Report that the caller is not privileged, with FAULT_USAGE. Returns -1. */
int status_not_root(struct error *err);

/*
 * Report a failed call that needs privilege: EPERM as by status_not_root(), any other
 * errno as by error_sys(). Returns -1.
 */
int status_denied(struct error *err, const char *what);

#endif
