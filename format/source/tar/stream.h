/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a tar archive in order, and the number of the next block (tar 1). */
#ifndef CFS_SOURCE_TAR_STREAM_H
#define CFS_SOURCE_TAR_STREAM_H

#include "files/input.h"
#include "source/tar/header.h"

struct tar_stream {
	struct input in;
	u8 *room;
	size_t pos, len; /* of room: not handed out yet */
	u64 taken;       /* bytes handed out */
	bool failed;     /* the last error is one of reading, with its place in the text */
};

/* As input_open(), or with @fd input_take_fd(): the text of an error begins with @path. */
int tar_stream_open(struct tar_stream *s, const char *path, int fd, struct error *err);

/* The same for an input that is open and was not read; it is the stream's, also after an error. */
int tar_stream_take(struct tar_stream *s, const struct input *in, struct error *err);

void tar_stream_release(struct tar_stream *s);

/* Up to @len bytes, fewer only at the end. -1 and a text that begins with the path and says the block. */
ssize_t tar_stream_read(struct tar_stream *s, void *to, size_t len, struct error *err);

/* Skip @len bytes. Returns how many there were, fewer only at the end; -1 and a text. */
s64 tar_stream_skip(struct tar_stream *s, u64 len, struct error *err);

/* Put "PATH: block N: " before the text, the block being the one before @back bytes. Returns -1. */
int tar_stream_in(const struct tar_stream *s, u64 back, struct error *err);

#endif
