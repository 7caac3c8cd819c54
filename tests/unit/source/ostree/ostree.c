// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/ostree: a commit out of four objects, made here; then every prefix of
 * each object and every byte of it changed to 16 values (all 256 in the long
 * form), under the name that it should have then, so that the parser is reached
 * (RT-11). Each is refused with a text, or is an image that holds together.
 */
#include "source/ostree/ostree.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "files/io.h"
#include "verity/sha256.h"
#include "image/check.h"
#include "image/write/write.h"
#include "source/ostree/object.h"
#include "source/ostree/repo.h"
#include "tests/unit/unit.h"

enum kind {
	FILEZ,
	DIRMETA,
	DIRTREE,
	COMMIT,
	KINDS,
};

static const char *const exts[KINDS] = { "filez", "dirmeta", "dirtree", "commit" };

struct repo {
	char dir[64], saved[KINDS][OSTREE_OBJECT_NAME]; /* names written */
	struct sha256_sum sum[KINDS];
	struct buf o[KINDS]; /* the good objects */
	struct buf image;
};

static void add_sum(struct buf *b, const struct sha256_sum *sum)
{
	buf_add(b, sum->b, sizeof(sum->b));
}

/* size 5, 1:2, 0100644, no device; no target; user.b before user.a; "hello" in a stored block. */
static void make_filez(struct buf *b)
{
	static const char bytes[] = "\0\0\0\x34\0\0\0\0"
				    "\0\0\0\0\0\0\0\5\0\0\0\1\0\0\0\2\0\0\x81\xa4\0\0\0\0"
				    "\0"
				    "user.b\0B\7user.a\0AA\7\x9\x13"
				    "\x19"
				    "\1\5\0\xfa\xffhello";

	b->len = 0;
	buf_add(b, bytes, sizeof(bytes) - 1);
	b->p[3] = (char)(b->len - 8 - 10);
}

/* The checksum of the above. */
static void file_sum(struct sha256_sum *sum)
{
	static const char stream[] = "\0\0\0\x26\0\0\0\0"
				     "\0\0\0\1\0\0\0\2\0\0\x81\xa4\0\0\0\0"
				     "\0"
				     "user.a\0AA\7user.b\0B\7\xa\x13"
				     "\x11"
				     "hello";
	char copy[sizeof(stream)];

	memcpy(copy, stream, sizeof(stream));
	copy[3] = (char)(sizeof(stream) - 1 - 8 - 5);
	sha256_one(copy, sizeof(stream) - 1, sum->b);
}

static void make_dirmeta(struct buf *b)
{
	static const char bytes[] = "\0\0\0\0\0\0\0\0\0\0\x41\xed"
				    "user.t\0001\7\x9";

	b->len = 0;
	buf_add(b, bytes, sizeof(bytes) - 1);
}

/* Two names of the file, a link object is not needed here; a directory, whose dirtree is the empty one. */
static void make_dirtree(const struct repo *r, struct buf *b, const struct sha256_sum *empty)
{
	b->len = 0;
	buf_add(b, "a\0", 2);
	add_sum(b, &r->sum[FILEZ]);
	buf_byte(b, 2);
	buf_add(b, "c\xc3\xa4\0", 4);
	add_sum(b, &r->sum[FILEZ]);
	buf_byte(b, 4);
	buf_byte(b, 35);
	buf_byte(b, 72);
	buf_add(b, "b\0", 2);
	add_sum(b, empty);
	add_sum(b, &r->sum[DIRMETA]);
	buf_byte(b, 34);
	buf_byte(b, 2);
	buf_byte(b, 68);
	buf_byte(b, 74);
}

static void make_commit(const struct repo *r, struct buf *b)
{
	b->len = 0;
	buf_add(b, "key\0\0\0\0\0v\0s\4\xc", 13); /* the entry, 12 bytes, and its end */
	buf_add(b, "t\0\0", 3);                   /* subject, body */
	buf_add(b, "\0\0\0\0\0\0\0\1", 8);
	add_sum(b, &r->sum[DIRTREE]);
	add_sum(b, &r->sum[DIRMETA]);
	buf_add(b, "\x38\x10\xf\xd\xd\xd", 6);
}

