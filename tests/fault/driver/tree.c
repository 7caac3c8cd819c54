// SPDX-License-Identifier: GPL-2.0-only
#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "world.h"

const char *const action_names[ALL_ACTIONS] = { "grows",
						"shrinks",
						"is emptied",
						"is rewritten",
						"is deleted",
						"becomes a symlink",
						"becomes a fifo",
						"becomes a device",
						"becomes a directory",
						"is replaced",
						"gets another mode",
						"becomes a symlink (parent)",
						"is replaced (parent)",
						"is renamed away (parent)" };

static void copy_attributes(const struct stat *st, const char *from, const char *to)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };
	char value[64];
	ssize_t n = lgetxattr(from, "user.one", value, sizeof(value));

	if (n >= 0)
		lsetxattr(to, "user.one", value, (size_t)n, 0);
	if (!S_ISLNK(st->st_mode))
		chmod(to, st->st_mode & 07777);
	utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW);
}

static void copy_node(const struct stat *st, const char *from, const char *to)
{
	char target[256] = "";

	if (S_ISREG(st->st_mode)) {
		int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0644);

		while (sendfile(out, in, NULL, 1 << 24) > 0)
			;
		close(in);
		close(out);
	} else if (S_ISLNK(st->st_mode)) {
		if (readlink(from, target, sizeof(target) - 1) > 0)
			(void)!symlink(target, to);
	} else {
		mknod(to, st->st_mode, st->st_rdev);
	}
}

static void copy_below(const char *from, const char *to)
{
	DIR *d = opendir(from);
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d))) {
		char a[512], b[512];

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		snprintf(a, sizeof(a), "%.250s/%.250s", from, e->d_name);
		snprintf(b, sizeof(b), "%.250s/%.250s", to, e->d_name);
		if (lstat(a, &st))
			continue;
		if (S_ISDIR(st.st_mode)) {
			mkdir(b, 0755);
			copy_below(a, b);
		} else {
			copy_node(&st, a, b);
		}
		copy_attributes(&st, a, b);
	}
	if (d)
		closedir(d);
}

void tree_copy(const char *from, const char *to)
{
	struct stat st;

	remove_tree(to);
	mkdir(to, 0755);
	copy_below(from, to);
	if (!stat(from, &st))
		copy_attributes(&st, from, to);
}

/* Into the file, which keeps its inode. */
static void change_bytes(enum action action, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_NOFOLLOW);

	if (fd < 0 || fstat(fd, &st))
		return;
	if (action == GROW)
		(void)!pwrite(fd, "more", 4, st.st_size);
	if (action == SHRINK)
		(void)!ftruncate(fd, st.st_size / 2);
	if (action == EMPTY_IT)
		(void)!ftruncate(fd, 0);
	if (action == MODE)
		fchmod(fd, 0600);
	if (action == REWRITE) {
		char *p = malloc((size_t)st.st_size);

		memset(p, 'R', (size_t)st.st_size);
		(void)!pwrite(fd, p, (size_t)st.st_size, 0);
		free(p);
	}
	close(fd);
}

static void change_name(enum action action, const char *path, const char *outside)
{
	if (action == PARENT_TO_LINK || action == PARENT_TO_OTHER || action == PARENT_GONE) {
		remove_tree("gone");
		rename(path, "gone");
	} else {
		unlink(path);
	}
	switch (action) {
	case TO_LINK:
	case PARENT_TO_LINK:
		(void)!symlink(outside, path);
		break;
	case TO_FIFO:
		mkfifo(path, 0644);
		break;
	case TO_DEVICE:
		mknod(path, S_IFCHR | 0644, makedev(1, 5));
		break;
	case TO_DIRECTORY:
		mkdir(path, 0755);
		break;
	case TO_OTHER:
		blob_write(
			path,
			"another file, of which there is more than is kept in the image itself\n",
			70);
		break;
	case PARENT_TO_OTHER:
		tree_copy("replacement", path);
		break;
	default:
		break;
	}
}

static void set_time(const char *path)
{
	const struct timespec times[2] = { { 1100000000, 0 }, { 1100000000, 0 } };

	utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

void tree_change(enum action action, const char *top, const char *victim)
{
	char path[256], outside[512], cwd[200];

	snprintf(path, sizeof(path), "%.100s/%.150s", top, victim);
	if (!getcwd(cwd, sizeof(cwd)))
		return;
	snprintf(outside, sizeof(outside), "%s/outside/%.150s", cwd, victim);
	if (action <= REWRITE || action == MODE)
		change_bytes(action, path);
	else
		change_name(action, path, outside);
	set_time(path);
	if (action >= DELETE && action != MODE) {
		*strrchr(path, '/') = 0;
		set_time(path);
	}
}
