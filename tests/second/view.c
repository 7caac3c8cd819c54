// SPDX-License-Identifier: GPL-2.0-only
/*
 * view [6.1] FOLDER CFS OPTIONS NAME... - mount the images that
 * tests/second/shown made in FOLDER, one after the other, and compare what the
 * kernel shows with what the image's dump says:
 *
 *	FOLDER/images/NAME   the image
 *	FOLDER/want/NAME     the view that the dump stands for; absent: verify found something
 *	FOLDER/all/NAME      every object that the bytes of the image name: SIZE PATH
 *	FOLDER/objects/NAME  those that "info objects" names
 *
 * "CFS mount -o OPTIONS,basedir=STORE IMAGE TARGET" mounts. A second view, with the
 * objects that "info objects" does not name deleted, must be equal to the first.
 * Prints a line for each image that is not shown as it should be, and a summary.
 *
 * With "6.1" as the first word, FOLDER/want-6.1 is used and other images are left
 * out: overlayfs of that kernel hides every trusted.overlay.* name, knows no marks of
 * whiteouts, and looks up every object together with its file.
 *
 * A test tool: recursion and fixed buffers are fine here.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SEEN 5000 /* bytes of a file that are compared */

static bool old_overlay;
static FILE *out;

static void die(const char *what)
{
	printf("view: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint32_t hash(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

static void escaped(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c > ' ' && c < 127 && c != '\\' && c != '=')
			fputc(c, out);
		else
			fprintf(out, "\\x%02x", c);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_mark(const char *name)
{
	return !strcmp(name, "trusted.overlay.whiteouts") ||
	       !strcmp(name, "user.overlay.whiteout") || !strcmp(name, "user.overlay.whiteouts");
}

/* The xattrs, sorted. Whether the mark of a whiteout was among them. */
static bool xattrs(const char *path, bool is_empty_file, char **text)
{
	static char list[1 << 17], value[65536];
	ssize_t len = llistxattr(path, list, sizeof(list)), v;
	char *names[4096];
	size_t n = 0, used;
	FILE *was = out;
	bool white = false;

	out = open_memstream(text, &used);
	if (len < 0)
		fprintf(out, " list:%s", strerror(errno));
	for (char *s = list; len > 0 && s < list + len && n < 4096; s += strlen(s) + 1)
		names[n++] = s;
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		if (is_empty_file && !strcmp(names[i], "trusted.overlay.whiteout")) {
			white = true;
			continue;
		}
		if (is_mark(names[i]))
			continue;
		if (old_overlay && !strncmp(names[i], "trusted.overlay.", 16))
			continue;
		fputc(' ', out);
		escaped(names[i], strlen(names[i]));
		v = lgetxattr(path, names[i], value, sizeof(value));
		if (v < 0)
			fprintf(out, ":%s", strerror(errno));
		else
			fprintf(out, "=%zd,%x", v, hash(value, (size_t)v));
	}
	fclose(out);
	out = was;
	return white;
}

static void contents(const char *path)
{
	static char bytes[SEEN];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	size_t n = 0;
	ssize_t got = -1;

	while (fd >= 0 && n < SEEN && (got = read(fd, bytes + n, SEEN - n)) > 0)
		n += (size_t)got;
	if (fd < 0 || got < 0)
		fputs(" unreadable", out);
	else
		fprintf(out, " %zu,%x", n, hash(bytes, n));
	if (fd >= 0)
		close(fd);
}

/* One line for the object at @path, which is shown as @shown. */
static void entry(const char *path, const char *shown, unsigned int dtype)
{
	static char target[8192];
	struct stat st;
	char *names;
	bool white;
	ssize_t n;

	escaped(shown, strlen(shown));
	if (lstat(path, &st)) {
		fprintf(out, " stat:%s\n", strerror(errno));
		return;
	}
	white = xattrs(path, S_ISREG(st.st_mode) && !st.st_size, &names);
	if (white)
		st.st_mode = S_IFCHR | (st.st_mode & 07777);
	/* The module's readdir asks only directories with marks for whiteouts. */
	else if (dtype && dtype != (st.st_mode & S_IFMT) >> 12 &&
		 !(S_ISCHR(st.st_mode) && !st.st_rdev))
		fprintf(out, " d_type:%u", dtype);
	fprintf(out, " %o", st.st_mode);
	if (strcmp(shown, "/"))
		fprintf(out, " %lu", (unsigned long)st.st_nlink);
	fprintf(out, " %u:%u %lld.%ld", st.st_uid, st.st_gid, (long long)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec);
	if (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode))
		fprintf(out, " dev=%u:%u", major(st.st_rdev), minor(st.st_rdev));
	else if (!S_ISDIR(st.st_mode))
		fprintf(out, " %lld", (long long)st.st_size);
	if (S_ISLNK(st.st_mode)) {
		n = readlink(path, target, sizeof(target));
		fputs(" -> ", out);
		escaped(n < 0 ? strerror(errno) : target,
			n < 0 ? strlen(strerror(errno)) : (size_t)n);
	}
	if (S_ISREG(st.st_mode))
		contents(path);
	fputs(names, out);
	free(names);
	fputc('\n', out);
}