static void put(struct repo *r, const struct sha256_sum *sum, const char *ext, const void *data,
		size_t len, char saved[OSTREE_OBJECT_NAME])
{
	char path[256];
	int fd;

	ostree_object_name(saved, sum, ext);
	snprintf(path, sizeof(path), "%s/objects/%.2s", r->dir, saved);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/objects/%s", r->dir, saved);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && !io_write(fd, data, len), "%s", path);
	close(fd);
}

static void drop(const struct repo *r, char saved[OSTREE_OBJECT_NAME])
{
	char path[256];

	snprintf(path, sizeof(path), "%s/objects/%s", r->dir, saved);
	unlink(path);
	path[strlen(r->dir) + 11] = 0;
	rmdir(path);
	*saved = 0;
}

static void put_file(const struct repo *r, const char *name, const char *text)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && !io_write(fd, text, strlen(text)), "%s", path);
	close(fd);
}

static const u8 empty_tree[] = { 0 };

/* Put an object and all that refer to it, under their right names. */
static void put_from(struct repo *r, enum kind kind, const void *data, size_t len)
{
	struct buf b = { 0 };
	struct sha256_sum empty;

	sha256_one(empty_tree, sizeof(empty_tree), empty.b);
	for (enum kind k = kind; k < KINDS; k++) {
		if (k > kind) {
			if (k == DIRMETA)
				make_dirmeta(&b);
			else if (k == DIRTREE)
				make_dirtree(r, &b, &empty);
			else
				make_commit(r, &b);
			data = b.p;
			len = b.len;
		}
		if (k == FILEZ)
			file_sum(&r->sum[k]); /* whatever is in it */
		else
			sha256_one(data, len, r->sum[k].b);
		put(r, &r->sum[k], exts[k], data, len, r->saved[k]);
	}
	buf_release(&b);
}

static void drop_from(struct repo *r, enum kind kind)
{
	for (enum kind k = kind; k < KINDS; k++)
		if (*r->saved[k])
			drop(r, r->saved[k]);
}

