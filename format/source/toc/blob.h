/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of contents of a layer, wherever it stands: plain or compressed
 * text, or inside a zstd:chunked, eStargz or stargz blob, found by its footer
 * (toc 1 to 3).
 */
#ifndef CFS_SOURCE_TOC_BLOB_H
#define CFS_SOURCE_TOC_BLOB_H

#include "files/input.h"
#include "verity/sha256.h"

#define BLOB_TOC_MAX ((u64)150 << 20) /* bytes of a table in a blob, compressed and not */
#define BLOB_TAIL 72u                 /* bytes at the end of a blob that a footer may take */
#define BLOB_MISMATCH 1               /* the table has another digest than asked for */

enum blob_kind {
	BLOB_TEXT,
	BLOB_ZSTD, /* zstd:chunked */
	BLOB_GZIP, /* eStargz or stargz */
};

/* The place of the table, as the footer of a blob gives it. */
struct blob_footer {
	enum blob_kind kind; /* BLOB_TEXT: there is no footer */
	u64 off, len;        /* of the compressed table in the blob */
	u64 size;            /* BLOB_ZSTD: of the table */
};

/* A blob's bytes: in memory, or a part of a file. */
struct blob_bytes {
	const u8 *mem; /* NULL: a file */
	int fd;
	u64 base, len;
};

struct blob {
	const char *name; /* borrowed */
	enum blob_kind kind;
	int fd;
	bool owned;
	bool compressed; /* input is open */
	struct input input;
	u64 left;  /* BLOB_GZIP: bytes of the member that are not read yet */
	u64 total; /* bytes of text */
	u64 size;  /* BLOB_ZSTD: how many there must be */
	u8 *held;  /* text in memory, to be handed out first */
	size_t held_len, held_at;
	bool no_more;  /* all of the text has been read */
	u8 *raw;       /* compressed bytes that input reads from memory */
	u8 start[512]; /* of the text */
	size_t start_len, start_at;
};

/*
 * Look for a footer. @bytes begin with the magic of gzip (@gzip) or zstd.
 * -1 and a text, without a name, for one that is wrong or cannot be read.
 */
int blob_footer(const struct blob_bytes *bytes, bool gzip, struct blob_footer *footer,
		struct error *err);

/*
 * Open @path, "-" for stdin, and find the text. @digest, if it is not NULL, is
 * the SHA-256 that the table must have (toc 7.1 --toc-digest). 0; -1 or
 * BLOB_MISMATCH and a text that begins with @path: then there is nothing to release.
 */
int blob_open(struct blob *b, const char *path, const u8 *digest, struct error *err);

/* Up to @len bytes of the text, none only at its end. -1 and a text with the path. */
ssize_t blob_read(void *blob, void *to, size_t len, struct error *err);

/* The same for @fd, which is taken over unless it is stdin, also after an error. */
int blob_open_fd(struct blob *b, int fd, const char *path, const u8 *digest, struct error *err);

void blob_release(struct blob *b);

#endif
