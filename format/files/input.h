/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of an input that may be compressed: a file, a pipe or stdin; plain, gzip or
 * zstd, recognised by the magic (command line 3, RT-12). Members and frames may follow
 * each other, including skippable frames of zstd, and zero bytes may follow the last gzip
 * member. Anything else behind one, and a cut or damaged stream, is an error. An input
 * that is too short for a magic is plain.
 */
#ifndef CFS_FILES_INPUT_H
#define CFS_FILES_INPUT_H

#include <sys/stat.h>
#include <sys/types.h>
#include "base/error.h"

/* Limit for the decompressed bytes of an input, unless the caller sets another one. */
#define INPUT_LIMIT ((u64)4 << 30)
#define INPUT_WINDOW_LOG 27

struct input_codec; /* state of a decoder */

/* Up to @len bytes, fewer only at the end; -1 and errno. */
typedef ssize_t input_raw_fn(void *arg, void *to, size_t len);

struct input {
	const char *name; /* for messages: the path as given, "-" for stdin; borrowed */
	int fd;
	bool owned; /* fd is closed by input_release() */
	bool compressed;
	struct stat st; /* of the file, so that the output can be recognised as the same file */
	u64 limit;      /* of bytes from a compressed input; may be changed before the first read */
	u64 total;      /* bytes handed out */
	bool single; /* nothing may follow the first member or frame; set before the first read */
	bool ranged; /* only [at, at + left) of the file, or of @mem */
	const u8 *mem;
	u64 at, left;
	input_raw_fn *raw; /* where the bytes come from in place of @fd; NULL: from there */
	void *raw_arg;
	u8 head[4]; /* read to see the magic, and not handed out: [head_pos, head_len) */
	u32 head_pos, head_len;
	u8 *peeked; /* handed out by input_peek() and to be handed out again: [peeked_pos, peeked_len) */
	size_t peeked_pos, peeked_len;
	struct input_codec *codec; /* NULL: plain */
	/*
	 * Called with the number of bytes of the file that were read; NULL: nothing is called. Set
	 * it after opening.
	 */
	void (*seen)(void *seen_arg, u64 bytes);
	void *seen_arg;
	/* Called with the decompressed bytes as they are handed out; NULL: nothing is called. */
	void (*see)(void *see_arg, const void *data, size_t len);
	void *see_arg;
};

/*
 * Open @path, "-" for stdin, read-only; wait for a writer if it is a fifo.
 * A directory is refused. -1 and a text that begins with the name; nothing is
 * left to release then. @path must outlive the input.
 */
int input_open(struct input *in, const char *path, struct error *err);

/* The same for a descriptor, read from its present position. The caller keeps it. */
int input_open_fd(struct input *in, int fd, const char *name, struct error *err);

/* The same, but the input takes over the descriptor, also after an error, unless it is stdin. */
int input_take_fd(struct input *in, int fd, const char *name, struct error *err);

/*
 * One raw deflate stream (RFC 1951), from the present position of @fd to the
 * end of the file; at most @limit bytes come out. @in is zeros, or was opened by
 * this function before and not released: then its memory is used again.
 */
int input_open_deflate(struct input *in, int fd, const char *name, u64 limit, struct error *err);

/* The same for @len bytes of a file at @off, read by position, and for bytes in memory. */
int input_open_range(struct input *in, int fd, const char *name, u64 off, u64 len,
		     struct error *err);
int input_open_memory(struct input *in, const void *mem, size_t len, const char *name,
		      struct error *err);

/* The same for bytes that @raw hands out. */
int input_open_raw(struct input *in, input_raw_fn *raw, void *arg, const char *name,
		   struct error *err);

/* Up to @len (more than 0) bytes, fewer only at the end. -1 and a text with the name. */
ssize_t input_read(struct input *in, void *buf, size_t len, struct error *err);

/*
 * Copy what the next input_read() will hand out, up to @len bytes, fewer only at
 * the end. At most once, before the first read. -1 and a text with the name.
 */
ssize_t input_peek(struct input *in, void *buf, size_t len, struct error *err);

/*
 * Read the rest into memory that the caller frees. *data is never NULL on success. The
 * buffer has the size of a plain file at once; for other inputs it grows by half.
 */
int input_slurp(struct input *in, u8 **data, size_t *len, struct error *err);

void input_release(struct input *in);

#endif
