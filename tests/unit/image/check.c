// SPDX-License-Identifier: GPL-2.0-only
/* image/check.c: a negative image for each hard (RI-6) and each soft fault (RI-7); cycles (RI-4). */
#include "image/check.h"
#include "tests/unit/sample.h"
#include "tests/unit/unit.h"

/* What an offset counts from. */
enum where {
	ABS,    /* the start of the image */
	INODE,  /* the inode of path */
	AREA,   /* its xattr area */
	XATTR,  /* its xattr called name */
	VALUE,  /* the value of that, behind a suffix of 16 bytes (overlay.metacopy) */
	DIRENT, /* the entry called name of directory path */
	NAME,   /* the bytes of that name */
	DATA,   /* the first piece of the content of path */
};

#define METACOPY "trusted.overlay.metacopy"
#define REDIRECT "trusted.overlay.redirect"
#define SB 1024

static char long_name[251];

static const struct spoil {
	const char *title;
	enum where where;
	const char *path, *name;
	unsigned int at, width;
	u64 value;
	const char *what; /* the hard fault */
} hard[] = {
	/* 2 */
	{ "header magic", ABS, "", "", 0, 4, 1, "not a composefs image: wrong magic" },
	{ "header version", ABS, "", "", 4, 4, 2, "unknown header version" },
	{ "superblock magic", ABS, "", "", SB, 4, 1, "wrong superblock magic" },
	{ "block size", ABS, "", "", SB + 12, 1, 13, "block size other than 4096" },
	{ "slots", ABS, "", "", SB + 13, 1, 1, "extra superblock slots" },
	{ "incompat", ABS, "", "", SB + 80, 4, 1, "unknown incompatible features" },
	/* 3 */
	{ "meta_blkaddr", ABS, "", "", SB + 40, 4, 1,
	  "inodes do not count from the start of the image" },
	{ "xattr_blkaddr", ABS, "", "", SB + 44, 4, 100000,
	  "shared xattrs beyond the end of the image" },
	{ "root in the superblock", ABS, "", "", SB + 14, 2, 35,
	  "inode overlaps header or superblock" },
	{ "root in the header", ABS, "", "", SB + 14, 2, 0, "inode overlaps header or superblock" },
	{ "file in the superblock", DIRENT, "/", "ext", 0, 8, 33,
	  "inode overlaps header or superblock" },
	/* 4 */
	{ "nid 2^59", DIRENT, "/", "ext", 0, 8, 1ull << 59, "inode number of 2^59 or more" },
	{ "nid beyond", DIRENT, "/", "ext", 0, 8, 1ull << 40, "inode beyond the end of the image" },
	{ "root beyond", ABS, "", "", SB + 14, 2, 65535, "inode beyond the end of the image" },
	{ "xattr area", INODE, "/content70", "", 2, 2, 65535,
	  "xattr area beyond the end of the image" },
	/* 5 */
	{ "format bits", INODE, "/ext", "", 0, 2, 0x19, "unknown inode format" },
	{ "layout", INODE, "/ext", "", 0, 2, 3, "unknown data layout" },
	{ "file type", INODE, "/empty", "", 4, 2, 0644, "unknown file type" },
	/* 6 */
	{ "size", INODE, "/ext", "", 8, 8, 1ull << 63, "size of 2^63 or more" },
	{ "empty tail", INODE, "/xattrs", "", 8, 4, 0, "inline layout with an empty tail" },
	{ "long tail", INODE, "/xattrs", "", 8, 4, 4000, "inline tail crosses a block" },
	{ "blocks", INODE, "/content5000", "", 16, 4, 100000,
	  "data blocks beyond the end of the image" },
	{ "block 0", INODE, "/content5000", "", 16, 4, 0, "data in block 0" },
	/* 7 */
	{ "chunked directory", INODE, "/dir", "", 0, 2, 8,
	  "chunk layout on an inode that is not a regular file" },
	{ "chunk bits", INODE, "/ext", "", 16, 4, 32, "unknown chunk format" },
	{ "chunks", INODE, "/huge", "", 16, 4, 0, "more than 1024 chunks" },
	/* 8 */
	{ "content", INODE, "/content5000", "", 8, 4, 5001,
	  "content in the image of more than 5000 bytes" },
	/* 9 */
	{ "empty symlink", INODE, "/link", "", 8, 4, 0, "empty symlink" },
	{ "long symlink", INODE, "/longlink", "", 8, 4, 4096,
	  "symlink target of more than 4095 bytes" },
	{ "NUL in a symlink", DATA, "/link", "", 2, 1, 0, "NUL in a symlink target" },
	{ "NUL in a long symlink", DATA, "/longlink", "", 4000, 1, 0, "NUL in a symlink target" },
	/* 10 */
	{ "empty directory", INODE, "/dir", "", 8, 4, 0, "empty directory without dots" },
	{ "short directory", INODE, "/dir", "", 8, 4, 11,
	  "directory block shorter than one entry" },
	{ "nameoff 0", DATA, "/dir", "", 8, 2, 0,
	  "first name offset is not a whole number of entries" },
	{ "nameoff 37", DATA, "/dir", "", 8, 2, 37,
	  "first name offset is not a whole number of entries" },
	{ "nameoff behind", DATA, "/dir", "", 8, 2, 1200, "first name beyond its block" },
	{ "offsets", DIRENT, "/dir", "..", 8, 2, 36, "name offsets do not grow" },
	{ "offset behind", DIRENT, "/dir", "sub", 8, 2, 500, "name beyond its block" },
	{ "slash", NAME, "/dir", "sub", 1, 1, '/', "name with a slash or NUL" },
	{ "NUL", NAME, "/dir", "sub", 1, 1, 0, "name with a slash or NUL" },
	{ "order", NAME, "/dir", "sub", 0, 1, '+', "names not in ascending order" },
	{ ". elsewhere", DIRENT, "/dir", ".", 0, 8, 40, "entry . leads elsewhere" },
	{ ".. elsewhere", DIRENT, "/dir", "..", 0, 8, 40, "entry .. leads elsewhere" },
	{ ".. of the root", DIRENT, "/", "..", 0, 8, 40, "entry .. leads elsewhere" },
	{ "type of .", DIRENT, "/dir", ".", 10, 1, 1,
	  "type of a directory entry differs from its inode" },
	/* 11 */
	{ "type 0", DIRENT, "/", "ext", 10, 1, 0, "unknown type in a directory entry" },
	{ "type 8", DIRENT, "/", "ext", 10, 1, 8, "unknown type in a directory entry" },
	{ "other type", DIRENT, "/", "ext", 10, 1, 7,
	  "type of a directory entry differs from its inode" },
	{ "other type of a link", DIRENT, "/a", "x", 10, 1, 2,
	  "type of a directory entry differs from its inode" },
	/* 13 */
	{ "references", AREA, "/content70", "", 4, 1, 255, "shared xattrs beyond the xattr area" },
	{ "value behind", XATTR, "/content70", "user.ab", 2, 2, 60000, "xattr beyond the end" },
	{ "name behind", XATTR, "/content70", "user.ab", 0, 1, 200, "xattr beyond the end" },
	{ "index", XATTR, "/content70", "user.ab", 1, 1, 7, "unknown xattr name index" },
	{ "no name", XATTR, "/content70", "user.ab", 0, 2, 0, "empty xattr name" },
	{ "264 bytes", XATTR, "/ext", "user.long", 0, 4, 40u << 16 | 6 << 8 | 255,
	  "xattr name of more than 263 bytes" },
	{ "NUL in a name", XATTR, "/content70", "user.ab", 4, 1, 0, "NUL in an xattr name" },
	{ "twice", XATTR, "/content70", "user.ab", 5, 1, 'a', "the same xattr twice on one inode" },
	{ "twice among many", XATTR, "/xattrs", "user.many.t", 9, 1, 's',
	  "the same xattr twice on one inode" },
	{ "first twice", XATTR, "/xattrs", "user.many.t", 9, 1, 'a',
	  "the same xattr twice on one inode" },
	{ "reference", AREA, "/content70", "", 12, 4, UINT32_MAX,
	  "shared xattr beyond the end of the image" },
	/* 14 */
	{ "length 35", XATTR, "/ext", METACOPY, 2, 2, 35,
	  "metacopy of a length other than 0, 36 or 68" },
	{ "version", VALUE, "/ext", METACOPY, 0, 1, 1, "unknown metacopy version" },
	{ "length", VALUE, "/ext", METACOPY, 1, 1, 68, "metacopy with a wrong length byte" },
	{ "flags", VALUE, "/ext", METACOPY, 2, 1, 1, "unknown metacopy flags" },
	{ "algorithm", VALUE, "/ext", METACOPY, 3, 1, 2, "unknown metacopy digest algorithm" },
	/* 15 */
	{ "no slash", VALUE, "/ext", REDIRECT, 0, 1, 'x', "redirect does not begin with a slash" },
	{ "nothing", XATTR, "/ext", REDIRECT, 2, 2, 1, "redirect to nothing" },
	{ "dotdot", VALUE, "/ext", REDIRECT, 0, 4, 0x2f2e2e2f, "redirect with a component .." },
	{ "NUL in the path", VALUE, "/ext", REDIRECT, 9, 1, 0, "NUL in a redirect" },
};

