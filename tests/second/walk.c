// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk DIR IMAGE... - in a virtual machine: mount each image with the kernel's own
 * erofs at DIR, look at everything in it, and print a line
 *
 *	IMAGE MOUNT ENTRIES ERRORS [WHAT PATH ERRNO]
 *
 * MOUNT: errno of mounting, 0; ENTRIES: names below the root; ERRORS: how often the
 * kernel called the image damaged (EUCLEAN, EIO), and the first of these.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

struct walk {
	unsigned long entries, errors;
	char first[4400];
};

/* Other errors are the VFS's opinion of odd names and ACLs (image format 17). */
static void see(struct walk *w, const char *what, const char *path)
{
	if (errno != EUCLEAN && errno != EIO && errno != EBADMSG)
		return;
	if (!w->errors++)
		snprintf(w->first, sizeof(w->first), "%s %s %d", what, path, errno);
}

static void look(struct walk *w, const char *path, const struct stat *st)
{
	static char names[65536], value[65536];
	ssize_t n = llistxattr(path, names, sizeof(names));

	if (n < 0)
		see(w, "listxattr", path);
	for (const char *s = names; n > 0 && s < names + n; s += strlen(s) + 1)
		if (lgetxattr(path, s, value, sizeof(value)) < 0)
			see(w, "getxattr", path);
	if (S_ISLNK(st->st_mode) && readlink(path, value, sizeof(value)) < 0)
		see(w, "readlink", path);
	if (S_ISREG(st->st_mode) && st->st_size <= 5000) {
		int fd = open(path, O_RDONLY);

		if (fd < 0 || read(fd, value, sizeof(value)) < 0)
			see(w, "read", path);
		close(fd);
	}
}

static void tour(struct walk *w, char *path, size_t len)
{
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(path);

	if (!d) {
		see(w, "opendir", path);
		return;
	}
	while (errno = 0, (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		w->entries++;
		if (len + strlen(e->d_name) + 2 > 4096)
			continue;
		sprintf(path + len, "/%s", e->d_name);
		if (lstat(path, &st)) {
			see(w, "lstat", path);
			continue;
		}
		look(w, path, &st);
		if (S_ISDIR(st.st_mode))
			tour(w, path, strlen(path));
		path[len] = '\0';
	}
	if (errno)
		see(w, "readdir", path);
	path[len] = '\0';
	closedir(d);
}

static int attach(const char *image, char dev[32])
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR };
	int control = open("/dev/loop-control", O_RDWR), n = ioctl(control, LOOP_CTL_GET_FREE), fd;

	close(control);
	snprintf(dev, 32, "/dev/loop%d", n);
	config.fd = (unsigned int)open(image, O_RDONLY);
	fd = open(dev, O_RDONLY);
	if (fd >= 0 && ioctl(fd, LOOP_CONFIGURE, &config)) {
		close(fd);
		fd = -1;
	}
	close((int)config.fd);
	return fd;
}

int main(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		char path[8192], dev[32];
		struct walk w = { 0 };
		int fd = attach(argv[i], dev), err = 0;
		struct stat st;

		if (fd < 0) {
			printf("no loop device: %s\n", strerror(errno));
			return 1;
		}
		if (mount(dev, argv[1], "erofs", MS_RDONLY, "")) {
			err = errno;
		} else {
			strcpy(path, argv[1]);
			if (lstat(path, &st))
				see(&w, "lstat", path);
			else
				look(&w, path, &st);
			tour(&w, path, strlen(path));
			if (umount(argv[1]))
				printf("umount: %s\n", strerror(errno));
		}
		close(fd);
		printf("%s %d %lu %lu %s\n", strrchr(argv[i], '/') + 1, err, w.entries, w.errors,
		       w.first);
		fflush(stdout);
	}
	return 0;
}
