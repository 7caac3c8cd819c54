/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole reads and writes. Only this layer handles EINTR and short counts, and it latches
 * the first error of an output (WI-3).
 */
#ifndef CFS_FILES_IO_H
#define CFS_FILES_IO_H

#include <sys/types.h>
#include "core/port.h"

/* Up to @len bytes, fewer only at the end; -1 and errno. */
ssize_t io_read(int fd, void *buf, size_t len);
ssize_t io_pread(int fd, void *buf, size_t len, u64 off);

/*
 * Read up to @len bytes without waiting for a disk. -1 and errno: EAGAIN if no bytes are in
 * memory, or if the file or the kernel does not support such reads.
 */
ssize_t io_pread_now(int fd, void *buf, size_t len, u64 off);

/* All of it or -1 and errno. */
int io_write(int fd, const void *buf, size_t len);

/* Bytes on their way to a descriptor. */
struct writer {
	int fd;      /* -1: nowhere, bytes are only counted and seen */
	int err;     /* the first errno; nothing is written after it */
	u64 total;   /* bytes added */
	size_t used; /* of the buffer */
	u8 *buf;
	/* Sees all bytes in order as they leave the buffer; may be NULL. */
	void (*see)(void *see_arg, const void *data, size_t len);
	void *see_arg;
};

#define WRITER_SIZE ((size_t)256 << 10)

/* -1 (ENOMEM) if there is no buffer. The caller may set see and see_arg afterwards. */
int writer_init(struct writer *w, int fd);

void writer_add_bytes(struct writer *w, const void *data, size_t len);

/* A struct is copied in place. */
static inline void writer_add(struct writer *w, const void *data, size_t len)
{
	if (__builtin_constant_p(len) && len <= WRITER_SIZE - w->used && !w->err) {
		memcpy(w->buf + w->used, data, len);
		w->used += len;
		w->total += len;
	} else {
		writer_add_bytes(w, data, len);
	}
}

void writer_zero(struct writer *w, u64 len);

/* Write what is buffered. 0, or -1 and errno if this or anything before failed. */
int writer_flush(struct writer *w);
void writer_release(struct writer *w);

#endif
