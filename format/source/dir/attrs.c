// SPDX-License-Identifier: GPL-2.0-only
#include "source/dir/attrs.h"
#include "base/text.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "files/xattrat.h"
#include "core/erofs.h"

struct getxattr_args {
	u64 value;
	u32 size;
	u32 flags;
};

/* How to ask for the extended attributes of an entry. */
enum way {
	BY_FD,
	BY_PROC, /* through /proc/self/fd: the calls refuse an O_PATH descriptor */
	BY_NAME, /* by directory and name where there is no /proc; checked afterwards */
};

struct asked {
	enum way way;
	int fd;
	const struct entry *e; /* BY_NAME */
	char proc[32];
};

static ssize_t list(const struct asked *a, char *to, size_t size)
{
	switch (a->way) {
	case BY_FD:
		return flistxattr(a->fd, to, size);
	case BY_PROC:
		return listxattr(a->proc, to, size);
	default:
		return syscall(SYS_listxattrat, a->e->dir, a->e->name, AT_SYMLINK_NOFOLLOW, to,
			       size);
	}
}

static ssize_t get(const struct asked *a, const char *name, void *to, size_t size)
{
	struct getxattr_args args = { (uintptr_t)to, (u32)size, 0 };

	switch (a->way) {
	case BY_FD:
		return fgetxattr(a->fd, name, to, size);
	case BY_PROC:
		return getxattr(a->proc, name, to, size);
	default:
		return syscall(SYS_getxattrat, a->e->dir, a->e->name, AT_SYMLINK_NOFOLLOW, name,
			       &args, sizeof(args));
	}
}

/* List the names in the first way that works, and leave it in a->way. -1 and errno. */
static ssize_t list_somehow(struct asked *a, char *to, size_t size)
{
	ssize_t n = list(a, to, size);

	if (n < 0 && a->way == BY_PROC && errno == ENOENT) {
		a->way = BY_NAME;
		n = list(a, to, size);
	}
	return n;
}

/* Another file may have got the name meanwhile: 0 if it is still the same one. */
static int right_one(const struct asked *a, struct error *err)
{
	struct stat is, was;

	if (a->way != BY_NAME)
		return 0;
	if (fstat(a->fd, &was))
		return error_sys(err, "fstat");
	if (fstatat(a->e->dir, a->e->name, &is, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? ENTRY_CHANGED : error_sys(err, "stat");
	return is.st_dev == was.st_dev && is.st_ino == was.st_ino ? 0 : ENTRY_CHANGED;
}

static int put(struct entry_work *w, const char *name, size_t len, const void *value, size_t size,
	       struct error *err)
{

	if (len > CFS_XATTR_NAME_MAX)
		return error_set(err, ENOSPC,
				 "extended attribute with a name of more than %u bytes",
				 CFS_XATTR_NAME_MAX);
	if (size > UINT16_MAX)
		return error_set(err, ENOSPC, "%s: extended attribute of more than 65535 bytes",
				 name);
	return grow_xattr(w->g, name, len, value, size, err);
}

static int read_one(struct entry_work *w, const struct asked *a, const char *name,
		    struct error *err)
{
	ssize_t n;

	if (w->options->user_xattrs && strncmp(name, "user.", 5))
		return 0;
	n = get(a, name, w->value, sizeof(w->value));
	if (n < 0 && errno == ENODATA) /* removed since it was listed */
		return 0;
	if (n < 0)
		return error_sys(err, "%s: getxattr", name);
	return put(w, name, strlen(name), w->value, (size_t)n, err);
}

int attrs_read(struct entry_work *w, int fd, const struct entry *path_of, struct error *err)
{
	struct asked a = { .way = path_of ? BY_PROC : BY_FD, .fd = fd, .e = path_of };
	unsigned int tries = 0;
	ssize_t n;

	xattr_set_clear(&w->g->set);
	if (path_of)
		text_format(a.proc, sizeof(a.proc), "/proc/self/fd/%d", fd);
	do {
		n = list_somehow(&a, w->list, sizeof(w->list) - 1);
	} while (n < 0 && errno == ERANGE && ++tries < 10);
	if (n < 0 && errno == EOPNOTSUPP)
		return 0; /* the file system has no extended attributes */
	if (n < 0 && errno == ENOSYS && a.way == BY_NAME)
		return error_set(err, ENOSYS, "extended attributes cannot be read without /proc");
	if (n < 0)
		return a.way == BY_NAME && errno == ENOENT ? ENTRY_CHANGED
							   : error_sys(err, "listxattr");
	w->list[n] = 0;
	for (const char *name = w->list; name < w->list + n; name += strlen(name) + 1)
		if (*name && read_one(w, &a, name, err))
			return -1;
	return right_one(&a, err);
}
