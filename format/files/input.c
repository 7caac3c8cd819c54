// SPDX-License-Identifier: GPL-2.0-only
#include "files/input.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>
#include "files/io.h"

#define RAW_SIZE ((size_t)128 << 10)
#define SLURP_FIRST ((size_t)64 << 10)
#define HUGE_FROM ((size_t)8 << 20)

struct input_codec {
	ZSTD_DCtx *zstd; /* NULL: gzip */
	z_stream gzip;
	size_t pos, len; /* unread bytes of raw */
	bool raw_end;    /* the end of the file was read */
	bool between;    /* a member or frame has ended, none has begun since */
	bool deflate;    /* one raw stream */
	bool zeros;      /* behind the last member */
	u8 raw[RAW_SIZE];
};

static bool magic_is(const struct input *in, u32 magic, u32 mask)
{
	const u8 *h = in->head;
	u32 v = (u32)h[0] | (u32)h[1] << 8 | (u32)h[2] << 16 | (u32)h[3] << 24;

	return (v & mask) == magic;
}

static bool is_gzip(const struct input *in)
{
	return in->head_len >= 2 && magic_is(in, 0x8b1f, 0xffff);
}

static bool is_zstd(const struct input *in)
{
	return in->head_len == 4 &&
	       (magic_is(in, 0xfd2fb528, 0xffffffff) || magic_is(in, 0x184d2a50, 0xfffffff0));
}

/* The codec starts with the bytes that were read to see the magic. */
static int codec_open(struct input *in, struct error *err)
{
	struct input_codec *c;

	if (!is_gzip(in) && !is_zstd(in))
		return 0;
	c = malloc(sizeof(*c));
	if (!c)
		goto nomem;
	c->zstd = NULL;
	memset(&c->gzip, 0, sizeof(c->gzip));
	if (is_zstd(in)) {
		c->zstd = ZSTD_createDCtx();
		if (!c->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(c->zstd, ZSTD_d_windowLogMax,
								    INPUT_WINDOW_LOG)))
			goto nomem;
	} else if (inflateInit2(&c->gzip, 16 + MAX_WBITS) != Z_OK) {
		goto nomem;
	}
	memcpy(c->raw, in->head, in->head_len);
	c->pos = 0;
	c->len = in->head_len;
	c->raw_end = c->between = c->deflate = c->zeros = false;
	in->head_pos = in->head_len;
	in->codec = c;
	in->compressed = true;
	return 0;
nomem:
	if (c)
		ZSTD_freeDCtx(c->zstd);
	free(c);
	error_nomem(err);
	return error_in(err, "%s", in->name);
}

static ssize_t read_range(struct input *in, void *buf, size_t len)
{
	ssize_t n;

	if (len > in->left)
		len = (size_t)in->left;
	n = (ssize_t)len;
	if (in->mem)
		memcpy(buf, in->mem + in->at, len);
	else
		n = io_pread(in->fd, buf, len, in->at);
	if (n > 0) {
		in->at += (u64)n;
		in->left -= (u64)n;
	}
	return n;
}

/* The bytes as they are, up to @len, fewer only at the end. */
static ssize_t raw_read(struct input *in, void *buf, size_t len)
{
	ssize_t n;

	if (in->raw)
		n = in->raw(in->raw_arg, buf, len);
	else
		n = in->ranged ? read_range(in, buf, len) : io_read(in->fd, buf, len);
	if (n > 0 && in->seen)
		in->seen(in->seen_arg, (u64)n);
	return n;
}

/* Read the first bytes and recognise the format. */
static int begin(struct input *in, struct error *err)
{
	ssize_t n = raw_read(in, in->head, sizeof(in->head));

	if (n < 0)
		return error_sys(err, "%s: read", in->name);
	in->head_len = (u32)n;
	return codec_open(in, err);
}

int input_open_fd(struct input *in, int fd, const char *name, struct error *err)
{
	*in = (struct input){ .name = name, .fd = fd, .limit = INPUT_LIMIT };
	if (fstat(fd, &in->st))
		return error_sys(err, "%s: fstat", name);
	if (S_ISDIR(in->st.st_mode))
		return error_set(err, EISDIR, "%s: is a directory", name);
	return begin(in, err);
}

int input_open_range(struct input *in, int fd, const char *name, u64 off, u64 len,
		     struct error *err)
{
	*in = (struct input){
		.name = name, .fd = fd, .limit = INPUT_LIMIT, .ranged = true, .at = off, .left = len
	};
	return begin(in, err);
}

int input_open_memory(struct input *in, const void *mem, size_t len, const char *name,
		      struct error *err)
{
	*in = (struct input){ .name = name,
			      .fd = -1,
			      .limit = INPUT_LIMIT,
			      .ranged = true,
			      .mem = mem,
			      .left = len };
	return begin(in, err);
}

