/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration of setup-root (mount 16.1): as much of TOML as it takes, and
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
};

struct conf {
	enum conf_mount etc, var;
	bool root_transient, sysroot_readonly;
};

/* What holds without a file. */
void conf_init(struct conf *c);

/* Read a file's text. An unknown key is a note; -1 and a text with the line: a value or a line is wrong. */
int conf_parse(struct conf *c, const char *text, size_t len, struct notes *notes,
	       struct error *err);

#endif
