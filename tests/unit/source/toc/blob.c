// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/blob.c (toc 1 to 3): all ways a table is packed, from a file and
 * from a pipe; what is wrong with footers; --toc-digest; every prefix of each
 * blob and every byte of it changed.
 */
#include "source/toc/blob.h"
#include <zlib.h>
#include "source/tar/header.h"
#include "source/toc/toc.h"
#include "tests/unit/made.h"

static const char json[] =
	"{\"version\":1,\"entries\":[{\"type\":\"reg\",\"name\":\"stargz.index.json\"}]}";

struct bytes {
	u8 p[8192];
	size_t len;
};

static void add(struct bytes *b, const void *data, size_t len)
{
	memcpy(b->p + b->len, data, len);
	b->len += len;
}

static void add_le(struct bytes *b, u64 v, int n)
{
	for (; n; n--, v >>= 8)
		b->p[b->len++] = (u8)v;
}

/* A zstd frame of one raw block, of less than 64 KiB. */
static void zstd(struct bytes *b, const void *data, size_t len)
{
	add(b, "\x28\xb5\x2f\xfd\x80\x58", 6); /* four bytes of size, window of 2 MiB */
	add_le(b, len, 4);
	add_le(b, len << 3 | 1, 3);
	add(b, data, len);
}

/* A gzip member of one stored block. */
static void gzip(struct bytes *b, const void *data, size_t len)
{
	add(b, "\x1f\x8b\x08\0\0\0\0\0\0\xff\x01", 11);
	add_le(b, len, 2);
	add_le(b, ~len, 2);
	add(b, data, len);
	add_le(b, crc32(0, data, (uInt)len), 4);
	add_le(b, len, 4);
}

static void frame(struct bytes *b, size_t len)
{
	add(b, "\x50\x2a\x4d\x18", 4);
	add_le(b, len, 4);
}

/* A zstd:chunked blob with a footer of 40, 56 or 64 bytes. */
static void chunked(struct bytes *b, size_t footer)
{
	struct bytes toc = { .len = 0 };
	size_t at;

	b->len = 0;
	zstd(b, "a tar, which nobody looks at", 28);
	zstd(&toc, json, 10);
	frame(&toc, 3);
	add(&toc, "abc", 3);
	zstd(&toc, json + 10, strlen(json) - 10);
	frame(b, toc.len);
	at = b->len;
	add(b, toc.p, toc.len);
	frame(b, footer);
	add_le(b, at, 8);
	add_le(b, toc.len, 8);
	add_le(b, strlen(json), 8);
	add_le(b, 1, 8);
	if (footer == 64)
		add_le(b, 0, 24);
	add(b, footer == 64 ? "GNUlInUx" : "GnUlInUx", 8);
	if (footer == 56)
		add_le(b, 0, 16);
}

