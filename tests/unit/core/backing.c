// SPDX-License-Identifier: GPL-2.0-only
/* core/backing.c: what overlay xattrs mean (image format 15.2, RI-6.14 and 15). */
#include "core/backing.h"
#include "tests/unit/unit.h"

#define M36 "\0\x24\0\1"
#define D32 "0123456789abcdef0123456789abcdef"

enum {
	NONE = EROFS_XATTR_INDEX_NONE,
	USER = EROFS_XATTR_INDEX_USER,
	TRUSTED = EROFS_XATTR_INDEX_TRUSTED,
	SECURITY = EROFS_XATTR_INDEX_SECURITY,
};

enum {
	REG = EROFS_FT_REG_FILE,
	DIR = EROFS_FT_DIR,
};

static const struct {
	u8 ftype, index;
	const char *suffix, *value;
	unsigned int len;
	const char *shown;   /* the name; NULL: not shown */
	const char *payload; /* NULL: none */
	bool digest, whiteout;
	const char *what;
} rows[] = {
	{ REG, USER, "a", "1", 1, "user.a", NULL, false, false, NULL },
	{ REG, USER, "", "", 0, "user.", NULL, false, false, NULL },
	{ REG, NONE, "odd.name", "", 0, "odd.name", NULL, false, false, NULL },
	{ REG, SECURITY, "selinux", "x", 1, "security.selinux", NULL, false, false, NULL },
	{ REG, TRUSTED, "a", "1", 1, "trusted.a", NULL, false, false, NULL },
	/* rule 1 */
	{ REG, TRUSTED, "overlay.redirect", "/ab/cd", 6, NULL, "ab/cd", false, false, NULL },
	{ REG, TRUSTED, "overlay.redirect", "/x", 2, NULL, "x", false, false, NULL },
	{ REG, TRUSTED, "overlay.redirect", "//x", 3, NULL, "/x", false, false, NULL },
	{ REG, TRUSTED, "overlay.redirect", "/./a//b/...", 11, NULL, "./a//b/...", false, false,
	  NULL },
	{ REG, NONE, "trusted.overlay.redirect", "/x", 2, NULL, "x", false, false, NULL },
	{ DIR, TRUSTED, "overlay.redirect", "x", 1, NULL, NULL, false, false, NULL },
	{ REG, TRUSTED, "overlay.redirect", "", 0, NULL, NULL, false, false,
	  "redirect does not begin with a slash" },
	{ REG, TRUSTED, "overlay.redirect", "x/", 2, NULL, NULL, false, false,
	  "redirect does not begin with a slash" },
	{ REG, TRUSTED, "overlay.redirect", "/", 1, NULL, NULL, false, false,
	  "redirect to nothing" },
	{ REG, TRUSTED, "overlay.redirect", "/a\0b", 4, NULL, NULL, false, false,
	  "NUL in a redirect" },
	{ REG, TRUSTED, "overlay.redirect", "/..", 3, NULL, NULL, false, false,
	  "redirect with a component .." },
	{ REG, TRUSTED, "overlay.redirect", "/a/../b", 7, NULL, NULL, false, false,
	  "redirect with a component .." },
	{ REG, TRUSTED, "overlay.redirect", "/a/..", 5, NULL, NULL, false, false,
	  "redirect with a component .." },
	/* rule 2 */
	{ REG, TRUSTED, "overlay.metacopy", "", 0, NULL, NULL, false, false, NULL },
	{ REG, TRUSTED, "overlay.metacopy", M36 D32, 36, NULL, NULL, true, false, NULL },
	{ REG, TRUSTED, "overlay.metacopy", "\0\x44\0\2" D32 D32, 68, NULL, NULL, true, false,
	  NULL },
	{ REG, TRUSTED, "overlay.metacopy", "\1\x44\0\2" D32 D32, 68, NULL, NULL, false, false,
	  "unknown metacopy version" },
	{ REG, TRUSTED, "overlay.metacopy", M36 D32 D32, 68, NULL, NULL, false, false,
	  "metacopy with a wrong length byte" },
	{ REG, TRUSTED, "overlay.metacopy", "\0\x44\2\2" D32 D32, 68, NULL, NULL, false, false,
	  "unknown metacopy flags" },
	{ REG, TRUSTED, "overlay.metacopy", "\0\x44\0\1" D32 D32, 68, NULL, NULL, false, false,
	  "unknown metacopy digest algorithm" },
	{ DIR, TRUSTED, "overlay.metacopy", "x", 1, NULL, NULL, false, false, NULL },
	{ REG, TRUSTED, "overlay.metacopy", "x", 1, NULL, NULL, false, false,
	  "metacopy of a length other than 0, 36 or 68" },
	{ REG, TRUSTED, "overlay.metacopy", M36 D32 D32, 37, NULL, NULL, false, false,
	  "metacopy of a length other than 0, 36 or 68" },
	{ REG, TRUSTED, "overlay.metacopy", "\1\x24\0\1" D32, 36, NULL, NULL, false, false,
	  "unknown metacopy version" },
	{ REG, TRUSTED, "overlay.metacopy", "\0\x44\0\1" D32, 36, NULL, NULL, false, false,
	  "metacopy with a wrong length byte" },
	{ REG, TRUSTED, "overlay.metacopy", "\0\x24\1\1" D32, 36, NULL, NULL, false, false,
	  "unknown metacopy flags" },
	{ REG, TRUSTED, "overlay.metacopy", "\0\x24\0\2" D32, 36, NULL, NULL, false, false,
	  "unknown metacopy digest algorithm" },
	/* rule 3 */
	{ REG, TRUSTED, "overlay.overlay.whiteout", "", 0, NULL, NULL, false, true, NULL },
	{ DIR, TRUSTED, "overlay.overlay.whiteout", "", 0, "trusted.overlay.whiteout", NULL, false,
	  false, NULL },
	/* rule 4 */
	{ DIR, TRUSTED, "overlay.overlay.whiteouts", "", 0, NULL, NULL, false, false, NULL },
	{ REG, TRUSTED, "overlay.overlay.whiteouts", "", 0, NULL, NULL, false, false, NULL },
	{ REG, USER, "overlay.whiteout", "", 0, NULL, NULL, false, false, NULL },
	{ DIR, USER, "overlay.whiteouts", "", 0, NULL, NULL, false, false, NULL },
	{ DIR, USER, "overlay.opaque", "x", 1, "user.overlay.opaque", NULL, false, false, NULL },
	{ DIR, USER, "overlay.whiteoutsX", "x", 1, "user.overlay.whiteoutsX", NULL, false, false,
	  NULL },
	/* rules 5 and 6 */
	{ DIR, TRUSTED, "overlay.overlay.opaque", "x", 1, "trusted.overlay.opaque", NULL, false,
	  false, NULL },
	{ REG, TRUSTED, "overlay.overlay.", "", 0, "trusted.overlay.", NULL, false, false, NULL },
	{ REG, TRUSTED, "overlay.overlay.overlay.x", "", 0, "trusted.overlay.overlay.x", NULL,
	  false, false, NULL },
	{ REG, NONE, "trusted.overlay.overlay.x", "", 0, "trusted.overlay.x", NULL, false, false,
	  NULL },
	{ DIR, TRUSTED, "overlay.opaque", "y", 1, NULL, NULL, false, false, NULL },
	{ DIR, TRUSTED, "overlay.", "y", 1, NULL, NULL, false, false, NULL },
	{ DIR, TRUSTED, "overlay", "y", 1, "trusted.overlay", NULL, false, false, NULL },
};

