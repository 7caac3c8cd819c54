// SPDX-License-Identifier: GPL-2.0-only
/* The images that the other tests spoil. */
#include "tests/unit/sample.h"
#include <sys/mman.h>
#include <unistd.h>
#include "files/io.h"
#include "image/check.h"
#include "image/cursor.h"
#include "image/write/write.h"
#include "tests/unit/unit.h"
#include "dump/parse.h"

static void need(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! sample: %s\n", what);
	exit(1);
}

static void see(void *arg, const void *data, size_t len)
{
	buf_add(arg, data, len);
}

void sample_make(struct sample *s, const char *dump, size_t len, unsigned int min, unsigned int max)
{
	const struct image_version version = { min, max };
	int fd = memfd_create("dump", 0);
	struct buf image = { 0 };
	struct error err = { 0 };
	struct writer w;
	struct input in;
	struct tree tree;

	need(fd >= 0 && !io_write(fd, dump, len) && !lseek(fd, 0, SEEK_SET), "memfd");
	need(!input_open_fd(&in, fd, "sample", &err), err.text);
	tree_init(&tree);
	need(!dump_parse(&tree, &in, "sample", false, &err), err.text);
	need(!writer_init(&w, -1), "writer");
	w.see = see;
	w.see_arg = &image;
	need(!image_write(&tree, &version, &w, &err) && !writer_flush(&w), err.text);
	writer_release(&w);
	tree_release(&tree);
	input_release(&in);
	close(fd);
	need(!image.failed, "memory");
	s->bytes = (u8 *)image.p;
	s->len = image.len;
}

void sample_release(struct sample *s)
{
	free(s->bytes);
	*s = (struct sample){ 0 };
}

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OBJECT "00/112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define LABEL "security.selinux=system_u:object_r:some_t:s0\\x00"

static void add_run(struct buf *b, char c, int n)
{
	while (n--)
		buf_byte(b, c);
}

/* In dump order. Names from which the tests start: see their rows. */
void sample_text(struct buf *b)
{
	buf_str(b, "/ 0 40755 1 0 0 0 -3.4 - - - user.a=1\n"
		   "/a 0 40755 1 0 0 0 5.0 - - - trusted.overlay.opaque=y\n"
		   "/a/x 0 @100644 1 0 0 0 -3.4 /ext - -\n"
		   "/blk 0 60600 1 0 6 2049 -3.4 - - -\n"
		   "/chr 0 20600 1 0 0 1281 7.8 - - -\n"
		   "/content5000 5000 100644 1 0 0 0 -3.4 - ");
	add_run(b, 'c', 4990);
	buf_str(b,
		"0123456789 -\n"
		"/content70 7 100644 1 1000 1000 0 1.2 - content - user.aa=1 user.ab=2 " LABEL "\n"
		"/dash 1 100644 1 0 0 0 0.0 - \\x2d -\n"
		"/dir 0 40700 1 0 0 0 -3.4 - - - " LABEL "\n"
		"/dir/sub 0 40700 1 0 0 0 -3.4 - - -\n"
		"/empty 0 100644 1 0 0 0 -3.4 - - -\n"
		"/ext 70000 100644 3 70000 0 0 -3.4 " OBJECT " - " DIGEST " " LABEL " user.long=");
	add_run(b, 'v', 300);
	buf_str(b, "\n"
		   "/fifo 0 10600 1 0 0 0 -3.4 - - -\n"
		   "/huge 8796093022209 100644 1 0 0 0 -3.4 some/path - -\n"
		   "/link 0 120777 1 0 0 0 -3.4 target - -\n"
		   "/longlink 0 120777 1 0 0 0 -3.4 ");
	add_run(b, 't', 4090);
	buf_str(b, " - -\n"
		   "/lt 0 @120777 1 0 0 0 -3.4 /link - -\n"
		   "/names 0 40755 1 0 0 0 -3.4 - - -\n");
	for (char c = 'a'; c <= 'q'; c++) {
		buf_str(b, "/names/");
		add_run(b, c, 250);
		buf_str(b, " 0 100644 1 0 0 0 -3.4 - - -\n");
	}
	buf_str(b,
		"/same 0 @100644 3 0 0 0 -3.4 /a/x - -\n"
		"/sock 0 140600 1 0 0 0 -3.4 - - -\n"
		"/wh 0 40755 1 0 0 0 -3.4 - - -\n"
		"/wh/gone 0 20600 2 0 0 0 -3.4 - - -\n"
		"/wh/gone2 0 @20600 2 0 0 0 -3.4 /wh/gone - -\n"
		"/xattrs 3 100644 1 0 0 0 -3.4 - abc - system.posix_acl_access=\\x02\\x00\\x00\\x00");
	for (char c = 'a'; c <= 't'; c++) {
		buf_str(b, " user.many.");
		buf_byte(b, c);
		buf_str(b, "=");
	}
	buf_byte(b, '\n');
}

void sample_all(struct sample *s)
{
	struct buf b = { 0 };

	sample_text(&b);
	need(!b.failed, "memory");
	sample_make(s, b.p, b.len, 0, 1);
	buf_release(&b);
}

