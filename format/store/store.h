/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An object store: files xx/yyyy... named by the fs-verity digest of their
 * content (image format 12), made durable in batches (ST-1 to
 * ST-13, 3.1). All functions but open, finish and close may be called by
 * several threads at once.
 */
#ifndef CFS_STORE_STORE_H
#define CFS_STORE_STORE_H

#include <stdatomic.h>
#include "base/arena.h"
#include "store/content.h"
#include "base/hash.h"
#include "files/newfile.h"

struct store_waiting; /* a complete object without its name */

struct store_flags {
	u8 algorithm;        /* of all objects that are put */
	bool require_verity; /* objects without fs-verity are errors */
	bool no_sync;
};

/* What happened, for those who tell. */
struct store_counts {
	atomic_ullong stored, found, replaced; /* objects */
	atomic_ullong cloned;                  /* of the stored ones */
};

struct store {
	const char *name; /* for messages; borrowed */
	int dir;
	struct stat st; /* of the directory; a scan leaves it out (WI-10) */
	struct store_flags flags;
	struct notes *notes; /* borrowed */
	struct store_counts counts;
	int parent;    /* of a directory that was made, else -1 */
	bool repaired; /* an object, below directories that somebody may have made without sync */
	bool syncfs_tells;  /* the kernel reports write errors through syncfs() (5.8) */
	atomic_bool verity; /* the file system can */
	bool named;         /* no O_TMPFILE: files stand in tmpdir until they are complete */
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
	size_t open, open_max;     /* in it and in batches that are being synced */
	u8 touched[32];            /* bit n: directory n has new names */
	dev_t uncloned[8];         /* devices from whose files the store cannot clone */
	unsigned int nuncloned;    /* as many were found; only the last 8 are remembered */
};

/*
 * Open the directory, which is made if it is missing, lock it against collectors
 * and find out what the file system can. @notes gets warnings. -1 and a text.
 */
int store_open(struct store *s, const char *path, struct store_flags flags, struct notes *notes,
	       struct error *err);

/* Bytes in memory, and what they hash to. */
struct store_bytes {
	const u8 *p;
	size_t len;
};
int store_put(struct store *s, struct verity_work *work, const struct store_bytes *bytes,
	      const struct cfs_digest *digest, struct error *err);

/* The content of a file, with its digest on return. As content_put(). */
int store_put_file(struct store *s, struct verity_work *work, int fd, const struct stat *before,
		   struct cfs_digest *digest, struct error *err);

/* The same for a stream. */
int store_put_stream(struct store *s, struct verity_work *work, const struct content_stream *from,
		     struct cfs_digest *digest, struct error *err);

/*
 * Put a copy of the file @fd, @before by fstat(), under @path (terminated, beneath
 * the store) in the place of whatever is there but a directory; with fs-verity if
 * @seal. Only content with the digest @want gets the name (VE-6). On stable
 * storage when it returns, but for the names of directories: store_finish().
 * 0; 1: the file does not have that content, or a directory has the name; 2 and
 * a text: it cannot be read; -1 and a text.
 */
int store_repair(struct store *s, struct verity_work *work, const char *path, int fd,
		 const struct stat *before, const struct cfs_digest *want, bool seal,
		 struct error *err);

/* Every object has its name, and all is on stable storage (ST-10). */
int store_finish(struct store *s, struct error *err);

/* Whether it was finished or not. */
void store_close(struct store *s);

#endif
