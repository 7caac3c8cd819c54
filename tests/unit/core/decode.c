// SPDX-License-Identifier: GPL-2.0-only
/* core/decode.c: a row for each fault of one structure (RI-6.1 to 11 and 13). */
#include "core/decode.h"
#include "tests/unit/unit.h"

#define IMAGE_LEN 65536u

static void put(u8 *p, unsigned int width, u64 value)
{
	for (; width--; value >>= 8)
		*p++ = (u8)value;
}

static bool as_expected(int rc, const struct cfs_fault *f, const char *what)
{
	return !rc == !what && (!rc || !strcmp(f->what, what));
}

/* ---- header and superblock ---- */

static const struct {
	const char *name;
	unsigned int at, width;
	u64 value;
	size_t len; /* of the image; 0: IMAGE_LEN */
	const char *what;
} supers[] = {
	{ "as written", 0, 0, 0, 0, NULL },
	{ "just header and superblock", 1024 + 44, 4, 0, 1152, NULL },
	{ "one byte less", 0, 0, 0, 1151, "image shorter than header and superblock" },
	{ "nothing", 0, 0, 0, 1, "image shorter than header and superblock" },
	{ "header magic", 0, 4, 0, 0, "not a composefs image: wrong magic" },
	{ "header version", 4, 4, 2, 0, "unknown header version" },
	{ "magic", 1024, 4, 0, 0, "wrong superblock magic" },
	{ "block size", 1024 + 12, 1, 11, 0, "block size other than 4096" },
	{ "slots", 1024 + 13, 1, 1, 0, "extra superblock slots" },
	{ "incompat 4", 1024 + 80, 4, 4, 0, NULL },
	{ "incompat 5", 1024 + 80, 4, 5, 0, "unknown incompatible features" },
	{ "incompat high", 1024 + 80, 4, 1u << 31, 0, "unknown incompatible features" },
	{ "meta_blkaddr", 1024 + 40, 4, 1, 0, "inodes do not count from the start of the image" },
	{ "xattr_blkaddr last", 1024 + 44, 4, 15, 0, NULL },
	{ "xattr_blkaddr behind", 1024 + 44, 4, 16, 0,
	  "shared xattrs beyond the end of the image" },
	{ "xattr_blkaddr max", 1024 + 44, 4, UINT32_MAX, 0,
	  "shared xattrs beyond the end of the image" },
	{ "any version", 12, 4, 77, 0, NULL },
	{ "any flags", 8, 4, 0xffffffff, 0, NULL },
};

static void make_super(u8 head[1152])
{
	memset(head, 0, 1152);
	put(head, 4, CFS_MAGIC);
	put(head + 4, 4, CFS_HEADER_VERSION);
	put(head + 1024, 4, EROFS_SUPER_MAGIC_V1);
	head[1024 + 12] = 12;
	put(head + 1024 + 14, 2, 36);
	put(head + 1024 + 24, 8, (u64)-5);
	put(head + 1024 + 32, 4, 6);
	put(head + 1024 + 44, 4, 2);
}

static void check_supers(void)
{
	u8 head[1152];

	for (size_t i = 0; i < ARRAY_LEN(supers); i++) {
		size_t len = supers[i].len ? supers[i].len : IMAGE_LEN;
		struct cfs_span s = { head, len < sizeof(head) ? len : sizeof(head) };
		struct cfs_super sb = { 0 };
		struct cfs_fault f = { .what = "" };
		int rc;

		make_super(head);
		put(head + supers[i].at, supers[i].width, supers[i].value);
		rc = cfs_super_decode(&sb, s, len, &f);
		CHECK(as_expected(rc, &f, supers[i].what), "super %s: %d %s", supers[i].name, rc,
		      f.what);
		CHECK(rc || (sb.root_nid == 36 && sb.build_time == -5 && sb.build_time_nsec == 6),
		      "super %s: fields", supers[i].name);
	}
}

/* ---- inodes ---- */

enum {
	REG = 0100644,
	DIR = 0040755,
	LNK = 0120777,
	CHR = 0020600,
	FIFO = 0010600,
};

