// SPDX-License-Identifier: GPL-2.0-only
/* Find the commit that a revision names (ostree 2). */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>
#include "files/io.h"
#include "files/beneath.h"
#include "store/object.h"
#include "base/text.h"
#include "source/ostree/repo.h"

#define ALIASES_MAX 8

/* Results of a look-up; -1 is an error. */
enum {
	REF_FOUND,
	REF_NONE,
	REF_ALIAS, /* the path has been replaced by the target */
};

static bool is_letter(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c >= 0x80;
}

/* Whether @s is [A-Za-z0-9_][A-Za-z0-9_.-]*, hence neither empty nor "..". */
static bool is_fragment(const char *s, size_t len)
{
	if (!len || !is_letter((u8)*s))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_letter((u8)s[i]) && s[i] != '.' && s[i] != '-')
			return false;
	return true;
}

/* One or more fragments joined by slashes. */
static bool is_name(const char *s, size_t len)
{
	const char *end = s + len;

	for (;;) {
		const char *slash = memchr(s, '/', (size_t)(end - s));

		if (!is_fragment(s, (size_t)((slash ? slash : end) - s)))
			return false;
		if (!slash)
			return true;
		s = slash + 1;
	}
}

static bool parse_sum(struct sha256_sum *sum, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] >= 'A' && s[i] <= 'F')
			return false;
	return sha256_sum_parse(sum, s, len);
}

/* 64 digits, then white space to the end. */
static int read_ref(int fd, struct sha256_sum *sum, struct error *err)
{
	char block[4096];
	ssize_t n = io_read(fd, block, SHA256_HEX), at = n;

	if (n == SHA256_HEX && parse_sum(sum, block, SHA256_HEX)) {
		while (at == n) {
			n = io_read(fd, block, sizeof(block));
			for (at = 0; at < n && memchr(" \t\n\f\r", block[at], 5); at++)
				;
			if (n == 0)
				return 0;
		}
	}
	if (n < 0)
		return error_sys(err, "read");
	return error_set(err, EINVAL, "is not a checksum and white space");
}

/*
 * Replace the path of an alias by that of its target: @target is joined to the directory
 * of the alias, and "." and ".." are resolved as text.
 */
static int follow(char path[PATH_MAX], const char *target, struct error *err)
{
	char *end = strrchr(path, '/');

	if (*target == '/')
		return error_set(err, EINVAL, "alias with an absolute target");
	while (*target) {
		size_t len = strcspn(target, "/");

		if (len == 2 && !memcmp(target, "..", 2)) {
			if (end == path)
				return error_set(err, EINVAL, "alias that leaves the repository");
			do
				end--;
			while (end > path && *end != '/');
		} else if (len && !(len == 1 && *target == '.')) {
			bool first = end == path;

			if (len + 2 > (size_t)(path + PATH_MAX - end))
				return error_set(err, ENAMETOOLONG, "alias with too long a target");
			if (!first)
				*end++ = '/';
			memcpy(end, target, len);
			end += len;
		}
		target += len;
		target += *target == '/';
	}
	*end = 0;
	if (strncmp(path, "refs/heads/", 11) && strncmp(path, "refs/remotes/", 13))
		return error_set(err, EINVAL, "alias that leaves the refs");
	return REF_ALIAS;
}

/* Look at a path: it holds a checksum, nothing, or an alias. Returns REF_*. */
static int look(const struct ostree_repo *repo, char path[PATH_MAX], struct sha256_sum *sum,
		struct error *err)
{
	char target[PATH_MAX];
	struct stat st = { 0 };
	ssize_t n;
	int fd, rc;

	if (ostree_open(repo->fd, path, true, &fd, &st, err)) {
		bool none =
			err->code == ENOENT || err->code == ENOTDIR || err->code == ENAMETOOLONG;

		return none || S_ISDIR(st.st_mode) ? REF_NONE : -1;
	}
	if (!S_ISLNK(st.st_mode)) {
		rc = read_ref(fd, sum, err);
	} else {
		n = readlinkat(fd, "", target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = 0;
		rc = n < 0 ? error_sys(err, "readlink") : follow(path, target, err);
	}
	close(fd);
	return rc;
}

/*
 * Find the ref @name below @where, or below @remote in @where if that is not empty, and
 * follow aliases. REF_FOUND, REF_NONE or -1.
 */
static int find(const struct ostree_repo *repo, const char *where, const char *remote,
		int remote_len, const char *name, struct sha256_sum *sum, struct error *err)
{
	char path[PATH_MAX];
	int rc = REF_ALIAS, n = text_format(path, sizeof(path), "%s%.*s%s%s", where, remote_len,
					    remote, remote_len ? "/" : "", name);

	if (n < 0 || n >= (int)sizeof(path))
		return REF_NONE;
	for (unsigned int aliases = 0; rc == REF_ALIAS; aliases++) {
		if (aliases > ALIASES_MAX)
			return error_set(err, ELOOP, "more than %u aliases in a row", ALIASES_MAX);
		rc = look(repo, path, sum, err);
		if (rc == REF_NONE && aliases)
			rc = error_set(err, ENOENT, "is not there, but an alias of it is");
		if (rc < 0)
			return error_in(err, "%s", path);
	}
	return rc;
}

/* Find a ref in the first remote, in byte order, that has it. */
static int find_in_remotes(const struct ostree_repo *repo, const char *name, struct sha256_sum *sum,
			   struct error *err)
{
	int fd = beneath_open(repo->fd, "refs/remotes", strlen("refs/remotes"),
			      O_RDONLY | O_DIRECTORY),
	    rc = REF_NONE;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char first[NAME_MAX + 1] = "";
	const struct dirent *e;