static u64 place(const struct sample *s, const struct spoil *row)
{
	switch (row->where) {
	case INODE:
		return sample_inode(s, row->path);
	case AREA:
		return sample_area(s, row->path);
	case XATTR:
		return sample_xattr(s, row->path, row->name);
	case VALUE:
		return sample_xattr(s, row->path, row->name) + 4 + 16;
	case DIRENT:
		return sample_dirent(s, row->path, row->name);
	case NAME:
		return sample_name(s, row->path, row->name);
	case DATA:
		return sample_data(s, row->path, 0);
	default:
		return 0;
	}
}

static void copy(struct sample *to, const struct sample *from)
{
	to->bytes = malloc(from->len);
	to->len = from->len;
	memcpy(to->bytes, from->bytes, from->len);
}

struct odds {
	u64 set;
	bool named; /* what belongs to an inode came with a path */
};

static void collect(void *arg, const struct check_odd *odd)
{
	struct odds *odds = arg;

	odds->set |= (u64)1 << odd->odd;
	odds->named = odds->named && (odd->nid == 0) == (odd->path_len == 0);
}

/* Open and check; @odds NULL: not asked for. */
static int check(const struct sample *s, struct odds *odds, struct error *err)
{
	struct image img;
	int rc;

	err->text[0] = 0;
	rc = image_open_bytes(&img, s->bytes, s->len, err);
	if (!rc)
		rc = image_check(&img, odds ? collect : NULL, odds, err);
	image_close(&img);
	return rc;
}

