/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration of setup-root (setup-root 16.1): as much of TOML as it takes, and
 * of ostree's prepare-root.conf.
 */
#ifndef CFS_SETUP_ROOT_CONF_H
#define CFS_SETUP_ROOT_CONF_H

#include "base/error.h"

enum conf_mount {
	CONF_NONE,
	CONF_BIND,
	CONF_OVERLAY,
	CONF_TRANSIENT,
	CONF_MOUNTS,
};
extern const char *const conf_mount_names[CONF_MOUNTS];

/* The keys of [signature], in the order of their names below. */
enum conf_signature {
	CONF_KEY,
	CONF_DIRECTORY,
	CONF_NAME,
	CONF_MIN_SERIAL,
	CONF_SERIAL_FILE,
	CONF_NOW,
	CONF_SIGNATURES
};

#define CONF_VALUE 1024 /* room for a value of [signature] */

struct conf {
	enum conf_mount etc, var;
	bool var_seed; /* copy the image's /var to a state that has none; with var == CONF_BIND */
	bool root_transient, sysroot_readonly;
	bool has_signature; /* a signed statement has to vouch for the image */
	char signature[CONF_SIGNATURES][CONF_VALUE]; /* empty: not given */
};

/* What holds without a file. */
void conf_init(struct conf *c);

/*
 * Read a file's text. An unknown key is a note. -1 and a text with the line: a value or
 * a line is wrong. A slip must not turn off the check of a signature, so in [signature]
 * an unknown key, a key that is given twice and a missing "key" are errors, and so are a
 * second [signature] and a section whose name resembles it.
 */
int conf_parse(struct conf *c, const char *text, size_t len, struct notes *notes,
	       struct error *err);

#endif
