// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/optlist.h"
#include <linux/mount.h>
#include <stdlib.h>
#include <sys/types.h>
#include "applets/applet.h"
#include "applets/common/digest.h"

const char *const optlist_context[CONTEXT_MAX] = { "context", "fscontext", "defcontext",
						   "rootcontext" };

/* As long as the list: what is decoded is shorter, even with a NUL for each separator. */
struct optlist_text {
	struct optlist_text *next;
	char *free;
	char bytes[];
};

/* A part of the list, still with its escapes. */
struct piece {
	const char *s;
	size_t len;
};

/* One option on its way in. */
struct option {
	struct optlist *o;
	struct piece name, value;
	bool has_value;
	struct error *err;
};

static int refuse(const struct option *opt, const char *text)
{
	return error_set(opt->err, EINVAL, "%.*s: %s",
			 (int)(opt->name.len < 256 ? opt->name.len : 256), opt->name.s, text);
}

/*
 * The length of the part before the next @sep that is neither quoted nor behind
 * a backslash. Quotes count behind the first '=' only if @named. -1: a quote is
 * left open.
 */
static ssize_t part(const char *s, size_t len, char sep, bool named)
{
	bool quoted = false, value = !named;
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len)
			i++;
		else if (s[i] == '"' && value)
			quoted = !quoted;
		else if (s[i] == sep && !quoted)
			break;
		else if (s[i] == '=')
			value = true;
	}
	return quoted ? -1 : (ssize_t)i;
}

static bool is_octal(const char *s, size_t left)
{
	for (int i = 0; i < 3; i++)
		if (left < 3 || s[i] < '0' || s[i] > (i ? '7' : '3'))
			return false;
	return s[0] != '0' || s[1] != '0' || s[2] != '0';
}

/* Undo quotes and escapes; NULL and an error. */
static const char *decode(const struct option *opt, struct piece p)
{
	char *to = opt->o->texts->free;
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < p.len; i++) {
		const char *next = p.s + i + 1;
		size_t left = p.len - i - 1;

		if (p.s[i] == '"') {
			quoted = !quoted;
		} else if (p.s[i] != '\\') {
			to[n++] = p.s[i];
		} else if (left && (*next == '"' || *next == '\\' ||
				    (!quoted && (*next == ',' || *next == ':')))) {
			to[n++] = *next;
			i++;
		} else if (!quoted && is_octal(next, left)) {
			to[n++] = (char)((next[0] - '0') << 6 | (next[1] - '0') << 3 |
					 (next[2] - '0'));
			i += 3;
		} else {
			refuse(opt,
			       "a backslash stands before none of , : \" \\ and three octal digits");
			return NULL;
		}
	}
	to[n++] = '\0';
	opt->o->texts->free += n;
	return to;
}

/* The value of an option that must have one. */
static const char *text(const struct option *opt)
{
	const char *s;

	if (!opt->has_value) {
		refuse(opt, "needs a value");
		return NULL;
	}
	s = decode(opt, opt->value);
	if (s && !*s) {
		refuse(opt, "empty value");
		return NULL;
	}
	return s;
}

static int set_text(const struct option *opt, const char **to)
{
	const char *s = text(opt);

	if (!s)
		return -1;
	*to = s;
	return 0;
}

static int set_basedir(const struct option *opt)
{
	struct piece rest = opt->value;
	unsigned int n = 0;

	for (;; n++) {
		ssize_t len = part(rest.s, rest.len, ':', false);
		const char *dir;

		/* Quotes were found to be closed when the list was split. */
		dir = decode(opt, (struct piece){ rest.s, (size_t)len });
		if (!dir)
			return -1;
		if (!*dir)
			return refuse(opt, "empty name in list");
		if (n < OPTLIST_BASEDIRS)
			opt->o->basedir[n] = dir;
		if ((size_t)len == rest.len)
			break;
		rest.s += len + 1;
		rest.len -= (size_t)len + 1;
	}
	if (++n > OPTLIST_BASEDIRS)
		return error_set(opt->err, EINVAL, "basedir: %u directories given, at most %u", n,
				 OPTLIST_BASEDIRS);
	opt->o->basedirs = n;
	return 0;
}

