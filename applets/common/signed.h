/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signed statements that vouch for the digest of an image, as verify, mount and setup-root
 * check them (signature 4). Reading the files needs the rights of the process; judging
 * them parses untrusted bytes and can run confined.
 */
#ifndef CFS_APPLETS_SIGNED_H
#define CFS_APPLETS_SIGNED_H

#include "signature/statement.h"

#define SIGNED_SERIAL_MAX 64 /* bytes of a serial file */

/* What the user asks for. If signature is NULL, no statement is checked. */
struct signed_options {
	const char *const *keys; /* key files */
	unsigned int nkeys;
	const char *signature; /* the signed file */
	const char *serial_file;
	int beneath; /* directory that the signed file and the serial file are beneath; -1: none */
	struct statement_policy policy; /* min_serial without what the serial file says */
	bool system_now;                /* policy.now is to be the clock of the system */
};

/* Parse "system" or a time. False: it is neither. */
bool signed_now(struct signed_options *o, const char *value);

/* The bytes of the files. All zeros is a good empty one. */
struct signed_file {
	char *p;
	size_t len;
	bool too_large;
};
struct signed_files {
	struct signed_file *keys;
	struct signed_file signature, serial;
};

/* Read all files. -1 and a text that begins with the name of a file. Release them in any case. */
int signed_read(struct signed_files *files, const struct signed_options *o, struct error *err);
void signed_release(struct signed_files *files, const struct signed_options *o);

enum signed_verdict {
	SIGNED_GOOD,
	SIGNED_BAD_SIGNATURE, /* none of the keys made it, or the file is not a signed file */
	SIGNED_BAD_STATEMENT, /* the signature is good, but the statement is malformed, too old, expired or for another system */
	SIGNED_UNUSABLE, /* a key file or the serial file cannot be used */
};

/*
 * Judge what signed_read() has read; the signed file is changed. The text of an
 * error begins with the name of a file. With SIGNED_GOOD @st holds the digests.
 */
enum signed_verdict signed_judge(struct signed_files *files, const struct signed_options *o,
				 struct statement *st, struct error *err);

/*
 * If the statement expires and that was not checked, print the note "FILE: expires TIME,
 * which is not checked without @option".
 */
void signed_note(const struct statement *st, const struct signed_options *o, const char *option);

/* The digests of an image, by algorithm. The ones that were not computed have algorithm 0. */
struct signed_image {
	struct cfs_digest digest[CFS_SHA512 + 1];
};

/* Compute the digest with every algorithm that the statement has, and with SHA-256. -1: no memory. */
int signed_measure(const struct statement *st, struct signed_image *image, const void *bytes,
		   size_t len, struct error *err);

/* The digest of the statement that the image has; NULL and a text if it has none of them. */
const struct cfs_digest *signed_match(const struct statement *st, const struct signed_options *o,
				      const struct signed_image *image, struct error *err);

/* Read a serial file again. A missing file is 0. -1 and a text that begins with its name. */
int signed_serial_read(const char *name, int beneath, u64 *serial, struct error *err);

#endif