/* An eStargz blob, or a stargz one. */
static void stargz(struct bytes *b, bool long_form)
{
	u8 tar[TAR_BLOCK * 2] = { 0 };
	unsigned int sum = 0;
	char digits[17];

	memcpy(tar, "stargz.index.json", 17);
	snprintf((char *)tar + 124, 12, "%o", (unsigned int)strlen(json));
	tar[156] = '0';
	memset(tar + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += tar[i];
	snprintf((char *)tar + 148, 8, "%06o", sum);
	memcpy(tar + TAR_BLOCK, json, strlen(json));
	b->len = 0;
	gzip(b, "contents", 8);
	snprintf(digits, sizeof(digits), "%016zx", b->len);
	gzip(b, tar, sizeof(tar));
	add(b, "\x1f\x8b\x08\x04\0\0\0\0\0\xff", 10);
	add_le(b, long_form ? 26 : 22, 2);
	if (long_form)
		add(b, "SG\x16\0", 4);
	add(b, digits, 16);
	add(b, "STARGZ", 6);
	add(b, "\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
}

enum form {
	PLAIN,
	TEXT_ZSTD,
	TEXT_GZIP,
	A,
	B,
	C,
	ESTARGZ,
	STARGZ,
	FORMS
};

static const char *const names[] = { "plain",  "zstd",   "gzip",    "form A",
				     "form B", "form C", "eStargz", "stargz" };

static void make(struct bytes *b, enum form form)
{
	b->len = 0;
	switch (form) {
	case PLAIN:
		add(b, json, strlen(json));
		break;
	case TEXT_ZSTD:
		zstd(b, json, strlen(json));
		break;
	case TEXT_GZIP:
		gzip(b, json, 20);
		gzip(b, json + 20, strlen(json) - 20);
		add_le(b, 0, 8);
		break;
	case A:
		chunked(b, 40);
		break;
	case B:
		chunked(b, 56);
		break;
	case C:
		chunked(b, 64);
		break;
	default:
		stargz(b, form == ESTARGZ);
	}
}

/* All of the text; -1 and a text, or BLOB_MISMATCH. */
static int read_all(const char *path, const u8 *digest, struct buf *text, enum blob_kind *kind,
		    struct error *err)
{
	struct blob blob;
	int rc = blob_open(&blob, path, digest, err);
	ssize_t n;

	text->len = 0;
	if (rc)
		return rc;
	*kind = blob.kind;
	do {
		n = blob_read(&blob, buf_room(text, 100), 100, err);
		text->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	blob_release(&blob);
	return (int)n;
}

static bool is_json(const struct buf *text)
{
	return text->len == strlen(json) && !memcmp(text->p, json, text->len);
}

/* The same through a pipe, on descriptor @fd. */
static int read_pipe(const struct bytes *b, const u8 *digest, struct buf *text,
		     enum blob_kind *kind, struct error *err)
{
	char path[32];
	int fds[2], rc;

	if (pipe(fds) || write(fds[1], b->p, b->len) != (ssize_t)b->len)
		abort();
	close(fds[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	rc = read_all(path, digest, text, kind, err);
	close(fds[0]);
	return rc;
}

static enum blob_kind kind_of(enum form form)
{
	if (form >= ESTARGZ)
		return BLOB_GZIP;
	return form >= A ? BLOB_ZSTD : BLOB_TEXT;
}

static void known(enum form form)
{
	enum blob_kind want = kind_of(form), kind;
	struct buf text = { 0 };
	struct error err = { 0 };
	struct made_file f;
	struct bytes b;
	u8 sha[SHA256_SIZE];

	make(&b, form);
	made_file(&f, b.p, b.len);
	CHECK(!read_all(f.path, NULL, &text, &kind, &err) && kind == want, "%s: %s", names[form],
	      err.text);
	CHECK(is_json(&text), "%s: %.*s", names[form], (int)text.len, text.p);
	CHECK(!read_pipe(&b, NULL, &text, &kind, &err) && kind == want && is_json(&text),
	      "%s, pipe: %s", names[form], err.text);
	/* What is hashed: the input, the compressed table, or the text. */
	if (want == BLOB_TEXT)
		sha256_one(b.p, b.len, sha);
	else if (want == BLOB_GZIP)
		sha256_one(json, strlen(json), sha);
	if (want != BLOB_ZSTD) {
		CHECK(!read_all(f.path, sha, &text, &kind, &err) && is_json(&text),
		      "%s, digest: %s", names[form], err.text);
		CHECK(!read_pipe(&b, sha, &text, &kind, &err) && is_json(&text),
		      "%s, pipe, digest: %s", names[form], err.text);
	}
	sha[5] ^= 1;
	CHECK(read_all(f.path, sha, &text, &kind, &err) == BLOB_MISMATCH, "%s, another digest",
	      names[form]);
	CHECK(read_pipe(&b, sha, &text, &kind, &err) == BLOB_MISMATCH, "%s, pipe, another digest",
	      names[form]);
	close(f.fd);
	buf_release(&text);
}

/* A byte of a footer, counted from the end. */
static const struct {
	enum form form;
	size_t back;
	u8 value;
	const char *what; /* a part of the text; NULL: no footer any more, so text */
} faults[] = {
	{ C, 1, 'X', "neither" },
	{ C, 64 - 24, 2, "table of an unknown type" },
	{ C, 64 - 26, 1, "table of an unknown type" },
	{ C, 64, 0xff, "outside the blob" },
	{ C, 64, 7, "outside the blob" },
	{ C, 57, 0xff, "outside the blob" },
	{ C, 56, 0xff, "outside the blob" },
	{ C, 64 - 12, 0xff, "more than 157286400" },
	{ C, 64 - 20, 0xff, "more than 157286400" },
	{ C, 64 - 16, 0, "more than" },
	{ C, 64 - 16, 0xff, "shorter" },
	{ B, 5, 1, "neither" },
	{ A, 9, 1, "table of an unknown type" },
	{ ESTARGZ, 51 - 16, 'g', "16 hex digits" },
	{ ESTARGZ, 51 - 31, 'A', "16 hex digits" },
	{ ESTARGZ, 51 - 16, 'f', "outside the blob" },
	{ ESTARGZ, 51 - 31, '0', "does not point at" },
	{ STARGZ, 47 - 12, '-', "16 hex digits" },
};

static void footers(void)
{
	struct buf text = { 0 };
	enum blob_kind kind;
	struct error err = { 0 };
	struct bytes b;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct made_file f;

		make(&b, faults[i].form);
		b.p[b.len - faults[i].back] = faults[i].value;
		made_file(&f, b.p, b.len);
		CHECK(read_all(f.path, NULL, &text, &kind, &err) == -1 &&
			      strstr(err.text, faults[i].what),
		      "%zu: %s", i, err.text);
		CHECK(!strncmp(err.text, f.path, strlen(f.path)), "%zu: %s", i, err.text);
		close(f.fd);
	}
	buf_release(&text);
}

struct damage {
	unsigned int good, bad;
	struct buf text;
};

/* As json-convert does. */
static void damaged(void *arg, const u8 *data, size_t len)
{
	struct damage *d = arg;
	struct error err = { 0 };
	struct made_file f;
	struct layers l;
	struct tree tree;
	struct blob blob;
	u32 line;
	int rc;

	made_file(&f, data, len);
	rc = blob_open(&blob, f.path, NULL, &err);
	tree_init(&tree);
	if (!rc) {
		struct toc_input in = { f.path, blob.kind == BLOB_GZIP, blob_read, &blob, NULL };

		rc = layers_init(&l, &tree, WHITEOUTS_APPLY);
		if (!rc)
			rc = toc_read(&l, &in, &err);
		if (!rc)
			rc = layers_finish(&l, &err);
		layers_release(&l);
		blob_release(&blob);
		if (!rc)
			rc = tree_seal(&tree, &line, &err);
		CHECK(rc || made_image(&tree, &err), "image: %s", err.text);
	}
	CHECK(!rc || !strncmp(err.text, f.path, strlen(f.path)), "%s", err.text);
	*(rc ? &d->bad : &d->good) += 1;
	tree_release(&tree);
	close(f.fd);
}

void unit_source_toc_blob(void)
{
	struct damage d = { 0 };
	struct bytes b;

	for (enum form form = 0; form < FORMS; form++) {
		known(form);
		make(&b, form);
		/* Most of the tar that a stargz table stands in is zeros. */
		made_damage(b.p, b.len, damaged, &d);
	}
	footers();
	CHECK(d.good * UNIT_STEP > 1000 && d.bad * UNIT_STEP > 20000, "%u good, %u bad", d.good,
	      d.bad);
}
