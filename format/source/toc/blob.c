// SPDX-License-Identifier: GPL-2.0-only
#include "source/toc/blob.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "files/io.h"
#include "core/span.h"
#include "source/tar/header.h"

#define STDIN_MAX ((u64)4 << 30) /* bytes of a compressed pipe that are kept */

/* ---- footers ---- */

static u64 at64(const u8 *p)
{
	le64 v;

	memcpy(&v, p, sizeof(v));
	return get64(v);
}

static u32 at32(const u8 *p)
{
	le32 v;

	memcpy(&v, p, sizeof(v));
	return get32(v);
}

/* Read @len bytes. -1 and a text, also if there are fewer. */
static int bytes_at(const struct blob_bytes *bytes, void *to, u64 len, u64 off, struct error *err)
{
	ssize_t n;

	if (off > bytes->len || len > bytes->len - off)
		return error_set(err, EBADMSG, "ends too early");
	if (bytes->mem) {
		memcpy(to, bytes->mem + off, len);
		return 0;
	}
	n = io_pread(bytes->fd, to, len, bytes->base + off);
	if (n < 0)
		return error_sys(err, "read");
	return (u64)n == len ? 0 : error_set(err, EBADMSG, "ends too early");
}

static const u8 skippable[4] = { 0x50, 0x2a, 0x4d, 0x18 };

/* The three forms of a zstd:chunked footer (toc 2). */
static const struct form {
	u32 size, magic_at;
	const char *magic;
	bool zeros; /* behind the magic */
} forms[] = {
	{ 64, 56, "GNUlInUx", false },
	{ 56, 32, "GnUlInUx", true },
	{ 40, 32, "GnUlInUx", false },
};

static bool has_form(const struct form *form, const u8 *end, u64 len)
{
	static const u8 none[16];
	const u8 *footer = end - form->size;

	return len >= form->size + 8 && !memcmp(footer - 8, skippable, 4) &&
	       at32(footer - 4) == form->size && !memcmp(footer + form->magic_at, form->magic, 8) &&
	       (!form->zeros || !memcmp(footer + form->magic_at + 8, none, sizeof(none)));
}

/* Rules 2 and 3 of toc 2: type and position of the table. */
static int zstd_footer(const struct blob_bytes *bytes, const struct form *form, const u8 *footer,
		       struct blob_footer *f, struct error *err)
{
	u64 end = bytes->len - form->size - 8;
	u8 head[8];

	f->kind = BLOB_ZSTD;
	f->off = at64(footer);
	f->len = at64(footer + 8);
	f->size = at64(footer + 16);
	if (at64(footer + 24) != 1)
		return error_set(err, EBADMSG, "zstd:chunked footer: table of an unknown type");
	if (f->len > BLOB_TOC_MAX || f->size > BLOB_TOC_MAX)
		return error_set(err, EFBIG, "zstd:chunked footer: table of more than %llu bytes",
				 (unsigned long long)BLOB_TOC_MAX);
	if (f->off < 8 || f->off > end || f->len > end - f->off)
		return error_set(err, EBADMSG,
				 "zstd:chunked footer: the table lies outside the blob");
	if (bytes_at(bytes, head, sizeof(head), f->off - 8, err))
		return -1;
	if (memcmp(head, skippable, 4) || at32(head + 4) != f->len)
		return error_set(
			err, EBADMSG,
			"zstd:chunked footer: the table is not in a skippable frame of its length");
	return 0;
}

/* The fixed bytes of the two footers of toc 3; -1 stands for any. */
static bool is_stargz(const u8 *footer, bool long_form)
{
	static const u8 subfield[] = { 'S', 'G', 22, 0 };

	return footer[0] == 0x1f && footer[1] == 0x8b && footer[2] == 8 && footer[3] == 4 &&
	       footer[10] == (long_form ? 26 : 22) && footer[11] == 0 &&
	       (!long_form || !memcmp(footer + 12, subfield, sizeof(subfield))) &&
	       !memcmp(footer + (long_form ? 32 : 28), "STARGZ", 6);
}