static void expect(const struct sample *s, const char *title, const char *what)
{
	struct odds odds = { 0 };
	struct error err;
	size_t len = strlen(what);

	for (int i = 0; i < 2; i++) {
		int rc = check(s, i ? &odds : NULL, &err);

		CHECK(rc == -1 && !strncmp(err.text, what, len) &&
			      !strncmp(err.text + len, " (at byte ", 10),
		      "%s: %d %s", title, rc, err.text);
		CHECK(err.code == EUCLEAN || err.code == EOPNOTSUPP, "%s: code %d", title,
		      err.code);
	}
}

static void check_hard(const struct sample *good)
{
	for (size_t i = 0; i < ARRAY_LEN(hard); i++) {
		struct sample s;

		copy(&s, good);
		sample_put(&s, place(good, &hard[i]) + hard[i].at, hard[i].width, hard[i].value);
		expect(&s, hard[i].title, hard[i].what);
		sample_release(&s);
	}
}

/* Those that take more than one number. */
static void check_more(const struct sample *good)
{
	u64 dot = sample_dirent(good, "/dir", "."), dots = sample_dirent(good, "/dir", "..");
	u64 ext = sample_inode(good, "/ext") / 32, dir = sample_inode(good, "/dir") / 32;
	u64 names = sample_dirent(good, "/names", long_name), last;
	struct sample s;

	copy(&s, good);
	sample_put(&s, names + 12 + 8, 2, s.bytes[names + 8] + 256u * (s.bytes[names + 9] + 1u));
	expect(&s, "name of 256 bytes", "name of more than 255 bytes");
	memcpy(s.bytes, good->bytes, s.len);
	last = sample_data(good, "/names", 0);
	last += 12 * (s.bytes[last + 8] / 12u - 1) + 8;
	sample_put(&s, sample_data(good, "/names", 0) + s.bytes[last] + 256u * s.bytes[last + 1], 1,
		   0);
	expect(&s, "empty name", "empty name");
	memcpy(s.bytes, good->bytes, s.len);
	memset(s.bytes + sample_data(good, "/names", 1) + 24, 'b', 10);
	expect(&s, "order across blocks", "names not in ascending order");

	memcpy(s.bytes, good->bytes, s.len);
	sample_put(&s, dot, 8, ext);
	sample_put(&s, dot + 10, 1, EROFS_FT_REG_FILE);
	sample_put(&s, sample_name(good, "/dir", "."), 1, '-');
	expect(&s, "no .", "directory without .");
	memcpy(s.bytes, good->bytes, s.len);
	sample_put(&s, dots, 8, ext);
	sample_put(&s, dots + 10, 1, EROFS_FT_REG_FILE);
	sample_put(&s, sample_name(good, "/dir", "..") + 1, 1, 'x');
	expect(&s, "no ..", "directory without ..");

	memcpy(s.bytes, good->bytes, s.len);
	sample_put(&s, sample_dirent(good, "/", "ext"), 8, dir);
	sample_put(&s, sample_dirent(good, "/", "ext") + 10, 1, EROFS_FT_DIR);
	expect(&s, "directory under two names", "directory under two names");
	memcpy(s.bytes, good->bytes, s.len);
	sample_put(&s, sample_dirent(good, "/dir", "sub"), 8, dir);
	expect(&s, "cycle of one", "directory under two names");
	sample_put(&s, sample_dirent(good, "/dir", "sub"), 8, sample_inode(good, "/") / 32);
	expect(&s, "cycle through the root", "directory under two names");
	memcpy(s.bytes, good->bytes, s.len);
	sample_put(&s, SB + 14, 2, sample_inode(good, "/empty") / 32);
	expect(&s, "root", "the root is not a directory");

	/* At the very end of the image. */
	memcpy(s.bytes, good->bytes, s.len);
	sample_put(&s, sample_dirent(good, "/", "empty"), 8, s.len / 32 - 1);
	sample_put(&s, s.len - 32, 8, (u64)0100644 << 32 | 1);
	expect(&s, "extended inode at the end", "inode beyond the end of the image");
	sample_put(&s, sample_dirent(good, "/", "empty"), 8, s.len / 32 - 2);
	sample_put(&s, s.len - 64, 8, (u64)0100644 << 32 | 4);
	sample_put(&s, s.len - 56, 4, 100);
	expect(&s, "tail at the end", "inline tail beyond the end of the image");
	sample_release(&s);
}

