/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An output file, complete under its name or not at all (reliability 3.1, WI-1,
 * WI-8, WI-9; cli 3 "Files").
 */
#ifndef CFS_FILES_PUBLISH_H
#define CFS_FILES_PUBLISH_H

#include <sys/stat.h>
#include "base/error.h"
#include "files/newfile.h"

struct publish {
	int fd;           /* what to write into */
	const char *name; /* as given; borrowed. For messages: publish_name() */
	bool to_fd;       /* the name is the spelling of a descriptor: fd is the caller's */
	bool no_sync;
	/* All that the name stands for, as far as it exists; a scan leaves it out (WI-10). */
	bool exists; /* st is filled in: the file that is replaced, or that fd is */
	struct stat st;
	bool has_temp; /* temp is filled in: a file of ours that has a name meanwhile */
	struct stat temp;
	int dir;          /* directory of the name, -1 with to_fd */
	const char *base; /* last component; borrowed */
	struct newfile file;
};

/*
 * The descriptor that @name is a spelling of: "-", "/dev/stdout", "/dev/fd/N",
 * "/proc/self/fd/N". -1: it is none.
 */
int publish_descriptor(const char *name);

/*
 * Get ready to write. Nothing changes under the name. Refused are a terminal, a
 * descriptor that is not open for writing, and a name that exists and is no
 * regular file. Left-overs of earlier runs in the directory are removed.
 * -1 and a text that begins with the name; nothing is left to abort then.
 */
int publish_open(struct publish *p, const char *name, bool no_sync, struct error *err);

/*
 * All is written: mode and owner, sync, the name, sync of its directory.
 * -1 and a text that begins with the name. Either way everything is released.
 */
int publish_commit(struct publish *p, struct error *err);

/* Nothing happened. */
void publish_abort(struct publish *p);

/* The name for messages: "-" for stdout. */
const char *publish_name(const struct publish *p);

#endif
