/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the object store share: store.c, store_put.c, store_name.c. */
#ifndef CFS_STORE_STORE_INSIDE_H
#define CFS_STORE_STORE_INSIDE_H

#include "store/object.h"
#include "store/store.h"

/* A complete object without its name. */
struct store_waiting {
	struct newfile file;
	struct cfs_digest digest;
	u64 size;
	bool replace; /* what has the name is wrong */
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
 * The caller takes it upon itself that the object will be there. 1: another one
 * has done so, and the run fails if that one does. -1: no memory.
 */
int store_claim(struct store *s, const struct cfs_digest *digest, struct error *err);

/*
 * What has the object's name (ST-5). A good object gets fs-verity if it can have
 * it and has none; a bad one is worth a note. -1 and a text.
 */
int store_look(struct store *s, struct verity_work *work, const struct cfs_digest *digest, u64 size,
	       enum object_state *state, struct error *err);

/*
 * A complete object waits for its name; takes over the file also on failure.
 * When enough have come together they are synced and named.
 */
int store_wait(struct store *s, struct verity_work *work, const struct store_waiting *w,
	       struct error *err);

/* fs-verity where it can be had, and then with the digest that was computed (ST-12). -1 and a text. */
int store_seal(struct store *s, struct verity_work *work, struct newfile *f,
	       const struct cfs_digest *digest, struct error *err);

/* Name all that wait. */
int store_flush(struct store *s, struct verity_work *work, struct error *err);

#endif
