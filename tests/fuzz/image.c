// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images (tests/README.md 5.1): what the check accepts is walked by everything that
 * walks, each name is looked up and found where the listing has it (RI-4, RI-12),
 * and two ways round end where they began: image -> tree -> image (RI-11), and
 * dump -> image -> dump.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"
#include "image/check.h"
#include "image/cursor.h"
#include "image/objects.h"
#include "image/read.h"
#include "image/write/write.h"
#include "tests/fuzz/fields.h"
#include "dump/parse.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/* Not assert(): the text is wanted. */
static void must(bool good, const char *what, const char *text)
{
	if (good)
		return;
	fprintf(stderr, "image: %s: %s\n", what, text);
	abort();
}

static void see(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

static int write_tree(const struct tree *tree, unsigned int min, unsigned int max, struct buf *to,
		      struct error *err)
{
	const struct image_version version = { min, max };
	struct writer w;
	int rc;

	to->len = 0;
	if (writer_init(&w, -1))
		return error_nomem(err);
	w.see = see;
	w.see_arg = to;
	rc = image_write(tree, &version, &w, err);
	if (!rc)
		must(!writer_flush(&w), "flush", "failed");
	writer_release(&w);
	return rc;
}

static void dump(const struct image *img, struct buf *to)
{
	struct cursor_entry e;
	struct error err;
	struct cursor c;
	int rc;

	to->len = 0;
	must(!cursor_init(&c, img, CURSOR_XATTRS | CURSOR_LINKS, NULL, 0, &err), "cursor",
	     err.text);
	while ((rc = cursor_next(&c, &e, &err)) > 0)
		dump_print(to, &e.d);
	must(!rc, "dump of what was accepted", err.text);
	cursor_release(&c);
}

/* Opens and checks what a writer of ours has made. */
static void open_ours(struct image *img, const struct buf *b, const char *what)
{
	struct error err;

	must(!image_open_bytes(img, b->p, b->len, &err) && !image_check(img, NULL, NULL, &err),
	     what, err.text);
}

/* Text -> tree -> image; 0, or -1 and the reason. */
static int make(const struct buf *text, struct buf *to, struct error *err)
{
	struct input in;
	struct tree tree;
	int rc = input_open_memory(&in, text->p, text->len, "dump", err);

	if (rc)
		return rc;
	tree_init(&tree);
	rc = dump_parse(&tree, &in, "dump", false, err);
	if (!rc)
		rc = write_tree(&tree, 0, 1, to, err);
	tree_release(&tree);
	input_release(&in);
	return rc;
}

/*
 * Any dump may be refused as text: budgets are narrower there. Once it went
 * through, and what the first round cannot keep is lost (dump format 7), nothing
 * changes any more.
 */
static void round_by_dump(const struct buf *text)
{
	struct buf image = { 0 }, again = { 0 }, second = { 0 }, third = { 0 };
	struct error err;
	struct image img;

	if (!make(text, &image, &err)) {
		open_ours(&img, &image, "image of a dump");
		dump(&img, &second);
		image_close(&img);
		must(!make(&second, &again, &err), "dump of an image of a dump", err.text);
		open_ours(&img, &again, "second image");
		dump(&img, &third);
		image_close(&img);
		must(third.len == second.len && !memcmp(third.p, second.p, second.len), "dump",
		     "the second differs");
	}
	buf_release(&image);
	buf_release(&again);
	buf_release(&second);
	buf_release(&third);
}

static int rewrite(const struct image *img, struct buf *to, struct error *err)
{
	struct tree tree;
	int rc;

	tree_init(&tree);
	rc = image_read(&tree, img, err);
	if (!rc)
		rc = write_tree(&tree, img->super.version, img->super.version, to, err);
	tree_release(&tree);
	return rc;
}

static void round_by_tree(const struct image *img)
{
	struct buf once = { 0 }, twice = { 0 };
	struct error err;
	struct image ours;

	if (!rewrite(img, &once, &err)) {
		open_ours(&ours, &once, "image of an image");
		must(!rewrite(&ours, &twice, &err), "image of our image", err.text);
		must(once.len == twice.len && !memcmp(once.p, twice.p, once.len), "rewrite",
		     "the second differs");
		image_close(&ours);
	}
	buf_release(&once);
	buf_release(&twice);
}

/* Whether the directory has the name, by looking at all of them. */
static u64 scan(const struct image *img, const struct cfs_inode *dir, const u8 *name, size_t len)
{
	for (u64 i = 0; i < cfs_inode_pieces(dir); i++) {
		struct cfs_dirblock block;
		struct cfs_dirent e;

		must(!cfs_dirblock_open(&block, image_piece(img, dir, i), NULL), "block",
		     "does not open");
		for (u32 k = 0; k < block.count; k++) {
			must(!cfs_dirblock_entry(&block, k, NULL, &e, NULL), "entry",
			     "does not decode");
			if (e.len == len && !memcmp(e.name, name, len))
				return e.nid;
		}
	}
	return UINT64_MAX;
}

static void look(const struct image *img, const struct cfs_inode *dir, const u8 *name, size_t len)
{
	u64 want = scan(img, dir, name, len);
	struct cfs_inode found;
	struct cfs_fault f;
	int rc = image_find(img, dir, (const char *)name, len, &found, &f);

	must(rc ? rc == -ENOENT && want == UINT64_MAX : found.nid == want, "lookup",
	     "does not agree with the listing");
}

/* Each name, and its neighbours; a limit keeps a large directory from being slow. */
static void look_around(const struct image *img, const struct cfs_inode *dir)
{
	unsigned int left = 64;
	u8 near[EROFS_NAME_LEN + 1];

	for (u64 i = 0; i < cfs_inode_pieces(dir); i++) {
		struct cfs_dirblock block;
		struct cfs_dirent e;

		must(!cfs_dirblock_open(&block, image_piece(img, dir, i), NULL), "block",
		     "does not open");
		for (u32 k = 0; k < block.count && left; k += 1 + block.count / 16, left--) {
			must(!cfs_dirblock_entry(&block, k, NULL, &e, NULL), "entry",
			     "does not decode");
			memcpy(near, e.name, e.len);
			look(img, dir, near, e.len);
			look(img, dir, near, e.len - 1);
			near[e.len] = 'x';
			look(img, dir, near, e.len + 1);
			near[e.len - 1] ^= 1;
			look(img, dir, near, e.len);
		}
	}
}

/* The path of the listing leads to its inode. */
static void look_up(const struct image *img, const char *path, size_t len, u64 nid)
{
	struct cfs_inode at, next;
	struct cfs_fault f;
	size_t n;

	must(!image_inode(img, img->super.root_nid, &at, &f), "root", "is gone");
	for (const char *s = path + 1, *end = path + len; s < end; s += n + 1) {
		const char *slash = memchr(s, '/', (size_t)(end - s));

		n = (size_t)((slash ? slash : end) - s);
		must(!image_find(img, &at, s, n, &next, &f), "path", "is not found");
		at = next;
	}
	must(at.nid == nid, "path", "leads to another inode");
}

/* A part of it: what is below two names of the root. */
static void walk_some(const struct image *img)
{
	static const char *const names[] = { "dir", "a" };
	struct cursor_entry e;
	struct error err;
	struct cursor c;
	int rc;

	must(!cursor_init(&c, img, CURSOR_XATTRS, names, 2, &err), "cursor", err.text);
	while ((rc = cursor_next(&c, &e, &err)) > 0)
		must(e.d.path_len == 1 || !memcmp(e.d.path, "/a", 2) ||
			     !memcmp(e.d.path, "/dir", 4),
		     "filter", "lets through");
	must(!rc, "filtered listing", err.text);
	cursor_release(&c);
}

static void walk(const struct image *img)
{
	unsigned int dirs = 0;
	struct cursor_entry e;
	struct error err;
	struct cursor c;
	int rc;

	must(!cursor_init(&c, img, 0, NULL, 0, &err), "cursor", err.text);
	while ((rc = cursor_next(&c, &e, &err)) > 0) {
		struct cfs_inode inode;
		struct cfs_fault f;

		look_up(img, e.d.path, e.d.path_len, e.nid);
		must(!image_inode(img, e.nid, &inode, &f), "inode", "is gone");
		if (inode.ftype == EROFS_FT_DIR && dirs++ < 8)
			look_around(img, &inode);
	}
	must(!rc, "listing of what was accepted", err.text);
	cursor_release(&c);
}

static void see_objects(const struct image *img)
{
	struct objects objects = { .images = img };
	struct object_record record;
	struct error err;

	must(!objects_add(&objects, 0, &err) && !objects_sort(&objects, &err), "objects", err.text);
	for (size_t i = 0; i < objects.n; i++)
		must(!objects_record(&objects, i, &record, &err), "object", err.text);
	objects_unique(&objects);
	objects_release(&objects);
}

/* Reads all of what it is told, so that a sanitizer sees it. */
static void see_odd(void *arg, const struct check_odd *odd)
{
	u64 *sum = arg;

	*sum += strlen(odd->what);
	for (size_t i = 0; i < odd->path_len; i++)
		*sum += (u8)odd->path[i];
}

/* From a file nothing is different. */
static void open_file(const struct image *good)
{
	int fd = memfd_create("image", 0);
	struct error err;
	struct image img;

	must(fd >= 0 && !io_write(fd, good->bytes, good->len) && !lseek(fd, 0, SEEK_SET), "memfd",
	     "failed");
	must(!image_open(&img, fd, "image", &err), "open", err.text);
	must(img.len == good->len && !memcmp(img.bytes, good->bytes, img.len), "file",
	     "is read differently");
	image_close(&img);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct buf text = { 0 };
	struct error err = { 0 };
	struct image img;
	u64 sum = 0;

	if (image_open_bytes(&img, data, size, &err) || image_check(&img, see_odd, &sum, &err)) {
		must(err.text[0] && (err.code == EUCLEAN || err.code == EOPNOTSUPP),
		     "refused without a word", err.text);
		image_close(&img);
		return 0;
	}
	open_file(&img);
	walk(&img);
	walk_some(&img);
	see_objects(&img);
	dump(&img, &text);
	round_by_dump(&text);
	if (img.super.version < 2)
		round_by_tree(&img);
	buf_release(&text);
	image_close(&img);
	return 0;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed);

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max, unsigned int seed)
{
	return fields_mutate(data, size, max, seed);
}
