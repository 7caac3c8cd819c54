// SPDX-License-Identifier: GPL-2.0-only
#include "store/object.h"

#include <fcntl.h>
#include <unistd.h>
#include "files/beneath.h"

void object_path(char path[OBJECT_PATH], const struct cfs_digest *digest)
{
	path[cfs_object_name(path, digest->algorithm, digest->b)] = 0;
}

/* The last component before @path + *len, without empty ones and "."; *len becomes what is before it. */
static const char *last_component(const char *path, size_t *len, size_t *size)
{
	size_t end, start;

	do {
		for (end = *len; end && path[end - 1] == '/';)
			end--;
		for (start = end; start && path[start - 1] != '/';)
			start--;
		*len = start;
	} while (end - start == 1 && path[start] == '.');
	*size = end - start;
	return path + start;
}

static bool is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (cfs_hex_digit((u8)s[i]) < 0)
			return false;
	return true;
}

bool object_path_fits(const char *path, size_t len, const struct cfs_digest *digest)
{
	char hex[CFS_HEX_MAX];
	size_t digits = cfs_digest_print(hex, digest), name_len, shelf_len;
	const char *name = last_component(path, &len, &name_len);
	const char *shelf = last_component(path, &len, &shelf_len);

	if ((name_len != 62 && name_len != 126) || !is_hex(name, name_len))
		return true;
	/* Without a directory in the path, the basedir may be the one of the object. */
	if (shelf_len && (shelf_len != 2 || !is_hex(shelf, 2)))
		return true;
	return name_len == digits - 2 && !memcmp(name, hex + 2, name_len) &&
	       (!shelf_len || !memcmp(shelf, hex, 2));
}

int object_directory(int dir, const char xx[2])
{
	char name[3] = { xx[0], xx[1], 0 };
	const int flags = O_RDONLY | O_DIRECTORY;
	int fd = beneath_open(dir, name, strlen(name), flags);
	bool made;

	if (fd >= 0 || errno != ENOENT)
		return fd;
	made = mkdirat(dir, name, 0755) == 0;
	if (!made && errno != EEXIST)
		return -1;
	fd = beneath_open(dir, name, strlen(name), flags);
	if (fd >= 0 && made && fchmod(fd, 0755)) {
		int code = errno;

		close(fd);
		errno = code;
		return -1;
	}
	return fd;
}

static int bad(struct object *object, const char *what)
{
	object->state = OBJECT_BAD;
	object->what = what;
	return 0;
}

/* Nothing that can be read has the name. */
static int unopened(struct object *object, struct error *err)
{
	switch (errno) {
	case ENOENT:
		object->state = OBJECT_MISSING;
		return 0;
	case ELOOP:
		return bad(object, "is a symbolic link");
	case ENXIO:
	case ENODEV:
		return bad(object, "is not a regular file");
	case EACCES:
		return bad(object, "cannot be read");
	default:
		return error_sys(err, "open");
	}
}

static int check_content(struct verity_work *work, const struct cfs_digest *digest,
			 const struct stat *st, struct object *object, struct error *err)
{
	struct cfs_digest is;
	int rc = verity_measure(object->fd, digest->algorithm, &is);

	if (rc < 0)
		return error_sys(err, "FS_IOC_MEASURE_VERITY");
	object->verity = rc == VERITY_SEALED;
	if (rc == VERITY_OTHER)
		return bad(object, "has fs-verity with another algorithm");
	if (rc != VERITY_SEALED) {
		verity_work_use(work, digest->algorithm);
		rc = verity_file(work, object->fd, st, &is);
		if (rc < 0)
			return error_sys(err, "read");
		if (rc)
			return bad(object, "changed while it was read");
	}
	if (!cfs_digest_equal(&is, digest))
		return bad(object, "has the wrong content");
	object->state = OBJECT_GOOD;
	return 0;
}

static int check_open(struct verity_work *work, const struct cfs_digest *digest, u64 size,
		      struct object *object, struct error *err)
{
	struct stat st;

	if (fstat(object->fd, &st))
		return error_sys(err, "fstat");
	if (S_ISDIR(st.st_mode))
		return error_set(err, EISDIR, "is a directory");
	if (!S_ISREG(st.st_mode))
		return bad(object, "is not a regular file");
	if ((u64)st.st_size != size)
		return bad(object, "has the wrong size");
	if (st.st_mode & (S_ISUID | S_ISGID | S_IWGRP | S_IWOTH))
		return bad(object, "has mode bits that no object may have");
	return check_content(work, digest, &st, object, err);
}

int object_check(int dir, struct verity_work *work, const struct cfs_digest *digest, u64 size,
		 struct object *object, struct error *err)
{
	char path[OBJECT_PATH];
	int rc;

	*object = (struct object){ .state = OBJECT_BAD };
	object_path(path, digest);
	object->fd = beneath_open(dir, path, strlen(path), O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (object->fd < 0)
		return unopened(object, err);
	rc = check_open(work, digest, size, object, err);
	if (rc || object->state != OBJECT_GOOD) {
		close(object->fd);
		object->fd = -1;
	}
	return rc;
}
