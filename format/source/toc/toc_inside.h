/* SPDX-License-Identifier: GPL-2.0-only */
/* One entry of a table of contents: toc.c reads it, entry.c interprets it. */
#ifndef CFS_SOURCE_TOC_TOC_INSIDE_H
#define CFS_SOURCE_TOC_TOC_INSIDE_H

#include "source/toc/toc.h"

enum toc_string {
	TOC_TYPE,
	TOC_NAME,
	TOC_MODTIME,
	TOC_LINK_NAME,
	TOC_DIGEST,
	TOC_PAYLOAD,
	TOC_CONTENT,
	TOC_VERITY,
	TOC_STRINGS
};

enum toc_number {
	TOC_MODE,
	TOC_UID,
	TOC_GID,
	TOC_SIZE,
	TOC_MAJOR,
	TOC_MINOR,
	TOC_NUMBERS
};

/* A string in entry->text. */
struct toc_text {
	bool there;
	size_t at, len;
};

struct toc_entry {
	struct buf text;
	struct buf xattrs; /* each: two u32 lengths, the name, the value in base64 */
	struct buf scratch;
	struct toc_text string[TOC_STRINGS];
	bool has[TOC_NUMBERS];
	u64 number[TOC_NUMBERS];
	bool after_file; /* the entry before it was a file, or a chunk of one */
	u32 line;
};

static inline const char *toc_string(const struct toc_entry *e, enum toc_string which, size_t *len)
{
	*len = e->string[which].len;
	return *len ? e->text.p + e->string[which].at : "";
}

/* Check the entry, and give it to the layer. -1 and a text. */
int toc_entry_put(struct toc_entry *e, struct layers *l, const struct toc_input *in,
		  struct error *err);

#endif
