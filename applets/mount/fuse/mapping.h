/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image of the FUSE server is mapped, so that its memory does not grow with the
 * image. A truncated or unreadable image then raises SIGBUS in whatever reads the
 * mapping. The handler puts a page of zeros in the place of the missing page and
 * notes that it did; the request in progress fails, and the page of the file is
 * mapped again for the next one.
 */
#ifndef CFS_MOUNT_FUSE_MAPPING_H
#define CFS_MOUNT_FUSE_MAPPING_H

#include "core/port.h"

/*
 * Map the first @len bytes of @fd and install the handler. One mapping per process.
 * NULL and errno. @fd must stay open.
 */
const u8 *mapping_open(int fd, u64 len);

/*
 * Whether a page was missing since the last call. Maps the pages of the file again.
 * To be asked after each request, by the only thread that reads the mapping.
 */
bool mapping_faulted(void);

#endif