static int gzip_footer(const struct blob_bytes *bytes, const u8 *digits, u64 size,
		       struct blob_footer *f, struct error *err)
{
	f->kind = BLOB_GZIP;
	f->off = 0;
	for (int i = 0; i < 16; i++) {
		int d = cfs_hex_digit(digits[i]);

		if (d < 0 || (digits[i] >= 'A' && digits[i] <= 'F'))
			return error_set(err, EBADMSG,
					 "eStargz footer: the offset is not 16 hex digits");
		f->off = f->off << 4 | (u64)d;
	}
	if (f->off >= bytes->len - size)
		return error_set(err, EBADMSG, "eStargz footer: the table lies outside the blob");
	f->len = bytes->len - size - f->off;
	return 0;
}

int blob_footer(const struct blob_bytes *bytes, bool gzip, struct blob_footer *footer,
		struct error *err)
{
	u8 tail[BLOB_TAIL] = { 0 };
	const u8 *end = tail + sizeof(tail);
	u64 len = bytes->len < sizeof(tail) ? bytes->len : sizeof(tail);

	*footer = (struct blob_footer){ .kind = BLOB_TEXT };
	if (bytes_at(bytes, tail + sizeof(tail) - len, len, bytes->len - len, err))
		return -1;
	if (gzip) {
		if (len >= 51 && is_stargz(end - 51, true))
			return gzip_footer(bytes, end - 51 + 16, 51, footer, err);
		if (len >= 47 && is_stargz(end - 47, false))
			return gzip_footer(bytes, end - 47 + 12, 47, footer, err);
		return 0;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (has_form(&forms[i], end, bytes->len))
			return zstd_footer(bytes, &forms[i], end - forms[i].size, footer, err);
	return 0;
}

/* ---- the text ---- */

void blob_release(struct blob *b)
{
	if (b->compressed)
		input_release(&b->input);
	if (b->owned)
		close(b->fd);
	free(b->held);
	free(b->raw);
	b->compressed = b->owned = false;
	b->held = b->raw = NULL;
}

/* Read on behind the bytes that were read to recognise the input. */
static ssize_t read_on(struct blob *b, void *to, size_t len, struct error *err)
{
	ssize_t n;

	if (b->held_at < b->held_len) {
		if (len > b->held_len - b->held_at)
			len = b->held_len - b->held_at;
		memcpy(to, b->held + b->held_at, len);
		b->held_at += len;
		return (ssize_t)len;
	}
	if (b->no_more)
		return 0;
	if (!b->compressed) {
		n = io_read(b->fd, to, len);
		return n < 0 ? error_sys(err, "%s: read", b->name) : n;
	}
	return input_read(&b->input, to, len, err);
}

/* The JSON text has ended: check that the input ends correctly, too. */
static int check_end(struct blob *b, struct error *err)
{
	u8 rest[4096];
	ssize_t n;

	if (b->kind == BLOB_ZSTD && b->total != b->size)
		return error_set(err, EBADMSG, "%s: the table is shorter than the footer says",
				 b->name);
	if (b->kind != BLOB_GZIP)
		return 0;
	if (b->left)
		return error_set(err, EBADMSG, "%s: the table is shorter than its tar header says",
				 b->name);
	do
		n = input_read(&b->input, rest, sizeof(rest), err);
	while (n > 0);
	return (int)n;
}

/* Read bytes of the text, at most to its end where that is known. */
static ssize_t read_text(struct blob *b, void *to, size_t len, struct error *err)
{
	ssize_t n;

	if (b->kind == BLOB_GZIP && len > b->left)
		len = (size_t)b->left;
	n = len ? read_on(b, to, len, err) : 0;
	if (n < 0)
		return -1;
	b->total += (u64)n;
	if (b->kind == BLOB_GZIP)
		b->left -= (u64)n;
	return n;
}

ssize_t blob_read(void *blob, void *to, size_t len, struct error *err)
{
	struct blob *b = blob;
	ssize_t n;

	if (b->start_at < b->start_len) {
		if (len > b->start_len - b->start_at)
			len = b->start_len - b->start_at;
		memcpy(to, b->start + b->start_at, len);
		b->start_at += len;
		return (ssize_t)len;
	}
	n = read_text(b, to, len, err);
	if (n == 0 && check_end(b, err))
		return -1;
	return n;
}

/* The tar header in front of the table (toc 3). */
static int read_tar_header(struct blob *b, struct error *err)
{
	static const char name[] = "stargz.index.json";
	u8 block[TAR_BLOCK];
	const char *s;
	ssize_t n;

	b->input.single = true;
	b->input.limit = BLOB_TOC_MAX + 4096;
	n = input_read(&b->input, block, sizeof(block), err);
	if (n < 0)
		return -1;
	if (n != (ssize_t)sizeof(block) || !b->input.compressed || !tar_checksum_is_right(block) ||
	    tar_string(block, tar_f_name, &s) != strlen(name) || memcmp(s, name, strlen(name)) ||
	    (block[TAR_AT_TYPE] != '0' && block[TAR_AT_TYPE]))
		return error_set(err, EBADMSG, "%s: the footer does not point at %s", b->name,
				 name);
	if (tar_count(block, tar_f_size, BLOB_TOC_MAX, &b->left, err))
		return error_in(err, "%s: %s", b->name, name);
	return 0;
}

static bool is_magic(const u8 head[4], bool *gzip)
{
	*gzip = head[0] == 0x1f && head[1] == 0x8b && head[2] == 8;
	return *gzip || at32(head) == 0xfd2fb528 || (at32(head) & 0xfffffff0) == 0x184d2a50;
}

static int mismatch(const struct blob *b, const u8 *want, const void *data, size_t len,
		    struct error *err)
{
	char hex[SHA256_HEX];
	struct sha256_sum got = { 0 };

