// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree/dump_parse.c: a row for each rule of dump format 2 to 5 (RT-1, RT-2, RT-3, RT-4, RT-5, RT-6),
 * then every prefix and every changed byte of a text that uses every field.
 */
#include "dump/parse.h"
#include <sys/mman.h>
#include <unistd.h>
#include "image/write/write.h"
#include "tests/unit/unit.h"
#include "dump/tree.h"

#define ROOT "/ 0 40755 2 0 0 0 0.0 - - -\n"
#define D32 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define D64 D32 D32

/* What stands behind ROOT, and what its error must hold; NULL: it is good. */
static const struct {
	const char *text, *error;
	bool strict;
} rows[] = {
	/* clang-format off */
	{ "", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 - - -\n", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 - - -", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 - - -", "no newline", true },
	{ "a 0 100644 1 0 0 0 0.0 - - -\n", NULL },
	{ "//a 0 100644 1 0 0 0 0.0 - - -\n", NULL },
	{ "\n", ":2: PATH is empty" },
	{ "\\x00 0 100644 1 0 0 0 0.0 - - -\n", "PATH is empty" },
	{ "/\\q 0 100644 1 0 0 0 0.0 - - -\n", "PATH has a bad escape" },
	{ "/a\\x00b 0 100644 1 0 0 0 0.0 - - -\n", NULL },
	{ "/a\\x00b 0 100644 1 0 0 0 0.0 - - -\n", "PATH is cut short", true },
	{ "/ 0 40755 2 0 0 0 0.0 - - -\n", ":2: second line for /" },
	{ "// 0 40755 2 0 0 0 0.0 - - -\n", "empty name" },
	{ "/a/ 0 40755 2 0 0 0 0.0 - - -\n", "empty name" },
	{ "/. 0 40755 2 0 0 0 0.0 - - -\n", "name is \".\"" },
	{ "/.. 0 40755 2 0 0 0 0.0 - - -\n", "name is \"..\"" },
	{ "/a/b 0 100644 1 0 0 0 0.0 - - -\n", "parent directory does not exist" },
	{ "/./b 0 100644 1 0 0 0 0.0 - - -\n", "parent directory does not exist" },
	{ "/a 0 100644 1 0 0 0 0.0 - - -\n/a/b 0 100644 1 0 0 0 0.0 - - -\n", ":3: parent is not a directory" },
	{ "/a 0 40755 1 0 0 0 0.0 - - -\n/b 0 @100644 1 0 0 0 0.0 /c - -\n/b/c 0 100644 1 0 0 0 0.0 - - -\n", ":4: parent is a hard link" },
	{ "/a 0 100644 1 0 0 0 0.0 - - -\n/a 0 100644 1 0 0 0 0.0 - - -\n", ":3: duplicate name, first given in line 2" },
	{ "/b 0 100644 1 0 0 0 0.0 - - -\n/a 0 100644 1 0 0 0 0.0 - - -\n/b 0 100644 1 0 0 0 0.0 - - -\n", ":4: duplicate name, first given in line 2" },
	{ "/b 0 100644 1 0 0 0 0.0 - - -\n/a 0 100644 1 0 0 0 0.0 - - -\n/a 0 100644 1 0 0 0 0.0 - - -\n/c x 100644 1 0 0 0 0.0 - - -\n", ":4: duplicate name, first given in line 3" },
	{ "/b 0 100644 1 0 0 0 0.0 - - -\n/a 0 100644 1 0 0 0 0.0 - - -\n/b x 100644 1 0 0 0 0.0 - - -\n", ":4: duplicate name, first given in line 2" },
	{ "/b 0 100644 1 0 0 0 0.0 - - -\n/c x 100644 1 0 0 0 0.0 - - -\n/b 0 100644 1 0 0 0 0.0 - - -\n", ":3: SIZE \"x\" is not" },
	{ "/a 0 100644 1 0 0 0 0.0 - - -\n/a 0 @100644 1 0 0 0 0.0 /a - -\n", ":3: duplicate name, first given in line 2" },
	{ "/a 0 @100644 1 0 0 0 0.0 /b - -\n/b 0 100644 1 0 0 0 0.0 - - -\n/a 0 100644 1 0 0 0 0.0 - - -\n", ":4: duplicate name, first given in line 2" },
	{ "/d 0 40755 1 0 0 0 0.0 - - -\n/d 0 100644 1 0 0 0 0.0 - - -\n/d/x 0 100644 1 0 0 0 0.0 - - -\n/d/x 0 100644 1 0 0 0 0.0 - - -\n", ":3: duplicate name, first given in line 2" },
	{ "/d 0 40755 1 0 0 0 0.0 - - -\n/z 0 100644 1 0 0 0 0.0 - - -\n/d/x 0 100644 1 0 0 0 0.0 - - -\n/d/x 0 100644 1 0 0 0 0.0 - - -\n/z 0 100644 1 0 0 0 0.0 - - -\n", ":5: duplicate name, first given in line 4" },
	{ "/a 0 644 1 0 0 0 0.0 - - -\n", "no known file type" },
	{ "/a 0 170644 1 0 0 0 0.0 - - -\n", "no known file type" },
	{ "/a 0 100648 1 0 0 0 0.0 - - -\n", "MODE \"100648\" is not an octal" },
	{ "/a 0  1 0 0 0 0.0 - - -\n", "MODE \"\" is not an octal" },
	{ "/a 0 1000000100644 1 0 0 0 0.0 - - -\n", "is not an octal number that fits" },
	{ "/a 0 37777700644 1 0 0 0 0.0 - - -\n", NULL },
	{ "/a  100644 1 0 0 0 0.0 - - -\n", "SIZE \"\" is not" },
	{ "/a -1 100644 1 0 0 0 0.0 - - -\n", "SIZE \"-1\" is not" },
	{ "/a +1 100644 1 0 0 0 0.0 - - -\n", "SIZE \"+1\" is not" },
	{ "/a 18446744073709551616 100644 1 0 0 0 0.0 - - -\n", "SIZE \"18446744073709551616\" is" },
	{ "/a 0 100644 4294967296 0 0 0 0.0 - - -\n", "NLINK \"4294967296\" is too large" },
	{ "/a 0 100644 1 4294967296 0 0 0.0 - - -\n", "UID \"4294967296\" is too large" },
	{ "/a 0 100644 1 1 x 0 0.0 - - -\n", "GID \"x\" is not" },
	{ "/a 0 100644 1 1 1 y 0.0 - - -\n", "RDEV \"y\" is not" },
	{ "/a 0 20644 1 0 0 4294967296 0.0 - - -\n", "RDEV \"4294967296\" is too large" },
	{ "/a 0 100644 1 0 0 4294967296 0.0 - - -\n", NULL },
	{ "/a 0 100644 1 0 0 1 0.0 - - -\n", "RDEV \"1\" is not 0", true },
	{ "/a 0 100644 1 0 0 0 0 - - -\n", "MTIME \"0\" has no '.'" },
	{ "/a 0 100644 1 0 0 0 .0 - - -\n", "MTIME \".0\" is not" },
	{ "/a 0 100644 1 0 0 0 0. - - -\n", "MTIME \"0.\" is not" },
	{ "/a 0 100644 1 0 0 0 0.-1 - - -\n", "MTIME \"0.-1\" is not" },
	{ "/a 0 100644 1 0 0 0 -9223372036854775808.4294967295 - - -\n", NULL },
	{ "/a 0 100644 1 0 0 0 0.1000000000 - - -\n", "10^9 nanoseconds", true },
	{ "/a 0 100644 1 0 0 0 0.0\n", NULL },
	{ "/a 1 100644 1 0 0 0 0.0\n", "SIZE \"1\" is not the length of CONTENT" },
	{ "/a 1 100644 1 0 0 0 0.0 - -\n", "digest: 64 or 128 hex digits expected" },
	{ "/a 2 100644 1 0 0 0 0.0 - abc -\n", "SIZE \"2\" is not the length of CONTENT" },
	{ "/a 2 100644 1 0 0 0 0.0 - \\x00\\x2d -\n", NULL },
	{ "/a 1 40755 1 0 0 0 0.0 - ab -\n", "is not the length of CONTENT" },
	{ "/a 0 120777 1 0 0 0 0.0 - - -\n", "symlink without target" },
	{ "/a 0 120777 1 0 0 0 0.0  - -\n", "symlink without target" },
	{ "/a 0 120777 1 0 0 0 0.0 b - -\n", NULL },
	{ "/a 0 120777 1 0 0 0 0.0 b - -\n", "is not the length of the target", true },
	{ "/a 1 120777 1 0 0 0 0.0 b c -\n", "symlink with CONTENT", true },
	{ "/a 9 100644 1 0 0 0 0.0 x/../y - -\n", "component \"..\"" },
	{ "/a 9 100644 1 0 0 0 0.0 .. - -\n", "component \"..\"" },
	{ "/a 9 100644 1 0 0 0 0.0 ..a/b.. - -\n", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 .. - -\n", NULL },
	{ "/a 9 100644 1 0 0 0 0.0 - - " D64 "\n", NULL },
	{ "/a 9 100644 1 0 0 0 0.0 - - " D32 "\n", "digest: 64 or 128 hex digits expected" },
	{ "/a 9 100644 1 0 0 0 0.0 - - " D64 "a\n", "digest: 64 or 128 hex digits expected" },
	{ "/a 0 100644 1 0 0 0 0.0 - - zz\n", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 - - \\z\n", "DIGEST has a bad escape" },
	{ "/a 0 100644 1 0 0 0 0.0 - - - \n", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 - - - user.a=1 \n", NULL },
	{ "/a 0 100644 1 0 0 0 0.0 - - -  user.a=1\n", "without '='" },
	{ "/a 0 100644 1 0 0 0 0.0 - - - user.a\n", "without '='" },
	{ "/a 0 100644 1 0 0 0 0.0 - - - =1\n", "name of 0 or more" },
	{ "/a 0 100644 1 0 0 0 0.0 - - - \\x00a=1\n", "name of 0 or more" },
	{ "/a 0 100644 1 0 0 0 0.0 - - - user.a=\\x00=\\x3d user.a=2\n", NULL },
	{ "/a 0 @40755 1 0 0 0 0.0 / - -\n", "mode of a directory" },
	{ "/a x @100644 - - - - - - - -\n", "without PAYLOAD" },
	{ "/b 0 100644 1 0 0 0 0.0 - - -\n/a x @100644 - - - - - /b - - junk\n", NULL },
	{ "/b 0 100644 1 0 0 0 0.0 - - -\n/a x @100644 - - - - - b//\n", NULL },
	{ "/a 0 @100644 - - - - - /b - -\n", ":2: hard link to a path that does not exist" },
	{ "/a 0 @100644 - - - - - /a - -\n", ":2: hard link to itself" },
	{ "/a 0 @100644 - - - - - /b - -\n/b 0 @100644 - - - - - /a - -\n", "cycle of hard links" },
	{ "/a 0 @100644 - - - - - /b - -\n/b 0 @100644 - - - - - /c - -\n/c 0 @100644 - - - - - /b - -\n", "cycle of hard links" },
	{ "/c 0 @100644 - - - - - /b - -\n/b 0 @100644 - - - - - /nil - -\n", ":3: hard link to a path that does not exist" },
	{ "/a 0 40755 1 0 0 0 0.0 - - -\n/b 0 @100644 - - - - - /a - -\n", ":3: hard link to a directory" },
	{ "/b 0 @100644 - - - - -  - -\n", ":2: hard link to a directory" },
	{ "/c 0 @100644 - - - - - /b - -\n/b 0 @100644 - - - - - /a - -\n/a 0 100644 1 0 0 0 0.0 - - -\n", NULL },
	/* clang-format on */
};

/* Parse @len bytes; with @then also write the image to nowhere. */
static int parse(int fd, const char *text, size_t len, bool strict, bool then, struct error *err)
{
	struct image_version version = { 0, 1 };
	struct tree tree;
	struct input in;
	struct writer w;
	int rc;

	if (text && (ftruncate(fd, 0) || pwrite(fd, text, len, 0) != (ssize_t)len))
		abort();
	lseek(fd, 0, SEEK_SET);
	tree_init(&tree);
	rc = input_open_fd(&in, fd, "x", err);
	if (!rc)
		rc = dump_parse(&tree, &in, "x", strict, err);
	input_release(&in);
	if (!rc && then) {
		if (writer_init(&w, -1))
			abort();
		rc = image_write(&tree, &version, &w, err);
		writer_release(&w);
	}
	tree_release(&tree);
	return rc;
}

static void check_rows(int fd)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = { 0 };
		char text[1024];
		int len = snprintf(text, sizeof(text), "%s%s", ROOT, rows[i].text);
		int rc = parse(fd, text, (size_t)len, rows[i].strict, false, &err);

		CHECK(!rc == !rows[i].error && (!rc || strstr(err.text, rows[i].error)),
		      "row %zu \"%s\": %s", i, rows[i].text, rc ? err.text : "accepted");
	}
}

static const struct {
	const char *text, *error;
	size_t len;
} wholes[] = {
	{ "", "x: no line for /", 0 },
	{ "\n", "x:1: PATH is empty", 1 },
	{ "/a 0 100644 1 0 0 0 0.0 - - -\n", "x:1: the first line is not that of /", 30 },
	{ "/ 0 100644 1 0 0 0 0.0 - - -\n", "x:1: / is not a directory", 29 },
	{ "/ 0 @40755 1 0 0 0 0.0 - - -\n", "x:1: / is not a directory", 29 },
	{ ROOT "/\0 0 100644 1 0 0 0 0.0 - - -\n", "x:2: line has a NUL byte", sizeof(ROOT) + 30 },
};

/* Lines of 4 MiB and of one byte more, and the limits of tests/README.md 4. */
static void check_limits(int fd)
{
	const size_t most = (size_t)4 << 20;
	char *text = malloc(most + 64);
	struct error err = { 0 };
	int head = sprintf(text, "%s", ROOT);

	for (size_t more = 0; more < 2; more++) {
		size_t len = (size_t)head;
		int rc;

		memcpy(text + len, "/a x @100644 - - - - - /", 24);
		memset(text + len + 24, '/', most);
		text[len + most + more] = '\n';
		rc = parse(fd, text, len + most + more + 1, false, false, &err);
		CHECK(rc && strstr(err.text, more ? "x:2: line of more than 4194304 bytes"
						  : "to a directory"),
		      "line of 4 MiB + %zu: %s", more, err.text);
	}
	for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
		CHECK(parse(fd, wholes[i].text, wholes[i].len, false, false, &err) &&
			      !strcmp(err.text, wholes[i].error),
		      "text %zu: %s", i, err.text);
	free(text);
}

/* Every field and escape, all types, links before and after, names in and out of order. */
static const char sample[] =
	"/ 4096 40755 4 0 0 0 1700000000.5 - - - security.selinux=root\\x00 trusted.overlay.opaque=y\n"
	"/bin 7 120777 1 0 0 0 1700000000.5 usr/bin - -\n"
	"/dev 0 40755 2 0 0 0 1.2 - - -\n"
	"/dev/null 0 20666 1 0 0 259 1.2 - - -\n"
	"/dev/sda 0 60660 1 0 6 2048 1.2 - - -\n"
	"/dev/gone 0 20000 1 0 0 0 1.2 - - - user.k\\x3dey=v=\\\\\n"
	"/early 0 @100644 1 0 0 0 0.0 /usr/data - -\n"
	"/etc 0 40750 2 10 20 0 -1.0 - - - system.posix_acl_access=\\x02\\x00\\x00\\x00\n"
	"/etc/hosts 10 100644 1 0 0 0 2.0 - local\\nhost -\n"
	"/etc/empty 0 100600 1 1000 1000 0 3.0 - - -\n"
	"/fifo 0 10644 1 0 0 0 0.0 - - -\n"
	"/sock 0 140755 1 0 0 0 0.0 - - -\n"
	"/usr 0 40755 3 0 0 0 1700000000.5 - - -\n"
	"/usr/data 70000 100644 2 0 0 0 5.999999999 a1/" D32 "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 - " D64
	" user.a=1 user.b=2 lustre.x=3 noprefix=\n"
	"/usr/more 70000 100644 1 0 0 0 5.999999999 some/where - -\n"
	"/usr/sp\\x20ace 4097 100755 1 4294967295 4294967295 0 5.0 - - " D64 " user.a=1\n"
	"/usr/\\xff 1 100644 1 0 0 0 0.0 - \\x2d - user.b=2\n"
	"/usr/share 4096 40755 2 0 0 0 1700000000.5 - - - security.selinux=share\\x00 trusted.overlay.origin=\n"
	"/usr/share/zoneinfo 4096 40755 2 0 0 0 1700000000.5 - - - security.selinux=share\\x00 user.z=1\n"
	"/usr/share/zoneinfo/UTC 114 100644 1 0 0 0 5.0 a1/" D32
	"a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1 - " D64 "\n"
	"/usr/share/zoneinfo/Zulu 0 @120777 1 0 0 0 5.0 /usr/share/zoneinfo/UTC - -\n"
	"/usr/share/a 12 100644 1 0 0 0 5.0 - twelve\\tbytes -\n"
	"/usr/share/b 0 100644 1 0 0 0 5.0 ignored/payload - not-a-digest user.b=2\n"
	"/usr/lib 4096 40755 2 0 0 0 1700000000.5 - - - user.empty=\n"
	"/usr/lib/libc.so.6 1922136 100755 1 0 0 0 1700000000.5 c0/ffee - c0ffee00c0ffee00" D32
	"c0ffee00c0ffee00\n"
	"/usr/lib/libc.so 9 120777 1 0 0 0 0.0 libc.so.6 - -\n"
	"/usr/lib/os-release 0 100444 1 0 0 0 0.0 - - - user.mime=text/plain user.\\xe2\\x82\\xac=\\xe2\\x82\\xac\n"
	"/usr/lib/\\x20\\n 0 100444 1 65535 65536 0 -9223372036854775808.0 - - -\n"
	"/usr/link 0 @100644 1 0 0 0 0.0 usr/more - -\n";

/* The parser ends by itself and with a message, whatever it gets (RI-1, RT-7 under sanitizers). */
static void check_damaged(int fd, const char *text, size_t len)
{
	char *copy = malloc(len);
	unsigned int accepted = 0;
	struct error err;

	for (size_t n = 0; n < len; n += UNIT_STEP) {
		int rc = parse(fd, text, n, false, true, &err);

		CHECK(!rc || !strncmp(err.text, "x:", 2) || err.text[0] == '/', "prefix of %zu: %s",
		      n, err.text);
	}
	memcpy(copy, text, len);
	for (size_t at = 0; at < len; at += UNIT_STEP) {
		for (unsigned int v = 0; v < 256; v += unit_long ? 1 : 15) {
			copy[at] = (char)(v ^ (u8)text[at]);
			if (pwrite(fd, copy, len, 0) != (ssize_t)len || ftruncate(fd, (off_t)len))
				abort();
			err.text[0] = 0;
			accepted += !parse(fd, NULL, len, false, true, &err);
		}
		copy[at] = text[at];
	}
	CHECK(accepted > len / 8 / UNIT_STEP, "%u changed texts were accepted", accepted);
	free(copy);
}

/* performance 8: what a tree takes, of a thousand files with a digest and a label each. */
static void check_memory(int fd)
{
	const size_t lines = 1000;
	struct error err;
	struct input in;
	struct tree tree;
	u64 used = 0;

	CHECK(!ftruncate(fd, 0) && lseek(fd, 0, SEEK_SET) == 0, "an empty file");
	dprintf(fd, "/ 0 40755 2 0 0 0 0.0 - - -\n");
	for (size_t i = 0; i < lines; i++)
		dprintf(fd,
			"/name%06zu 9 100644 1 0 0 0 1.5 00/%062zu - %064zu security.selinux=label%zu\\x00\n",
			i, i, i, i % 9);
	tree_init(&tree);
	if (lseek(fd, 0, SEEK_SET) || input_open_fd(&in, fd, "x", &err))
		abort();
	CHECK(!dump_parse(&tree, &in, "x", false, &err), "a thousand lines: %s", err.text);
	for (const struct grower *g = tree.growers; g; g = g->next)
		used += g->arena.used;
	CHECK(used <= lines * 160, "a file takes %llu bytes", (unsigned long long)used / lines);
	tree_release(&tree);
	input_release(&in);
}

void unit_dump_parse(void)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);
	struct error err;

	check_rows(fd);
	check_limits(fd);
	check_memory(fd);
	CHECK(!parse(fd, sample, sizeof(sample) - 1, false, true, &err), "the sample is good: %s",
	      err.text);
	CHECK(sizeof(sample) > 2048, "the sample has %zu bytes", sizeof(sample));
	check_damaged(fd, sample, sizeof(sample) - 1);
	close(fd);
}
