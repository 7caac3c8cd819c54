// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/status.h"
#include <errno.h>

int status_of(const struct error *err)
{
	switch (err->code) {
	case FAULT_USAGE:
		return MOUNT_USAGE;
	case FAULT_SYSTEM:
	case ENOMEM:
		return MOUNT_SYSTEM;
	case FAULT_INTERNAL:
		return MOUNT_INTERNAL;
	case FAULT_INTERRUPTED:
		return MOUNT_INTERRUPTED;
	default:
		return MOUNT_FAILED;
	}
}

int status_not_root(struct error *err)
{
	return error_set(err, FAULT_USAGE,
			 "must be root; an ordinary user can use cfs mount -o backend=fuse");
}

int status_denied(struct error *err, const char *what)
{
	if (errno == EPERM)
		return status_not_root(err);
	return error_sys(err, "%s", what);
}