	sha256_one(data, len, got.b);
	if (!memcmp(got.b, want, sizeof(got.b)))
		return 0;
	sha256_sum_print(hex, &got);
	error_set(err, EBADMSG, "%s: the table of contents has the digest sha256:%.64s", b->name,
		  hex);
	return BLOB_MISMATCH;
}

/* Read a part of the blob into memory; from then on it is read from there. */
static int hold_raw(struct blob *b, struct blob_bytes *bytes, u64 off, u64 len, struct error *err)
{
	u8 *copy = len < SIZE_MAX ? malloc((size_t)len + 1) : NULL;

	if (!copy)
		return error_nomem(err);
	if (bytes_at(bytes, copy, len, off, err)) {
		free(copy);
		return -1;
	}
	free(b->raw);
	b->raw = copy;
	*bytes = (struct blob_bytes){ .mem = copy, .len = len };
	return 0;
}

/* Read the JSON text of a gzip blob into memory. */
static int hold_text(struct blob *b, const u8 *digest, struct error *err)
{
	size_t len = (size_t)b->left;
	u8 *text = malloc(len + 1);
	ssize_t n;

	if (!text) {
		error_nomem(err);
		return error_in(err, "%s", b->name);
	}
	n = input_read(&b->input, text, len ? len : 1, err);
	if (n < 0 || (size_t)n < len) {
		free(text);
		return n < 0 ? -1
			     : error_set(err, EBADMSG,
					 "%s: the table is shorter than its tar header says",
					 b->name);
	}
	b->held = text;
	b->held_len = len;
	return mismatch(b, digest, text, len, err);
}

/* Open the table in a gzip blob, which is a member of a tar. */
static int open_gzip(struct blob *b, const u8 *digest, struct error *err)
{
	int rc = read_tar_header(b, err);

	return rc || !digest ? rc : hold_text(b, digest, err);
}

static int check_zstd(struct blob *b, struct error *err)
{
	bool gzip;

	b->input.limit = b->size;
	if (!b->input.compressed || !is_magic(b->input.head, &gzip) || gzip)
		return error_set(err, EBADMSG, "%s: the table is not compressed with zstd",
				 b->name);
	return 0;
}

/* A layer blob, or compressed text. */
static int open_compressed(struct blob *b, struct blob_bytes *bytes, bool gzip, const u8 *digest,
			   struct error *err)
{
	struct blob_footer f;
	int rc;

	if (blob_footer(bytes, gzip, &f, err))
		return error_in(err, "%s", b->name);
	b->kind = f.kind;
	b->size = f.size;
	if (f.kind == BLOB_TEXT)
		f.len = bytes->len;
	if (digest && f.kind != BLOB_GZIP) {
		if (hold_raw(b, bytes, f.off, f.len, err))
			return error_in(err, "%s", b->name);
		f.off = 0;
		rc = mismatch(b, digest, bytes->mem, (size_t)bytes->len, err);
		if (rc)
			return rc;
	}
	rc = bytes->mem
		     ? input_open_memory(&b->input, bytes->mem + f.off, (size_t)f.len, b->name, err)
		     : input_open_range(&b->input, bytes->fd, b->name, bytes->base + f.off, f.len,
					err);
	b->compressed = !rc;
	if (rc || f.kind == BLOB_TEXT)
		return rc;
	return f.kind == BLOB_ZSTD ? check_zstd(b, err) : open_gzip(b, digest, err);
}

/* Read everything that is left into memory, behind the @n bytes of @head that were read before. */
static int slurp(const struct blob *b, const u8 *head, size_t n, u8 **data, size_t *len,
		 struct error *err)
{
	size_t cap = (size_t)64 << 10, used = n;
	u8 *p = malloc(cap), *q;
	ssize_t got = 1;

