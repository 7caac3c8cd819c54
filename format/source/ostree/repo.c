// SPDX-License-Identifier: GPL-2.0-only
#include "source/ostree/repo.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "files/io.h"
#include "files/beneath.h"
#include "store/object.h"
#include "verity/sha256.h"

#define CONFIG_MAX ((size_t)1 << 20)

struct word {
	const char *s;
	size_t len;
};

/* Without blanks around it. */
static struct word trim(const char *s, const char *end)
{
	while (s < end && strchr(" \t\r\v\f", *s))
		s++;
	while (end > s && strchr(" \t\r\v\f", end[-1]))
		end--;
	return (struct word){ s, (size_t)(end - s) };
}

static bool is(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.s, text, w.len);
}

/* The settings of [core] that matter; the last value of each counts. */
enum {
	VERSION,
	MODE,
	PARENT,
	NO_XATTRS,
	KEYS,
};

/* One line, trimmed. */
static void take_line(struct word value[KEYS], bool *in_core, struct word line)
{
	static const char *const keys[KEYS] = { "repo_version", "mode", "parent",
						"disable-xattrs" };
	const char *equal = line.len ? memchr(line.s, '=', line.len) : NULL;

	if (line.len && *line.s == '[')
		*in_core = is(line, "[core]");
	else if (line.len && *line.s != '#' && *in_core && equal)
		for (size_t i = 0; i < KEYS; i++)
			if (is(trim(line.s, equal), keys[i]))
				value[i] = trim(equal + 1, line.s + line.len);
}

static int take_mode(struct ostree_repo *repo, struct word mode, struct error *err)
{
	static const struct {
		const char *name;
		enum ostree_mode mode;
	} modes[] = {
		{ "bare", OSTREE_BARE },
		{ "bare-user", OSTREE_BARE_USER },
		{ "bare-user-only", OSTREE_BARE_USER_ONLY },
		{ "archive", OSTREE_ARCHIVE },
		{ "archive-z2", OSTREE_ARCHIVE },
	};

	repo->mode = OSTREE_BARE;
	if (!mode.s)
		return 0;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (is(mode, modes[i].name)) {
			repo->mode = modes[i].mode;
			return 0;
		}
	}
	return error_set(err, EINVAL, "unsupported repository mode \"%.*s\"",
			 (int)(mode.len < 64 ? mode.len : 64), mode.s);
}

int ostree_config_parse(struct ostree_repo *repo, const char *s, size_t len, struct error *err)
{
	const char *end = s + len;
	struct word value[KEYS] = { 0 };
	bool in_core = false;

	if (memchr(s, 0, len))
		return error_set(err, EINVAL, "NUL byte in the text");
	while (s < end) {
		const char *stop = memchr(s, '\n', (size_t)(end - s));

		if (!stop)
			stop = end;
		take_line(value, &in_core, trim(s, stop));
		s = stop + 1;
	}
	if (!value[VERSION].s)
		return error_set(err, EINVAL,
				 "not an OSTree repository: no repo_version in [core]");
	if (!is(value[VERSION], "1"))
		return error_set(err, EINVAL, "repo_version is not 1");
	repo->has_parent = value[PARENT].len != 0;
	repo->no_xattrs = is(value[NO_XATTRS], "true") || is(value[NO_XATTRS], "1");
	return take_mode(repo, value[MODE], err);
}

int ostree_open(int dir, const char *path, bool link, int *fd, struct stat *st, struct error *err)
{
	int at = beneath_open(dir, path, strlen(path), O_PATH);

	if (at < 0 && errno == ELOOP)
		return error_set(err, ELOOP, "is reached through a symbolic link");
	if (at < 0)
		return error_sys(err, "open");
	if (fstat(at, st)) {
		error_sys(err, "fstat");
	} else if (S_ISLNK(st->st_mode) && link) {
		*fd = at;
		return 0;
	} else if (!S_ISREG(st->st_mode)) {
		error_set(err, EINVAL, "is %s",
			  S_ISLNK(st->st_mode) ? "a symbolic link" : "no regular file");
	} else {
		close(at);
		/* O_NONBLOCK and the check below: another file may have taken its place since then. */
		*fd = beneath_open(dir, path, strlen(path), O_RDONLY | O_NONBLOCK | O_NOCTTY);
		if (*fd < 0)
			return error_sys(err, "open");
		if (!fstat(*fd, st) && S_ISREG(st->st_mode))
			return 0;
		at = *fd;
		error_set(err, EINVAL, "has changed");
	}
	close(at);
	return -1;
}