/* The names of an open directory, through /proc, so that no path becomes too long. */
static void tree(int fd, const char *shown)
{
	struct dirent **all = NULL;
	char dir[32];
	int n;

	snprintf(dir, sizeof(dir), "/proc/self/fd/%d", fd);
	n = scandir(dir, &all, NULL, NULL);
	if (n < 0) {
		escaped(shown, strlen(shown));
		fprintf(out, " readdir:%s\n", strerror(errno));
		return;
	}
	for (int i = 1; i < n; i++) /* in byte order */
		for (int k = i; k && strcmp(all[k - 1]->d_name, all[k]->d_name) > 0; k--) {
			struct dirent *swap = all[k];

			all[k] = all[k - 1];
			all[k - 1] = swap;
		}
	for (int i = 0; i < n; i++) {
		const char *name = all[i]->d_name;
		char path[512], *below;

		if (strcmp(name, ".") && strcmp(name, "..")) {
			snprintf(path, sizeof(path), "%s/%s", dir, name);
			if (asprintf(&below, "%s/%s", strcmp(shown, "/") ? shown : "", name) < 0)
				die("memory");
			entry(path, below, all[i]->d_type);
			if (all[i]->d_type == DT_DIR) {
				int sub = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);

				if (sub >= 0)
					tree(sub, below);
				else
					fprintf(out, "opendir:%s\n", strerror(errno));
				close(sub);
			}
			free(below);
		}
		free(all[i]);
	}
	free(all);
}

static void remove_tree(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    unlinkat(fd, e->d_name, 0) && errno == EISDIR)
			remove_tree(fd, e->d_name);
	if (d)
		closedir(d);
	unlinkat(at, name, AT_REMOVEDIR);
}

/* The object at @path below the store: its path again and again, then a hole up to its size. */
static void object_make(int store, char *path, long long size)
{
	static char bytes[SEEN + 4200];
	size_t len = strlen(path), want = size < SEEN ? (size_t)size : SEEN;
	int fd;

	for (size_t n = 0; n < want; n += len + 1) {
		memcpy(bytes + n, path, len);
		bytes[n + len] = '\n';
	}
	for (char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdirat(store, path, 0755);
		*s = '/';
	}
	fd = openat(store, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	if (fd < 0)
		return;
	if (write(fd, bytes, want) != (ssize_t)want || ftruncate(fd, size))
		die(path);
	close(fd);
}

/* Make a store of what a list names. False if there is no list. */
static bool store_make(const char *folder, const char *list, const char *name)
{
	char path[4400], line[8300];
	long long size;
	int store;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, list, name);
	f = fopen(path, "r");
	if (!f)
		return false;
	remove_tree(AT_FDCWD, "store");
	if (mkdir("store", 0755))
		die("store");
	store = open("store", O_RDONLY | O_DIRECTORY);
	while (fgets(line, sizeof(line), f)) {
		char *s = strchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		size = atoll(line);
		if (s && size >= 0)
			object_make(store, s + 1, size);
	}
	fclose(f);
	close(store);
	return true;
}

