// SPDX-License-Identifier: GPL-2.0-only
#include "files/io.h"

#include <linux/fs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/text.h"

/* The kernel moves at most 2 GiB in one call. A smaller piece keeps the delay of a signal small. */
#define PIECE ((size_t)16 << 20)

/* Reads at @off, or with pread false at the position of the descriptor. */
static ssize_t read_all(int fd, void *buf, size_t len, u64 off, bool at)
{
	u8 *p = buf;
	size_t got = 0;

	while (got < len) {
		size_t piece = len - got < PIECE ? len - got : PIECE;
		ssize_t n = at ? pread(fd, p + got, piece, (off_t)(off + got))
			       : read(fd, p + got, piece);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

ssize_t io_read(int fd, void *buf, size_t len)
{
	return read_all(fd, buf, len, 0, false);
}

ssize_t io_pread(int fd, void *buf, size_t len, u64 off)
{
	return read_all(fd, buf, len, off, true);
}

ssize_t io_pread_now(int fd, void *buf, size_t len, u64 off)
{
	struct iovec v = { buf, len };
	/* musl has no function for it. The high half of the offset counts on 32 bits alone. */
	long n = syscall(SYS_preadv2, fd, &v, 1, (long)off, 0L, RWF_NOWAIT);

	if (n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR))
		errno = EAGAIN;
	return n;
}

int io_write(int fd, const void *buf, size_t len)
{
	const u8 *p = buf;

	while (len) {
		ssize_t n = write(fd, p, len < PIECE ? len : PIECE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int writer_init(struct writer *w, int fd)
{
	*w = (struct writer){ .fd = fd, .buf = malloc(WRITER_SIZE) };
	return w->buf ? 0 : -1;
}

int writer_flush(struct writer *w)
{
	if (!w->err && w->used) {
		if (w->see)
			w->see(w->see_arg, w->buf, w->used);
		if (w->fd >= 0 && io_write(w->fd, w->buf, w->used))
			w->err = errno;
	}
	w->used = 0;
	errno = w->err;
	return w->err ? -1 : 0;
}

/* The next free bytes of the buffer, at least one. */
static size_t space(struct writer *w)
{
	if (w->used == WRITER_SIZE)
		writer_flush(w);
	return WRITER_SIZE - w->used;
}

void writer_add_bytes(struct writer *w, const void *data, size_t len)
{
	const u8 *p = data;

	w->total += len;
	if (len <= WRITER_SIZE - w->used && !w->err) {
		text_copy(w->buf + w->used, p, len);
		w->used += len;
		return;
	}
	while (len && !w->err) {
		size_t room = space(w), n = len < room ? len : room;

		memcpy(w->buf + w->used, p, n);
		w->used += n;
		p += n;
		len -= n;
	}
}

void writer_zero(struct writer *w, u64 len)
{
	w->total += len;
	while (len && !w->err) {
		size_t room = space(w), n = len < room ? (size_t)len : room;

		memset(w->buf + w->used, 0, n);
		w->used += n;
		len -= n;
	}
}

void writer_release(struct writer *w)
{
	free(w->buf);
	w->buf = NULL;
}