/* @nid 0 stands for the usual place: 36. */
static const struct {
	const char *name;
	u64 format, icount, mode, size, u, nid;
	const char *what;
} inodes[] = {
	{ "compact", 0, 0, REG, 0, 0, 0, NULL },
	{ "extended", 1, 0, REG, 0, 0, 0, NULL },
	{ "content", 4, 0, REG, 64, 0, 0, NULL },
	{ "last", 0, 0, REG, 0, 0, 2047, NULL },
	{ "nid 2^59", 0, 0, REG, 0, 0, 1ull << 59, "inode number of 2^59 or more" },
	{ "nid max", 0, 0, REG, 0, 0, UINT64_MAX, "inode number of 2^59 or more" },
	{ "nid beyond", 0, 0, REG, 0, 0, 2048, "inode beyond the end of the image" },
	{ "nid far beyond", 0, 0, REG, 0, 0, (1ull << 59) - 1,
	  "inode beyond the end of the image" },
	{ "in the superblock", 0, 0, REG, 0, 0, 35, "inode overlaps header or superblock" },
	{ "extended last", 1, 0, REG, 0, 0, 2047, "inode beyond the end of the image" },
	{ "format bit", 0x10, 0, REG, 0, 0, 0, "unknown inode format" },
	{ "format high", 0x8000, 0, REG, 0, 0, 0, "unknown inode format" },
	{ "layout 1", 2, 0, REG, 0, 0, 0, "unknown data layout" },
	{ "layout 3", 6, 0, REG, 0, 0, 0, "unknown data layout" },
	{ "layout 6", 12, 0, REG, 0, 0, 0, "unknown data layout" },
	{ "no type", 0, 0, 0644, 0, 0, 0, "unknown file type" },
	{ "bad type", 0, 0, 0170644, 0, 0, 0, "unknown file type" },
	{ "size 2^63", 9, 0, REG, 1ull << 63, 0, 0, "size of 2^63 or more" },
	{ "xattrs to the end", 0, 14, REG, 0, 0, 2045, NULL },
	{ "xattrs beyond", 0, 15, REG, 0, 0, 2045, "xattr area beyond the end of the image" },
	{ "xattrs far beyond", 0, 65535, REG, 0, 0, 0, "xattr area beyond the end of the image" },
	{ "empty tail", 4, 0, REG, 0, 0, 0, "inline layout with an empty tail" },
	{ "tail of whole blocks", 4, 0, REG, 4096, 1, 0, "inline layout with an empty tail" },
	{ "tail to the end", 4, 0, REG, 32, 0, 2046, NULL },
	{ "tail beyond", 4, 0, REG, 33, 0, 2046, "inline tail beyond the end of the image" },
	{ "tail to the block", 4, 0, REG, 32, 0, 126, NULL },
	{ "tail over the block", 4, 0, REG, 33, 0, 126, "inline tail crosses a block" },
	{ "content limit", 0, 0, REG, 5000, 1, 0, NULL },
	{ "content over it", 0, 0, REG, 5001, 1, 0,
	  "content in the image of more than 5000 bytes" },
	{ "block 0", 0, 0, REG, 1, 0, 0, "data in block 0" },
	{ "last blocks", 0, 0, DIR, 8192, 14, 0, NULL },
	{ "blocks beyond", 0, 0, DIR, 8193, 14, 0, "data blocks beyond the end of the image" },
	{ "block beyond", 0, 0, DIR, 1, 16, 0, "data blocks beyond the end of the image" },
	{ "null block", 0, 0, DIR, 1, UINT32_MAX, 0, "data blocks beyond the end of the image" },
	{ "huge directory", 1, 0, DIR, (1ull << 63) - 1, 1, 0,
	  "data blocks beyond the end of the image" },
	{ "empty directory", 0, 0, DIR, 0, 0, 0, "empty directory without dots" },
	{ "empty symlink", 4, 0, LNK, 0, 0, 0, "empty symlink" },
	{ "longest symlink", 0, 0, LNK, 4095, 1, 0, NULL },
	{ "longer symlink", 0, 0, LNK, 4096, 1, 0, "symlink target of more than 4095 bytes" },
	{ "chunks", 8, 0, REG, 4096 * 1024, 0, 0, NULL },
	{ "too many chunks", 8, 0, REG, 4096 * 1024 + 1, 0, 0, "more than 1024 chunks" },
	{ "largest file", 9, 0, REG, 1ull << 53, 31, 0, NULL },
	{ "larger file", 9, 0, REG, (1ull << 53) + 1, 31, 0, "more than 1024 chunks" },
	{ "chunk format", 8, 0, REG, 1, 32, 0, "unknown chunk format" },
	{ "chunk format high", 8, 0, REG, 1, 0x8000, 0, "unknown chunk format" },
	{ "chunk format and rest of an address", 8, 0, REG, 1, 0x10000, 0, NULL },
	{ "chunked directory", 8, 0, DIR, 1, 0, 0,
	  "chunk layout on an inode that is not a regular file" },
	{ "device", 0, 0, CHR, 0, 0x501, 0, NULL },
	{ "odd size", 0, 0, FIFO, 100000, 0, 0, NULL },
};

