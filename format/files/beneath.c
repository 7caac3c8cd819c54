// SPDX-License-Identifier: GPL-2.0-only
#include "files/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "core/backing.h"

#define PATH_ROOM 4097
#define RACES 16 /* renames that may disturb one look-up */

/* Without openat2(): open one component after the other; none of them is "..". Overwrites @path. */
static int open_stepwise(int dir, char *path, int flags)
{
	struct stat top, st;
	int at = dir, fd = -1;

	if (fstat(dir, &top))
		return -1;
	for (;;) {
		char *end = strchr(path, '/');
		size_t len = end ? (size_t)(end - path) : strlen(path);

		path[len] = '\0';
		if (len && strcmp(path, ".")) {
			fd = openat(at, path,
				    end ? O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC : flags);
			if (at != dir)
				close(at);
			if (fd < 0)
				return -1;
			if (fstat(fd, &st) || st.st_dev != top.st_dev) {
				close(fd);
				errno = EXDEV;
				return -1;
			}
			at = fd;
		}
		if (!end)
			break;
		path += len + 1;
	}
	if (fd < 0)
		errno = EISDIR;
	return fd;
}

int beneath_open(int dir, const char *path, size_t len, int flags)
{
	const struct open_how how = {
		.flags = (u64)(unsigned int)(flags | O_NOFOLLOW | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS |
			   RESOLVE_NO_XDEV,
	};
	char name[PATH_ROOM];
	long fd = -1;

	for (; len && *path == '/'; len--)
		path++;
	if (!len || len >= sizeof(name)) {
		errno = len ? ENAMETOOLONG : EISDIR;
		return -1;
	}
	if (cfs_path_has_dotdot(path, len)) {
		errno = EXDEV;
		return -1;
	}
	memcpy(name, path, len);
	name[len] = '\0';
	for (int i = 0; i < RACES; i++) {
		fd = syscall(SYS_openat2, dir, name, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	/* Filters that do not know the call return EPERM. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_stepwise(dir, name, flags | O_NOFOLLOW | O_CLOEXEC);
	return (int)fd;
}