	if (p)
		memcpy(p, head, n);
	while (p && got) {
		if (used == cap) {
			cap += cap / 2;
			q = realloc(p, cap);
			if (!q)
				free(p);
			p = q;
			continue;
		}
		got = io_read(b->fd, p + used, cap - used);
		used += got > 0 ? (size_t)got : 0;
		if (got < 0 || used > STDIN_MAX) {
			free(p);
			return got < 0 ? error_sys(err, "%s: read", b->name)
				       : error_set(err, EFBIG, "%s: more than %llu bytes", b->name,
						   (unsigned long long)STDIN_MAX);
		}
	}
	*data = p;
	*len = used;
	if (p)
		return 0;
	error_nomem(err);
	return error_in(err, "%s", b->name);
}

/* Read enough to see whether this can be JSON text. */
static int check_start(struct blob *b, struct error *err)
{
	const u8 *s = b->start, *end;
	ssize_t n;

	do {
		n = read_text(b, b->start + b->start_len, sizeof(b->start) - b->start_len, err);
		if (n < 0)
			return -1;
		b->start_len += (size_t)n;
	} while (n && b->start_len < sizeof(b->start));
	end = s + b->start_len;
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n'))
		s++;
	if (b->start_len && (s == end || *s == '{'))
		return 0;
	if (b->start_len >= 262 && !memcmp(b->start + 257, "ustar", 5))
		return error_set(
			err, EBADMSG,
			"%s: layer without a table of contents; cfs mkfs --from-tar takes it",
			b->name);
	return error_set(err, EBADMSG,
			 "%s: neither a JSON text nor a layer with a table of contents", b->name);
}

/* The file is open: find out what it is. */
static int begin(struct blob *b, const u8 *digest, struct error *err)
{
	struct blob_bytes bytes = { .fd = b->fd };
	struct stat st;
	bool gzip;
	ssize_t n;
	off_t at;

	if (fstat(b->fd, &st))
		return error_sys(err, "%s: fstat", b->name);
	if (S_ISDIR(st.st_mode))
		return error_set(err, EISDIR, "%s: is a directory", b->name);
	at = S_ISREG(st.st_mode) ? lseek(b->fd, 0, SEEK_CUR) : -1;
	n = io_read(b->fd, b->start, 4);
	if (n < 0)
		return error_sys(err, "%s: read", b->name);
	b->start_len = (size_t)n;
	if (n == 4 && is_magic(b->start, &gzip)) {
		b->start_len = 0;
		if (at >= 0) {
			bytes.base = (u64)at;
			bytes.len = st.st_size > at ? (u64)(st.st_size - at) : 0;
		} else {
			size_t len = 0;

			if (slurp(b, b->start, 4, &b->raw, &len, err))
				return -1;
			bytes = (struct blob_bytes){ .mem = b->raw, .len = len };
		}
		return open_compressed(b, &bytes, gzip, digest, err);
	}
	if (!digest)
		return 0;
	b->no_more = true;
	if (slurp(b, b->start, b->start_len, &b->held, &b->held_len, err))
		return -1;
	b->start_len = 0;
	return mismatch(b, digest, b->held, b->held_len, err);
}

int blob_open_fd(struct blob *b, int fd, const char *path, const u8 *digest, struct error *err)
{
	int rc;

	*b = (struct blob){ .name = path, .fd = fd, .owned = fd != STDIN_FILENO };
	rc = begin(b, digest, err);
	if (!rc && b->kind == BLOB_TEXT)
		rc = check_start(b, err);
	if (rc)
		blob_release(b);
	return rc;
}

int blob_open(struct blob *b, const char *path, const u8 *digest, struct error *err)
{
	int fd = STDIN_FILENO;

	if (strcmp(path, "-")) {
		do
			fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		while (fd < 0 && errno == EINTR);
		if (fd < 0)
			return error_sys(err, "%s: open", path);
	}
	return blob_open_fd(b, fd, path, digest, err);
}