	if (fd < 0 && errno == ENOENT)
		return REF_NONE;
	while (d && (errno = 0, e = readdir(d))) {
		size_t len = strlen(e->d_name);
		struct error other = { 0 };
		struct sha256_sum here;
		int got;

		if (!is_fragment(e->d_name, len) || len > NAME_MAX ||
		    (*first && strcmp(e->d_name, first) > 0))
			continue;
		got = find(repo, "refs/remotes/", e->d_name, (int)len, name, &here, &other);
		if (got == REF_NONE)
			continue;
		memcpy(first, e->d_name, len + 1);
		rc = got;
		if (rc < 0)
			*err = other;
		else
			*sum = here;
	}
	if (!d || errno)
		rc = error_sys(err, "refs/remotes: open");
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- abbreviated checksums ---- */

static bool is_abbreviation(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return len > 0 && len < SHA256_HEX;
}

/* Count the commits in the folder @two of objects whose checksums begin with @rev. -1 and a text. */
static int match_folder(const struct ostree_repo *repo, const char two[3], const char *rev,
			struct sha256_sum *sum, struct error *err)
{
	const size_t rest = SHA256_HEX - 2, len = strlen(rev) > 2 ? strlen(rev) - 2 : 0;
	int fd = beneath_open(repo->objects, two, 2, O_RDONLY | O_DIRECTORY), found = 0;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	char hex[SHA256_HEX];
	const struct dirent *e;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	while (d && (errno = 0, e = readdir(d))) {
		if (strlen(e->d_name) != rest + strlen(".commit") ||
		    strcmp(e->d_name + rest, ".commit") || (len && memcmp(e->d_name, rev + 2, len)))
			continue;
		memcpy(hex, two, 2);
		memcpy(hex + 2, e->d_name, rest);
		found += parse_sum(sum, hex, sizeof(hex));
	}
	if (!d || errno)
		found = error_sys(err, "objects/%.2s: open", two);
	if (d)
		closedir(d);
	else if (fd >= 0)
		close(fd);
	return found;
}

/* Find the only commit whose checksum begins with @rev. REF_FOUND, REF_NONE or -1. */
static int find_commit(const struct ostree_repo *repo, const char *rev, struct sha256_sum *sum,
		       struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	int found = 0;

	for (unsigned int i = 0; i < 256; i++) {
		const char two[3] = { digits[i >> 4], digits[i & 15], 0 };
		int n;

		if (two[0] != rev[0] || (rev[1] && two[1] != rev[1]))
			continue;
		n = match_folder(repo, two, rev, sum, err);
		if (n < 0)
			return -1;
		found += n;
	}
	if (found > 1)
		return error_set(err, EINVAL,
				 "%d commits have a checksum that begins so: give more digits",
				 found);
	return found ? REF_FOUND : REF_NONE;
}

/* ---- all forms ---- */

/* Find a ref by its name in all places. REF_FOUND, REF_NONE or -1. */
static int find_name(const struct ostree_repo *repo, const char *name, struct sha256_sum *sum,
		     struct error *err)
{
	int rc = find(repo, "refs/heads/", "", 0, name, sum, err);

	if (rc == REF_NONE)
		rc = find(repo, "refs/remotes/", "", 0, name, sum, err);
	return rc == REF_NONE ? find_in_remotes(repo, name, sum, err) : rc;
}

/* Find a ref or an abbreviated checksum. */
static int find_either(const struct ostree_repo *repo, const char *rev, struct sha256_sum *sum,
		       struct error *err)
{
	struct sha256_sum commit;
	int rc = find_name(repo, rev, sum, err), other;

	if (rc < 0 || !is_abbreviation(rev, strlen(rev)))
		return rc;
	other = find_commit(repo, rev, &commit, err);
	if (other < 0)
		return -1;
	if (rc == REF_FOUND && other == REF_FOUND && memcmp(sum, &commit, sizeof(commit)))
		return error_set(
			err, EINVAL,
			"is a ref and the beginning of another commit's checksum: give the whole checksum");
	if (other == REF_FOUND)
		*sum = commit;
	return rc == REF_FOUND ? rc : other;
}

int ostree_ref_resolve(const struct ostree_repo *repo, const char *rev, struct sha256_sum *sum,
		       struct error *err)
{
	size_t len = strlen(rev);
	const char *colon = memchr(rev, ':', len), *name = colon ? colon + 1 : rev;
	int rc;

	if (parse_sum(sum, rev, len))
		return 0;
	if (!is_name(name, len - (size_t)(name - rev)) ||
	    (colon && !is_fragment(rev, (size_t)(colon - rev))))
		return error_set(err, EINVAL, "is neither a checksum nor the name of a ref");
	if (colon) {
		rc = colon - rev > NAME_MAX
			     ? REF_NONE
			     : find(repo, "refs/remotes/", rev, (int)(colon - rev), name, sum, err);
	} else {
		rc = find_either(repo, rev, sum, err);
	}
	return rc == REF_NONE ? error_set(err, ENOENT, "no such ref") : rc;
}