/* Every length that cuts header and superblock, and an empty file. */
static void check_short(const struct sample *good)
{
	for (u64 len = 0; len < CFS_INODES_START; len++) {
		struct sample s = { malloc(len + 1), len };
		struct error err;

		memcpy(s.bytes, good->bytes, len);
		CHECK(check(&s, NULL, &err) == -1 &&
			      strstr(err.text, len < sizeof(struct cfs_header)
						       ? "shorter"
						       : "truncated: needs 1152 bytes"),
		      "%llu bytes: %s", (unsigned long long)len, err.text);
		sample_release(&s);
	}
}

/* Four references from one inode to shared values of 20000 bytes: above the limit of image format 15.1. */
static void check_bomb(void)
{
	struct buf b = { 0 };
	struct sample s;
	u64 area;

	buf_str(&b, "/ 0 40755 1 0 0 0 0.0 - - -\n");
	for (char c = 'a'; c < 'm'; c++) {
		buf_str(&b, "/");
		buf_byte(&b, c);
		buf_str(&b, " 0 100644 1 0 0 0 0.0 - - -");
		for (char x = 'p'; x < 't'; x++) {
			bool large = c < 'i' && x == 'p' + (c - 'a') / 2;

			if (c < 'i' && !large)
				continue;
			buf_str(&b, large ? " user.z" : " user.");
			buf_byte(&b, x);
			buf_byte(&b, '=');
			for (int i = 0; i < (large ? 20000 : 1); i++)
				buf_byte(&b, 'v');
		}
		buf_byte(&b, '\n');
	}
	sample_make(&s, b.p, b.len, 0, 1);
	area = sample_area(&s, "/k") + 12;
	for (unsigned int i = 0; i < 4; i++) {
		static const char *const from[] = { "/a", "/c", "/e", "/g" };

		memcpy(s.bytes + area + 4 * i, s.bytes + sample_area(&s, from[i]) + 12, 4);
	}
	expect(&s, "bomb", "more than 65535 bytes of xattrs on one inode");
	buf_release(&b);
	sample_release(&s);
}

