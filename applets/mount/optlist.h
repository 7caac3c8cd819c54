/* SPDX-License-Identifier: GPL-2.0-only */
/* The -o lists of a mount (mount 2.1 and 4). Opens nothing. */
#ifndef CFS_MOUNT_OPTLIST_H
#define CFS_MOUNT_OPTLIST_H

#include "base/error.h"
#include "applets/common/signed.h"

#define OPTLIST_BASEDIRS 64u

/* debug=: for tests. */
enum {
	DEBUG_LOOP = 1, /* as if EROFS could not use the file */
	DEBUG_B = 2,    /* begin at that path of mount 9.3 */
	DEBUG_C = 4,
	DEBUG_D = 8,
	DEBUG_NOPROC = 16, /* as if there were no /proc, no /dev */
	DEBUG_NODEV = 32,
};

enum {
	CONTEXT_CONTEXT,
	CONTEXT_FS,
	CONTEXT_DEF,
	CONTEXT_ROOT,
	CONTEXT_MAX,
};
extern const char *const optlist_context[CONTEXT_MAX]; /* their names */

struct optlist_text; /* what a list decodes to */

/* Of zeros, but for the fields that optlist_init() sets. Strings are its own. */
struct optlist {
	bool as_upstream; /* set by the caller: quotes and values as the helper mount.composefs of upstream */
	struct optlist_text *texts;
	const char *basedir[OPTLIST_BASEDIRS];
	unsigned int basedirs;
	const char *upper, *work, *idmap; /* NULL: not given */
	const char *context[CONTEXT_MAX];
	struct cfs_digest digest; /* algorithm 0: not given */
	/* Who vouches for the digest: as given, and by optlist_finish() in one piece. */
	const char *key[KEYS_MAX];
	unsigned int keys;
	const char *signature, *name, *min_serial, *serial_file, *now;
	struct signed_options sign; /* sign.signature NULL: nobody has to */
	int verity_check;           /* -1: not given */
	int verity;                 /* by verity (2) or noverity (0); -1: not given */
	const char *level0;         /* how to ask for level 0, in messages; NULL: noverity */
	bool try_verity;
	int rw; /* -1: not given */
	bool is_volatile, remount;
	bool nofail;          /* no image is no failure */
	bool foreground;      /* stay until the mount ends; backend fuse */
	bool nocheck;         /* mount without a check of the whole image; backend fuse */
	bool allow_other;     /* for fusermount3 */
	unsigned int attr;    /* MOUNT_ATTR_*; those of touched count */
	unsigned int touched; /* what was given, as bits of attr */
	const char *backend;  /* a name; NULL: not given, or auto */
	unsigned int debug;
};

void optlist_init(struct optlist *o);
void optlist_release(struct optlist *o);

/*
 * Add the options of a list; later ones win. @sloppy drops unknown ones. -1 and
 * a text that begins with the option; the code is ENOMEM or EINVAL.
 */
int optlist_parse(struct optlist *o, const char *list, bool sloppy, struct error *err);

/*
 * What has to be given together, and the values of who vouches. To be called when
 * all lists were parsed.
 */
int optlist_finish(struct optlist *o, struct error *err);

/* The level that was asked for, whatever the order (mount 7). *@tries: 2 if possible, else 0. */
int optlist_level(const struct optlist *o, bool *tries);

/* Whether the mount is to be writable. */
static inline bool optlist_writable(const struct optlist *o)
{
	return o->upper && o->rw != 0;
}

#endif
