// SPDX-License-Identifier: GPL-2.0-only
/* cfs --install: make links to this program under its other names (command line 2). */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>
#include "applets/applet.h"
#include "base/text.h"

struct install {
	char exe[PATH_MAX]; /* absolute */
	struct stat st;
	const char *dir;
	int dirfd;
	bool symbolic;
	const char *target; /* of symbolic links */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Find this program: ask the kernel, or without /proc take the name it was called by. */
static int find_self(struct install *in)
{
	const char *called = (const char *)getauxval(AT_EXECFN);
	ssize_t len = readlink("/proc/self/exe", in->exe, sizeof(in->exe) - 1);

	if (len > 0)
		in->exe[len] = 0;
	else if (called && *called == '/' && strlen(called) < sizeof(in->exe))
		text_format(in->exe, sizeof(in->exe), "%s", called);
	else {
		complain(
			"cannot find out where this program is: mount /proc, or call it by its full path");
		return -1;
	}
	if (stat(in->exe, &in->st)) {
		complain("%s: %s", in->exe, error_words(errno));
		return -1;
	}
	return 0;
}

static int make_link(const struct install *in, const char *name)
{
	struct stat st;
	int rc = in->symbolic ? symlinkat(in->target, in->dirfd, name)
			      : linkat(AT_FDCWD, in->exe, in->dirfd, name, AT_SYMLINK_FOLLOW);

	if (!rc)
		return 0;
	if (errno != EEXIST) {
		complain("%s/%s: link: %s%s", in->dir, name, error_words(errno),
			 errno == EXDEV ? " (-s makes symbolic links)" : "");
		return -1;
	}
	if (!fstatat(in->dirfd, name, &st, 0) && same_file(&st, &in->st))
		return 0;
	complain("%s/%s: exists and is not a link to this program", in->dir, name);
	return -1;
}

/* Check all names before the first link is made. */
static int check_names(char *const *names)
{
	for (; *names; names++) {
		if (!applet_find(*names)) {
			applet_unknown("--install: ", *names);
			return -1;
		}
	}
	return 0;
}

/*
 * Whether --install makes a link of this name by default: the names that belong to
 * composefs alone. composefs-dump is for the test suite of upstream.
 */
static bool is_default(const char *name)
{
	return strstr(name, "composefs") && strcmp(name, "composefs-dump") != 0;
}

/* Make the default links to one applet, whose other names are @list. */
static int make_default_links(const struct install *in, const char *list)
{
	char name[32];
	int rc = EXIT_DONE;

	while (list && *list) {
		size_t len = strcspn(list, " ");

		text_format(name, sizeof(name), "%.*s", (int)len, list);
		if (is_default(name) && make_link(in, name))
			rc = EXIT_FAILED;
		list += len + (list[len] == ' ');
	}
	return rc;
}

static int make_links(const struct install *in, char *const *names)
{
	int rc = EXIT_DONE;

	for (char *const *name = names; *name; name++)
		if (make_link(in, *name))
			rc = EXIT_FAILED;
	if (*names)
		return rc;
	for (const struct applet *const *a = applets; *a; a++)
		if (make_default_links(in, (*a)->aliases))
			rc = EXIT_FAILED;
	return rc;
}

int install_links(char **argv)
{
	struct install in = { .symbolic = argv[0] && !strcmp(argv[0], "-s") };
	struct stat st;
	int rc;

	argv += in.symbolic;
	if (!argv[0] || argv[0][0] == '-') {
		complain("--install: needs [-s] DIR [NAME...]");
		return EXIT_USAGE;
	}
	in.dir = argv[0];
	if (check_names(argv + 1))
		return EXIT_USAGE;
	if (find_self(&in))
		return EXIT_FAILED;
	in.dirfd = open(in.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in.dirfd < 0) {
		complain("%s: open: %s", in.dir, error_words(errno));
		return EXIT_FAILED;
	}
	in.target = !fstatat(in.dirfd, "cfs", &st, AT_SYMLINK_NOFOLLOW) && same_file(&st, &in.st)
			    ? "cfs"
			    : in.exe;
	rc = make_links(&in, argv + 1);
	close(in.dirfd);
	return rc;
}