/*
 * A redirect of 4096 bytes is legal, but Linux follows no more than 4095; with
 * 4097 bytes it is refused, whatever stands behind it.
 */
static void check_long_path(void)
{
	struct buf b = { 0 };
	struct odds odds = { .named = true };
	struct error err;
	struct sample s;

	buf_str(&b, "/ 0 40755 1 0 0 0 0.0 - - -\n/f 70 100644 1 0 0 0 0.0 ");
	for (int i = 0; i < 4095; i++)
		buf_byte(&b, 'p');
	buf_str(&b, " - - user.more=123456789\n");
	sample_make(&s, b.p, b.len, 0, 1);
	CHECK(!check(&s, &odds, &err) && odds.set >> ODD_PATH_LONG & 1,
	      "redirect of 4096 bytes: %s %llx", err.text, (unsigned long long)odds.set);
	sample_put(&s, sample_xattr(&s, "/f", REDIRECT) + 2, 2, 4095);
	odds.set = 0;
	check(&s, &odds, &err);
	CHECK(!(odds.set >> ODD_PATH_LONG & 1), "redirect of 4095 bytes: %s %llx", err.text,
	      (unsigned long long)odds.set);
	sample_put(&s, sample_xattr(&s, "/f", REDIRECT) + 2, 2, 4097);
	expect(&s, "4097 bytes", "redirect of more than 4096 bytes");
	buf_release(&b);
	sample_release(&s);
}

/* An area that is a header alone: mainline EROFS says EOPNOTSUPP. */
static void check_empty_area(void)
{
	static const char text[] = "/ 0 40755 1 0 0 0 0.0 - - -\n"
				   "/f 0 100644 1 0 0 0 0.0 - - - user.a=1\n";
	struct odds odds = { .named = true };
	struct error err;
	struct sample s;

	sample_make(&s, text, sizeof(text) - 1, 0, 1);
	CHECK(!check(&s, &odds, &err) && !odds.set, "good: %s", err.text);
	sample_put(&s, sample_inode(&s, "/f") + 2, 2, 1);
	CHECK(!check(&s, &odds, &err) && odds.set >> ODD_EMPTY_AREA & 1, "empty area: %s %llx",
	      err.text, (unsigned long long)odds.set);
	sample_release(&s);
}

/* What the walk says of ACLs comes from the inodes, not from the header. */
static void check_acl(const struct sample *good)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool has = i & 1, flag = i & 2;
		struct error err;
		struct image img;
		struct sample s;

		copy(&s, good);
		sample_put(&s, 8, 4, flag);
		if (!has)
			sample_put(&s, sample_xattr(good, "/xattrs", "system.posix_acl_access") + 1,
				   1, EROFS_XATTR_INDEX_SECURITY);
		CHECK(!image_open_bytes(&img, s.bytes, s.len, &err), "%s", err.text);
		CHECK(!img.has_acl && (image_check(&img, NULL, NULL, &err) || img.has_acl == has),
		      "acl %u: %s", i, err.text);
		image_close(&img);
		sample_release(&s);
	}
}

