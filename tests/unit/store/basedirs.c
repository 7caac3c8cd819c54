// SPDX-License-Identifier: GPL-2.0-only
/*
 * basedirs.c: lists of directories; names are resolved beneath their directory (command line 3, VE-5),
 * with openat2() and, in a child that does not have it, without.
 */
#include "store/basedirs.h"
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/unit.h"

static const struct {
	const char *list;
	const char *want[4];
} lists[] = {
	{ "a", { "a" } },
	{ "a:b/c", { "a", "b/c" } },
	{ "a\\:b:\\\\c", { "a:b", "\\c" } },
	{ "a\\b", { "a\\b" } },
	{ "", { NULL } },
	{ "a:", { NULL } },
	{ ":a", { NULL } },
	{ "a::b", { NULL } },
};

static const struct {
	const char *path;
	int want;
	unsigned int which;
} rows[] = {
	{ "aa/file", BASEDIRS_FILE, 0 },
	{ "/aa/file", BASEDIRS_FILE, 0 },
	{ "//aa/./file", BASEDIRS_FILE, 0 },
	{ "aa//file", BASEDIRS_FILE, 0 },
	{ "bb/second", BASEDIRS_FILE, 1 },
	{ "aa/both", BASEDIRS_FILE, 0 },
	{ "aa/shadowed", BASEDIRS_FILE, 1 }, /* a directory in the first one */
	{ "aa/none", BASEDIRS_NONE, 0 },
	{ "none/file", BASEDIRS_NONE, 0 },
	{ "aa/file/x", BASEDIRS_NONE, 0 },
	{ "aa/link", BASEDIRS_OTHER, 0 },
	{ "aa/fifo", BASEDIRS_OTHER, 0 },
	{ "aa", BASEDIRS_OTHER, 0 },
	{ "aa/../aa/file", BASEDIRS_NONE, 0 },
	{ "../outside", BASEDIRS_NONE, 0 },
	{ "linkdir/outside", BASEDIRS_OTHER, 0 },
	{ "absolute", BASEDIRS_OTHER, 0 },
	{ "", BASEDIRS_NONE, 0 },
	{ "/", BASEDIRS_NONE, 0 },
	{ ".", BASEDIRS_OTHER, 0 },
};

/* @loose: a symbolic link on the way is told from absence only by the one call. */
static unsigned int check_rows(const char *list, bool loose)
{
	unsigned int bad = 0;
	struct error err = { 0 };
	struct basedirs b;

	if (basedirs_open(&b, list, &err)) {
		CHECK(false, "%s", err.text);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct basedirs_found found = { 0 };
		int fd, rc = basedirs_find(&b, rows[i].path, strlen(rows[i].path), &found, &err);
		bool good =
			rc == rows[i].want && (rc == BASEDIRS_NONE || found.which == rows[i].which);

		if (loose && rows[i].want != BASEDIRS_FILE)
			good = rc == BASEDIRS_NONE || rc == BASEDIRS_OTHER;
		CHECK(good, "%s: %d in %u %s", rows[i].path, rc, found.which,
		      rc < 0 ? err.text : "");
		bad += !good;
		rc = basedirs_open_file(&b, rows[i].path, strlen(rows[i].path), &found, &fd, &err);
		good = (rows[i].want == BASEDIRS_FILE) == (fd >= 0) && rc >= 0;
		CHECK(good, "open %s: %d", rows[i].path, rc);
		bad += !good;
		if (fd >= 0)
			close(fd);
	}
	basedirs_close(&b);
	return bad;
}

/* An emulator of another machine may not have it. */
static bool has_openat2(void)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC };
	long fd = syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd >= 0 || errno != ENOSYS;
}

static void forbid_openat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { ARRAY_LEN(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(77);
}

static void make_file(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0644);

	CHECK(fd >= 0, "%s", name);
	close(fd);
}

static void make_tree(void)
{
	static const char *const dirs[] = { "one",    "two",    "one/aa",
					    "two/aa", "two/bb", "one/aa/shadowed" };
	static const char *const files[] = { "outside",     "one/aa/file",   "one/aa/both",
					     "two/aa/both", "two/bb/second", "two/aa/shadowed" };
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		good = good && !mkdir(dirs[i], 0755);
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		make_file(files[i]);
	good = good && !symlink("file", "one/aa/link") && !symlink("..", "one/linkdir") &&
	       !symlink("/etc/passwd", "one/absolute") && !mkfifo("one/aa/fifo", 0644);
	CHECK(good, "tree");
}

static void check_lists(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		struct arena arena = { 0 };
		struct error err;
		const char **dirs;
		int n = basedirs_split(&arena, lists[i].list, &dirs, &err), want = 0;

		while (lists[i].want[want])
			want++;
		CHECK(n == (want ? want : -1), "list \"%s\": %d pieces", lists[i].list, n);
		for (int k = 0; k < n; k++)
			CHECK(!strcmp(dirs[k], lists[i].want[k]), "list \"%s\" piece %d",
			      lists[i].list, k);
		arena_release(&arena);
	}
}

void unit_store_basedirs(void)
{
	char dir[] = "/tmp/cfs-unit.XXXXXX", command[64];
	int back = open(".", O_PATH | O_DIRECTORY), status;
	struct error err;
	struct basedirs b;
	pid_t child;

	check_lists();
	CHECK(mkdtemp(dir) && !chdir(dir), "%s", dir);
	make_tree();
	check_rows("one:two", !has_openat2());
	CHECK(basedirs_open(&b, "one:three", &err) && strstr(err.text, "three"), "not there: %s",
	      err.text);
	CHECK(basedirs_open(&b, "one::two", &err) && err.code == EINVAL, "empty: %s", err.text);
	CHECK(basedirs_open(&b, "outside", &err), "a file");
	fflush(stdout);
	child = fork();
	if (!child) {
		forbid_openat2();
		status = check_rows("one:two", true) != 0;
		fflush(stdout);
		_exit(status);
	}
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
		      (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77),
	      "without openat2: %x", (unsigned int)status);
	CHECK(!fchdir(back), "back");
	close(back);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	CHECK(!system(command), "clean up");
}
