/* SPDX-License-Identifier: GPL-2.0-only */
/* verify --key --signature: a signed statement has to vouch for the image (signature 5). */
#ifndef CFS_APPLETS_VOUCH_H
#define CFS_APPLETS_VOUCH_H

#include "applets/common/signed.h"
#include "applets/verify/verify.h"

struct vouch {
	bool asked; /* --key and --signature are given */
	bool update;
	const char *name, *now;
	struct option_list keys;
	struct option_number min_serial;
	struct signed_options o;
	struct signed_files files;
	struct statement st;
	u64 *serial; /* of the statement, shared with a child; by vouch_open() */
	int dir;     /* of the serial file, with update; -1: none */
};

/* The rows of the options; o.signature and o.serial_file are filled in directly. */
#define VOUCH_ROWS(v)                                                                              \
	{                                                                                          \
		0,          "key",                                                                 \
		"FILE",     "public keys, one of which must have signed; repeatable",              \
		&(v)->keys, OPTION_LIST                                                            \
	},                                                                                         \
		{ 0, "signature", "FILE", "the signed statement that must vouch for the image",    \
		  &(v)->o.signature },                                                             \
		{ 0, "name", "NAME", "require this name in the statement", &(v)->name },           \
		{ 0,                                                                               \
		  "min-serial",                                                                    \
		  "N",                                                                             \
		  "require at least this serial",                                                  \
		  &(v)->min_serial,                                                                \
		  OPTION_NUMBER },                                                                 \
		{ 0, "serial-file", "FILE", "require at least the serial in FILE",                 \
		  &(v)->o.serial_file },                                                           \
		{ 0, "update-serial", NULL, "write a larger serial to FILE if all checks passed",  \
		  &(v)->update },                                                                  \
	{                                                                                          \
		0, "now", "system|TIME", "check whether the statement has expired", &(v)->now      \
	}

/* After the options are parsed: what needs what. Ends the process with 2. @images: operands. */
void vouch_options(struct vouch *v, char *const *images);

/* Read all files, and open the directory of the serial file. -1 and a text. */
int vouch_open(struct vouch *v, struct error *err);
void vouch_close(struct vouch *v);

/* Judge the statement. 1: it is good; 0: a line says why it is not; -1 and a text. */
int vouch_statement(struct vouch *v, struct verify *verify, struct error *err);

/* Whether it vouches for these bytes of an image. As vouch_statement(). */
int vouch_image(struct vouch *v, struct verify *verify, const void *bytes, size_t len,
		struct error *err);

/* Everything was right: write the serial if it is larger than the one in the file. -1 and a text. */
int vouch_update(struct vouch *v, struct error *err);

#endif