static const struct {
	struct spoil s;
	enum odd odd;
} soft[] = {
	{ { "blocks", ABS, "", "", SB + 36, 4, 3, NULL }, ODD_BLOCKS },
	{ { "flags", ABS, "", "", 8, 4, 3, NULL }, ODD_FLAGS },
	{ { "version", ABS, "", "", 12, 4, 3, NULL }, ODD_VERSION },
	{ { "compat", ABS, "", "", SB + 8, 4, 7, NULL }, ODD_COMPAT },
	{ { "header", ABS, "", "", 31, 1, 1, NULL }, ODD_HEADER_RESERVED },
	{ { "behind the header", ABS, "", "", 1023, 1, 1, NULL }, ODD_HEADER_RESERVED },
	{ { "superblock", ABS, "", "", SB + 127, 1, 1, NULL }, ODD_SUPER_RESERVED },
	{ { "uuid", ABS, "", "", SB + 48, 1, 1, NULL }, ODD_SUPER_RESERVED },
	{ { "checksum", ABS, "", "", SB + 4, 4, 1, NULL }, ODD_SUPER_RESERVED },
	{ { "build time", ABS, "", "", SB + 32, 4, 1000000000, NULL }, ODD_BUILD_NSEC },
	{ { "inos", ABS, "", "", SB + 16, 8, 3, NULL }, ODD_INOS },
	{ { "compact 12", INODE, "/fifo", "", 12, 4, 1, NULL }, ODD_INODE_RESERVED },
	{ { "compact 28", INODE, "/fifo", "", 28, 4, 1, NULL }, ODD_INODE_RESERVED },
	{ { "extended 6", INODE, "/chr", "", 6, 2, 1, NULL }, ODD_INODE_RESERVED },
	{ { "extended 48", INODE, "/chr", "", 63, 1, 1, NULL }, ODD_INODE_RESERVED },
	{ { "nsec", INODE, "/chr", "", 40, 4, 1000000000, NULL }, ODD_NSEC },
	{ { "nlink", INODE, "/chr", "", 44, 4, 0, NULL }, ODD_NLINK },
	{ { "size of a device", INODE, "/blk", "", 8, 4, 1, NULL }, ODD_SPECIAL },
	{ { "size of a fifo", INODE, "/fifo", "", 8, 4, 1, NULL }, ODD_SPECIAL },
	{ { "layout of a socket", INODE, "/sock", "", 0, 12, 0, NULL }, ODD_SPECIAL },
	{ { "empty chunks", INODE, "/huge", "", 8, 8, 0, NULL }, ODD_EMPTY_CHUNKS },
	{ { "map", DATA, "/huge", "", 0, 0, 0, NULL }, ODD_CHUNK_MAP },
	{ { "dirent", DIRENT, "/dir", "sub", 11, 1, 1, NULL }, ODD_DIRENT_RESERVED },
	{ { "behind names", DATA, "/names", "", 4095, 1, 1, NULL }, ODD_BEHIND_NAMES },
	{ { "xattr header", AREA, "/dir", "", 11, 1, 1, NULL }, ODD_XATTR_RESERVED },
	{ { "index", XATTR, "/ext", "user.long", 0, 0, 0, NULL }, ODD_XATTR_INDEX },
	{ { "filter", AREA, "/dir", "", 0, 4, 0xffffffff, NULL }, ODD_FILTER },
	{ { "filter less", AREA, "/dir", "", 0, 4, 0, NULL }, ODD_FILTER },
	{ { "empty component", VALUE, "/ext", REDIRECT, 1, 1, '/', NULL }, ODD_PATH },
	{ { "component .", VALUE, "/ext", REDIRECT, 1, 2, 0x2f2e, NULL }, ODD_PATH },
	{ { "no redirect", XATTR, "/ext", REDIRECT, 4, 1, 'x', NULL }, ODD_NO_REDIRECT },
	{ { "no metacopy", XATTR, "/ext", METACOPY, 4, 1, 'x', NULL }, ODD_NO_METACOPY },
	{ { "nothing", XATTR, "/ext", METACOPY, 4, 1, 'x', NULL }, ODD_NO_DATA },
	{ { "on a fifo", INODE, "/huge", "", 0, 0, 0, NULL }, ODD_LOST },
	{ { "object and empty", INODE, "/ext", "", 8, 8, 0, NULL }, ODD_CONTENT_AND_OBJECT },
	{ { "unescaped", XATTR, "/a", "trusted.overlay.overlay.opaque", 12, 1, 'x', NULL },
	  ODD_OVERLAY_XATTR },
	{ { "root not opaque", XATTR, "/", "trusted.overlay.opaque", 18, 1, 'x', NULL },
	  ODD_OVERLAY_XATTR },
	{ { "device 0:0", INODE, "/chr", "", 16, 4, 0, NULL }, ODD_STUB },
	{ { "stub under another name", NAME, "/", "00", 1, 1, '.', NULL }, ODD_STUB },
	{ { "newline in a redirect", VALUE, "/ext", REDIRECT, 2, 1, '\n', NULL },
	  ODD_PATH_CONTROL },
	{ { "DEL in a redirect", VALUE, "/ext", REDIRECT, 2, 1, 127, NULL }, ODD_PATH_CONTROL },
	{ { "ACL", ABS, "", "", 8, 4, 0, NULL }, ODD_ACL },
};

