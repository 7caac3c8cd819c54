// SPDX-License-Identifier: GPL-2.0-only
/*
 * publish.c, inplace.c, newfile.c: WI-1, WI-8, WI-9, the left-overs of ST-9, the
 * spellings of a descriptor, and file systems and kernels that can do less.
 */
#include "files/publish.h"
#include <dirent.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "files/io.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

/* Not on newer architectures. */
#ifndef SYS_access
#define SYS_access SYS_faccessat
#endif
#ifndef SYS_rename
#define SYS_rename SYS_renameat2
#endif

static struct scratch scratch;

static const struct {
	const char *name;
	int fd;
} spellings[] = {
	{ "-", 1 },
	{ "/dev/stdout", 1 },
	{ "/dev/fd/0", 0 },
	{ "/dev/fd/7", 7 },
	{ "/proc/self/fd/123", 123 },
	{ "/dev/fd/2147483647", 2147483647 },
	{ "/dev/fd/2147483648", -1 },
	{ "/dev/fd/", -1 },
	{ "/dev/fd/01", -1 },
	{ "/dev/fd/1x", -1 },
	{ "/dev/fd/-1", -1 },
	{ "/dev/fd/+1", -1 },
	{ "/dev/fd/1/", -1 },
	{ "/proc/self/fd/", -1 },
	{ "/proc/thread-self/fd/1", -1 },
	{ "/dev/stderr", -1 },
	{ "./-", -1 },
	{ "--", -1 },
	{ "", -1 },
};

static unsigned int entries(const char *dir)
{
	DIR *d = opendir(dir);
	unsigned int n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static bool holds(const char *name, const char *text, mode_t mode)
{
	struct stat st;
	size_t len;
	char *p = scratch_read(&scratch, name, &len);
	bool good = p && len == strlen(text) && !memcmp(p, text, len) &&
		    !lstat(scratch_path(&scratch, name), &st) && (st.st_mode & 07777) == mode;

	free(p);
	return good;
}

/* 0, or what went wrong in *err. */
static int write_out(const char *name, const char *text, struct error *err)
{
	struct publish p;

	if (publish_open(&p, scratch_path(&scratch, name), false, err))
		return -1;
	if (io_write(p.fd, text, strlen(text))) {
		publish_abort(&p);
		return error_sys(err, "write");
	}
	return publish_commit(&p, err);
}

static void names(void)
{
	static const mode_t masks[] = { 022, 0, 077, 027 };
	struct error err = { 0 };
	struct publish p;
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(masks); i++) {
		umask(masks[i]);
		CHECK(!write_out("new", "one", &err) && holds("new", "one", 0666 & ~masks[i]),
		      "a new file, umask %o: %s", (unsigned int)masks[i], err.text);
		unlink(scratch_path(&scratch, "new"));
	}
	umask(022);
	scratch_file(&scratch, "old", "before", 6, 0640);
	if (geteuid() == 0)
		CHECK(!chown(scratch_path(&scratch, "old"), 12, 34), "chown");
	CHECK(!write_out("old", "after", &err) && holds("old", "after", 0640), "an old file: %s",
	      err.text);
	CHECK(!lstat(scratch_path(&scratch, "old"), &st) &&
		      (geteuid() || (st.st_uid == 12 && st.st_gid == 34)),
	      "its owner");
	CHECK(!publish_open(&p, scratch_path(&scratch, "old"), true, &err) && p.exists &&
		      p.st.st_ino == st.st_ino,
	      "what is replaced is known");
	CHECK(!io_write(p.fd, "junk", 4) && holds("old", "after", 0640),
	      "nothing changes meanwhile (WI-1)");
	publish_abort(&p);
	CHECK(holds("old", "after", 0640) && entries(scratch.dir) == 1, "nothing is left of it");
	scratch_file(&scratch, "suid", "before", 6, 06755);
	CHECK(!write_out("suid", "x", &err) && holds("suid", "x", 0755),
	      "setuid is not taken over");
}

