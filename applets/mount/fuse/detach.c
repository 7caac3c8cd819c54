// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/fuse/detach.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/buf.h"
#include "files/io.h"

/* Decode the octal escapes of mountinfo in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = 0;
}

/* The mount point of a line of mountinfo: its fifth field. NULL if it has none. */
static char *mount_point(char *line)
{
	char *save, *field = NULL;
	int i = 0;

	for (field = strtok_r(line, " ", &save); field && i < 4; i++)
		field = strtok_r(NULL, " ", &save);
	if (field)
		unescape(field);
	return field;
}

static void detach_line(char *line)
{
	char *at = mount_point(line);

	/* A mount that is locked to its parent stays; it belongs to the outer namespace. */
	if (at && strcmp(at, "/") && strcmp(at, "/proc"))
		(void)umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* Read a whole file of /proc, whose length is not known before. */
static void read_whole(const char *path, struct buf *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *p;
	ssize_t n;

	if (fd < 0)
		return;
	while ((p = buf_room(text, 65536)) && (n = io_read(fd, p, 65536)) > 0)
		text->len += (size_t)n;
	close(fd);
}

/* Unmount the mounts of this namespace one by one, the last one first. */
static void detach_each(void)
{
	struct buf text = { 0 };

	read_whole("/proc/self/mountinfo", &text);
	while (text.len) {
		char *newline;

		text.p[--text.len] = 0; /* in the place of the newline */
		newline = memrchr(text.p, '\n', text.len);
		text.len = newline ? (size_t)(newline + 1 - text.p) : 0;
		detach_line(text.p + text.len);
	}
	buf_release(&text);
}

int detach_namespace(void)
{
	if (unshare(CLONE_NEWNS))
		return errno == EPERM ? 0 : -1;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	/* EINVAL: the mounts were copied from another user namespace, or this is the first root. */
	if (umount2("/", MNT_DETACH))
		detach_each();
	return 0;
}

static int order(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void close_from_to(unsigned int from, unsigned int to)
{
	struct rlimit limit;

	if (from > to || !syscall(SYS_close_range, from, to, 0))
		return;
	/* Before Linux 5.9. */
	if (getrlimit(RLIMIT_NOFILE, &limit))
		limit.rlim_cur = 1024;
	for (unsigned int fd = from; fd <= to && fd < limit.rlim_cur; fd++)
		close((int)fd);
}

void close_all_but(const int *keep, unsigned int n)
{
	int *sorted = malloc((n + 1) * sizeof(*sorted));
	unsigned int from = 3;

	if (!sorted)
		return;
	memcpy(sorted, keep, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), order);
	for (unsigned int i = 0; i < n; i++) {
		if (sorted[i] < (int)from)
			continue;
		if (sorted[i] > (int)from)
			close_from_to(from, (unsigned int)sorted[i] - 1);
		from = (unsigned int)sorted[i] + 1;
	}
	close_from_to(from, ~0u);
	free(sorted);
}
