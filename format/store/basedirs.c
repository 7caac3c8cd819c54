// SPDX-License-Identifier: GPL-2.0-only
#include "store/basedirs.h"
#include <fcntl.h>
#include <unistd.h>
#include "files/beneath.h"
#include "base/text.h"
#include "core/backing.h"

#define RACES 16 /* renames that may disturb one look-up */

/*
 * Copy one piece of a list of directories to @to, which is large enough. Returns the rest
 * of the list.
 */
static const char *take_dir(const char *s, char *to)
{
	for (; *s && *s != ':'; s++) {
		if (*s == '\\' && (s[1] == ':' || s[1] == '\\'))
			s++;
		*to++ = *s;
	}
	*to = 0;
	return s;
}

int basedirs_split(struct arena *a, const char *list, const char ***dirs, struct error *err)
{
	size_t len = strlen(list), most = 1;
	const char **v;
	int n = 0;

	for (size_t i = 0; i < len; i++)
		most += list[i] == ':';
	v = arena_alloc(a, most * sizeof(*v));
	if (!v)
		return error_nomem(err);
	for (;;) {
		char *piece = arena_bytes(a, strlen(list) + 1);

		if (!piece)
			return error_nomem(err);
		list = take_dir(list, piece);
		if (!*piece)
			return error_set(err, EINVAL, "empty directory name in the list");
		v[n++] = piece;
		if (!*list)
			break;
		list++;
	}
	*dirs = v;
	return n;
}

int basedirs_open(struct basedirs *b, const char *list, struct error *err)
{
	const char **dirs;
	int n;

	*b = (struct basedirs){ 0 };
	n = basedirs_split(&b->arena, list, &dirs, err);
	if (n > (int)BASEDIRS_MAX)
		n = error_set(err, EINVAL, "more than %u directories", BASEDIRS_MAX);
	for (int i = 0; i < n; i++) {
		int fd = open(dirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0) {
			error_sys(err, "%s: open", dirs[i]);
			n = -1;
			break;
		}
		b->name[i] = dirs[i];
		b->fd[i] = fd;
		b->n++;
	}
	if (n >= 0)
		return 0;
	basedirs_close(b);
	return -1;
}

void basedirs_close(struct basedirs *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		close(b->fd[i]);
	arena_release(&b->arena);
	b->n = 0;
}

static bool is_absence(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP || code == EXDEV ||
	       code == ENAMETOOLONG || code == EISDIR;
}

static int fail(const struct basedirs *b, unsigned int i, const char *path, size_t len,
		const char *what, struct error *err)
{
	return error_sys(err, "%s/%.*s: %s", b->name[i], (int)len, path, what);
}

int basedirs_find(const struct basedirs *b, const char *path, size_t len,
		  struct basedirs_found *found, struct error *err)
{
	int result = BASEDIRS_NONE;

	for (unsigned int i = 0; i < b->n; i++) {
		int fd = beneath_open(b->fd[i], path, len, O_PATH);
		struct stat st;

		if (fd < 0 && !is_absence(errno))
			return fail(b, i, path, len, "open", err);
		if (fd < 0 && errno == ELOOP && result == BASEDIRS_NONE) {
			*found = (struct basedirs_found){ .which = i, .st.st_mode = S_IFLNK };
			result = BASEDIRS_OTHER;
		}
		if (fd < 0)
			continue;
		if (fstat(fd, &st)) {
			fail(b, i, path, len, "stat", err);
			close(fd);
			return -1;
		}
		close(fd);
		if (S_ISREG(st.st_mode) || result == BASEDIRS_NONE) {
			found->which = i;
			found->st = st;
		}
		if (S_ISREG(st.st_mode))
			return BASEDIRS_FILE;
		result = BASEDIRS_OTHER;
	}
	return result;
}

/* Open a regular file. -1 and errno. */
static int open_regular(int dir, const char *path, size_t len, struct stat *st)
{
	int fd = beneath_open(dir, path, len, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || (!fstat(fd, st) && S_ISREG(st->st_mode)))
		return fd;
	close(fd);
	errno = EISDIR;
	return -1;
}

int basedirs_open_file(const struct basedirs *b, const char *path, size_t len,
		       struct basedirs_found *found, int *fd, struct error *err)
{
	unsigned int n = 0;

	*fd = -1;
	/* Usually the object exists or there is nothing at all; neither needs a closer look. */
	do {
		if (n == b->n)
			return BASEDIRS_NONE;
		found->which = n;
		*fd = open_regular(b->fd[n++], path, len, &found->st);
		if (*fd >= 0)
			return BASEDIRS_FILE;
	} while (errno == ENOENT);
	/*
	 * Check whether it is something else. The last three errors come from sockets, devices and
	 * files without read permission.
	 */
	if (!is_absence(errno) && errno != ENXIO && errno != ENODEV && errno != EACCES)
		return fail(b, found->which, path, len, "open", err);
	for (int i = 0; i < RACES; i++) {
		int rc = basedirs_find(b, path, len, found, err);

		if (rc != BASEDIRS_FILE)
			return rc;
		*fd = open_regular(b->fd[found->which], path, len, &found->st);
		if (*fd >= 0)
			return rc;
		if (!is_absence(errno))
			return fail(b, found->which, path, len, "open", err);
		/* The file was replaced in between: look again. */
	}
	return error_set(err, EAGAIN, "%s/%.*s: changes at every attempt to read it",
			 b->name[found->which], (int)len, path);
}