static void refused(const char *name, const char *text)
{
	struct error err = { 0 };
	char want[700];
	unsigned int n = entries(scratch.dir);

	snprintf(want, sizeof(want), "%s: %s", scratch_path(&scratch, name), text);
	CHECK(write_out(name, "x", &err) && !strcmp(err.text, want), "%s: %s", name, err.text);
	CHECK(entries(scratch.dir) == n, "nothing is left of it");
}

static void refusals(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", scratch_path(&scratch, "socket"));
	CHECK(!mkdir(scratch_path(&scratch, "dir"), 0755) &&
		      !symlink("dir", scratch_path(&scratch, "to-dir")) &&
		      !symlink("loop2", scratch_path(&scratch, "loop1")) &&
		      !symlink("loop1", scratch_path(&scratch, "loop2")) &&
		      !symlink("none/x", scratch_path(&scratch, "to-nowhere")) &&
		      !bind(s, (void *)&name, sizeof(name)),
	      "files");
	refused("dir", "is a directory");
	refused("to-dir", "is a directory");
	refused("socket", "is a socket");
	refused("loop1", "too many levels of symbolic links");
	refused("to-nowhere", "open of its directory: No such file or directory");
	refused("dir/", "is the name of a directory");
	refused("dir/.", "is the name of a directory");
	refused("..", "is the name of a directory");
	refused("none/x", "open of its directory: No such file or directory");
	refused("old/x", "open of its directory: Not a directory");
	close(s);
}

/* WI-8: the file behind a link is replaced in its own directory, and the link stays. */
static void links(void)
{
	struct error err = { 0 };
	struct stat before, now;

	scratch_file(&scratch, "dir/file", "before", 6, 0640);
	CHECK(!symlink("dir/file", scratch_path(&scratch, "link")) &&
		      !symlink("link", scratch_path(&scratch, "link2")) &&
		      !symlink("../link2", scratch_path(&scratch, "dir/link3")) &&
		      !symlink("dir/new", scratch_path(&scratch, "dangling")),
	      "links");
	CHECK(!lstat(scratch_path(&scratch, "dir/file"), &before), "stat");
	CHECK(!write_out("dir/link3", "after", &err) && holds("dir/file", "after", 0640),
	      "three links: %s", err.text);
	CHECK(!lstat(scratch_path(&scratch, "dir/file"), &now) && now.st_ino != before.st_ino,
	      "atomically");
	CHECK(!lstat(scratch_path(&scratch, "link"), &now) && S_ISLNK(now.st_mode),
	      "the link stays");
	CHECK(!write_out("dangling", "new", &err) && holds("dir/new", "new", 0644),
	      "a link to nothing: %s", err.text);
	CHECK(entries(scratch_path(&scratch, "dir")) == 3, "nothing is left");
}

/* What no rename can replace. */
static void places(void)
{
	struct error err = { 0 };
	struct publish p;
	char text[16] = "";
	int fd;

	CHECK(!mkfifo(scratch_path(&scratch, "fifo"), 0644), "mkfifo");
	fd = open(scratch_path(&scratch, "fifo"), O_RDONLY | O_NONBLOCK);
	CHECK(!publish_open(&p, scratch_path(&scratch, "fifo"), false, &err) && p.place >= 0,
	      "fifo: %s", err.text);
	CHECK(!io_write(p.fd, "one", 3) && read(fd, text, 4) <= 0,
	      "nothing is written before the end");
	CHECK(!io_write(p.fd, " two", 4) && !publish_commit(&p, &err) && read(fd, text, 15) == 7 &&
		      !strcmp(text, "one two"),
	      "fifo: %s, %s", text, err.text);
	CHECK(!publish_open(&p, scratch_path(&scratch, "fifo"), false, &err) &&
		      !io_write(p.fd, "x", 1),
	      "again");
	publish_abort(&p);
	CHECK(read(fd, text, 1) == 0, "nothing comes out of a run that failed");
	close(fd);
	CHECK(!symlink("/dev/null", scratch_path(&scratch, "null")), "symlink");
	CHECK(!write_out("null", "x", &err), "/dev/null: %s", err.text);
	CHECK(!symlink("/proc/self/fd/1000", scratch_path(&scratch, "closed")), "symlink");
	CHECK(write_out("closed", "x", &err) && err.code == EBADF,
	      "a link to a descriptor that is not open: %s", err.text);
}

