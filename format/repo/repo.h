/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The repository directory of composefs-rs (format/repo/README.md): a description, an
 * object store, and links that name images and streams.
 */
#ifndef CFS_REPO_REPO_H
#define CFS_REPO_REPO_H

#include "base/error.h"
#include "core/digest.h"

#define REPO_META_MAX ((size_t)64 << 10)
#define REPO_REF_MAX 1024u

struct repo {
	const char *name;     /* DIR; borrowed */
	int fd;               /* DIR, with a shared lock; -1: not open */
	u8 algorithm;         /* of all objects */
	u8 formats;           /* bit n: images of format version n are wanted */
	bool sealed;          /* meta.json has fs-verity, so every object must have it */
	bool unknown_feature; /* it may be read but not written */
	char feature[64];     /* that one */
};

/* How a repository is opened. */
struct repo_want {
	bool write;          /* make it if it is missing or empty; refuse what may only be read */
	bool no_lock;        /* the caller holds a lock */
	bool require_verity; /* a new meta.json must get fs-verity */
	bool no_sync;
	void (*waiting)(
		const char *name); /* called once after two seconds of waiting; may be NULL */
	u8 algorithm; /* that it must have; CFS_NO_ALGORITHM: any, or SHA-256 for a new one */
};

/*
 * Open DIR and read its description. 0; 1 and a text: DIR is open, but its
 * description is missing or refused; -1 and a text. repo_close() in any case.
 */
int repo_open(struct repo *r, const char *name, const struct repo_want *want, struct error *err);
void repo_close(struct repo *r);

/* Read a description. -1 and a text without a name. */
int repo_meta_parse(struct repo *r, const char *text, size_t len, struct error *err);

/* Whether a text is a name for an image: components separated by single slashes. */
bool repo_ref_is_valid(const char *ref);

/*
 * Name an image that is in the store: images/HEX, then images/refs/@ref unless that
 * is NULL. Links that are right stay. -1 and a text.
 */
int repo_link(const struct repo *r, const struct cfs_digest *image, const char *ref, bool no_sync,
	      struct error *err);

/* The target that a link in images/ or streams/ must have: the path of the object of @digest. */
#define REPO_TARGET (11 + CFS_OBJECT_NAME_MAX + 1)
void repo_target(char target[REPO_TARGET], const struct cfs_digest *digest);

#endif