static void make_inode(u8 d[64], size_t i)
{
	memset(d, 0, 64);
	put(d, 2, inodes[i].format);
	put(d + 2, 2, inodes[i].icount);
	put(d + 4, 2, inodes[i].mode);
	if (inodes[i].format & 1) {
		put(d + 8, 8, inodes[i].size);
		put(d + 16, 4, inodes[i].u);
		put(d + 24, 4, 70000);
		put(d + 32, 8, (u64)-7);
		put(d + 44, 4, 9);
	} else {
		put(d + 6, 2, 9);
		put(d + 8, 4, inodes[i].size);
		put(d + 16, 4, inodes[i].u);
		put(d + 24, 2, 7000);
	}
}

static void check_inodes(void)
{
	const struct cfs_super sb = { .image_len = IMAGE_LEN, .build_time = 11 };

	for (size_t i = 0; i < ARRAY_LEN(inodes); i++) {
		u64 nid = inodes[i].nid ? inodes[i].nid : 36;
		bool extended = inodes[i].format & 1;
		struct cfs_inode inode;
		struct cfs_fault f = { .what = "" };
		struct cfs_span s;
		u8 d[64];
		int rc;

		make_inode(d, i);
		s = (struct cfs_span){ d, nid == 2047 ? 32 : 64 };
		rc = cfs_inode_decode(&inode, &sb, nid, s, &f);
		CHECK(as_expected(rc, &f, inodes[i].what), "inode %s: %d %s", inodes[i].name, rc,
		      f.what);
		if (rc)
			continue;
		CHECK(inode.mode == inodes[i].mode && inode.size == inodes[i].size &&
			      inode.nlink == 9 && inode.uid == (extended ? 70000 : 7000) &&
			      inode.mtime == (extended ? -7 : 11),
		      "inode %s: fields", inodes[i].name);
		CHECK(inode.rdev == (inodes[i].mode == CHR ? 0x501 : 0), "inode %s: rdev",
		      inodes[i].name);
		CHECK(inode.off == nid * 32 && inode.xattr_off == inode.off + (extended ? 64 : 32),
		      "inode %s: places", inodes[i].name);
	}
}

/* Any number of bytes from 0 to 64 is safe. */
static void check_short_inodes(void)
{
	const struct cfs_super sb = { .image_len = IMAGE_LEN };
	struct cfs_inode inode;

	for (size_t i = 0; i < ARRAY_LEN(inodes); i++)
		for (size_t len = 0; len < 64; len++) {
			u8 d[64], *exact = malloc(len + 1);
			int rc;

			make_inode(d, i);
			memcpy(exact, d, len);
			rc = cfs_inode_decode(&inode, &sb, 36, (struct cfs_span){ exact, len },
					      NULL);
			CHECK(rc || len >= (inodes[i].format & 1 ? 64 : 32), "inode %s cut to %zu",
			      inodes[i].name, len);
			free(exact);
		}
}

/* ---- symlinks and directory blocks ---- */