static void collect(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

static int read_repo(struct repo *r, const char *rev, struct tree *tree, struct error *err)
{
	struct ostree o = { .repo = r->dir, .rev = rev, .verity = true, .threads = 1 };

	int rc;

	tree_init(tree);
	if (ostree_begin(&o, err))
		return -1;
	rc = ostree_read(&o, tree, err);
	ostree_end(&o);
	return rc;
}

/* Whether the commit is accepted; then its image must be good, else there must be one line. */
static bool run(struct repo *r, const char *what, size_t at)
{
	const struct image_version version = { 0, 1 };
	char rev[SHA256_HEX + 1] = "";
	struct image img;
	struct writer w;
	struct error err = { 0 };
	struct tree tree;
	bool good;

	sha256_sum_print(rev, &r->sum[COMMIT]);
	good = !read_repo(r, rev, &tree, &err);
	if (!good) {
		CHECK(!strncmp(err.text, r->dir, strlen(r->dir)) && !strchr(err.text, '\n') &&
			      err.code != ENOMEM,
		      "%s %zu: %s", what, at, err.text);
	} else {
		r->image.len = 0;
		CHECK(!writer_init(&w, -1), "memory");
		w.see = collect;
		w.see_arg = &r->image;
		CHECK(!image_write(&tree, &version, &w, &err) && !writer_flush(&w),
		      "%s %zu: write: %s", what, at, err.text);
		writer_release(&w);
		CHECK(!image_open_bytes(&img, (u8 *)r->image.p, r->image.len, &err) &&
			      !image_check(&img, NULL, NULL, &err),
		      "%s %zu: image: %s", what, at, err.text);
		image_close(&img);
	}
	tree_release(&tree);
	return good;
}

static void mutants(struct repo *r, enum kind kind)
{
	static const u8 values[] = { 0, 1, 2, 4, 7, 0x10, 0x2e, 0x2f, 0x40, 0x7f, 0x80, 0xff };
	size_t len = r->o[kind].len;
	char *p = malloc(len);
	unsigned int accepted = 0, n = unit_long ? 256 : ARRAY_LEN(values) + 4;

	memcpy(p, r->o[kind].p, len);
	drop_from(r, kind);
	for (size_t cut = 0; cut < len; cut++) {
		put_from(r, kind, p, cut);
		/* One is a dirmeta without xattrs. */
		CHECK(run(r, exts[kind], cut) == (kind == DIRMETA && cut == 12),
		      "%s: prefix of %zu bytes", exts[kind], cut);
		drop_from(r, kind);
	}
	for (size_t at = 0; at < len; at += UNIT_STEP) {
		u8 was = (u8)p[at];

		for (unsigned int i = 0; i < n; i++) {
			const u8 near[] = { (u8)(was + 1), (u8)(was - 1), was ^ 0x20, was ^ 0x08 };
			u8 v = (u8)i;

			if (!unit_long)
				v = i < ARRAY_LEN(values) ? values[i] : near[i - ARRAY_LEN(values)];
			if (v == was)
				continue;
			p[at] = (char)v;
			put_from(r, kind, p, len);
			accepted += run(r, exts[kind], at);
			drop_from(r, kind);
		}
		p[at] = (char)was;
	}
	/* Of a file only padding bits of the deflate stream can differ. */
	CHECK(kind == FILEZ ? accepted < 32 : accepted * UNIT_STEP > 20, "%s: %u accepted",
	      exts[kind], accepted);
	printf("# ostree: %s of %zu bytes, %u mutants accepted\n", exts[kind], len, accepted);
	put_from(r, kind, p, len);
	free(p);
}

/* A name of the root of a sealed tree, or the root itself, so that the checks fail. */
static const struct node *find(const struct tree *tree, const char *name)
{
	for (struct name *n = tree->root->dir.first; n; n = n->next)
		if (n->len == strlen(name) && !memcmp(n->s, name, n->len))
			return name_node(n);
	return tree->root;
}

static void known_answer(struct repo *r)
{
	struct error err = { 0 };
	const struct node *node;
	struct tree tree;
	bool good = !read_repo(r, "t", &tree, &err);

	CHECK(good, "%s", err.text);
	if (good) {
		CHECK(tree.nodes == 9 && tree.root->mode == 040755 && tree.root->nxattrs == 1,
		      "%u nodes", tree.nodes);
		node = find(&tree, "a");
		CHECK(node->size == 5 && node->uid == 1 && node->gid == 2 &&
			      node->mode == 0100644 && node->nlink == 1 && node->nxattrs == 2 &&
			      !strcmp(node->xattrs[0]->name->s, "user.a") &&
			      node->xattrs[0]->len == 2,
		      "/a");
		CHECK(node->payload_len == 70 && !memcmp(node->file.payload + 65, ".file", 5) &&
			      node->file.digest,
		      "its object");
		CHECK(find(&tree, "b")->nxattrs == 1 && node_is(find(&tree, "b"), 040000), "/b");
		CHECK(find(&tree, "sysroot")->mode == 040755 && !find(&tree, "sysroot")->nxattrs,
		      "/sysroot");
		CHECK(find(&tree, "c\xc3\xa4")->file.digest == node->file.digest,
		      "an object with two names is read once");
	}
	tree_release(&tree);
}

static void revisions(struct repo *r)
{
	static const struct {
		const char *rev;
		bool good;
	} rows[] = {
		{ "t", true },       { "t^", false },      { "o:t", true },   { "only", true },
		{ "o:only", true },  { "p:only", false },  { "", false },     { "^", false },
		{ "..", false },     { "/t", false },      { "t/", false },   { "o", false },
		{ "a//b", false },   { ":t", false },      { "o:", false },   { "o:o:t", false },
		{ "alias", true },   { "outside", false }, { "loop", false }, { "dangling", false },
		{ "junk", false },   { "upper", false },   { "fifo", false }, { "dir", false },
		{ "link/t", false }, { ".hidden", false },
	};
	char hex[SHA256_HEX + 2] = "", path[256];

	sha256_sum_print(hex, &r->sum[COMMIT]);
	hex[SHA256_HEX] = '\n';
	put_file(r, "refs/heads/t", hex);
	put_file(r, "refs/remotes/o/t", hex);
	put_file(r, "refs/remotes/o/only", hex);
	put_file(r, "refs/heads/.hidden", hex);
	put_file(r, "refs/heads/junk", "x");
	snprintf(path, sizeof(path), "%s/refs/heads/", r->dir);
	for (size_t i = 0; i < 6; i++) {
		static const char *const links[][2] = { { "alias", "../remotes/./o//t" },
							{ "outside", "../../config" },
							{ "loop", "loop" },
							{ "dangling", "none" },
							{ "link", "." },
							{ "abs", "/etc/passwd" } };
		char name[300];

		snprintf(name, sizeof(name), "%s%s", path, links[i][0]);
		CHECK(!symlink(links[i][1], name), "%s", name);
	}
	for (char *c = hex; *c; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 32);
	put_file(r, "refs/heads/upper", hex);
	strcat(path, "fifo");
	CHECK(!mkfifo(path, 0644), "fifo");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = { 0 };
		struct tree tree;
		bool good = !read_repo(r, rows[i].rev, &tree, &err);

		CHECK(good == rows[i].good, "revision %s: %s", rows[i].rev, err.text);
		tree_release(&tree);
	}
}

