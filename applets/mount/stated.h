/* SPDX-License-Identifier: GPL-2.0-only */
/* A signed statement that vouches for the image: key= and signature= (signature 6). */
#ifndef CFS_MOUNT_STATED_H
#define CFS_MOUNT_STATED_H

#include "applets/mount/imagecheck.h"

/* The options that ask for a statement, as they were given. NULL: not given. */
struct stated_texts {
	const char *key[KEYS_MAX];
	unsigned int keys;
	const char *signature, *name, *min_serial, *serial_file, *now;
};

/*
 * Check which of them need each other, and decode them to @o, which refers to @t. Keeps
 * o->beneath. 0, or -1 with EINVAL and a text that begins with the option.
 */
int stated_options(const struct stated_texts *t, struct signed_options *o, struct error *err);

/*
 * Read the files that @o names and judge the statement. Called before anything of the
 * image is read. *@st is the statement, which the caller frees, or NULL if @o asks for
 * none. 0, or -1 with an error.
 */
int stated_judge(const struct signed_options *o, struct statement **st, struct error *err);

/*
 * Compare a sealed copy with the statement, and with the digest if one was asked for.
 * 0, or -1 with an error.
 */
int stated_compare(struct imagefd *im, const struct image_trust *trust, struct error *err);

/* Whether a measured digest satisfies the statement, and the digest if one was asked for. */
bool stated_has(const struct image_trust *trust, const struct cfs_digest *digest);

/* The digest of a sealed copy with one algorithm. 0, or -1 with an error. */
int stated_hash(const struct imagefd *im, u8 algorithm, struct cfs_digest *digest,
		struct error *err);

#endif