static void check_symlinks(void)
{
	static u8 text[4096];
	struct cfs_fault f = { .what = "" };

	memset(text, 't', sizeof(text));
	CHECK(!cfs_symlink_check((struct cfs_span){ text, 1 }, &f), "symlink of 1");
	CHECK(!cfs_symlink_check((struct cfs_span){ text, 4095 }, &f), "symlink of 4095");
	CHECK(cfs_symlink_check((struct cfs_span){ text, 4096 }, &f), "symlink of 4096");
	CHECK(cfs_symlink_check((struct cfs_span){ text, 0 }, &f), "symlink of 0");
	text[5] = 0;
	CHECK(cfs_symlink_check((struct cfs_span){ text, 9 }, &f) && f.off == 5,
	      "symlink with NUL");
	CHECK(!strcmp(f.what, "NUL in a symlink target"), "symlink fault: %s", f.what);
}

/* Entries "." ".." "name", 36 bytes, and 7 bytes of names. */
static const struct {
	const char *name;
	unsigned int at, width;
	u64 value;
	size_t len;
	const char *what;
} blocks[] = {
	{ "as written", 0, 0, 0, 43, NULL },
	{ "nothing", 0, 0, 0, 0, "directory block shorter than one entry" },
	{ "no room for one", 0, 0, 0, 11, "directory block shorter than one entry" },
	{ "offset 0", 8, 2, 0, 43, "first name offset is not a whole number of entries" },
	{ "offset 35", 8, 2, 35, 43, "first name offset is not a whole number of entries" },
	{ "offset behind", 8, 2, 48, 43, "first name beyond its block" },
	{ "entries alone", 8, 2, 36, 36, "first name beyond its block" },
	{ "offset max", 8, 2, 65532, 43, "first name beyond its block" },
	{ "fewer entries", 8, 2, 12, 43, "name with a slash or NUL" },
	{ "same offset", 20, 2, 36, 43, "name offsets do not grow" },
	{ "smaller offset", 32, 2, 36, 43, "name offsets do not grow" },
	{ "offset in entries", 20, 2, 5, 43, "name offsets do not grow" },
	{ "name past the end", 20, 2, 44, 43, "name beyond its block" },
	{ "last past the end", 32, 2, 43, 43, "empty name" },
	{ "last far past the end", 32, 2, 4000, 43, "name beyond its block" },
	{ "slash", 40, 1, '/', 43, "name with a slash or NUL" },
	{ "NUL in a tail", 40, 1, 0, 43, "name with a slash or NUL" },
	{ "NUL in the middle", 37, 1, 0, 43, "name with a slash or NUL" },
	{ "type 0", 34, 1, 0, 43, "unknown type in a directory entry" },
	{ "type 8", 34, 1, 8, 43, "unknown type in a directory entry" },
	{ "order", 39, 1, '-', 43, "names not in ascending order" },
	{ "same name", 39, 4, 0x2e2e2e2e, 43, NULL },
	{ "full block", 0, 0, 0, 4096, NULL },
	{ "empty last name in a full block", 39, 1, 0, 4096, "empty name" },
	{ "255 bytes", 32, 2, 36 + 3, 36 + 3 + 255, NULL },
	{ "256 bytes", 32, 2, 36 + 3, 36 + 3 + 256, "name of more than 255 bytes" },
};

static void make_block(u8 *d, size_t len)
{
	static const char names[] = "...name";

	memset(d, len == 4096 ? 0 : 'x', 4096);
	memset(d, 0, 36);
	for (unsigned int i = 0; i < 3; i++) {
		put(d + 12 * i, 8, 100 + i);
		put(d + 12 * i + 8, 2, i < 2 ? 36 + i : 39);
		d[12 * i + 10] = i < 2 ? EROFS_FT_DIR : EROFS_FT_REG_FILE;
	}
	memcpy(d + 36, names, 7);
}

static int read_block(struct cfs_span s, struct cfs_fault *f)
{
	struct cfs_dirent e, prev;
	struct cfs_dirblock b;
	int rc = cfs_dirblock_open(&b, s, f);

	for (u32 i = 0; !rc && i < b.count; i++) {
		rc = cfs_dirblock_entry(&b, i, i ? &prev : NULL, &e, f);
		prev = e;
	}
	return rc;
}