static int set_digest(const struct option *opt)
{
	const char *s = opt->has_value ? decode(opt, opt->value) : "";
	const char *colon;
	size_t len;

	if (!s)
		return -1;
	if (digest_given(&opt->o->digest, s)) {
		return 0;
	}
	colon = strchr(s, ':'); /* sha512: and v1-sha512-12: */
	s = colon ? colon + 1 : s;
	len = strlen(s);
	if (len == CFS_HEX_MAX && strspn(s, "0123456789abcdefABCDEF") == len)
		return refuse(opt, "looks like SHA-512, images use SHA-256");
	return refuse(opt, "64 hex digits expected");
}

/* The place of a word in a list of words separated by spaces, -1: not there. */
static int word_index(const char *list, const char *s, size_t len)
{
	for (int i = 0; *list; i++) {
		size_t n = strcspn(list, " ");

		if (n == len && !memcmp(list, s, len))
			return i;
		list += n + (list[n] == ' ');
	}
	return -1;
}

static int set_level(const struct option *opt)
{
	const char *s = opt->has_value ? decode(opt, opt->value) : "";

	if (!s)
		return -1;
	if (s[0] < '0' || s[0] > '2' || s[1])
		return refuse(opt, "0, 1 or 2 expected");
	opt->o->verity_check = s[0] - '0';
	return 0;
}

static int set_backend(const struct option *opt)
{
	static const enum backend backends[] = { BACKEND_AUTO, BACKEND_KMOD, BACKEND_EROFS,
						 BACKEND_FUSE, BACKEND_KMOD, BACKEND_EROFS };
	const char *s = opt->has_value ? decode(opt, opt->value) : "";
	int i;

	if (!s)
		return -1;
	i = word_index("auto kmod erofs fuse native overlay", s, strlen(s));
	if (i < 0)
		return refuse(opt, "auto, kmod, erofs or fuse expected");
	opt->o->backend = backends[i];
	return 0;
}

static int set_debug(const struct option *opt)
{
	const char *s = text(opt);

	while (s && *s) {
		size_t n = strcspn(s, ":");
		int i = word_index("loop B C D noproc nodev", s, n);

		if (i < 0)
			return refuse(opt, "loop, B, C, D, noproc, nodev expected");
		opt->o->debug |= 1u << i;
		s += n + (s[n] == ':');
	}
	return s ? 0 : -1;
}

/* Options with a value; false: it is none of them. */
static bool with_value(const struct option *opt, int *rc)
{
	struct optlist *o = opt->o;
	int i = word_index("basedir digest verity_check backend upperdir workdir idmap debug",
			   opt->name.s, opt->name.len);

	switch (i) {
	case 0:
		*rc = set_basedir(opt);
		return true;
	case 1:
		*rc = set_digest(opt);
		return true;
	case 2:
		*rc = set_level(opt);
		return true;
	case 3:
		*rc = set_backend(opt);
		return true;
	case 4:
	case 5:
	case 6:
		*rc = set_text(opt, i == 4 ? &o->upper : i == 5 ? &o->work : &o->idmap);
		return true;
	case 7:
		*rc = set_debug(opt);
		return true;
	}
	for (i = 0; i < CONTEXT_MAX; i++) {
		if (word_index(optlist_context[i], opt->name.s, opt->name.len) < 0)
			continue;
		*rc = set_text(opt, &o->context[i]);
		return true;
	}
	return false;
}

/* Flags of the mount; false: it is none of them. */
static bool set_flag(const struct option *opt)
{
	/* Those of the first ten that do not begin with "no" clear what the one before sets. */
	static const unsigned int bits[] = { MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC,
					     MOUNT_ATTR_NODIRATIME, MOUNT_ATTR_NOSYMFOLLOW };
	int i = word_index(
		"nosuid suid nodev dev noexec exec nodiratime diratime nosymfollow symfollow noatime strictatime relatime atime norelatime nostrictatime",
		opt->name.s, opt->name.len);
	unsigned int mask = i < 10 ? bits[i < 0 ? 0 : i / 2] : MOUNT_ATTR__ATIME,
		     value = i & 1 ? 0 : mask;

	if (i < 0)
		return false;
	if (i >= 10)
		value = i == 10   ? MOUNT_ATTR_NOATIME
			: i == 11 ? MOUNT_ATTR_STRICTATIME
				  : MOUNT_ATTR_RELATIME;
	opt->o->attr = (opt->o->attr & ~mask) | value;
	opt->o->touched |= mask;
	return true;
}