static struct cfs_xattr make(u8 index, const char *suffix, const char *value, unsigned int len)
{
	return (struct cfs_xattr){
		.suffix = (const u8 *)suffix,
		.suffix_len = (u8)strlen(suffix),
		.index = index,
		.value = (const u8 *)value,
		.len = (u16)len,
	};
}

static struct cfs_backing start(u8 ftype)
{
	const struct cfs_inode inode = { .ftype = ftype };
	struct cfs_backing b;

	cfs_backing_init(&b, &inode);
	return b;
}

static bool is_shown(const struct cfs_shown *s, const char *name)
{
	return strlen(name) == s->prefix_len + s->suffix_len &&
	       !memcmp(name, s->prefix, s->prefix_len) &&
	       !memcmp(name + s->prefix_len, s->suffix, s->suffix_len);
}

static void check_row(size_t i)
{
	struct cfs_xattr x = make(rows[i].index, rows[i].suffix, rows[i].value, rows[i].len);
	struct cfs_backing b = start(rows[i].ftype);
	struct cfs_shown shown = { 0 };
	struct cfs_fault f = { .what = "" };
	int rc = cfs_backing_xattr(&b, &x, &shown, &f);

	if (rows[i].what) {
		CHECK(rc == -EUCLEAN && !strcmp(f.what, rows[i].what), "row %zu: %d %s", i, rc,
		      f.what);
		return;
	}
	CHECK(rc == (rows[i].shown != NULL), "row %zu %s: %d %s", i, rows[i].suffix, rc, f.what);
	CHECK(!rows[i].shown || is_shown(&shown, rows[i].shown), "row %zu: name", i);
	CHECK(b.has_redirect == (rows[i].payload != NULL), "row %zu: redirect", i);
	CHECK(!rows[i].payload || (b.path_len == strlen(rows[i].payload) &&
				   !memcmp(b.path, rows[i].payload, b.path_len)),
	      "row %zu: payload", i);
	CHECK((b.digest.algorithm != 0) == rows[i].digest &&
		      (!b.digest.algorithm || !memcmp(b.digest.b, D32, 32)),
	      "row %zu: digest", i);
	CHECK(b.is_whiteout == rows[i].whiteout, "row %zu: whiteout", i);
}

