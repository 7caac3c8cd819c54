/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An object store: files xx/yyyy... named by the fs-verity digest of their content (image
 * format 12), synced in batches (ST-1 to ST-13, format/store/README.md 3.1). Several threads may call
 * all functions except open, finish and close at the same time.
 */
#ifndef CFS_STORE_STORE_H
#define CFS_STORE_STORE_H

#include <stdatomic.h>
#include "base/arena.h"
#include "base/hash.h"
#include "files/newfile.h"
#include "store/stream.h"
#include "verity/verity.h"

struct store_waiting; /* a complete object without its name */

struct store_flags {
	u8 algorithm;        /* of all objects that are put */
	bool require_verity; /* objects without fs-verity are errors */
	bool no_sync;
};

/* Counters for the summary line. */
struct store_counts {
	atomic_ullong stored, found, replaced; /* objects */
	atomic_ullong cloned;                  /* of the stored ones */
};

struct store {
	const char *name; /* for messages; borrowed */
	int dir;
	struct stat st; /* of the directory; a scan leaves out the store (WI-10) */
	struct store_flags flags;
	struct notes *notes; /* borrowed */
	struct store_counts counts;
	int parent; /* of a directory that was made, else -1 */
	bool repaired; /* an object was repaired, below directories that another process may not have synced */
	bool syncfs_tells; /* the kernel reports write errors through syncfs(), as Linux 5.8 and later do */
	atomic_bool verity; /* the file system supports fs-verity */
	bool named;         /* no O_TMPFILE: files are in tmpdir until they are complete */
	int tmpdir;
	char tmpname[NEWFILE_NAME];
	atomic_uint tmpcount;
	/* Under the lock: */
	pthread_mutex_t lock;
	pthread_cond_t room;
	struct arena arena; /* of known */
	struct hash_key key;
	struct table known; /* bytes of digests that are in the store, or will be */
	struct store_waiting *batch;
	size_t batched, batch_max; /* objects in the batch */
	size_t open, open_max;     /* objects in the batch and in batches that are being synced */
	u8 touched[32];            /* bit n: directory n has new names */
	dev_t uncloned[8];         /* devices from whose files the store cannot clone */
	unsigned int nuncloned;    /* number of such devices found; the last 8 are remembered */
};

/*
 * Open the directory, and make it if it is missing; lock it against collectors, and find
 * out what the file system supports. @notes collects warnings. -1 and a text.
 */
int store_open(struct store *s, const char *path, struct store_flags flags, struct notes *notes,
	       struct error *err);

/* Store bytes in memory whose digest is known. */
struct store_bytes {
	const u8 *p;
	size_t len;
};
int store_put(struct store *s, struct verity_work *work, const struct store_bytes *bytes,
	      const struct cfs_digest *digest, struct error *err);

/* Store the content of a file and return its digest. Results as for content_put(). */
int store_put_file(struct store *s, struct verity_work *work, int fd, const struct stat *before,
		   struct cfs_digest *digest, struct error *err);

/* The same for a stream. */
int store_put_stream(struct store *s, struct verity_work *work, const struct content_stream *from,
		     struct cfs_digest *digest, struct error *err);

/* Whether an object gets fs-verity. */
enum store_seal {
	STORE_SEAL_NO,
	STORE_SEAL_IF_POSSIBLE,
	STORE_SEAL_MUST, /* otherwise store_repair() changes nothing and returns 2 */
};

/*
 * Put a copy of the file @fd under @path (terminated, beneath the store), in the place of
 * anything except a directory, and with fs-verity as @seal says. @before is what fstat() said
 * of @fd. Only content with the digest @want gets the name (VE-6). The object is on stable
 * storage when this returns; store_finish() syncs the names of directories. 0; 1: the file
 * has other content, or a directory has the name; 2 and a text: it cannot be read, or
 * not be sealed; -1 and a text.
 */
int store_repair(struct store *s, struct verity_work *work, const char *path, int fd,
		 const struct stat *before, const struct cfs_digest *want, enum store_seal seal,
		 struct error *err);

/* Give every object its name and sync everything (ST-10). */
int store_finish(struct store *s, struct error *err);

/* Release the store, whether it was finished or not. */
void store_close(struct store *s);

#endif