static void configurations(void)
{
	static const struct {
		const char *text;
		bool good;
		enum ostree_mode mode;
	} rows[] = {
		{ "[core]\nrepo_version=1\nmode=archive\n", true, OSTREE_ARCHIVE },
		{ "[core]\r\n repo_version = 1 \r\nmode\t=bare-user", true, OSTREE_BARE_USER },
		{ "[core]\nrepo_version=1", true, OSTREE_BARE },
		{ "[core]\nmode=bare\nrepo_version=1\nmode=archive-z2\n[x]\nmode=tape", true,
		  OSTREE_ARCHIVE },
		{ "[core]\nrepo_version=1\nmode=bare-user-only\n#mode=x", true,
		  OSTREE_BARE_USER_ONLY },
		{ "[core]\nrepo_version=1\nmode=bare-split-xattrs", false, 0 },
		{ "[core]\nrepo_version=2", false, 0 },
		{ "[core]\nmode=bare", false, 0 },
		{ "[Core]\nrepo_version=1", false, 0 },
		{ "repo_version=1", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ostree_repo repo = { 0 };
		struct error err = { 0 };
		bool good = !ostree_config_parse(&repo, rows[i].text, strlen(rows[i].text), &err);

		CHECK(good == rows[i].good && (!good || repo.mode == rows[i].mode),
		      "configuration %zu: %s", i, err.text);
	}
}

static void make_repo(struct repo *r)
{
	static const char *const dirs[] = { "",
					    "/objects",
					    "/refs",
					    "/refs/heads",
					    "/refs/heads/dir",
					    "/refs/remotes",
					    "/refs/remotes/o" };
	struct sha256_sum empty;
	char name[OSTREE_OBJECT_NAME];

	/* Many small files, so preferably in memory. */
	snprintf(r->dir, sizeof(r->dir), "%s/cfs-ostree.XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	CHECK(mkdtemp(r->dir) != NULL, "%s", r->dir);
	for (size_t i = 1; i < ARRAY_LEN(dirs); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s", r->dir, dirs[i]);
		CHECK(!mkdir(path, 0755), "%s", path);
	}
	put_file(r, "config", "[core]\nrepo_version=1\nmode=archive\n");
	sha256_one(empty_tree, sizeof(empty_tree), empty.b);
	put(r, &empty, "dirtree", empty_tree, sizeof(empty_tree), name);
	make_dirmeta(&r->o[DIRMETA]);
	make_filez(&r->o[FILEZ]);
	put_from(r, FILEZ, r->o[FILEZ].p, r->o[FILEZ].len);
	make_dirtree(r, &r->o[DIRTREE], &empty);
	make_commit(r, &r->o[COMMIT]);
}

void unit_source_ostree_ostree(void)
{
	struct repo r = { 0 };
	char command[128];

	configurations();
	make_repo(&r);
	revisions(&r);
	known_answer(&r);
	CHECK(run(&r, "as made", 0), "the commit is accepted");
	for (enum kind k = 0; k < KINDS; k++)
		mutants(&r, k);
	known_answer(&r);
	for (enum kind k = 0; k < KINDS; k++)
		buf_release(&r.o[k]);
	buf_release(&r.image);
	snprintf(command, sizeof(command), "rm -rf '%s'", r.dir);
	CHECK(!system(command), "%s", command);
}
