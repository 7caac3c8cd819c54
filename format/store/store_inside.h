/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of the object store. */
#ifndef CFS_STORE_STORE_INSIDE_H
#define CFS_STORE_STORE_INSIDE_H

#include "store/object.h"
#include "store/store.h"

/* A complete object without its name. */
struct store_waiting {
	struct newfile file;
	struct cfs_digest digest;
	u64 size;
	bool replace; /* the object with the name is wrong */
	bool cloned;
};

/* Put "DIR/xx/yyyy: " before the text. Returns -1. */
int store_in(const struct store *s, const struct cfs_digest *digest, struct error *err);

/* A call that failed: "DIR/xx/yyyy: what: words". Returns -1. */
int store_failed(const struct store *s, const struct cfs_digest *digest, const char *what,
		 struct error *err);

/* A new file in the store, empty. -1 and errno. */
int store_create(struct store *s, struct newfile *f);

/* Whether the object is in the store, or somebody has claimed it. */
bool store_known(struct store *s, const struct cfs_digest *digest);

/*
 * The caller promises that the object will exist. 1: another thread has promised it, and
 * the run fails if that thread fails. -1: no memory.
 */
int store_claim(struct store *s, const struct cfs_digest *digest, struct error *err);

/*
 * Look at the file that has the object's name (ST-5). A good object gets fs-verity if
 * possible; a bad one gives a note. -1 and a text.
 */
int store_look(struct store *s, struct verity_work *work, const struct cfs_digest *digest, u64 size,
	       enum object_state *state, struct error *err);

/*
 * Queue a complete object for its name. Takes over the file, also on failure. When a batch
 * is full, its objects are synced and named.
 */
int store_wait(struct store *s, struct verity_work *work, const struct store_waiting *w,
	       struct error *err);

/*
 * Enable fs-verity if possible, and check that the kernel measures the digest that was
 * computed (ST-12). -1 and a text.
 */
int store_seal(struct store *s, struct verity_work *work, struct newfile *f,
	       const struct cfs_digest *digest, struct error *err);

/* Sync and name all objects that wait. */
int store_flush(struct store *s, struct verity_work *work, struct error *err);

#endif