/* What follows the whiteout mark finds no regular file; what came before it stays. */
static void check_order(void)
{
	struct cfs_xattr meta = make(TRUSTED, "overlay.metacopy", M36 D32, 36);
	struct cfs_xattr mark = make(TRUSTED, "overlay.overlay.whiteout", "", 0);
	struct cfs_xattr redirect = make(TRUSTED, "overlay.redirect", "no slash", 8);
	struct cfs_backing b = start(REG);
	struct cfs_shown shown;

	CHECK(!cfs_backing_xattr(&b, &meta, &shown, NULL), "metacopy");
	CHECK(!cfs_backing_xattr(&b, &mark, &shown, NULL), "mark");
	CHECK(!cfs_backing_xattr(&b, &redirect, &shown, NULL), "redirect behind the mark");
	CHECK(b.digest.algorithm && !b.has_redirect && b.is_whiteout && !b.is_file, "order");
	CHECK(cfs_backing_xattr(&b, &mark, &shown, NULL) == 1, "a second mark is an escaped name");
}

/* On a file that is not empty the whiteout mark is an xattr like others, and what follows still counts. */
static void check_mark_on_content(void)
{
	const struct cfs_inode inode = { .ftype = REG, .size = 9000 };
	struct cfs_xattr mark = make(TRUSTED, "overlay.overlay.whiteout", "", 0);
	struct cfs_xattr meta = make(TRUSTED, "overlay.metacopy", M36 D32, 36);
	struct cfs_xattr redirect = make(TRUSTED, "overlay.redirect", "/x", 2);
	struct cfs_backing b;
	struct cfs_shown shown;

	cfs_backing_init(&b, &inode);
	CHECK(cfs_backing_xattr(&b, &mark, &shown, NULL) == 1, "the mark is shown");
	CHECK(is_shown(&shown, "trusted.overlay.whiteout"), "under its name");
	cfs_backing_xattr(&b, &meta, &shown, NULL);
	cfs_backing_xattr(&b, &redirect, &shown, NULL);
	CHECK(!b.is_whiteout && b.is_file && b.digest.algorithm && b.has_redirect, "still a file");
}

