/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An output file (format/store/README.md 3.1; properties WI-1, WI-8, WI-9; command
 * line 3 "Files"). A regular file appears under its name complete or not at all.
 * Everything that cannot be replaced by a rename is written in place, from a
 * copy that is complete before the first byte is written.
 */
#ifndef CFS_FILES_PUBLISH_H
#define CFS_FILES_PUBLISH_H

#include <sys/stat.h>
#include "base/error.h"
#include "files/newfile.h"

struct publish {
	int fd;           /* the caller writes here */
	const char *name; /* as given; borrowed. Messages use publish_name() */
	bool to_fd;       /* the name is the spelling of a descriptor: fd is the caller's */
	bool no_sync;
	/* Everything the name stands for, as far as it exists; a scan leaves it out (WI-10). */
	bool exists; /* st is valid: the file that is replaced or written to */
	struct stat st;
	bool has_temp; /* temp is valid: the temporary file has a name, too */
	struct stat temp;
	int dir;          /* directory of the file behind the name, -1 with to_fd */
	bool dir_by_path; /* dir is an O_PATH descriptor, because the directory cannot be read */
	const char *base; /* last component, in name or in target */
	char *target;     /* text of the last symbolic link that was followed; NULL: none */
	struct newfile file;
	int place; /* what is written in place, open for writing; fd is a copy in memory. -1: none */
	const char *
		why; /* a regular file was or will be written in place, because of this; NULL: it was not */
};

/*
 * The descriptor that @name is a spelling of: "-", "/dev/stdout", "/dev/fd/N",
 * "/proc/self/fd/N". -1: it is not one of these.
 */
int publish_descriptor(const char *name);

/*
 * Get ready to write; nothing changes under the name yet. Symbolic links are
 * followed. A fifo, a device, and a regular file whose directory is not writable
 * are opened and will be written in place. Refused are a terminal, a descriptor
 * that is not open for writing, a directory, a socket, a block device that is in
 * use or read-only, and whatever another user may have planted in a sticky
 * directory that everybody may write to. Left-overs of earlier runs in the
 * directory are removed. Opening a fifo waits for its reader.
 * -1 and a text that begins with the name; then there is nothing to abort.
 */
int publish_open(struct publish *p, const char *name, bool no_sync, struct error *err);

/*
 * Everything has been written to p->fd: give it mode and owner, sync it, give it
 * the name, and sync the directory; or copy it to its place. Sets p->why if a
 * regular file was not replaced atomically.
 * -1 and a text that begins with the name. Either way everything is released.
 */
int publish_commit(struct publish *p, struct error *err);

/* Leave everything as it was. */
void publish_abort(struct publish *p);

/* The name for messages: "-" for stdout. */
const char *publish_name(const struct publish *p);

#endif
