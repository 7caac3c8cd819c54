/* SPDX-License-Identifier: GPL-2.0-only */
/* The -o lists of a mount, parsed (mount 2.1 and 4). Opens nothing. */
#ifndef CFS_MOUNT_OPTLIST_H
#define CFS_MOUNT_OPTLIST_H

#include "applets/mount/options.h"
#include "applets/mount/stated.h"

struct optlist_text; /* memory for decoded values */

/* Strings belong to the struct. Fields that were not given keep what optlist_init() sets. */
struct optlist {
	bool as_upstream; /* set by the caller: quotes and values as upstream's mount.composefs */
	struct optlist_text *texts;
	struct mount_paths paths;
	struct cfs_digest digest;   /* algorithm 0: not given */
	struct stated_texts stated; /* key=, signature= and the options that go with them */
	struct signed_options sign; /* the same, set by optlist_finish() */
	struct mount_verity verity;
	struct mount_flags flags;
	bool remount;
	bool nofail;         /* a missing image is not a failure */
	bool nocheck;        /* do not check the whole image; backend=fuse only */
	const char *backend; /* NULL: not given, or auto */
	unsigned int debug;  /* MOUNT_DEBUG_* */
};

void optlist_init(struct optlist *o);
void optlist_release(struct optlist *o);

/*
 * Add the options of a list; later ones win. With @sloppy, unknown options are dropped.
 * 0, or -1 with a text that begins with the option and the code ENOMEM or EINVAL.
 */
int optlist_parse(struct optlist *o, const char *list, bool sloppy, struct error *err);

/*
 * Check which options need each other, and decode those about a statement. Called after
 * all lists were parsed. 0, or -1 as above.
 */
int optlist_finish(struct optlist *o, struct error *err);

/*
 * The level that was asked for, whatever the order of the options (mount 7). *@tries: it
 * is 2 if this kernel can check objects, else 0.
 */
int optlist_level(const struct optlist *o, bool *tries);

#endif
