/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of cfs verify (command line 7, tests/README.md 2.7). */
#ifndef CFS_APPLETS_VERIFY_H
#define CFS_APPLETS_VERIFY_H

#include <stdatomic.h>
#include "applets/applet.h"
#include "applets/common/inputs.h"
#include "applets/common/output.h"
#include "applets/common/progress.h"
#include "store/basedirs.h"
#include "verity/verity.h"
#include "image/objects.h"

/* Kinds of lines. Of the faults of one object, the first in this order is reported. */
enum kind {
	KIND_OK,
	KIND_UNREADABLE,
	KIND_MISSING,
	KIND_WRONG_TYPE,
	KIND_WRONG_SIZE,
	KIND_WRONG_CONTENT,
	KIND_NO_DIGEST,
	KIND_NO_VERITY,
	KIND_REPAIRED,
	KIND_BAD_IMAGE,
	KIND_ODD_IMAGE,
	KIND_NOT_CANONICAL,
	KIND_BAD_DIGEST,
	KIND_BAD_SIGNATURE,
	KIND_BAD_STATEMENT,
	KIND_BAD_REPO,
	KIND_BAD_NAME,
	KIND_BAD_LINK,
};

struct store;
struct vouch;

struct verify {
	bool quick, require_verity, enable_verity, canonical, json, progress_lines;
	struct cfs_digest digest; /* --digest; algorithm 0: none */
	u8 algorithm;             /* --hash-alg; 0: not given */
	const char *repo;         /* --repo; NULL: not given */
	u8 repo_algorithm;        /* of all names in the repository; 0: any */
	bool contents_done;       /* objects were checked by their names: now presence and size */
	unsigned int threads;
	struct vouch *vouch; /* a statement has to vouch for the image; NULL: none is asked for */
	struct inputs in;    /* the images */
	struct basedirs dirs, repair;         /* open where n is not 0 */
	atomic_bool sealed[BASEDIRS_MAX];     /* a checked object of this basedir has fs-verity */
	atomic_bool unsealable[BASEDIRS_MAX]; /* no file of this basedir can have fs-verity */
	atomic_bool
		cannot_enable; /* one attempt failed: this was reported, and is not tried again */

	struct store *stores[BASEDIRS_MAX]; /* repaired ones; NULL: not opened */

	struct progress progress; /* running while contents are checked */
	struct output out;
	/* The summary. */
	u64 images, objects, problems, unchecked, repaired;
	atomic_ullong bytes, without_digest;
};

/* The message about a file that is not VERITY_SEALED. */
static inline const char *not_sealed(int measured)
{
	return measured == VERITY_OTHER ? "fs-verity with another algorithm"
					: "fs-verity is not enabled";
}

/* A line about an image, an object or both; NULL is printed as "-". -1: stdout failed. */
struct finding {
	enum kind kind;
	const char *image;
	const char *object;
	const char *path;
	size_t object_len, path_len;
	const char *detail;
};
int report_line(struct verify *v, const struct finding *f, struct error *err);

/* Print the summary on stderr, or as the last JSON line, and end stdout. -1 and a text. */
int report_end(struct verify *v, struct error *err);

/* The result of checking an object. */
struct found {
	enum kind kind;
	unsigned int which; /* basedir */
	bool is_dir;        /* a directory has the name */
	bool changed; /* it changed while it was read: another process may have replaced it, so look again */
	bool reseal; /* good content, but fs-verity with another algorithm: a sealed copy has to replace it */
	char detail[320];
	size_t use; /* number of the item that records what it should be */
};

/* How often an object is looked at while other processes replace it (ST-8). */
#define VERIFY_LOOKS 8

/* The size of an object of which only the digest is known. */
#define REPAIR_ANY_SIZE UINT64_MAX

/* An object that is being checked. Threads take several at a time, for verity_tops(). */
#define LOOKS VERITY_TOPS
struct look {
	struct object_record record; /* what it should be, from the first inode that names it */
	struct found found;
	int fd; /* -1: found has the result */
	struct stat st;
	int sealed;    /* VERITY_*; VERITY_SEALED: kernel */
	bool computed; /* is, once verity_tops(&work->tops) was called */
	struct cfs_digest is, kernel;
};

/*
 * Look for the object in @dirs, the first of which is basedir number @base, and
 * read it as l->record and --quick ask. The digest may wait in work->tops, so @l
 * must stay until verity_tops() has completed it.
 */
void look_open(struct verify *v, const struct basedirs *dirs, unsigned int base, const char *path,
	       size_t len, struct verity_work *work, struct look *l);
void look_close(struct look *l);

/*
 * Check the content of an open object, but not its size, and its seal, as --require-verity
 * and --enable-verity demand. Sets found.kind and detail.
 */
void look_compare(struct verify *v, const struct object_record *record, struct verity_work *work,
		  struct look *l);

/*
 * The same for the object that items [first, end) of @objects name, each with a
 * record. -1 and a text only where the run cannot go on.
 */
int object_open(struct verify *v, const struct objects *objects, size_t first,
		struct verity_work *work, struct look *l, struct error *err);
int object_compare(struct verify *v, const struct objects *objects, size_t first, size_t end,
		   struct verity_work *work, struct look *l, struct error *err);

/* Check all objects of the images and report. -1 and a text. */
int objects_verify(struct verify *v, const struct objects *objects, char *const *names,
		   struct error *err);

/* A repository: description, objects, images and links. -1 and a text. */
int repo_verify(struct verify *v, const char *path, struct error *err);

/* Check all objects in the basedirs against their names. -1 and a text. */
int stores_verify(struct verify *v, struct error *err);

/*
 * Remove the temporary files that killed repairs left in the basedirs, before anything is
 * checked (ST-9). Never fails.
 */
void repair_sweep(const struct verify *v);

/*
 * Replace the object that @found describes as missing or wrong by a good copy. 0: done,
 * and found->kind is KIND_REPAIRED; 1: there is no good copy, and found is unchanged; -1
 * and a text.
 */
int repair_object(struct verify *v, const char *path, size_t len,
		  const struct object_record *record, struct verity_work *work, struct found *found,
		  struct error *err);

/*
 * Replace an object with found->reseal by a copy of itself that has fs-verity with the
 * algorithm of its digest, because the kernel cannot change fs-verity. 0: done, or
 * found->kind and detail say why not; -1 and a text.
 */
int repair_seal(struct verify *v, const char *path, size_t len, const struct object_record *record,
		struct verity_work *work, struct found *found, struct error *err);

/* Sync everything that was repaired; also to be called after an error. -1 and a text. */
int repair_finish(struct verify *v, struct error *err);

#endif