static void descriptors(void)
{
	char name[32];
	struct error err = { 0 };
	struct publish p;
	int fd = open(scratch_path(&scratch, "fd"), O_RDWR | O_CREAT | O_TRUNC, 0600), again;

	for (size_t i = 0; i < ARRAY_LEN(spellings); i++)
		CHECK(publish_descriptor(spellings[i].name) == spellings[i].fd, "\"%s\"",
		      spellings[i].name);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	CHECK(!io_write(fd, "head", 4) && !publish_open(&p, name, false, &err) && p.to_fd &&
		      p.fd == fd && p.exists,
	      "%s", name);
	CHECK(!io_write(p.fd, "tail", 4) && !publish_commit(&p, &err) &&
		      holds("fd", "headtail", 0600),
	      "from the present position");
	CHECK(!io_write(fd, "x", 1), "the descriptor is still open");
	again = open(scratch_path(&scratch, "fd"), O_RDONLY);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", again);
	CHECK(publish_open(&p, name, false, &err) && strstr(err.text, "not open for writing"),
	      "read-only: %s", err.text);
	close(again);
	CHECK(publish_open(&p, name, false, &err) && err.code == EBADF &&
		      !strncmp(err.text, name, strlen(name)),
	      "closed: %s", err.text);
	close(fd);
	fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	if (fd >= 0) {
		snprintf(name, sizeof(name), "/dev/fd/%d", fd);
		CHECK(publish_open(&p, name, false, &err) && strstr(err.text, "is a terminal"),
		      "terminal: %s", err.text);
		close(fd);
	}
}

/* ST-9: ours and free is removed, all else stays. */
static void left_overs(void)
{
	static const char *const other[] = { ".cfs-tmp.", ".cfs-tmp.0123456789abcde",
					     ".cfs-tmp.0123456789abcdeff",
					     ".cfs-tmp.0123456789ABCDEF",
					     "x.cfs-tmp.0123456789abcdef" };
	struct error err;
	struct newfile held;
	int dir = open(scratch.dir, O_RDONLY | O_DIRECTORY);
	unsigned int n;

	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		scratch_file(&scratch, other[i], "x", 1, 0600);
	CHECK(!newfile_named(&held, dir, 0600), "a file of somebody at work");
	n = entries(scratch.dir);
	scratch_file(&scratch, ".cfs-tmp.0123456789abcdef", "x", 1, 0600);
	CHECK(!mkdir(scratch_path(&scratch, ".cfs-tmp.00000000000000ff"), 0700), "mkdir");
	scratch_file(&scratch, ".cfs-tmp.00000000000000ff/1", "x", 1, 0600);
	CHECK(!symlink("/", scratch_path(&scratch, ".cfs-tmp.00000000000000fe")),
	      "a link of that name");
	CHECK(!write_out("old", "after", &err) && entries(scratch.dir) == n + 1, "left-overs");
	CHECK(!unlink(scratch_path(&scratch, ".cfs-tmp.00000000000000fe")), "the link stays");
	CHECK(!newfile_drop(&held) && entries(scratch.dir) == n - 1, "a file that is dropped");
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		CHECK(!unlink(scratch_path(&scratch, other[i])), "%s stays", other[i]);
	close(dir);
}

