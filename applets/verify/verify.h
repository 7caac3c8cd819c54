/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of cfs verify share (cli 7, reliability 2.7). */
#ifndef CFS_APPLETS_VERIFY_H
#define CFS_APPLETS_VERIFY_H

#include <stdatomic.h>
#include "applets/applet.h"
#include "applets/common/inputs.h"
#include "applets/common/output.h"
#include "applets/common/progress.h"
#include "base/basedirs.h"
#include "base/verity.h"
#include "image/objects.h"

/* Kinds of lines, in the order in which one object's faults count. */
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
};

struct store;

struct verify {
	bool quick, require_verity, enable_verity, canonical, json, progress_lines;
	bool has_digest;
	struct cfs_digest digest;
	unsigned int threads;
	struct inputs in;                 /* the images */
	struct basedirs dirs, repair;     /* open where n is not 0 */
	atomic_bool sealed[BASEDIRS_MAX]; /* an object of this basedir that was checked has fs-verity */
	atomic_bool cannot_enable;        /* one attempt failed: it was said, and is not made again */

	struct store *stores[BASEDIRS_MAX]; /* repaired ones; NULL: not opened */

	struct progress progress; /* running while contents are checked */
	struct output out;
	/* The summary. */
	u64 images, objects, problems, unchecked, repaired;
	atomic_ullong bytes, without_digest;
};

/* What is wrong with a file that has not VERITY_SHA256. */
static inline const char *not_sealed(int measured)
{
	return measured == VERITY_OTHER ? "has fs-verity with other parameters" : "fs-verity is not enabled";
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

/* The summary on stderr, or as the last JSON line, and the end of stdout. -1 and a text. */
int report_end(struct verify *v, struct error *err);

/* What was found out about an object. */
struct found {
	enum kind kind;
	unsigned int which; /* basedir */
	bool is_dir;        /* a directory has the name */
	bool changed;       /* while it was read: somebody may have replaced it, look again */
	char detail[192];
	size_t use; /* of the item that tells what it should be */
};

/* What it is, and why; of a text that is too long the end, where the reason is. */
void found_decide(struct found *found, enum kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* How often an object is looked at that somebody replaces meanwhile (ST-8). */
#define VERIFY_LOOKS 8

/*
 * Check the object that items [first, end) of @objects name. For any thread;
 * @work is its own. -1 and a text only where the run cannot go on.
 */
struct verity_work;
int object_verify(struct verify *v, const struct objects *objects, size_t first, size_t end,
		  struct verity_work *work, struct found *found, struct error *err);

/*
 * Check the content of a file opened for reading, its size apart, and its seal,
 * as --quick, --require-verity and --enable-verity ask. Sets found->kind and
 * detail; found->which is the basedir, called @dir.
 */
void content_verify(struct verify *v, const char *dir, int fd, const struct stat *st,
		    const struct object_record *record, struct verity_work *work, struct found *found);

/* All objects of the images, and their lines. -1 and a text. */
int objects_verify(struct verify *v, const struct objects *objects, char *const *names, struct error *err);

/* All objects in the basedirs, against their names. -1 and a text. */
int stores_verify(struct verify *v, struct error *err);

/* The size of an object of which only the digest is known. */
#define REPAIR_ANY_SIZE UINT64_MAX

/* Before anything is checked: what killed repairs left in the basedirs is removed (ST-9). Never fails. */
void repair_sweep(const struct verify *v);

/*
 * Put a good copy in the place of what @found tells is missing or wrong. 0: it
 * is there, and found->kind is KIND_REPAIRED; 1: it could not be had, found is
 * as it was; -1 and a text.
 */
int repair_object(struct verify *v, const char *path, size_t len, const struct object_record *record,
		  struct verity_work *work, struct found *found, struct error *err);

/* All that was repaired is on stable storage; also after an error. -1 and a text. */
int repair_finish(struct verify *v, struct error *err);

#endif