int input_open_raw(struct input *in, input_raw_fn *raw, void *arg, const char *name,
		   struct error *err)
{
	*in = (struct input){
		.name = name, .fd = -1, .limit = INPUT_LIMIT, .raw = raw, .raw_arg = arg
	};
	return begin(in, err);
}

int input_open_deflate(struct input *in, int fd, const char *name, u64 limit, struct error *err)
{
	struct input_codec *c = in->codec;

	*in = (struct input){
		.name = name, .fd = fd, .limit = limit, .compressed = true, .single = true
	};
	if (!c) {
		c = malloc(sizeof(*c));
		if (!c)
			return error_nomem(err);
		c->zstd = NULL;
		memset(&c->gzip, 0, sizeof(c->gzip));
		if (inflateInit2(&c->gzip, -MAX_WBITS) != Z_OK) {
			free(c);
			return error_nomem(err);
		}
	} else {
		inflateReset(&c->gzip);
	}
	c->pos = c->len = 0;
	c->raw_end = c->between = c->zeros = false;
	c->deflate = true;
	in->codec = c;
	return 0;
}

int input_take_fd(struct input *in, int fd, const char *name, struct error *err)
{
	int rc = input_open_fd(in, fd, name, err);

	in->owned = fd != STDIN_FILENO;
	if (rc)
		input_release(in);
	return rc;
}