/* What a kernel or file system may lack; each in a child. */
static const struct lack {
	const char *what;
	struct {
		long nr;
		unsigned int arg;
		uint32_t mask;
		int code;
	} calls[4];
} lacks[] = {
	{ "nothing", { { 0 } } },
	{ "O_TMPFILE", { { SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP } } },
	{ "O_TMPFILE, an old kernel", { { SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EISDIR } } },
	{ "the right to link a descriptor", { { SYS_linkat, 4, AT_EMPTY_PATH, ENOENT } } },
	{ "that and /proc",
	  { { SYS_linkat, 4, AT_EMPTY_PATH, ENOENT },
	    { SYS_linkat, 4, AT_SYMLINK_FOLLOW, ENOENT },
	    { SYS_access, 1, 0, ENOENT },
	    { SYS_faccessat, 2, 0, ENOENT } } },
	{ "O_TMPFILE and locks",
	  { { SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP },
	    { SYS_flock, 0, 0, ENOLCK } } },
	{ "random numbers",
	  { { SYS_getrandom, 0, 0, EAGAIN },
	    { SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP } } },
};

static int with_less(void *arg)
{
	const struct lack *lack = arg;
	struct error err;
	struct stat st;

	for (size_t i = 0; i < ARRAY_LEN(lack->calls); i++)
		if (lack->calls[i].code)
			scratch_forbid(lack->calls[i].nr, lack->calls[i].arg, lack->calls[i].mask,
				       lack->calls[i].code);
	if (write_out("less", "one", &err) || !holds("less", "one", 0644))
		return 1;
	if (chmod(scratch_path(&scratch, "less"), 0600) || write_out("less", "two", &err))
		return 2;
	if (lstat(scratch_path(&scratch, "less"), &st) || (st.st_mode & 0777) != 0600)
		return 3;
	return 0;
}

static void fallbacks(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lacks); i++) {
		unsigned int n = entries(scratch.dir);
		struct lack lack = lacks[i];
		int rc = scratch_child(with_less, &lack);

		CHECK(rc == 0 || rc == 77, "without %s: %d", lack.what, rc);
		CHECK(rc || entries(scratch.dir) == n + 1, "nothing is left without %s", lack.what);
		unlink(scratch_path(&scratch, "less"));
	}
}

/* Each call of a commit fails: the old file is whole, nothing is left. */
static const struct lack broken[] = {
	{ "fsync", { { SYS_fsync, 0, 0, EIO } } },
	{ "fchmod", { { SYS_fchmod, 0, 0, EIO } } },
	{ "rename",
	  { { SYS_rename, 0, 0, ENOSPC },
	    { SYS_renameat, 0, 0, ENOSPC },
	    { SYS_renameat2, 0, 0, ENOSPC } } },
	{ "link", { { SYS_linkat, 0, 0, ENOSPC } } },
	{ "open", { { SYS_openat, 2, O_TMPFILE & ~O_DIRECTORY, EMFILE } } },
};

static int broken_commit(void *arg)
{
	const struct lack *lack = arg;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(lack->calls); i++)
		if (lack->calls[i].code)
			scratch_forbid(lack->calls[i].nr, lack->calls[i].arg, lack->calls[i].mask,
				       lack->calls[i].code);
	return write_out("old", "broken", &err) && err.code == lack->calls[0].code ? 0 : 1;
}

static void failures(void)
{
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		unsigned int n = entries(scratch.dir);
		struct lack lack = broken[i];
		int rc = scratch_child(broken_commit, &lack);

		/* Without AT_EMPTY_PATH and /proc the named way is taken, and works. */
		CHECK(rc == 0 || rc == 77 || !strcmp(lack.what, "link"), "%s fails: %d", lack.what,
		      rc);
		CHECK(rc || holds("old", "after", 0640), "the old file when %s fails", lack.what);
		CHECK(entries(scratch.dir) == n, "nothing is left when %s fails", lack.what);
	}
}

void unit_files_publish(void)
{
	mode_t mask = umask(022);

	scratch_begin(&scratch);
	names();
	refusals();
	links();
	places();
	descriptors();
	left_overs();
	fallbacks();
	failures();
	scratch_end(&scratch);
	umask(mask);
}
