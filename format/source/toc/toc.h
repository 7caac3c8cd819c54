/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of contents as one layer (toc 4 to 6): the JSON text of CRFS,
 * eStargz and zstd:chunked.
 */
#ifndef CFS_SOURCE_TOC_TOC_H
#define CFS_SOURCE_TOC_TOC_H

#include <sys/types.h>
#include "verity/sha256.h"
#include "source/layers/layers.h"

/* The SHA-256 of a content, from the "digest" of an entry; needed to check objects. */
struct toc_sha {
	const struct node *node;
	u8 sha[SHA256_SIZE];
};

struct toc_input {
	const char *name; /* for messages; borrowed */
	bool gzip; /* from an eStargz or stargz blob: landmarks are recognised by name alone */
	/* Up to @len bytes of the text, none only at its end; -1 and a text that begins with the name. */
	ssize_t (*read)(void *arg, void *to, size_t len, struct error *err);
	void *arg;
	struct table *shas; /* of struct toc_sha, found by toc_find_sha(); NULL: not wanted */
};

/* Read a table and put it over the layers below. -1 and a text that begins with the name. */
int toc_read(struct layers *l, const struct toc_input *in, struct error *err);

const struct toc_sha *toc_find_sha(const struct tree *tree, const struct table *shas,
				   const struct node *node);

#endif