/* Names that overlayfs acts on, apart from metacopy and redirect. */
static void check_unescaped(void)
{
	static const struct {
		u8 index;
		const char *suffix, *value;
		bool opaque, other;
	} names[] = {
		{ TRUSTED, "overlay.opaque", "y", true, false },
		{ TRUSTED, "overlay.opaque", "x", false, true },
		{ TRUSTED, "overlay.opaque", "", false, true },
		{ TRUSTED, "overlay.opaque", "yy", false, true },
		{ TRUSTED, "overlay.whiteout", "", false, true },
		{ TRUSTED, "overlay.", "", false, true },
		{ NONE, "trusted.overlay.nlink", "", false, true },
		{ TRUSTED, "overlay.overlay.opaque", "y", false, false },
		{ TRUSTED, "overlay.redirect", "/x", false, false },
		{ TRUSTED, "overlay.metacopy", "", false, false },
		{ USER, "overlay.opaque", "y", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct cfs_xattr x = make(names[i].index, names[i].suffix, names[i].value,
					  (unsigned int)strlen(names[i].value));
		struct cfs_backing b = start(REG);
		struct cfs_shown shown;

		cfs_backing_xattr(&b, &x, &shown, NULL);
		CHECK(b.any_opaque == names[i].opaque && b.any_other == names[i].other, "%s=%s",
		      names[i].suffix, names[i].value);
	}
}

static void check_acl_names(void)
{
	static const struct {
		u8 index;
		const char *suffix;
		bool acl;
	} names[] = {
		{ EROFS_XATTR_INDEX_POSIX_ACL_ACCESS, "", true },
		{ EROFS_XATTR_INDEX_POSIX_ACL_DEFAULT, "", true },
		{ EROFS_XATTR_INDEX_POSIX_ACL_ACCESS, "X", false },
		{ NONE, "system.posix_acl_access", true },
		{ NONE, "system.posix_acl_default", true },
		{ NONE, "system.posix_acl_defaultX", false },
		{ NONE, "system.posix_acl", false },
		{ USER, "", false },
		{ TRUSTED, "system.posix_acl_access", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct cfs_xattr x = make(names[i].index, names[i].suffix, "", 0);

		CHECK(cfs_xattr_is_acl(&x) == names[i].acl, "%u %s", names[i].index,
		      names[i].suffix);
	}
}

static void check_twice(void)
{
	struct cfs_xattr meta = make(TRUSTED, "overlay.metacopy", "", 0);
	struct cfs_xattr redirect = make(NONE, "trusted.overlay.redirect", "/x", 2);
	struct cfs_backing b = start(REG);
	struct cfs_fault f = { .what = "" };
	struct cfs_shown shown;

	cfs_backing_xattr(&b, &meta, &shown, &f);
	CHECK(cfs_backing_xattr(&b, &meta, &shown, &f) == -EUCLEAN &&
		      !strcmp(f.what, "two metacopy xattrs on one inode"),
	      "two metacopies: %s", f.what);
	cfs_backing_xattr(&b, &redirect, &shown, &f);
	CHECK(cfs_backing_xattr(&b, &redirect, &shown, &f) == -EUCLEAN &&
		      !strcmp(f.what, "two redirect xattrs on one inode"),
	      "two redirects: %s", f.what);
}

static void check_long(void)
{
	static char path[4098];
	struct cfs_xattr x;
	struct cfs_backing b = start(REG);
	struct cfs_fault f = { .what = "" };
	struct cfs_shown shown;

	memset(path, 'p', sizeof(path));
	path[0] = '/';
	x = make(TRUSTED, "overlay.redirect", path, 4096);
	CHECK(!cfs_backing_xattr(&b, &x, &shown, &f) && b.path_len == 4095,
	      "redirect of 4096 bytes: %s", f.what);
	b = start(REG);
	x = make(TRUSTED, "overlay.redirect", path, 4097);
	CHECK(cfs_backing_xattr(&b, &x, &shown, &f) &&
		      !strcmp(f.what, "redirect of more than 4096 bytes"),
	      "redirect of 4097 bytes: %s", f.what);
}

/* The way back: what the encoder writes is what is read. */
static void check_encoding(void)
{
	struct cfs_metacopy m;
	struct cfs_xattr x;
	struct cfs_backing b = start(REG);
	struct cfs_shown shown;

	cfs_metacopy_encode(&m, CFS_SHA256, (const u8 *)D32);
	x = make(TRUSTED, "overlay.metacopy", (const char *)&m, cfs_metacopy_len(CFS_SHA256));
	CHECK(!cfs_backing_xattr(&b, &x, &shown, NULL) && b.digest.algorithm &&
		      !memcmp(b.digest.b, D32, 32),
	      "metacopy");
	CHECK(cfs_name_is_escaped("trusted.overlay.x", 17) &&
		      cfs_name_is_escaped("trusted.overlay.", 16),
	      "escaped");
	CHECK(!cfs_name_is_escaped("trusted.overlay", 15) &&
		      !cfs_name_is_escaped("user.overlay.whiteout", 21),
	      "not escaped");
}

static void check_paths(void)
{
	static const struct {
		const char *path;
		bool dotdot, odd;
	} paths[] = {
		{ "a", false, false },       { "a/b", false, false },   { "...", false, false },
		{ "..a/a..", false, false }, { "..", true, false },     { "../a", true, false },
		{ "a/..", true, false },     { "a/../b", true, false }, { "", false, true },
		{ "/a", false, true },       { "a/", false, true },     { "a//b", false, true },
		{ ".", false, true },        { "./a", false, true },    { "a/.", false, true },
		{ ".a/b.", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		size_t len = strlen(paths[i].path);

		CHECK(cfs_path_has_dotdot(paths[i].path, len) == paths[i].dotdot, "dotdot %s",
		      paths[i].path);
		CHECK(cfs_path_is_odd(paths[i].path, len) == paths[i].odd, "odd %s", paths[i].path);
	}
}

void unit_core_backing(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(i);
	check_order();
	check_mark_on_content();
	check_unescaped();
	check_acl_names();
	check_twice();
	check_long();
	check_encoding();
	check_paths();
}
