// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/tar*.c (tar): headers, numbers, pax, GNU, the four sparse encodings,
 * where an archive may end; every prefix of one archive of each kind, and every
 * byte of it changed.
 */
#include "source/tar/tar.h"
#include <zlib.h>
#include "base/text.h"
#include "source/tar/header.h"
#include "tests/unit/made.h"

struct bytes {
	u8 p[32768];
	size_t len;
};

static void add(struct bytes *b, const void *data, size_t len)
{
	memcpy(b->p + b->len, data, len);
	b->len += len;
}

static void zeros(struct bytes *b, size_t len)
{
	memset(b->p + b->len, 0, len);
	b->len += len;
}

static void pad(struct bytes *b)
{
	zeros(b, -b->len & 511);
}

/* What stands in a header. */
struct header {
	const char *name;
	char type;
	const char *link;
	u64 size;
	const char *magic; /* NULL: POSIX */
	const char *prefix;
};

static void sum(u8 *block)
{
	unsigned int n = 0;

	memset(block + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		n += block[i];
	snprintf((char *)block + 148, 8, "%06o", n);
}

static u8 *header(struct bytes *b, const struct header *h)
{
	u8 *block = b->p + b->len;

	zeros(b, 512);
	memcpy(block, h->name, strlen(h->name));
	memcpy(block + 100,
	       "0000644\0"
	       "0001750\0"
	       "0000144\0",
	       24);
	snprintf((char *)block + 124, 12, "%011llo", (unsigned long long)h->size);
	memcpy(block + 136, "14524770000", 11); /* 1699999744 */
	block[156] = (u8)h->type;
	if (h->link)
		memcpy(block + 157, h->link, strlen(h->link));
	memcpy(block + 257,
	       h->magic ? h->magic
			: "ustar\0"
			  "00",
	       8);
	if (h->prefix)
		memcpy(block + 345, h->prefix, strlen(h->prefix));
	sum(block);
	return block;
}

static void member(struct bytes *b, const char *name, char type, const char *data)
{
	header(b, &(struct header){ name, type, NULL, strlen(data), NULL, NULL });
	add(b, data, strlen(data));
	pad(b);
}

static void extended(struct bytes *b, char type, const void *data, size_t len)
{
	header(b, &(struct header){ "x", type, NULL, len, NULL, NULL });
	add(b, data, len);
	pad(b);
}

static void record(struct bytes *b, const char *key, const void *value, size_t len)
{
	size_t n = strlen(key) + len + 3, digits = 1;
	char text[32];

	while (digits < (size_t)snprintf(text, sizeof(text), "%zu", n + digits))
		digits++;
	add(b, text, (size_t)snprintf(text, sizeof(text), "%zu ", n + digits));
	add(b, key, strlen(key));
	add(b, "=", 1);
	add(b, value, len);
	add(b, "\n", 1);
}

/* A pax header of one record. */
static void record_header(struct bytes *b, const char *key, const void *value, size_t len)
{
	struct bytes records = { .len = 0 };

	record(&records, key, value, len);
	extended(b, 'x', records.p, records.len);
}

/* "KEY=VALUE\nKEY=VALUE" to a pax header. */
static void pax(struct bytes *b, const char *text)
{
	struct bytes records = { .len = 0 };

	while (*text) {
		size_t key = strcspn(text, "="), all = strcspn(text, "\n");
		char name[300];

		snprintf(name, sizeof(name), "%.*s", (int)key, text);
		record(&records, name, text + key + 1, all - key - 1);
		text += all + (text[all] == '\n');
	}
	extended(b, 'x', records.p, records.len);
}

static void end(struct bytes *b)
{
	zeros(b, 1024);
}

/* An archive to a sealed tree. */
static int parse(struct tree *tree, const u8 *data, size_t len, struct notes *notes,
		 struct error *err)
{
	struct tar_options options = { .algorithm = CFS_SHA256, .notes = notes };
	struct made_file f;
	char *files[] = { f.path, NULL };
	int rc;

	made_file(&f, data, len);
	rc = tar_files(tree, files, &options, err);
	close(f.fd);
	CHECK(!rc || !strncmp(err->text, f.path, strlen(f.path)), "%s", err->text);
	if (rc)
		memmove(err->text, err->text + strlen(f.path) + 2,
			strlen(err->text + strlen(f.path) + 2) + 1);
	return rc;
}

/* The dump below the root, or the refusal without the name of the file. */
static void expect(const char *title, const struct bytes *b, const char *dump, const char *what)
{
	struct error err = { 0 };
	struct buf text = { 0 };
	struct notes notes;
	struct tree tree;
	int rc;

	notes_init(&notes);
	tree_init(&tree);
	rc = parse(&tree, b->p, b->len, &notes, &err);
	CHECK(!rc == !what, "%s: %s", title, err.text);
	CHECK(!rc || !what || !strcmp(err.text, what), "%s: %s", title, err.text);
	if (!rc) {
		made_dump(&tree, &text);
		CHECK(dump && !strcmp(strchr(text.p, '\n') + 1, dump), "%s: %s", title,
		      strchr(text.p, '\n') + 1);
		CHECK(made_image(&tree, &err), "%s: image: %s", title, err.text);
	}
	tree_release(&tree);
	notes_release(&notes);
	buf_release(&text);
}

#define FILE_A "/a 2 100644 1 1000 100 0 1699999744.0 - hi -\n"

static void headers(void)
{
	struct bytes b = { .len = 0 };
	u8 *block;

	member(&b, "a", '0', "hi");
	expect("no end mark", &b, FILE_A, NULL);
	b.len = 512 + 2;
	expect("no padding", &b, FILE_A, NULL);
	b.len = 512 + 1;
	expect("cut in the data", &b, NULL, "member a: ends too early");
	b.len = 512 + 3;
	expect("cut in the padding", &b, NULL, "block 1: ends too early");
	b.len = 1024;
	zeros(&b, 512);
	expect("one block of zeros", &b, FILE_A, NULL);
	add(&b, "x", 1);
	expect("a byte behind it", &b, NULL, "block 3: ends too early");
	zeros(&b, 511);
	expect("a block behind it", &b, NULL, "block 3: something follows a single block of zeros");
	b.len = 0;
	expect("empty", &b, NULL, "block 0: not a tar archive: it is empty");
	add(&b, "BZh91AY", 7);
	expect("short", &b, NULL, "block 0: is compressed with bzip2, which is not supported");
	zeros(&b, 505);
	expect("bzip2", &b, NULL, "block 0: is compressed with bzip2, which is not supported");
	b.len = 0;
	block = header(&b, &(struct header){ "n", '0', NULL, 0, NULL, "p/q" });
	expect("prefix", &b,
	       "/p 0 40755 1 0 0 0 0.0 - - -\n/p/q 0 40755 1 0 0 0 0.0 - - -\n/p/q/n 0 100644 1 1000 100 0 1699999744.0 - - -\n",
	       NULL);
	memcpy(block + 257, "ustar  ", 8);
	sum(block);
	expect("prefix under GNU magic", &b,
	       "/p 0 40755 1 0 0 0 0.0 - - -\n/p/q 0 40755 1 0 0 0 0.0 - - -\n/p/q/n 0 100644 1 1000 100 0 1699999744.0 - - -\n",
	       NULL);
	memcpy(block + 345,
	       "14524770000\0"
	       "14524770001\0",
	       24);
	sum(block);
	expect("times of GNU", &b, "/n 0 100644 1 1000 100 0 1699999744.0 - - -\n", NULL);
	memcpy(block + 100,
	       "\x80\0\0\0\0\0\x0d\xed"
	       "\xff\xff\xff\xff\xff\xff\xff\xff",
	       16);
	sum(block);
	expect("base 256, negative", &b, NULL, "member n: uid is negative");
	memcpy(block + 108, "\x80\0\0\0\xff\xff\xff\xff", 8);
	memcpy(block + 136, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe", 12);
	sum(block);
	expect("base 256", &b, "/n 0 106755 1 4294967295 100 0 -2.0 - - -\n", NULL);
	memcpy(block + 108, " 12 \0xyz", 8);
	sum(block);
	expect("blanks and NUL", &b, "/n 0 106755 1 10 100 0 -2.0 - - -\n", NULL);
	memcpy(block + 108, "1 2     ", 8);
	sum(block);
	expect("blank inside", &b, NULL, "member n: uid is not a number");
}

static void types(void)
{
	static const struct {
		struct header h;
		const char *dump, *what;
	} rows[] = {
		{ { "d/", 0, NULL, 0, NULL, NULL },
		  "/d 0 40644 1 1000 100 0 1699999744.0 - - -\n",
		  NULL },
		{ { "d/", '5', NULL, 77, NULL, NULL },
		  "/d 0 40644 1 1000 100 0 1699999744.0 - - -\n",
		  NULL },
		{ { "d/", '0', NULL, 0, NULL, NULL },
		  NULL,
		  "member d/: regular file with a slash at the end of its name" },
		{ { "s", '2', "t/../u", 0, NULL, NULL },
		  "/s 6 120644 1 1000 100 0 1699999744.0 t/../u - -\n",
		  NULL },
		{ { "s", '2', NULL, 0, NULL, NULL },
		  NULL,
		  "member s: target of a symlink is not 1 to 4095 bytes without NUL" },
		{ { "l", '1', NULL, 0, NULL, NULL }, NULL, "member l: hard link without target" },
		{ { "l", '1', "x", 0, NULL, NULL },
		  NULL,
		  "member l: hard link to a name that does not exist" },
		{ { "l", '1', "./l", 0, NULL, NULL }, NULL, "member l: hard link to itself" },
		{ { "p", '6', NULL, 0, NULL, NULL },
		  "/p 0 10644 1 1000 100 0 1699999744.0 - - -\n",
		  NULL },
		{ { "c", '3', NULL, 0, NULL, NULL },
		  "/c 0 20644 1 1000 100 0 1699999744.0 - - -\n",
		  NULL },
		{ { "c", '3', NULL, 0, "       ", NULL },
		  NULL,
		  "member c: device in an archive of V7, which has no device numbers" },
		{ { "m", 'M', NULL, 0, NULL, NULL }, NULL, "member m: unsupported member type M" },
		{ { "m", 'S', NULL, 0, NULL, NULL },
		  NULL,
		  "member m: sparse file of GNU without its magic" },
		{ { "v", 'V', NULL, 0, NULL, NULL }, "", NULL },
		{ { "", '0', NULL, 0, NULL, NULL }, NULL, "member : empty name" },
		{ { "./", '5', NULL, 0, NULL, NULL }, "", NULL },
		{ { "./", '2', "x", 0, NULL, NULL },
		  NULL,
		  "member /: the root is not a directory" },
		{ { "a/../b", '0', NULL, 0, NULL, NULL },
		  NULL,
		  "member a/../b: component \"..\" in a name" },
		{ { "a", '0', NULL, 9, NULL, NULL }, NULL, "member a: ends too early" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes b = { .len = 0 };

		header(&b, &rows[i].h);
		if (!rows[i].h.size || rows[i].dump)
			end(&b);
		expect(rows[i].h.name, &b, rows[i].dump, rows[i].what);
	}
}

/* Records in front of an empty file, and what becomes of it. */
static const struct {
	const char *records, *dump, *what;
} paxes[] = {
	{ "", "/f 0 100644 1 1000 100 0 1699999744.0 - - -\n", NULL },
	{ "path=g\nuid=5\ngid=4294967295\nmtime=-1.5",
	  "/g 0 100644 1 5 4294967295 0 -2.500000000 - - -\n", NULL },
	{ "path=g\npath=\nuid=5\nuid=6\nmtime=7", "/f 0 100644 1 6 100 0 7.0 - - -\n", NULL },
	{ "SCHILY.xattr.user.a=1\nSCHILY.xattr.user.b=\nSCHILY.xattr.user.a=2",
	  "/f 0 100644 1 1000 100 0 1699999744.0 - - - user.a=2 user.b=\n", NULL },
	{ "atime=x\ncomment=y\nLIBARCHIVE.creationtime=5",
	  "/f 0 100644 1 1000 100 0 1699999744.0 - - -\n", NULL },
	{ "GNU.sparse.size=70\nGNU.sparse.numblocks=0\nGNU.sparse.map=70,0", NULL,
	  "member f: sparse file: numblocks is not the number of segments" },
	{ "GNU.sparse.size=3\nGNU.sparse.map=3,0\nGNU.sparse.name=n",
	  "/n 3 100644 1 1000 100 0 1699999744.0 - \\x00\\x00\\x00 -\n", NULL },
	{ "GNU.sparse.size=3", NULL, "member f: sparse file: not exactly one map" },
	{ "GNU.sparse.map=3,0", NULL, "member f: sparse file: no real size" },
	{ "GNU.sparse.map=3\nGNU.sparse.size=3", NULL,
	  "member f: sparse file: offset without length" },
	{ "GNU.sparse.map=3,0,2,0\nGNU.sparse.size=3", NULL,
	  "member f: sparse file: segments overlap or are not in order" },
	{ "GNU.sparse.map=4,0\nGNU.sparse.size=3", NULL,
	  "member f: sparse file: segment behind the end of the file" },
	{ "GNU.sparse.map=0,1\nGNU.sparse.size=3", NULL,
	  "member f: sparse file: segments are not as long as the data" },
	{ "GNU.sparse.map=\nGNU.sparse.size=", "/f 0 100644 1 1000 100 0 1699999744.0 - - -\n",
	  NULL },
	{ "GNU.sparse.size=9007199254740993\nGNU.sparse.map=0,0", NULL,
	  "member f: sparse file: more than 2^53 bytes" },
	{ "GNU.sparse.size=1\nGNU.sparse.offset=0\nGNU.sparse.numbytes=0",
	  "/f 1 100644 1 1000 100 0 1699999744.0 - \\x00 -\n", NULL },
	{ "GNU.sparse.size=1\nGNU.sparse.offset=0\nGNU.sparse.offset=0", NULL,
	  "member f: sparse file: offsets and lengths do not alternate" },
	{ "GNU.sparse.size=1\nGNU.sparse.numbytes=0", NULL,
	  "member f: sparse file: offsets and lengths do not alternate" },
	{ "GNU.sparse.major=2\nGNU.sparse.realsize=1", NULL,
	  "member f: sparse file: version that is neither 0.0, 0.1 nor 1.0" },
	{ "GNU.sparse.major=1\nGNU.sparse.realsize=1", NULL,
	  "member f: sparse file: the map ends too early" },
	{ "uid=-1", NULL, "member f: pax header: uid is not a number up to 4294967295" },
	{ "uid=4294967296", NULL, "member f: pax header: uid is not a number up to 4294967295" },
	{ "mtime=1.2.3", NULL, "member f: pax header: mtime is not a time" },
	{ "mtime=+1", NULL, "member f: pax header: mtime is not a time" },
	{ "size=9", NULL, "member f: ends too early" },
	{ "=x", NULL, "member f: pax header: key is empty or has a NUL byte" },
	{ "SCHILY.xattr.=x", NULL,
	  "member f: name of an extended attribute is not 1 to 255 bytes without NUL" },
};

static void extensions(void)
{
	struct bytes b;

	for (size_t i = 0; i < ARRAY_LEN(paxes); i++) {
		b.len = 0;
		pax(&b, paxes[i].records);
		member(&b, "f", '0', "");
		expect(paxes[i].records, &b, paxes[i].dump, paxes[i].what);
	}
	b.len = 0;
	extended(&b, 'L', "dir/long\0rest", 13);
	extended(&b, 'K', "dir/target", 10);
	pax(&b, "path=\nuid=1000");
	member(&b, "n", '2', "");
	expect("L and K", &b,
	       "/dir 0 40755 1 0 0 0 0.0 - - -\n/dir/long 10 120644 1 1000 100 0 1699999744.0 dir/target - -\n",
	       NULL);
	b.len = 0;
	pax(&b, "");
	pax(&b, "");
	expect("two of a kind", &b, NULL, "block 1: second pax header for one member");
	b.len = 0;
	extended(&b, 'L', "x", 1);
	expect("nothing behind it", &b, NULL, "block 2: an extension header has no member");
	end(&b);
	expect("the end behind it", &b, NULL, "block 2: an extension header has no member");
	b.len = 0;
	header(&b, &(struct header){ "x", 'L', NULL, 1048577, NULL, NULL });
	expect("too long", &b, NULL, "block 0: extension header of more than 1 MiB");
	b.len = 0;
	extended(&b, 'g', "19 comment=whatever\n", 20);
	expect("a global header with a wrong length", &b, NULL,
	       "block 1: pax header: record does not end with a newline");
	b.len = 0;
	extended(&b, 'g', "20 comment=whatever\n", 20);
	member(&b, "f", '0', "");
	expect("global", &b, "/f 0 100644 1 1000 100 0 1699999744.0 - - -\n", NULL);
	extended(&b, 'g', "9 uid=10\n", 9);
	expect("global uid", &b, NULL,
	       "block 4: global pax header with \"uid\", which programs understand differently");
}

/* Two extensions for one member, and what only a pax archive refuses. */
static void contradictions(void)
{
	static const struct {
		const char *l, *k, *l2, *records;
		char type;
		u64 size;
		const char *what; /* NULL: accepted */
	} rows[] = {
		{ "l", NULL, NULL, "path=p", '0', 0,
		  "member n: a pax header and a GNU long name both name it, and programs disagree on which one counts" },
		{ "l", NULL, NULL, "GNU.sparse.name=p", '0', 0,
		  "member n: a pax header and a GNU long name both name it, and programs disagree on which one counts" },
		{ NULL, "k", NULL, "linkpath=k", '2', 0,
		  "member n: a pax header and a GNU long link both give its target, and programs disagree on which one counts" },
		{ "l", "k", NULL, "uid=1", '2', 0, NULL },
		{ "l", NULL, "l", NULL, '0', 0, NULL },
		{ "l", NULL, "m", NULL, '0', 0,
		  "block 3: second GNU long name for one member, which differs from the first" },
		{ NULL, NULL, NULL, "uid=1", '1', 7,
		  "member n: hard link with a body in a pax archive, and programs disagree on where the next header is" },
		{ NULL, NULL, NULL, "size=7", '1', 0,
		  "member n: hard link with a body in a pax archive, and programs disagree on where the next header is" },
		{ NULL, NULL, NULL, "size=0", '1', 7, NULL },
		{ NULL, NULL, NULL, NULL, '1', 7, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes b = { .len = 0 };
		struct error err = { 0 };
		struct notes notes;
		struct tree tree;
		int rc;

		if (rows[i].l)
			extended(&b, 'L', rows[i].l, 1);
		if (rows[i].k)
			extended(&b, 'K', rows[i].k, 1);
		if (rows[i].l2)
			extended(&b, 'L', rows[i].l2, 1);
		if (rows[i].records)
			pax(&b, rows[i].records);
		header(&b, &(struct header){ "n", rows[i].type, rows[i].type == '1' ? "a" : "",
					     rows[i].size, NULL, NULL });
		member(&b, "a", '0', "");
		end(&b);
		notes_init(&notes);
		tree_init(&tree);
		rc = parse(&tree, b.p, b.len, &notes, &err);
		CHECK(!rc == !rows[i].what && (!rc || !strcmp(err.text, rows[i].what)),
		      "row %zu: %s", i, err.text);
		tree_release(&tree);
		notes_release(&notes);
	}
}

/* Paths of @len bytes, in a pax header, an L header and as the target of a hard link. */
static void long_paths(void)
{
	struct bytes b;
	char path[5000];

	for (size_t len = 4095; len <= 4096; len++) {
		const char *what = len > 4095 ? "/: path of more than 4095 bytes" : NULL;
		struct error err = { 0 };

		memset(path, 0, sizeof(path));
		for (size_t i = 0; i < len; i++)
			path[i] = i % 2 ? '/' : 'a';
		for (int kind = 0; kind < 2; kind++) {
			struct notes notes;
			struct tree tree;
			int rc;

			b.len = 0;
			if (kind)
				extended(&b, 'L', path, len);
			else
				record_header(&b, "path", path, len);
			member(&b, "n", '5', "");
			end(&b);
			notes_init(&notes);
			tree_init(&tree);
			rc = parse(&tree, b.p, b.len, &notes, &err);
			CHECK(!rc == !what && (!rc || strstr(err.text, what)), "%zu, %d: %s", len,
			      kind, err.text);
			tree_release(&tree);
			notes_release(&notes);
		}
	}
	b.len = 0;
	record_header(&b, "linkpath", path, 4096);
	header(&b, &(struct header){ "n", '1', "x", 0, NULL, NULL });
	expect("target", &b, NULL, "member n: target of the hard link is more than 4095 bytes");
}

/* 1.0: the map in front of the data. */
static void sparse_lines(struct bytes *b, const char *map, size_t data, u64 real)
{
	struct bytes body = { .len = 0 };
	char text[100];

	add(&body, map, strlen(map));
	pad(&body);
	for (size_t i = 0; i < data; i++)
		add(&body, "x", 1);
	snprintf(text, sizeof(text),
		 "GNU.sparse.major=1\nGNU.sparse.minor=0\nGNU.sparse.realsize=%llu",
		 (unsigned long long)real);
	pax(b, text);
	header(b, &(struct header){ "f", '0', NULL, body.len, NULL, NULL });
	add(b, body.p, body.len);
	pad(b);
}

static void number12(u8 *at, u64 v)
{
	for (int i = 10; i >= 0; i--, v >>= 3)
		at[i] = (u8)('0' + (v & 7));
}

/* GNU: pairs in the header, and one extension block. */
static void sparse_gnu(struct bytes *b, u32 segments, u64 real)
{
	u8 *block =
		header(b, &(struct header){ "f", 'S', NULL, segments * 512ull, "ustar  ", NULL });

	for (u32 i = 0; i < segments && i < 4; i++) {
		number12(block + 386 + 24 * i, i * 1024ull);
		number12(block + 398 + 24 * i, 512);
	}
	number12(block + 483, real);
	block[482] = segments > 4;
	sum(block);
	if (segments > 4) {
		block = b->p + b->len;
		zeros(b, 512);
		for (u32 i = 4; i < segments; i++) {
			number12(block + 24 * (i - 4), i * 1024ull);
			number12(block + 24 * (i - 4) + 12, 512);
		}
	}
	for (u32 i = 0; i < segments * 512; i++)
		add(b, "x", 1);
}

/* The digest of the file that both stand for: 512 bytes of data and 512 of holes in turn. */
static void sparse(void)
{
	u8 content[6 * 1024] = { 0 };
	struct verity *v = malloc(sizeof(*v));
	struct cfs_digest digest;
	char hex[CFS_HEX_MAX], name[CFS_OBJECT_NAME_MAX], want[300];
	struct bytes b = { .len = 0 };

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = i % 1024 < 512 ? 'x' : 0;
	verity_memory(v, CFS_SHA256, content, sizeof(content), &digest);
	cfs_digest_print(hex, &digest);
	cfs_object_name(name, CFS_SHA256, digest.b);
	snprintf(want, sizeof(want), "/f 6144 100644 1 1000 100 0 1699999744.0 %.65s - %.64s\n",
		 name, hex);
	sparse_gnu(&b, 6, sizeof(content));
	expect("GNU sparse", &b, want, NULL);
	b.len = 0;
	sparse_lines(&b, "6\n0\n512\n1024\n512\n2048\n512\n3072\n512\n4096\n512\n5120\n512\n",
		     6 * 512, sizeof(content));
	expect("sparse 1.0", &b, want, NULL);
	b.len = 0;
	sparse_lines(&b, "2\n0\n3\n5\n2\n", 5, 7);
	expect("a segment that is no block", &b, NULL,
	       "member f: sparse file: segment that is not a number of blocks in front of another one");
	b.len = 0;
	sparse_lines(&b, "1\n0\n\n", 0, 7);
	expect("an empty line", &b, NULL,
	       "member f: sparse file: the map has something that is not a number");
	b.len = 0;
	sparse_lines(&b, "2000000\n", 0, 7);
	expect("too many segments", &b, NULL, "member f: sparse file: more than 1048576 segments");
	/* The largest there is, in no time. */
	b.len = 0;
	sparse_lines(&b, "1\n9007199254740991\n1\n", 1, (u64)1 << 53);
	verity_init(v, CFS_SHA256);
	verity_add_zero(v, ((u64)1 << 53) - 1);
	verity_add(v, "x", 1);
	verity_end(v, &digest);
	cfs_digest_print(hex, &digest);
	cfs_object_name(name, CFS_SHA256, digest.b);
	snprintf(want, sizeof(want),
		 "/f 9007199254740992 100644 1 1000 100 0 1699999744.0 %.65s - %.64s\n", name, hex);
	expect("2^53 bytes", &b, want, NULL);
	free(v);
}

struct damage {
	unsigned int good, bad;
	bool is_header[64]; /* block of the undamaged archive */
	struct notes notes;
};

static bool is_header(const u8 *block)
{
	u8 copy[512];

	memcpy(copy, block, sizeof(copy));
	sum(copy);
	return block[0] && !memcmp(copy, block, sizeof(copy));
}

static void damaged(void *arg, const u8 *data, size_t len)
{
	struct damage *d = arg;
	struct error err = { 0 };
	struct tree tree;
	int rc;

	tree_init(&tree);
	rc = parse(&tree, data, len, &d->notes, &err);
	CHECK(!rc || !strncmp(err.text, "member ", 7) || !strncmp(err.text, "block ", 6), "%s",
	      err.text);
	CHECK(rc || made_image(&tree, &err), "image: %s", err.text);
	*(rc ? &d->bad : &d->good) += 1;
	tree_release(&tree);
}

/* As damaged(), with the checksums of the headers made right: the fields are read, too. */
static void damaged_fields(void *arg, const u8 *data, size_t len)
{
	struct damage *d = arg;
	struct bytes b = { .len = 0 };

	add(&b, data, len);
	for (size_t i = 0; i < ARRAY_LEN(d->is_header) && (i + 1) * 512 <= len; i++)
		if (d->is_header[i])
			sum(b.p + i * 512);
	damaged(d, b.p, len);
}

static void gzip(struct bytes *b)
{
	struct bytes plain = *b;
	z_stream z = { 0 };

	deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
	z.next_in = plain.p;
	z.avail_in = (uInt)plain.len;
	z.next_out = b->p;
	z.avail_out = sizeof(b->p);
	deflate(&z, Z_FINISH);
	b->len = z.total_out;
	deflateEnd(&z);
}

/* One archive of each kind, small. */
static void make(struct bytes *b, int kind)
{
	b->len = 0;
	switch (kind) {
	case 0: /* ustar */
		member(b, "d/", '5', "");
		member(b, "d/f", '0', "content");
		header(b, &(struct header){ "l", '1', "d/f", 0, NULL, NULL });
		break;
	case 1:
		pax(b, "path=p/q\nmtime=1.5\nuid=7\nSCHILY.xattr.user.a=b\nSCHILY.xattr.c=");
		member(b, "f", '0', "content");
		break;
	case 2: /* GNU */
		extended(b, 'L', "d/long name", 12);
		header(b, &(struct header){ "n", '2', "target", 0, "ustar  ", NULL });
		break;
	case 3:
		sparse_lines(b, "2\n0\n512\n1024\n5\n", 517, 2000);
		break;
	case 4:
		sparse_gnu(b, 1, 700);
		break;
	case 5:
		pax(b,
		    "GNU.sparse.size=9\nGNU.sparse.numblocks=1\nGNU.sparse.offset=2\nGNU.sparse.numbytes=3");
		member(b, "f", '0', "abc");
		break;
	case 6:
		pax(b, "GNU.sparse.size=9\nGNU.sparse.map=2,3");
		member(b, "f", '0', "abc");
		break;
	default:
		make(b, 0);
		gzip(b);
		return;
	}
	zeros(b, 512);
}

/* Numbers at the ends of what fits. */
static void numbers(void)
{
	static const struct tar_field field = { "n", 0, 12 };
	static const struct {
		const char *text;
		bool good, minus, huge;
		u64 v;
	} rows[] = {
		{ "\x80\0\0\0\0\0\0\0\0\0\0\1", true, false, false, 1 },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", true, true, false, 1 },
		{ "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", true, false, false, UINT64_MAX },
		{ "\x80\0\0\1\0\0\0\0\0\0\0\0", true, false, true, 0 },
		{ "\xff\xff\xff\xff\x80\0\0\0\0\0\0\0", true, true, false, (u64)1 << 63 },
		{ "\xff\xff\xff\xff\0\0\0\0\0\0\0\0", true, true, true, 0 },
		{ "777777777777", true, false, false, 0777777777777 },
		{ "\0\0\0  12\0\0\0\0\0", true, false, false, 012 },
		{ "            ", true, false, false, 0 },
		{ "-1\0\0\0\0\0\0\0\0\0\0", false, false, false, 0 },
		{ "8\0\0\0\0\0\0\0\0\0\0\0", false, false, false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err;
		struct tar_number n;
		int rc = tar_number((const u8 *)rows[i].text, field, &n, &err);

		CHECK(!rc == rows[i].good, "number %zu", i);
		CHECK(rc || (n.minus == rows[i].minus && n.huge == rows[i].huge &&
			     (n.huge || n.v == rows[i].v)),
		      "number %zu: %d %d %llu", i, n.minus, n.huge, (unsigned long long)n.v);
	}
}

void unit_source_tar_tar(void)
{
	static const u8 values[] = { '7' };
	struct damage d = { 0 };
	struct bytes b;

	numbers();
	headers();
	types();
	extensions();
	contradictions();
	long_paths();
	sparse();
	notes_init(&d.notes);
	for (int kind = 0; kind < 8; kind++) {
		make(&b, kind);
		for (size_t i = 0; i < ARRAY_LEN(d.is_header); i++)
			d.is_header[i] = (i + 1) * 512 <= b.len && is_header(b.p + i * 512);
		made_prefixes(b.p, b.len, damaged, &d);
		made_changes(b.p, b.len, values, sizeof(values), damaged_fields, &d);
	}
	/* Checksums that are wrong. */
	make(&b, 0);
	made_changes(b.p, b.len, values, sizeof(values), damaged, &d);
	CHECK(d.good * UNIT_STEP > 5000 && d.bad * UNIT_STEP > 5000, "%u good, %u bad", d.good,
	      d.bad);
	notes_release(&d.notes);
}