int input_open(struct input *in, const char *path, struct error *err)
{
	int fd;

	if (!strcmp(path, "-"))
		return input_open_fd(in, STDIN_FILENO, path, err);
	do {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return error_sys(err, "%s: open", path);
	return input_take_fd(in, fd, path, err);
}

void input_release(struct input *in)
{
	if (in->codec) {
		if (in->codec->zstd)
			ZSTD_freeDCtx(in->codec->zstd);
		else
			inflateEnd(&in->codec->gzip);
		free(in->codec);
		in->codec = NULL;
	}
	free(in->peeked);
	in->peeked = NULL;
	in->peeked_pos = in->peeked_len = 0;
	if (in->owned)
		close(in->fd);
	in->owned = false;
}

static const char *codec_name(const struct input *in)
{
	if (in->codec->zstd)
		return "zstd";
	return in->codec->deflate ? "deflate" : "gzip";
}

static int damaged(const struct input *in, const char *what, struct error *err)
{
	return error_set(err, EBADMSG, "%s: %s: %s", in->name, codec_name(in), what);
}

static int fill(struct input *in, struct error *err)
{
	struct input_codec *c = in->codec;
	ssize_t n;

	if (c->pos < c->len || c->raw_end)
		return 0;
	n = raw_read(in, c->raw, RAW_SIZE);
	if (n < 0)
		return error_sys(err, "%s: read", in->name);
	c->pos = 0;
	c->len = (size_t)n;
	c->raw_end = n == 0;
	return 0;
}

/*
 * One step of a decoder: consumes bytes of raw and produces at most @len. Returns how many
 * it produced, possibly none, or -1.
 */
static ssize_t step_zstd(struct input *in, u8 *buf, size_t len, struct error *err)
{
	struct input_codec *c = in->codec;
	ZSTD_inBuffer src = { c->raw, c->len, c->pos };
	ZSTD_outBuffer dst = { buf, len, 0 };
	size_t rc;

	if (c->between && in->single && c->pos < c->len)
		return damaged(in, "something else follows the compressed data", err);
	rc = ZSTD_decompressStream(c->zstd, &dst, &src);
	if (ZSTD_isError(rc)) {
		switch (ZSTD_getErrorCode(rc)) {
		case ZSTD_error_memory_allocation:
			error_nomem(err);
			return error_in(err, "%s", in->name);
		case ZSTD_error_frameParameter_windowTooLarge:
			return damaged(in, "window of more than 128 MiB", err);
		case ZSTD_error_prefix_unknown:
			return damaged(in, "something else follows the compressed data", err);
		default:
			return damaged(in, "compressed data is damaged", err);
		}
	}
	c->between = rc == 0;
	c->pos = src.pos;
	return (ssize_t)dst.pos;
}

static ssize_t step_gzip(struct input *in, u8 *buf, size_t len, struct error *err)
{
	struct input_codec *c = in->codec;
	z_stream *z = &c->gzip;
	uInt out = len < (1u << 30) ? (uInt)len : 1u << 30;
	int rc;

	/* The first byte of a member decides; inflate() refuses a wrong second one. */
	if (c->between && c->pos < c->len && (in->single || c->zeros || c->raw[c->pos] != 0x1f)) {
		c->zeros = !in->single;
		while (c->zeros && c->pos < c->len)
			c->zeros = c->raw[c->pos++] == 0;
		return c->zeros ? 0
				: damaged(in, "something else follows the compressed data", err);
	}
	z->next_in = c->raw + c->pos;
	z->avail_in = (uInt)(c->len - c->pos);
	z->next_out = buf;
	z->avail_out = out;
	rc = inflate(z, Z_NO_FLUSH);
	c->pos = c->len - z->avail_in;
	c->between = rc == Z_STREAM_END;
	if (rc == Z_MEM_ERROR) {
		error_nomem(err);
		return error_in(err, "%s", in->name);
	}
	if (rc == Z_STREAM_END)
		rc = inflateReset(z);
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return damaged(in, "compressed data is damaged", err);
	return (ssize_t)(out - z->avail_out);
}

static ssize_t decode(struct input *in, u8 *buf, size_t len, struct error *err)
{
	struct input_codec *c = in->codec;
	size_t got = 0;

	if (len > in->limit - in->total) /* one byte more shows that there is more */
		len = (size_t)(in->limit - in->total) + 1;
	while (got < len) {
		ssize_t n;

		if (fill(in, err))
			return -1;
		if (c->raw_end && c->between)
			break;
		n = c->zstd ? step_zstd(in, buf + got, len - got, err)
			    : step_gzip(in, buf + got, len - got, err);
		if (n < 0)
			return -1;
		if (n == 0 && c->raw_end && !c->between)
			return damaged(in, "compressed data ends too early", err);
		got += (size_t)n;
		if (got > in->limit - in->total)
			return error_set(err, EFBIG, "%s: more than %llu bytes after decompression",
					 in->name, (unsigned long long)in->limit);
	}
	return (ssize_t)got;
}

static ssize_t plain(struct input *in, u8 *buf, size_t len, struct error *err)
{
	size_t n = in->head_len - in->head_pos;
	ssize_t got;

	if (n > len)
		n = len;
	memcpy(buf, in->head + in->head_pos, n);
	in->head_pos += (u32)n;
	if (n == len)
		return (ssize_t)n;
	got = raw_read(in, buf + n, len - n);
	if (got < 0)
		return error_sys(err, "%s: read", in->name);
	return got + (ssize_t)n;
}

static ssize_t next_bytes(struct input *in, void *buf, size_t len, struct error *err)
{
	return in->codec ? decode(in, buf, len, err) : plain(in, buf, len, err);
}

ssize_t input_peek(struct input *in, void *buf, size_t len, struct error *err)
{
	ssize_t n;

	in->peeked = malloc(len);
	if (!in->peeked) {
		error_nomem(err);
		return error_in(err, "%s", in->name);
	}
	n = next_bytes(in, in->peeked, len, err);
	if (n < 0)
		return -1;
	in->peeked_len = (size_t)n;
	memcpy(buf, in->peeked, in->peeked_len);
	return n;
}

ssize_t input_read(struct input *in, void *buf, size_t len, struct error *err)
{
	size_t again = in->peeked_len - in->peeked_pos;
	u8 *to = buf;
	ssize_t n = 0;

	if (again > len)
		again = len;
	if (again) {
		memcpy(to, in->peeked + in->peeked_pos, again);
		in->peeked_pos += again;
		in->total += again;
	}
	if (again < len)
		n = next_bytes(in, to + again, len - again, err);
	if (n < 0)
		return -1;
	in->total += (u64)n;
	n += (ssize_t)again;
	if (in->see && n)
		in->see(in->see_arg, buf, (size_t)n);
	return n;
}

/*
 * One byte more than the size of a plain file, so that the end is seen without growing the
 * buffer.
 */
static size_t first_size(const struct input *in)
{
	if (!in->codec && S_ISREG(in->st.st_mode) && in->st.st_size >= (off_t)SLURP_FIRST &&
	    (u64)in->st.st_size < SIZE_MAX / 2)
		return (size_t)in->st.st_size + 1;
	return SLURP_FIRST;
}

/*
 * Ask for huge pages for a large allocation: an image of 256 MiB takes 65536 page
 * faults without them. Only advice, so the result does not matter.
 */
static void advise_huge(u8 *p, size_t len)
{
	const uintptr_t page = 4096, start = ((uintptr_t)p + page - 1) & ~(page - 1);

	if (len >= HUGE_FROM)
		(void)madvise(p + (start - (uintptr_t)p), len - page, MADV_HUGEPAGE);
}

int input_slurp(struct input *in, u8 **data, size_t *len, struct error *err)
{
	size_t cap = first_size(in), used = 0;
	u8 *p = malloc(cap), *q;
	ssize_t n;

	if (!p)
		goto nomem;
	advise_huge(p, cap);
	for (;;) {
		n = input_read(in, p + used, cap - used, err);
		if (n < 0) {
			free(p);
			return -1;
		}
		used += (size_t)n;
		if (used < cap)
			break;
		if (cap > SIZE_MAX / 2)
			goto nomem;
		q = realloc(p, cap + cap / 2);
		if (!q)
			goto nomem;
		p = q;
		cap += cap / 2;
	}
	q = realloc(p, used ? used : 1); /* return the unused rest */
	*data = q ? q : p;
	*len = used;
	return 0;
nomem:
	free(p);
	error_nomem(err);
	return error_in(err, "%s", in->name);
}
