/* SPDX-License-Identifier: GPL-2.0-only */
/* Mounts as /proc/self/mountinfo describes them, and the mount that a descriptor is on. */
#ifndef CFS_MOUNT_MOUNTINFO_H
#define CFS_MOUNT_MOUNTINFO_H

#include <stdbool.h>
#include "core/port.h"

/* The mount a descriptor is on. */
struct mount_place {
	u64 id;       /* as mountinfo numbers it; 0: the kernel does not say (before Linux 5.8) */
	bool is_root; /* the descriptor is open on the root of the mount; true where unknown */
};
void mountinfo_place(int fd, struct mount_place *place);

/* All of mountinfo, NUL terminated, for the caller to free. NULL: it cannot be read. */
char *mountinfo_read(void);

/* Cut the next line off *@text and return it. NULL: there is none. */
char *mountinfo_line(char **text);

/* Fields of a line, still with octal escapes. */
struct mount_line {
	const char *type, *source, *options; /* of the file system */
};

/* Find the line of the mount @id. Cuts @text into strings. False: there is none. */
bool mountinfo_find(char *text, u64 id, struct mount_line *line);

/* Decode the octal escapes of a field, up to a ',' if @option. False: longer than @room. */
bool mountinfo_decode(char *to, size_t room, const char *field, bool option);

#endif