/* Options without a value; false: it is none of them. */
static bool without_value(const struct option *opt)
{
	struct optlist *o = opt->o;

	if (set_flag(opt))
		return true;
	switch (word_index("ro rw verity noverity tryverity volatile remount defaults", opt->name.s,
			   opt->name.len)) {
	case 0:
	case 1:
		o->rw = opt->name.s[1] == 'w';
		return true;
	case 2:
		o->verity = 2;
		return true;
	case 3:
		o->verity = 0;
		return true;
	case 4:
		o->try_verity = true;
		return true;
	case 5:
		o->is_volatile = true;
		return true;
	case 6:
		o->remount = true;
		return true;
	case 7:
		return true;
	}
	return false;
}

/* What mount programs hand over and nobody here needs (mount 2). */
static bool is_ignored(struct piece name)
{
	if (name.len > 2 && (name.s[0] == 'x' || name.s[0] == 'X') && name.s[1] == '-')
		return true;
	return word_index(
		       "nofail _netdev auto noauto user nouser users nousers owner noowner group nogroup comment",
		       name.s, name.len) >= 0;
}

static int take(const struct option *opt, bool sloppy)
{
	int rc = 0;

	if (with_value(opt, &rc))
		return rc;
	if (without_value(opt))
		return opt->has_value ? refuse(opt, "takes no value") : 0;
	if (is_ignored(opt->name) || sloppy)
		return 0;
	return error_set(opt->err, EINVAL, "%.*s: unknown option; see %s --help",
			 (int)(opt->name.len < 256 ? opt->name.len : 256), opt->name.s,
			 program_name);
}

void optlist_init(struct optlist *o)
{
	*o = (struct optlist){ .verity_check = -1, .verity = -1, .rw = -1 };
}

void optlist_release(struct optlist *o)
{
	while (o->texts) {
		struct optlist_text *next = o->texts->next;

		free(o->texts);
		o->texts = next;
	}
}

int optlist_parse(struct optlist *o, const char *list, bool sloppy, struct error *err)
{
	size_t left = strlen(list);
	struct optlist_text *text = malloc(sizeof(*text) + left + 1);

	if (!text)
		return error_nomem(err);
	text->next = o->texts;
	text->free = text->bytes;
	o->texts = text;
	for (;;) {
		ssize_t len = part(list, left, ',', true);
		struct option opt = { .o = o, .err = err };
		const char *equal;

		if (len < 0) {
			opt.name = (struct piece){ list, strcspn(list, "=") };
			return refuse(&opt, "a quote is left open");
		}
		equal = memchr(list, '=', (size_t)len);
		opt.has_value = equal != NULL;
		opt.name = (struct piece){ list, equal ? (size_t)(equal - list) : (size_t)len };
		if (equal)
			opt.value = (struct piece){ equal + 1, (size_t)len - opt.name.len - 1 };
		/* An empty piece between commas: mount programs leave some. */
		if (len && take(&opt, sloppy))
			return -1;
		if ((size_t)len == left)
			return 0;
		list += len + 1;
		left -= (size_t)len + 1;
	}
}

int optlist_finish(const struct optlist *o, struct error *err)
{
	if (o->upper && !o->work)
		return error_set(err, EINVAL, "upperdir: needs workdir");
	if (o->work && !o->upper)
		return error_set(err, EINVAL, "workdir: needs upperdir");
	if (o->is_volatile && !o->upper)
		return error_set(err, EINVAL, "volatile: needs upperdir");
	return 0;
}

int optlist_level(const struct optlist *o, bool *tries)
{
	*tries = false;
	if (o->verity_check >= 0)
		return o->verity_check;
	if (o->verity >= 0)
		return o->verity;
	if (o->digest.algorithm)
		return 2;
	*tries = o->try_verity;
	return 0;
}