static int read_config(struct ostree_repo *repo, struct error *err)
{
	struct stat st = { 0 };
	ssize_t n;
	char *s;
	int fd = -1, rc;

	if (ostree_open(repo->fd, "config", false, &fd, &st, err))
		return error_in(err, "%s: config", repo->path);
	s = malloc(CONFIG_MAX);
	n = s ? io_read(fd, s, CONFIG_MAX) : 0;
	if (!s)
		rc = error_nomem(err);
	else if (n < 0)
		rc = error_sys(err, "read");
	else if (n == CONFIG_MAX)
		rc = error_set(err, EFBIG, "more than 1 MiB");
	else
		rc = ostree_config_parse(repo, s, (size_t)n, err);
	free(s);
	close(fd);
	return rc ? error_in(err, "%s: config", repo->path) : 0;
}

int ostree_repo_open(struct ostree_repo *repo, const char *path, struct error *err)
{
	*repo = (struct ostree_repo){ .path = path, .objects = -1 };
	repo->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (repo->fd < 0)
		return error_sys(err, "%s: open", path);
	if (read_config(repo, err))
		goto fail;
	repo->objects =
		beneath_open(repo->fd, "objects", strlen("objects"), O_RDONLY | O_DIRECTORY);
	if (repo->objects >= 0)
		return 0;
	if (errno == ELOOP || errno == ENOTDIR)
		error_set(err, ENOTDIR, "%s: objects: not a directory", path);
	else
		error_sys(err, "%s: objects: open", path);
fail:
	ostree_repo_close(repo);
	return -1;
}

void ostree_repo_close(struct ostree_repo *repo)
{
	if (repo->objects >= 0)
		close(repo->objects);
	if (repo->fd >= 0)
		close(repo->fd);
	repo->fd = repo->objects = -1;
}

void ostree_object_name(char name[OSTREE_OBJECT_NAME], const struct sha256_sum *sum,
			const char *ext)
{
	size_t len = cfs_object_name(name, CFS_SHA256, sum->b);

	name[len] = '.';
	memcpy(name + len + 1, ext, strlen(ext) + 1);
}

int ostree_object_open(const struct ostree_repo *repo, const struct sha256_sum *sum,
		       const char *ext, bool link, int *fd, struct stat *st, struct error *err)
{
	char name[OSTREE_OBJECT_NAME];

	ostree_object_name(name, sum, ext);
	if (!ostree_open(repo->objects, name, link, fd, st, err))
		return 0;
	if (err->code != ENOENT)
		return -1;
	return error_set(err, ENOENT,
			 repo->has_parent
				 ? "is missing; the repository has a parent, which is not read"
				 : "is missing");
}

int ostree_metadata_read(const struct ostree_repo *repo, struct arena *arena,
			 const struct sha256_sum *sum, const char *ext, struct cfs_span *data,
			 struct error *err)
{
	struct sha256_sum got;
	struct stat st = { 0 };
	int fd = -1, rc = -1;
	ssize_t n;
	u8 *p;

	if (ostree_object_open(repo, sum, ext, false, &fd, &st, err))
		return -1;
	if ((u64)st.st_size > OSTREE_METADATA_MAX) {
		error_set(err, EFBIG, "more than 128 MiB");
		goto out;
	}
	p = arena_bytes(arena, (size_t)st.st_size + 1);
	if (!p) {
		error_nomem(err);
		goto out;
	}
	n = io_read(fd, p, (size_t)st.st_size);
	if (n < 0) {
		error_sys(err, "read");
		goto out;
	}
	sha256_one(p, (size_t)n, got.b);
	*data = (struct cfs_span){ p, (u64)n };
	rc = memcmp(&got, sum, sizeof(got))
		     ? error_set(err, EBADMSG, "content does not have this checksum")
		     : 0;
out:
	close(fd);
	return rc;
}
