// SPDX-License-Identifier: GPL-2.0-only
/*
 * compare SOURCE MOUNTED [XATTR-PREFIX...] - two trees are equal: names, types,
 * modes, owners, mtimes, devices, link targets, extended attributes with these
 * prefixes (default: user. trusted. security. system.) and every byte of every
 * file. Sizes of directories and numbers of links are those of a file system
 * and are not compared. Prints what differs; exit 1 then.
 *
 * A test tool for glibc: recursion and fixed buffers are fine here.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static unsigned long names, bytes, xattrs, differences;
static char **prefixes;

static void differ(const char *path, const char *what)
{
	if (++differences <= 20)
		printf("%s: %s differ\n", path, what);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory, sorted. */
static char **list(const char *path, size_t *n)
{
	DIR *dir = opendir(path);
	char **v = NULL;
	size_t cap = 0;
	struct dirent *d;

	*n = 0;
	if (!dir) {
		perror(path);
		exit(2);
	}
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (*n == cap)
			v = realloc(v, (cap = cap ? 2 * cap : 64) * sizeof(*v));
		v[(*n)++] = strdup(d->d_name);
	}
	closedir(dir);
	qsort(v, *n, sizeof(*v), by_name);
	return v;
}

static int wanted(const char *name)
{
	for (char **p = prefixes; *p; p++)
		if (!strncmp(name, *p, strlen(*p)))
			return 1;
	return 0;
}

/* Each wanted xattr of @a has the same value on @b; the number of them. */
static unsigned int xattrs_of(const char *a, const char *b, int check)
{
	static char name_list[1 << 17], va[65536], vb[65536];
	ssize_t len = llistxattr(a, name_list, sizeof(name_list));
	unsigned int n = 0;

	for (char *s = name_list; len > 0 && s < name_list + len; s += strlen(s) + 1) {
		ssize_t la, lb;

		if (!wanted(s))
			continue;
		n++;
		if (!check)
			continue;
		la = lgetxattr(a, s, va, sizeof(va));
		lb = lgetxattr(b, s, vb, sizeof(vb));
		if (la < 0 || la != lb || memcmp(va, vb, (size_t)la)) {
			printf("%s: %s: %zd and %zd bytes\n", a, s, la, lb);
			differ(a, "extended attributes");
		}
	}
	return n;
}

static void contents(const char *a, const char *b)
{
	static char x[1 << 16], y[1 << 16];
	int f = open(a, O_RDONLY), g = open(b, O_RDONLY);
	ssize_t n, m;

	do {
		n = read(f, x, sizeof(x));
		m = read(g, y, sizeof(y));
		if (n < 0 || n != m || memcmp(x, y, (size_t)n)) {
			printf("%s: read %zd and %zd bytes (%s)\n", a, n, m, strerror(errno));
			differ(a, "contents");
			break;
		}
		bytes += (unsigned long)n;
	} while (n > 0);
	close(f);
	close(g);
}

static void inode(const char *a, const char *b, const struct stat *s, const struct stat *t)
{
	char x[PATH_MAX], y[PATH_MAX];
	unsigned int n = xattrs_of(a, b, 1);

	names++;
	xattrs += n;
	if (s->st_mode != t->st_mode)
		differ(a, "modes");
	if (s->st_uid != t->st_uid || s->st_gid != t->st_gid)
		differ(a, "owners");
	if (s->st_mtim.tv_sec != t->st_mtim.tv_sec || s->st_mtim.tv_nsec != t->st_mtim.tv_nsec)
		differ(a, "mtimes");
	if ((S_ISCHR(s->st_mode) || S_ISBLK(s->st_mode)) && s->st_rdev != t->st_rdev)
		differ(a, "devices");
	if (n != xattrs_of(b, a, 0))
		differ(a, "numbers of extended attributes");
	if (S_ISREG(s->st_mode) && s->st_size != t->st_size)
		differ(a, "sizes");
	else if (S_ISREG(s->st_mode))
		contents(a, b);
	if (S_ISLNK(s->st_mode)) {
		ssize_t len = readlink(a, x, sizeof(x));

		if (len < 0 || readlink(b, y, sizeof(y)) != len || memcmp(x, y, (size_t)len))
			differ(a, "link targets");
	}
}

static void compare(const char *a, const char *b)
{
	struct stat s, t;
	size_t n, m;
	char **v, **w;

	if (lstat(a, &s) || lstat(b, &t)) {
		differ(a, "existence");
		return;
	}
	inode(a, b, &s, &t);
	if (!S_ISDIR(s.st_mode) || !S_ISDIR(t.st_mode))
		return;
	v = list(a, &n);
	w = list(b, &m);
	for (size_t i = 0, k = 0; i < n || k < m;) {
		int order = 1;
		char *x, *y;

		if (i < n)
			order = k < m ? strcmp(v[i], w[k]) : -1;

		if (order) {
			printf("%s/%s: only in one\n", order < 0 ? a : b, order < 0 ? v[i] : w[k]);
			differences++;
			order < 0 ? i++ : k++;
			continue;
		}
		if (asprintf(&x, "%s/%s", a, v[i++]) < 0 || asprintf(&y, "%s/%s", b, w[k++]) < 0)
			exit(2);
		compare(x, y);
		free(x);
		free(y);
	}
	for (size_t i = 0; i < n; i++)
		free(v[i]);
	for (size_t i = 0; i < m; i++)
		free(w[i]);
	free(v);
	free(w);
}

int main(int argc, char **argv)
{
	static char *all[] = { "user.", "trusted.", "security.", "system.", NULL };

	if (argc < 3) {
		fprintf(stderr, "usage: compare SOURCE MOUNTED [XATTR-PREFIX...]\n");
		return 2;
	}
	prefixes = argc > 3 ? argv + 3 : all;
	compare(argv[1], argv[2]);
	printf("%lu names, %lu bytes, %lu extended attributes, %lu differences\n", names, bytes,
	       xattrs, differences);
	return differences != 0;
}