static int run(char **argv)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		int fd = open("said", O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, 2);
		execv(argv[0], argv);
		_exit(126);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		die("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* Mount, view, unmount; NULL if the mount is refused. */
static char *view(const char *folder, char *cfs, const char *options, const char *name)
{
	char image[4400], opts[256], mount_word[] = "mount", o[] = "-o", target[] = "target";
	char *argv[] = { cfs, mount_word, o, opts, image, target, NULL };
	char *text;
	size_t used;
	int fd;

	snprintf(image, sizeof(image), "%s/images/%s", folder, name);
	snprintf(opts, sizeof(opts), "%s,basedir=store", options);
	if (run(argv))
		return NULL;
	out = open_memstream(&text, &used);
	fd = open("target", O_RDONLY | O_DIRECTORY);
	entry("target", "/", 0);
	if (fd >= 0)
		tree(fd, "/");
	close(fd);
	fclose(out);
	if (umount2("target", 0))
		die("umount");
	return text;
}

static char *slurp(const char *folder, const char *list, const char *name)
{
	char path[4400], *text;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, list, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return NULL;
	fstat(fd, &st);
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text || read(fd, text, (size_t)st.st_size) != st.st_size)
		die(path);
	close(fd);
	return text;
}

/* Print the first line in which two texts differ. */
static void differ(const char *name, const char *kind, const char *got, const char *want)
{
	const char *a = got, *b = want;

	while (*a == *b && *a) {
		if (*a == '\n') {
			got = a + 1;
			want = b + 1;
		}
		a++;
		b++;
	}
	printf("%s: %s\n  shown: %.*s\n  want:  %.*s\n", name, kind, (int)strcspn(got, "\n"), got,
	       (int)strcspn(want, "\n"), want);
}

static void said(const char *name)
{
	char *text = slurp(".", ".", "said");

	printf("%s: not mounted: %s", name, text ? text : "?\n");
	free(text);
}

int main(int argc, char **argv)
{
	unsigned int n = 0, bad = 0, compared = 0, twice = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "6.1")) {
		old_overlay = true;
		argv++;
		argc--;
	}
	if (argc < 5)
		return 2;
	mkdir("target", 0755);
	for (int i = 4; i < argc; i++) {
		char *want = slurp(argv[1], old_overlay ? "want-6.1" : "want", argv[i]), *first,
		     *second;

		n++;
		if (old_overlay && !want)
			continue;
		if (!store_make(argv[1], "all", argv[i]))
			die(argv[i]);
		first = view(argv[1], argv[2], argv[3], argv[i]);
		if (!first && want) {
			bad++;
			said(argv[i]);
		}
		if (first && want) {
			compared++;
			if (strcmp(first, want)) {
				bad++;
				differ(argv[i], "not as the dump says", first, want);
			}
		}
		if (first && store_make(argv[1], "objects", argv[i])) {
			twice++;
			second = view(argv[1], argv[2], argv[3], argv[i]);
			if (!second || strcmp(first, second)) {
				bad++;
				differ(argv[i],
				       "depends on an object that info objects does not name",
				       first, second ? second : "nothing\n");
			}
			free(second);
		}
		free(first);
		free(want);
	}
	remove_tree(AT_FDCWD, "store");
	printf("%u images, %u compared, %u viewed without unused objects, %u bad\n", n, compared,
	       twice, bad);
	return bad != 0;
}