static void check_blocks(void)
{
	static u8 d[4096];

	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		u8 *exact = malloc(blocks[i].len + 1);
		struct cfs_fault f = { .what = "" };
		int rc;

		make_block(d, blocks[i].len);
		put(d + blocks[i].at, blocks[i].width, blocks[i].value);
		memcpy(exact, d, blocks[i].len);
		rc = read_block((struct cfs_span){ exact, blocks[i].len }, &f);
		CHECK(as_expected(rc, &f, blocks[i].what), "block %s: %d %s", blocks[i].name, rc,
		      f.what);
		free(exact);
	}
}

/* Every name is found, and those between are not. */
static void check_find(void)
{
	static const char *const names[] = { ".", "..", "b", "d", "dd", "f" };
	static u8 d[200];
	struct cfs_dirblock b;
	struct cfs_dirent e;
	unsigned int off = 72;
	struct cfs_fault f = { 0 };
	u32 at = 0;
	int order;

	for (unsigned int i = 0; i < 6; i++) {
		put(d + 12 * i + 8, 2, off);
		put(d + 12 * i, 8, i);
		d[12 * i + 10] = EROFS_FT_DIR;
		memcpy(d + off, names[i], strlen(names[i]));
		off += (unsigned int)strlen(names[i]);
	}
	CHECK(!cfs_dirblock_open(&b, (struct cfs_span){ d, off }, NULL) && b.count == 6, "open");
	for (unsigned int i = 0; i < 6; i++)
		CHECK(!cfs_dirblock_find(&b, names[i], (u32)strlen(names[i]), &e, &at, NULL) &&
			      e.nid == i && at == i,
		      "find %s", names[i]);
	CHECK(cfs_dirblock_find(&b, "a", 1, &e, &at, NULL) == -ENOENT && at == 2, "find a");
	CHECK(cfs_dirblock_find(&b, "de", 2, &e, &at, NULL) == -ENOENT && at == 5, "find de");
	CHECK(cfs_dirblock_find(&b, "g", 1, &e, &at, NULL) == -ENOENT && at == 6, "find g");
	CHECK(cfs_dirblock_find(&b, "!", 1, &e, &at, NULL) == -ENOENT && at == 0, "find !");
	CHECK(!cfs_dirblock_order(&b, 3, "c", 1, &e, &order, NULL) && order > 0, "d and c");
	CHECK(!cfs_dirblock_order(&b, 3, "dc", 2, &e, &order, NULL) && order < 0, "d and dc");
	CHECK(!cfs_dirblock_order(&b, 3, "d", 1, &e, &order, NULL) && order == 0 && e.nid == 3,
	      "d and d");
	d[12 * 3 + 10] = EROFS_FT_MAX;
	CHECK(cfs_dirblock_find(&b, "d", 1, &e, &at, &f) == -EUCLEAN && f.off == 36,
	      "a type that is none");
	CHECK(!cfs_dirblock_find(&b, "dd", 2, &e, &at, NULL) && at == 4,
	      "beside a type that is none");
	d[12 * 3 + 10] = EROFS_FT_DIR;
	put(d + 12 * 4 + 8, 2, 72);
	CHECK(cfs_dirblock_find(&b, "b", 1, &e, &at, &f) == -EUCLEAN &&
		      !strcmp(f.what, "name offsets do not grow"),
	      "an offset that does not grow");
}

/* ---- xattrs ---- */

/* One shared reference, then user.ab = xyz. */
static const struct {
	const char *name;
	unsigned int at, width;
	u64 value;
	size_t len;
	const char *what;
} areas[] = {
	{ "as written", 0, 0, 0, 28, NULL },
	{ "none", 0, 0, 0, 0, NULL },
	{ "short", 0, 0, 0, 11, "xattr area shorter than its header" },
	{ "header alone", 4, 1, 0, 12, NULL },
	{ "references alone", 0, 0, 0, 16, NULL },
	{ "no room for them", 4, 1, 5, 28, "shared xattrs beyond the xattr area" },
	{ "many of them", 4, 1, 255, 28, "shared xattrs beyond the xattr area" },
	{ "no room for a header", 0, 0, 0, 18, "xattr header beyond the end" },
	{ "long name", 16, 1, 200, 28, "xattr beyond the end" },
	{ "long value", 18, 2, 7, 28, "xattr beyond the end" },
	{ "longest value", 18, 2, 65535, 28, "xattr beyond the end" },
	{ "cut padding", 0, 0, 0, 26, "xattr beyond the end" },
	{ "index 5", 17, 1, 5, 28, NULL },
	{ "index 7", 17, 1, 7, 28, "unknown xattr name index" },
	{ "index 255", 17, 1, 255, 28, "unknown xattr name index" },
	{ "prefix alone", 16, 4, 8 << 16 | 1 << 8, 28, NULL },
	{ "no name", 16, 2, 0, 28, "empty xattr name" },
	{ "NUL", 21, 1, 0, 28, "NUL in an xattr name" },
	{ "reference behind", 12, 4, (IMAGE_LEN - 8192) / 4, 28,
	  "shared xattr beyond the end of the image" },
	{ "last reference", 12, 4, (IMAGE_LEN - 8192) / 4 - 1, 28, NULL },
	{ "reference max", 12, 4, UINT32_MAX, 28, "shared xattr beyond the end of the image" },
};