static void spoil_soft(struct sample *s, const struct sample *good, size_t i)
{
	const struct spoil *row = &soft[i].s;
	u64 at = place(good, row) + row->at;

	if (row->width && row->width <= 8) {
		sample_put(s, at, row->width, row->value);
		return;
	}
	switch (soft[i].odd) {
	case ODD_SPECIAL: /* inline, with a byte */
		sample_put(s, at, 1, 4);
		sample_put(s, at + 8, 1, 1);
		break;
	case ODD_CHUNK_MAP: /* behind the xattrs */
		at = sample_area(good, row->path);
		at += 12 + 4 * (u64)(s->bytes[sample_inode(good, row->path) + 2] - 1);
		sample_put(s, at, 1, 0);
		break;
	case ODD_LOST: /* no chunks, and a fifo */
		sample_put(s, at, 1, 1);
		sample_put(s, at + 4, 2, 0010644);
		sample_put(s, sample_dirent(good, "/", "huge") + 10, 1, EROFS_FT_FIFO);
		break;
	default: /* user.long under index 0, at the cost of its value */
		sample_put(s, at, 4, 295u << 16 | 9);
		memcpy(s->bytes + at + 4, "user.long", 9);
		break;
	}
}

/* Each is told when asked for, and accepted. */
static void check_soft(const struct sample *good)
{
	for (size_t i = 0; i < ARRAY_LEN(soft); i++) {
		struct odds odds = { .named = true };
		struct error err;
		struct sample s;

		copy(&s, good);
		spoil_soft(&s, good, i);
		CHECK(!check(&s, NULL, &err), "%s: %s", soft[i].s.title, err.text);
		CHECK(!check(&s, &odds, &err), "%s: %s", soft[i].s.title, err.text);
		CHECK(odds.set >> soft[i].odd & 1, "%s: told %llx", soft[i].s.title,
		      (unsigned long long)odds.set);
		CHECK(odds.named, "%s: path", soft[i].s.title);
		sample_release(&s);
	}
}

static void check_sizes(const struct sample *good)
{
	struct sample s = { calloc(1, good->len + 4096), good->len };
	struct odds odds = { .named = true };
	struct error err;

	memcpy(s.bytes, good->bytes, good->len);
	CHECK(!check(&s, &odds, &err) && !odds.set, "as it is: %s %llx", err.text,
	      (unsigned long long)odds.set);
	s.len += 4096;
	CHECK(!check(&s, &odds, &err) && odds.set == 1u << ODD_BLOCKS, "a block more: %s %llx",
	      err.text, (unsigned long long)odds.set);
	s.len -= 4095;
	odds.set = 0;
	CHECK(!check(&s, &odds, &err) && odds.set == (1u << ODD_BLOCKS | 1u << ODD_ALIGN),
	      "a byte more: %s %llx", err.text, (unsigned long long)odds.set);
	sample_release(&s);
}

void unit_image_check(void)
{
	struct sample good;

	memset(long_name, 'a', sizeof(long_name) - 1);
	sample_all(&good);
	check_hard(&good);
	check_more(&good);
	check_short(&good);
	check_bomb();
	check_long_path();
	check_empty_area();
	check_acl(&good);
	check_soft(&good);
	check_sizes(&good);
	sample_release(&good);
}