static void open_sample(const struct sample *s, struct image *img)
{
	struct error err = { 0 };

	need(!image_open_bytes(img, s->bytes, s->len, &err), err.text);
}

static void find(const struct image *img, const char *path, struct cfs_inode *inode)
{
	struct cfs_fault f;

	need(!image_inode(img, img->super.root_nid, inode, &f), "root");
	while (*path == '/' && path[1]) {
		struct cfs_inode dir = *inode;
		size_t len = strcspn(path + 1, "/");

		need(!image_find(img, &dir, path + 1, len, inode, &f), path);
		path += 1 + len;
	}
}

u64 sample_inode(const struct sample *s, const char *path)
{
	struct cfs_inode inode;
	struct image img;

	open_sample(s, &img);
	find(&img, path, &inode);
	return inode.off;
}

u64 sample_area(const struct sample *s, const char *path)
{
	struct cfs_inode inode;
	struct image img;

	open_sample(s, &img);
	find(&img, path, &inode);
	need(inode.xattr_len, path);
	return inode.xattr_off;
}

u64 sample_data(const struct sample *s, const char *path, u64 piece)
{
	struct cfs_inode inode;
	struct image img;

	open_sample(s, &img);
	find(&img, path, &inode);
	return (u64)(image_piece(&img, &inode, piece).p - s->bytes);
}

u64 sample_xattr(const struct sample *s, const char *path, const char *name)
{
	struct cfs_inode inode;
	struct image_xattrs w;
	struct cfs_xattr x;
	struct cfs_fault f;
	struct image img;

	open_sample(s, &img);
	find(&img, path, &inode);
	need(!image_xattrs(&w, &img, &inode, &f), path);
	while (image_xattrs_next(&w, &x, &f) > 0) {
		u32 n;
		const char *prefix = cfs_xattr_prefix(x.index, &n);

		if (strlen(name) == n + x.suffix_len && !memcmp(name, prefix, n) &&
		    !memcmp(name + n, x.suffix, x.suffix_len))
			return (u64)(x.suffix - s->bytes) - sizeof(struct erofs_xattr_entry);
	}
	need(false, name);
	return 0;
}

static u64 entry_find(const struct sample *s, const char *path, const char *name, bool want_name)
{
	struct cfs_dirblock block;
	struct cfs_inode inode;
	struct cfs_dirent e;
	struct image img;

	open_sample(s, &img);
	find(&img, path, &inode);
	for (u64 i = 0; i < cfs_inode_pieces(&inode); i++) {
		need(!cfs_dirblock_open(&block, image_piece(&img, &inode, i), NULL), path);
		for (u32 k = 0; k < block.count; k++) {
			need(!cfs_dirblock_entry(&block, k, NULL, &e, NULL), path);
			if (e.len != strlen(name) || memcmp(e.name, name, e.len))
				continue;
			if (want_name)
				return (u64)(e.name - s->bytes);
			return (u64)(block.bytes.p - s->bytes) + k * sizeof(struct erofs_dirent);
		}
	}
	need(false, name);
	return 0;
}

u64 sample_dirent(const struct sample *s, const char *path, const char *name)
{
	return entry_find(s, path, name, false);
}

u64 sample_name(const struct sample *s, const char *path, const char *name)
{
	return entry_find(s, path, name, true);
}

void sample_put(struct sample *s, u64 off, unsigned int width, u64 value)
{
	need(cfs_inside(off, width, s->len), "offset");
	for (; width--; value >>= 8)
		s->bytes[off++] = (u8)value;
}

int sample_dump(const struct image *img, struct buf *b)
{
	struct cursor_entry e;
	struct error err;
	struct cursor c;
	int rc;

	if (cursor_init(&c, img, CURSOR_XATTRS | CURSOR_LINKS, NULL, 0, &err))
		return -1;
	while ((rc = cursor_next(&c, &e, &err)) > 0)
		dump_print(b, &e.d);
	cursor_release(&c);
	return rc || b->failed ? -1 : 0;
}

static void complain(void *arg, const struct check_odd *odd)
{
	CHECK(false, "%s: %.*s: %s", (const char *)arg, (int)odd->path_len, odd->path, odd->what);
}

/* The sample is good, has no soft fault, and its dump gives it again. */
void unit_image_sample(void)
{
	char name[] = "sample";
	struct error err = { 0 };
	struct sample s, again;
	struct buf text = { 0 };
	struct image img;

	sample_all(&s);
	CHECK(s.len >= 16384, "%llu bytes", (unsigned long long)s.len);
	CHECK(!image_open_bytes(&img, s.bytes, s.len, &err), "%s", err.text);
	CHECK(!image_check(&img, complain, name, &err), "%s", err.text);
	CHECK(img.super.version == 1, "whiteouts make version 1");
	CHECK(img.inodes == img.super.inos, "inodes");
	CHECK(!sample_dump(&img, &text), "dump");
	image_close(&img);
	sample_make(&again, text.p, text.len, 1, 1);
	CHECK(again.len == s.len, "the dump of the sample makes an image of its size");
	buf_release(&text);
	sample_release(&s);
	sample_release(&again);
}