static int read_area(struct cfs_span s, struct cfs_fault *f)
{
	const struct cfs_super sb = { .image_len = IMAGE_LEN, .shared = 8192 };
	struct cfs_xattrs x;
	struct cfs_xattr one;
	int rc = cfs_xattrs_open(&x, s, f);
	u64 at = rc ? 0 : x.first, off;

	while (!rc && at < s.len)
		rc = cfs_xattr_decode(&one, s, at, &at, f);
	for (u32 i = 0; !rc && i < x.nshared; i++)
		rc = cfs_xattrs_shared(&x, &sb, i, &off, f);
	return rc;
}

static void check_areas(void)
{
	for (size_t i = 0; i < ARRAY_LEN(areas); i++) {
		u8 d[28] = { [4] = 1, [12] = 7, [16] = 2, [17] = 1, [18] = 3, 0,
			     'a',     'b',      'x',      'y',      'z' };
		u8 *exact = malloc(areas[i].len + 1);
		struct cfs_fault f = { .what = "" };
		int rc;

		put(d + areas[i].at, areas[i].width, areas[i].value);
		memcpy(exact, d, areas[i].len);
		rc = read_area((struct cfs_span){ exact, areas[i].len }, &f);
		CHECK(as_expected(rc, &f, areas[i].what), "area %s: %d %s", areas[i].name, rc,
		      f.what);
		free(exact);
	}
}

static void check_names(void)
{
	u8 d[4 + 255] = { 255, EROFS_XATTR_INDEX_TRUSTED };
	struct cfs_fault f = { .what = "" };
	struct cfs_xattr x;
	u32 n;

	memset(d + 4, 'n', 255);
	CHECK(!cfs_xattr_decode(&x, (struct cfs_span){ d, sizeof(d) }, 0, NULL, &f),
	      "name of 263 bytes");
	d[1] = EROFS_XATTR_INDEX_SECURITY;
	CHECK(cfs_xattr_decode(&x, (struct cfs_span){ d, sizeof(d) }, 0, NULL, &f) &&
		      !strcmp(f.what, "xattr name of more than 263 bytes"),
	      "name of 264 bytes: %s", f.what);
	CHECK(cfs_xattr_index("user.x", 6, &n) == EROFS_XATTR_INDEX_USER && n == 5, "user.x");
	CHECK(cfs_xattr_index("lustre.x", 8, &n) == EROFS_XATTR_INDEX_NONE && n == 0, "lustre.x");
	CHECK(cfs_xattr_index("system.posix_acl_accessX", 24, &n) ==
			      EROFS_XATTR_INDEX_POSIX_ACL_ACCESS &&
		      n == 23,
	      "a prefix is enough");
	CHECK(cfs_xattr_index("trusted", 7, &n) == EROFS_XATTR_INDEX_NONE, "trusted without a dot");
	CHECK(cfs_xattr_filter_bit(EROFS_XATTR_INDEX_TRUSTED, "overlay.metacopy", 16) == 1u << 31,
	      "filter bit");
}

void unit_core_decode(void)
{
	check_supers();
	check_inodes();
	check_short_inodes();
	check_symlinks();
	check_blocks();
	check_find();
	check_areas();
	check_names();
}
