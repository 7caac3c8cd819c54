// SPDX-License-Identifier: GPL-2.0-only
/*
 * base/input.c (RT-12, command line 3): plain, gzip and zstd; every prefix of a
 * compressed input and every byte of it changed; limits; what cannot be read.
 */
#include "files/input.h"
#include <zlib.h>
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

/* "1\n2\n" to "60\n", as `zstd -19 --check` packs it. */
/* clang-format off */
static const u8 seq_zst[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x24, 0xab, 0x8d, 0x02, 0x00, 0xb2, 0x4a, 0x13, 0x09, 0xb0, 0xeb, 0x24,
	0x49, 0x88, 0x70, 0x52, 0x98, 0x75, 0x03, 0x7d, 0xb3, 0xcd, 0x35, 0xd3, 0x3c, 0xb3, 0xcc, 0x31,
	0x77, 0xe6, 0x0c, 0xf3, 0xc9, 0x26, 0x97, 0x4c, 0xf2, 0xc8, 0x22, 0x87, 0x5c, 0x99, 0x32, 0xc8,
	0x17, 0x5b, 0x5c, 0x31, 0xc5, 0x13, 0x4b, 0x1c, 0x71, 0x63, 0xc6, 0x10, 0x5f, 0xb7, 0x5e, 0x9d,
	0xfa, 0x74, 0xe9, 0xd1, 0xdb, 0xd9, 0xa1, 0x1f, 0x37, 0x5e, 0x9c, 0xf8, 0x70, 0xe1, 0xc1, 0xcb,
	0xc9, 0x81, 0xdf, 0x76, 0x4d, 0xcf, 0x72, 0xdc, 0x19, 0x00, 0xf2, 0xf2, 0x42, 0x7e,
};
/* clang-format on */
static const u8 skippable[] = { 0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c' };

struct bytes {
	u8 p[4096];
	size_t len;
};

static struct scratch scratch;

static void add(struct bytes *b, const void *p, size_t len)
{
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

static void seq(struct bytes *b)
{
	char line[8];

	for (int i = 1; i <= 60; i++)
		add(b, line, (size_t)snprintf(line, sizeof(line), "%d\n", i));
}

static size_t pack(u8 *to, size_t room, const u8 *from, size_t len)
{
	z_stream z = { 0 };

	deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (u8 *)(uintptr_t)from;
	z.avail_in = (uInt)len;
	z.next_out = to;
	z.avail_out = (uInt)room;
	CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END, "deflate");
	deflateEnd(&z);
	return z.total_out;
}

static void gzip(struct bytes *b, const struct bytes *from)
{
	b->len += pack(b->p + b->len, sizeof(b->p) - b->len, from->p, from->len);
}

/* All of a file in pieces of @piece bytes (0: by input_slurp). -1: refused. */
static ssize_t read_in(int fd, size_t piece, u64 limit, struct bytes *to, struct error *err)
{
	struct input in;
	ssize_t n;
	u8 *p;

	lseek(fd, 0, SEEK_SET);
	to->len = 0;
	if (input_open_fd(&in, fd, "in", err))
		return -1;
	if (limit)
		in.limit = limit;
	if (piece) {
		while ((n = input_read(&in, to->p + to->len, piece, err)) > 0)
			to->len += (size_t)n;
	} else {
		n = input_slurp(&in, &p, &to->len, err);
		if (!n && to->len <= sizeof(to->p))
			memcpy(to->p, p, to->len);
		if (!n)
			free(p);
	}
	input_release(&in);
	return n < 0 ? -1 : (ssize_t)to->len;
}

static int put(const void *p, size_t len)
{
	scratch_file(&scratch, "in", p, len, 0600);
	return open(scratch_path(&scratch, "in"), O_RDONLY);
}

static void gives(const char *what, const struct bytes *in, const struct bytes *want)
{
	static const size_t pieces[] = { 0, 1, 2, 3, 7, 100 };
	int fd = put(in->p, in->len);
	struct bytes out;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		CHECK(read_in(fd, pieces[i], 0, &out, &err) == (ssize_t)want->len &&
			      !memcmp(out.p, want->p, want->len),
		      "%s in pieces of %zu", what, pieces[i]);
	close(fd);
}

static void refused(const char *what, const void *p, size_t len, u64 limit, const char *text)
{
	int fd = put(p, len);
	struct bytes out;
	struct error err = { 0 };
	ssize_t n = read_in(fd, 0, limit, &out, &err);

	CHECK(n == -1 && !strcmp(err.text, text), "%s: %zd, %s", what, n, err.text);
	close(fd);
}

/* What may follow each other. */
static void members(const struct bytes *text)
{
	struct bytes in = { .len = 0 }, want = *text;

	gives("plain", text, text);
	add(&in, seq_zst, sizeof(seq_zst));
	gives("zstd", &in, &want);
	add(&in, skippable, sizeof(skippable));
	gives("zstd and a skippable frame", &in, &want);
	add(&in, seq_zst, sizeof(seq_zst));
	add(&want, text->p, text->len);
	gives("three frames", &in, &want);
	in.len = 0;
	add(&in, skippable, sizeof(skippable));
	add(&in, seq_zst, sizeof(seq_zst));
	gives("a skippable frame first", &in, text);
	in.len = 0;
	gzip(&in, text);
	gives("gzip", &in, text);
	gzip(&in, text);
	gives("two members", &in, &want);
	in.len = want.len = 0;
	add(&in, skippable, sizeof(skippable));
	gives("a skippable frame alone", &in, &want);
	in.len = 0;
	gives("nothing", &in, &want);
}

/*
 * A cut input is refused, but for cuts between members and cuts so early that
 * it looks plain. Anything behind a member that is none is refused.
 */
static void prefixes(const char *what, const struct bytes *in, size_t magic, size_t member)
{
	struct bytes out;
	struct error err;

	for (size_t len = 0; len < in->len; len++) {
		int fd = put(in->p, len);
		ssize_t n = read_in(fd, len % 2 ? 5 : 0, 0, &out, &err);

		if (len < magic)
			CHECK(n == (ssize_t)len, "%s: %zu bytes are plain", what, len);
		else if (len == member)
			CHECK(n > 0, "%s: one member", what);
		else
			CHECK(n == -1 && !strncmp(err.text, "in: ", 4), "%s cut to %zu bytes: %zd",
			      what, len, n);
		close(fd);
	}
}

/*
 * A changed byte is found, or changes nothing that is read. (Both streams carry
 * a checksum; a changed magic makes other plain text.)
 */
static void flips(const char *what, const struct bytes *in, size_t magic, const struct bytes *want)
{
	const unsigned int step = unit_long ? 1 : 37;
	struct bytes out, bad;
	struct error err;

	for (size_t i = magic; i < in->len; i++)
		for (unsigned int x = 1; x < 256; x += step) {
			int fd;
			ssize_t n;

			bad = *in;
			bad.p[i] ^= (u8)x;
			fd = put(bad.p, bad.len);
			n = read_in(fd, 0, 0, &out, &err);
			CHECK(n == -1 || (n == (ssize_t)want->len &&
					  !memcmp(out.p, want->p, want->len)),
			      "%s: byte %zu ^ %u", what, i, x);
			close(fd);
		}
}

/* A frame with the window descriptor @wd and a run of @run bytes. */
static size_t run_frame(u8 *p, u8 wd, u32 run)
{
	const u8 frame[] = { 0x28,
			     0xb5,
			     0x2f,
			     0xfd,
			     0,
			     wd,
			     (u8)(run << 3 | 2 | 1),
			     (u8)(run >> 5),
			     (u8)(run >> 13),
			     'x' };

	memcpy(p, frame, sizeof(frame));
	return sizeof(frame);
}

static void limits(const struct bytes *text)
{
	struct bytes in = { .len = 0 }, out;
	struct error err;
	u8 frame[16];
	size_t len;
	int fd;

	len = run_frame(frame, 17 << 3, 1000);
	fd = put(frame, len);
	CHECK(read_in(fd, 0, 1000, &out, &err) == 1000,
	      "a window of 128 MiB, as much as the limit");
	close(fd);
	refused("one byte over the limit", frame, len, 999,
		"in: more than 999 bytes after decompression");
	len = run_frame(frame, 18 << 3, 1000);
	refused("a window of 256 MiB", frame, len, 0, "in: zstd: window of more than 128 MiB");
	gzip(&in, text);
	refused("gzip over the limit", in.p, in.len, text->len - 1,
		"in: more than 170 bytes after decompression");
	fd = put(in.p, in.len);
	CHECK(read_in(fd, 7, text->len, &out, &err) == (ssize_t)text->len,
	      "gzip, as much as the limit");
	close(fd);
	fd = put(text->p, text->len);
	CHECK(read_in(fd, 0, 10, &out, &err) == (ssize_t)text->len, "a plain input has no limit");
	close(fd);
	in.len = 0;
	gzip(&in, text);
	add(&in, "garbage", 7);
	refused("text behind gzip", in.p, in.len, 0,
		"in: gzip: something else follows the compressed data");
	in.len = 0;
	add(&in, seq_zst, sizeof(seq_zst));
	add(&in, "garbage", 7);
	refused("text behind zstd", in.p, in.len, 0,
		"in: zstd: something else follows the compressed data");
	in.len = 0;
	add(&in, seq_zst, sizeof(seq_zst));
	add(&in, "ga", 2);
	refused("two bytes behind zstd", in.p, in.len, 0,
		"in: zstd: something else follows the compressed data");
}

/* Larger than every buffer on the way. */
static void large(void)
{
	const size_t size = 3 << 20;
	u8 *data = malloc(size), *packed = malloc(2 * size), *p;
	struct error err;
	struct input in;
	size_t len;

	for (size_t i = 0; i < size; i++)
		data[i] = (u8)(i * i >> 7);
	scratch_file(&scratch, "plain", data, size, 0600);
	CHECK(!input_open(&in, scratch_path(&scratch, "plain"), &err) && !in.compressed, "open");
	CHECK(!input_slurp(&in, &p, &len, &err) && len == size && !memcmp(p, data, size),
	      "3 MiB, plain");
	free(p);
	input_release(&in);
	len = pack(packed, 2 * size, data, size);
	scratch_file(&scratch, "packed", packed, len, 0600);
	free(packed);
	CHECK(!input_open(&in, scratch_path(&scratch, "packed"), &err) && in.compressed, "open");
	CHECK(!input_slurp(&in, &p, &len, &err) && len == size && !memcmp(p, data, size),
	      "3 MiB, gzip");
	CHECK(in.total == size, "bytes counted");
	free(p);
	input_release(&in);
	free(data);
}

static void what_cannot_be_read(void)
{
	char want[700];
	struct error err;
	struct input in;
	int fds[2];
	u8 byte[8];

	snprintf(want, sizeof(want), "%s: is a directory", scratch.dir);
	CHECK(input_open(&in, scratch.dir, &err) && !strcmp(err.text, want), "a directory: %s",
	      err.text);
	snprintf(want, sizeof(want), "%s/none: open: No such file or directory", scratch.dir);
	CHECK(input_open(&in, scratch_path(&scratch, "none"), &err) && err.code == ENOENT &&
		      !strcmp(err.text, want),
	      "a file that is not there: %s", err.text);
	CHECK(!pipe(fds) && write(fds[1], "hello", 5) == 5 && !close(fds[1]), "pipe");
	CHECK(!input_open_fd(&in, fds[0], "-", &err) && input_read(&in, byte, 8, &err) == 5 &&
		      !memcmp(byte, "hello", 5),
	      "a pipe");
	CHECK(input_read(&in, byte, 8, &err) == 0, "its end");
	input_release(&in);
	CHECK(!close(fds[0]), "the descriptor is still open");
	CHECK(input_open_fd(&in, fds[0], "-", &err) && err.code == EBADF, "a closed descriptor");
}

void unit_files_input(void)
{
	struct bytes text = { .len = 0 }, gz = { .len = 0 }, zst = { .len = 0 };
	size_t gz_len;

	scratch_begin(&scratch);
	seq(&text);
	members(&text);
	gzip(&gz, &text);
	flips("gzip", &gz, 2, &text);
	gz_len = gz.len;
	gzip(&gz, &text);
	prefixes("gzip", &gz, 2, gz_len);
	add(&zst, seq_zst, sizeof(seq_zst));
	flips("zstd", &zst, 4, &text);
	add(&zst, seq_zst, sizeof(seq_zst));
	prefixes("zstd", &zst, 4, sizeof(seq_zst));
	limits(&text);
	large();
	what_cannot_be_read();
	scratch_end(&scratch);
}
