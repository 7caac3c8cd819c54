// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mkfs/source.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/erofs.h"
#include "files/io.h"

#define START 512 /* a tar header */

enum kind {
	KIND_OTHER,
	KIND_IMAGE,
	KIND_TAR,
	KIND_PACKED, /* gzip or zstd */
	KIND_DUMP,
};

static bool begins(const u8 *p, size_t len, const char *magic, size_t size)
{
	return len >= size && !memcmp(p, magic, size);
}

/* The kind of a regular file by its first bytes. */
static enum kind kind_of(int fd)
{
	static const char image[] = { (char)(CFS_MAGIC & 0xff), (char)(CFS_MAGIC >> 8 & 0xff),
				      (char)(CFS_MAGIC >> 16 & 0xff),
				      (char)(CFS_MAGIC >> 24 & 0xff) };
	u8 start[START];
	ssize_t got = io_pread(fd, start, sizeof(start), 0);
	size_t len = got < 0 ? 0 : (size_t)got;

	if (begins(start, len, image, sizeof(image)))
		return KIND_IMAGE;
	if (len == START && !memcmp(start + 257, "ustar", 5))
		return KIND_TAR;
	if (begins(start, len, "\x1f\x8b", 2) || begins(start, len, "\x28\xb5\x2f\xfd", 4))
		return KIND_PACKED;
	return begins(start, len, "/ ", 2) ? KIND_DUMP : KIND_OTHER;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return path && !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int not_directory(const char *path, enum kind kind, const char *image, struct error *err)
{
	static const char *const remedies[] = {
		[KIND_OTHER] = "",
		[KIND_IMAGE] = "",
		[KIND_TAR] = "; to read a tar archive use --from-tar",
		[KIND_PACKED] = "; to read a tar archive use --from-tar",
		[KIND_DUMP] = "; to read a dump use --from-file",
	};

	if (kind == KIND_IMAGE && is_directory(image))
		return error_set(err, ENOTDIR,
				 "%s: not a directory but an image; are SOURCE and IMAGE swapped?",
				 path);
	return error_set(err, ENOTDIR, "%s: not a directory%s", path, remedies[kind]);
}

static int not_dump(const char *path, enum kind kind, struct error *err)
{
	if (kind == KIND_TAR)
		return error_set(err, EINVAL,
				 "%s: not a dump; to read a tar archive use --from-tar", path);
	if (kind == KIND_IMAGE)
		return error_set(err, EINVAL,
				 "%s: not a dump but an image; cfs dump prints it as one", path);
	return 0;
}

int source_check(const char *path, enum source_form form, const char *image, struct error *err)
{
	struct stat st;
	enum kind kind;
	int fd;

	if (!strcmp(path, "-") || lstat(path, &st))
		return 0;
	if (form != SOURCE_DIRECTORY && is_directory(path))
		return error_set(err, EISDIR, "%s: is a directory; to read it leave out %s", path,
				 form == SOURCE_TAR ? "--from-tar" : "--from-file");
	if (form == SOURCE_DIRECTORY && S_ISLNK(st.st_mode))
		return error_set(err, ENOTDIR,
				 "%s: a symbolic link; name the directory itself, or add a /",
				 path);
	if (form == SOURCE_TAR || !S_ISREG(st.st_mode))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	kind = kind_of(fd);
	close(fd);
	return form == SOURCE_DUMP ? not_dump(path, kind, err)
				   : not_directory(path, kind, image, err);
}
