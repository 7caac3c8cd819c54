/* SPDX-License-Identifier: GPL-2.0-only */
/* Write a tree as an image, a dump or a digest: the back half of mkfs and the converters. */
#ifndef CFS_APPLETS_RESULT_H
#define CFS_APPLETS_RESULT_H

#include "applets/applet.h"
#include "applets/common/inputs.h"
#include "applets/common/window.h"
#include "files/publish.h"
#include "image/write/write.h"

/* The options that mkfs and the converters share (command line 5). */
struct result {
	const char *source; /* for messages about the tree as a whole; NULL: none */
	const char *image;  /* name of the image, NULL: none is written */
	bool print_digest, print_digest_only, print_dump, no_sync;
	bool print_json;      /* as a table of contents */
	const char *hash_alg; /* --hash-alg; NULL: not given */
	u8 algorithm;         /* by result_options(): the same, or CFS_NO_ALGORITHM */
	const struct cfs_digest
		*wanted; /* set by produce(): what the image's digest must be; NULL: anything */
	struct option_number min_version, max_version;
	struct image_version version; /* by result_options() */
	struct publish out;           /* open while the tree is filled, if there is an image */
	/*
	 * Checks the file that will be replaced, once out is open; NULL: no check. -1 and a text.
	 */
	int (*check)(const struct publish *out, struct error *err);
	/* Called with the @arg of produce() instead of writing an image. NULL: write it. */
	int (*keep)(void *arg, const struct tree *tree, struct cfs_digest *digest,
		    struct error *err);
	/* Called when everything is written and nothing has its name; NULL: nothing. -1 and a text. */
	int (*before_commit)(void *arg, struct error *err);
	bool summarize; /* print one line about the finished image, if stderr is a terminal */
	u64 objects,
		new_objects; /* for that line: objects that the image uses, and those of them stored by this run */
	bool confined; /* by result_confine(), with this: */
	struct window window;
	struct workers_pool *pool; /* for produce(); NULL: none */
};

/* The rows of the options above, for the table of an applet. */
/* clang-format off */
#define RESULT_ROWS(r) \
	{ 0, "hash-alg", "ALG", "algorithm of all digests: sha256 (default) or sha512", \
	  &(r)->hash_alg }, \
	{ 0, "print-digest", NULL, "print the fs-verity digest of the image", &(r)->print_digest }, \
	{ 0, "print-digest-only", NULL, "print the digest and write no image", \
	  &(r)->print_digest_only }, \
	{ 0, "print-dump", NULL, "print the tree as a dump and write no image", &(r)->print_dump }, \
	{ 0, "min-version", "N", "lowest format version to write, 0 or 1 (default: 0)", \
	  &(r)->min_version, OPTION_NUMBER }, \
	{ 0, "max-version", "N", "highest format version to write, if needed (default: 1)", \
	  &(r)->max_version, OPTION_NUMBER }, \
	{ 0, "no-sync", NULL, "do not wait until all is on stable storage", &(r)->no_sync }
/* clang-format on */

/* Defaults, before the options are parsed. */
void result_init(struct result *r);

/*
 * Called after that: derive the version (image format 4) and refuse options that exclude
 * each other, with exit status 2.
 */
void result_options(struct result *r);

/* Whether the run needs the name of an image. */
static inline bool result_needs_image(const struct result *r)
{
	return !r->print_digest_only && !r->print_dump && !r->print_json;
}

/*
 * Call this when all inputs are open: @in, and objects beneath the directory @beneath
 * (-1: none). result_run() then calls produce() in a confined child (PH-2) with @threads
 * threads. It has no effect unless all of @in is open.
 */
void result_confine(struct result *r, const struct inputs *in, int beneath, unsigned int threads);

/*
 * Fill a tree with @produce, then write what is asked for. Returns the exit
 * status; errors have been printed. @produce seals the tree. If the digest is not
 * r->wanted, nothing is written and the status is EXIT_MISMATCH.
 */
int result_run(struct result *r, int (*produce)(void *arg, struct tree *tree, struct error *err),
	       void *arg);

#endif
