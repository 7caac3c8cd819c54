// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/optlist.h"
#include <linux/mount.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include "applets/applet.h"
#include "applets/common/digest.h"

/* As long as the list: what is decoded is shorter, even with a NUL for each separator. */
struct optlist_text {
	struct optlist_text *next;
	char *free;
	char bytes[];
};

const char *const optlist_context[CONTEXT_MAX] = { "context", "fscontext", "defcontext",
						   "rootcontext" };

/* What an option sets. Those from SETS_BASEDIR to SETS_TEXT take a value. */
enum sets {
	SETS_NOTHING, /* mount programs pass it on; with or without a value */
	SETS_BASEDIR,
	SETS_DIGEST,
	SETS_KEY,
	SETS_LEVEL,
	SETS_BACKEND,
	SETS_DEBUG,
	SETS_TEXT,   /* the text at the offset bits of struct optlist */
	SETS_TRUE,   /* the bool at that offset */
	SETS_RW,     /* bits: 1 or 0 */
	SETS_VERITY, /* bits: the level */
	SETS_ATTR,   /* bits: of MOUNT_ATTR_*, set */
	CLEARS_ATTR, /* the same, cleared */
	SETS_ATIME,  /* bits: a value of the field MOUNT_ATTR__ATIME */
};

struct row {
	char name[16];
	enum sets sets;
	unsigned int bits;
};

#define AT(field) offsetof(struct optlist, field)

/* clang-format off */
static const struct row rows[] = {
	{ "basedir", SETS_BASEDIR },
	{ "digest", SETS_DIGEST },
	{ "key", SETS_KEY },
	{ "signature", SETS_TEXT, AT(signature) },
	{ "name", SETS_TEXT, AT(name) },
	{ "minserial", SETS_TEXT, AT(min_serial) },
	{ "serialfile", SETS_TEXT, AT(serial_file) },
	{ "now", SETS_TEXT, AT(now) },
	{ "verity_check", SETS_LEVEL },
	{ "verity", SETS_VERITY, 2 },
	{ "noverity", SETS_VERITY, 0 },
	{ "tryverity", SETS_TRUE, AT(try_verity) },
	{ "ro", SETS_RW, 0 },
	{ "rw", SETS_RW, 1 },
	{ "upperdir", SETS_TEXT, AT(upper) },
	{ "workdir", SETS_TEXT, AT(work) },
	{ "volatile", SETS_TRUE, AT(is_volatile) },
	{ "idmap", SETS_TEXT, AT(idmap) },
	{ "backend", SETS_BACKEND },
	{ "remount", SETS_TRUE, AT(remount) },
	{ "nofail", SETS_TRUE, AT(nofail) },
	{ "foreground", SETS_TRUE, AT(foreground) },
	{ "nocheck", SETS_TRUE, AT(nocheck) },
	{ "allow_other", SETS_TRUE, AT(allow_other) },
	{ "context", SETS_TEXT, AT(context[CONTEXT_CONTEXT]) },
	{ "fscontext", SETS_TEXT, AT(context[CONTEXT_FS]) },
	{ "defcontext", SETS_TEXT, AT(context[CONTEXT_DEF]) },
	{ "rootcontext", SETS_TEXT, AT(context[CONTEXT_ROOT]) },
	{ "nosuid", SETS_ATTR, MOUNT_ATTR_NOSUID },
	{ "suid", CLEARS_ATTR, MOUNT_ATTR_NOSUID },
	{ "nodev", SETS_ATTR, MOUNT_ATTR_NODEV },
	{ "dev", CLEARS_ATTR, MOUNT_ATTR_NODEV },
	{ "noexec", SETS_ATTR, MOUNT_ATTR_NOEXEC },
	{ "exec", CLEARS_ATTR, MOUNT_ATTR_NOEXEC },
	{ "nodiratime", SETS_ATTR, MOUNT_ATTR_NODIRATIME },
	{ "diratime", CLEARS_ATTR, MOUNT_ATTR_NODIRATIME },
	{ "nosymfollow", SETS_ATTR, MOUNT_ATTR_NOSYMFOLLOW },
	{ "symfollow", CLEARS_ATTR, MOUNT_ATTR_NOSYMFOLLOW },
	{ "noatime", SETS_ATIME, MOUNT_ATTR_NOATIME },
	{ "strictatime", SETS_ATIME, MOUNT_ATTR_STRICTATIME },
	{ "relatime", SETS_ATIME, MOUNT_ATTR_RELATIME },
	{ "atime", SETS_ATIME, MOUNT_ATTR_RELATIME },
	{ "norelatime", SETS_ATIME, MOUNT_ATTR_RELATIME },
	{ "nostrictatime", SETS_ATIME, MOUNT_ATTR_RELATIME },
	{ "defaults", SETS_NOTHING },
	/* A file system that is never written has no use for these. */
	{ "sync", SETS_NOTHING },
	{ "async", SETS_NOTHING },
	{ "dirsync", SETS_NOTHING },
	{ "lazytime", SETS_NOTHING },
	{ "nolazytime", SETS_NOTHING },
	{ "iversion", SETS_NOTHING },
	{ "noiversion", SETS_NOTHING },
	{ "mand", SETS_NOTHING },
	{ "nomand", SETS_NOTHING },
	{ "silent", SETS_NOTHING },
	{ "loud", SETS_NOTHING },
	/* For mount(8), umount(8) and systemd. */
	{ "_netdev", SETS_NOTHING },
	{ "auto", SETS_NOTHING },
	{ "noauto", SETS_NOTHING },
	{ "user", SETS_NOTHING },
	{ "nouser", SETS_NOTHING },
	{ "users", SETS_NOTHING },
	{ "nousers", SETS_NOTHING },
	{ "owner", SETS_NOTHING },
	{ "noowner", SETS_NOTHING },
	{ "group", SETS_NOTHING },
	{ "nogroup", SETS_NOTHING },
	{ "comment", SETS_NOTHING },
	{ "uhelper", SETS_NOTHING },
	{ "helper", SETS_NOTHING },
	{ "debug", SETS_DEBUG },
};
/* clang-format on */

/* A part of the list, still with its escapes. */
struct piece {
	const char *s;
	size_t len;
};

/* One option on its way in. */
struct option {
	struct optlist *o;
	const struct row *row;
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
 * Under upstream's name a quote protects only where it opens a value or a piece of
 * a list and another one ends it; upstream's helper takes all quotes as part of a
 * name. The place of the closing quote of the one at @s, 0: it protects nothing.
 */
static size_t closing_quote(const char *s, size_t len)
{
	for (size_t i = 1; i < len; i++) {
		if (s[i] == '\\')
			i++;
		else if (s[i] == '"' && (i + 1 == len || s[i + 1] == ',' || s[i + 1] == ':'))
			return i;
	}
	return 0;
}

static ssize_t part_as_upstream(const char *s, size_t len, char sep, bool named)
{
	bool begins = !named, value = !named;
	size_t i;

	for (i = 0; i < len && s[i] != sep; i++) {
		bool was = begins;

		begins = value && s[i] == ':';
		if (s[i] == '\\' && i + 1 < len)
			i++;
		else if (s[i] == '"' && was)
			i += closing_quote(s + i, len - i);
		else if (s[i] == '=' && !value)
			begins = value = true;
	}
	return (ssize_t)i;
}

/*
 * The length of the part before the next @sep that is neither quoted nor behind
 * a backslash. Quotes count behind the first '=' only if @named. -1: a quote is
 * left open.
 */
static ssize_t part(const struct optlist *o, const char *s, size_t len, char sep, bool named)
{
	bool quoted = false, value = !named;
	size_t i;

	if (o->as_upstream)
		return part_as_upstream(s, len, sep, named);
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

/* Whether quotes in a piece protect, and are no part of it. */
static bool quotes_count(const struct optlist *o, struct piece p)
{
	return !o->as_upstream ||
	       (p.len && p.s[0] == '"' && closing_quote(p.s, p.len) == p.len - 1);
}

/* Undo quotes and escapes; NULL and an error. */
static const char *decode(const struct option *opt, struct piece p)
{
	char *to = opt->o->texts->free;
	bool quoted = false, counts = quotes_count(opt->o, p);
	size_t n = 0;

	for (size_t i = 0; i < p.len; i++) {
		const char *next = p.s + i + 1;
		size_t left = p.len - i - 1;

		if (p.s[i] == '"' && counts && (!opt->o->as_upstream || !i || !left)) {
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

/* NAME[:NAME...] to up to @max names; *@count is how many there are. */
static int set_names(const struct option *opt, const char **names, unsigned int max,
		     unsigned int *count)
{
	struct piece rest = opt->value;
	unsigned int n = 0;

	for (;; n++) {
		ssize_t len = part(opt->o, rest.s, rest.len, ':', false);
		const char *dir;

		/* Quotes were found to be closed when the list was split. */
		dir = decode(opt, (struct piece){ rest.s, (size_t)len });
		if (!dir)
			return -1;
		if (!*dir)
			return refuse(opt, "empty name in list");
		if (n < max)
			names[n] = dir;
		if ((size_t)len == rest.len)
			break;
		rest.s += len + 1;
		rest.len -= (size_t)len + 1;
	}
	*count = n + 1;
	return 0;
}

static int set_basedir(const struct option *opt)
{
	unsigned int n;

	if (set_names(opt, opt->o->basedir, OPTLIST_BASEDIRS, &n))
		return -1;
	if (n > OPTLIST_BASEDIRS)
		return error_set(opt->err, EINVAL, "basedir: %u directories given, at most %u", n,
				 OPTLIST_BASEDIRS);
	opt->o->basedirs = n;
	return 0;
}

static int set_key(const struct option *opt)
{
	unsigned int n;

	if (set_names(opt, opt->o->key, KEYS_MAX, &n))
		return -1;
	if (n > KEYS_MAX)
		return error_set(opt->err, EINVAL, "key: %u files given, at most %u", n, KEYS_MAX);
	opt->o->keys = n;
	return 0;
}

static int set_digest(const struct option *opt)
{
	const char *s = opt->has_value ? decode(opt, opt->value) : "";
	struct error why;

	if (!s)
		return -1;
	return digest_given(&opt->o->digest, s, &why) ? refuse(opt, why.text) : 0;
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

/* Whether this program has the one that is named is not known here. */
static int set_backend(const struct option *opt)
{
	static const char names[] = "auto kmod native erofs overlay fuse fuse-plain fuse-overlay";
	const char *s = opt->has_value ? decode(opt, opt->value) : "";
	int i;

	if (!s)
		return -1;
	i = word_index(names, s, strlen(s));
	if (i < 0)
		return refuse(opt, "auto, kmod, erofs, fuse, fuse-plain or fuse-overlay expected");
	opt->o->backend = i ? s : NULL;
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

/* Flags of the mount. */
static void set_attr(struct optlist *o, unsigned int mask, unsigned int value)
{
	o->attr = (o->attr & ~mask) | value;
	o->touched |= mask;
}

/* A field of the option list. */
static void *field(const struct option *opt)
{
	return (char *)opt->o + opt->row->bits;
}

static int set_with_value(const struct option *opt)
{
	switch (opt->row->sets) {
	case SETS_BASEDIR:
		return set_basedir(opt);
	case SETS_DIGEST:
		return set_digest(opt);
	case SETS_KEY:
		return set_key(opt);
	case SETS_LEVEL:
		return set_level(opt);
	case SETS_BACKEND:
		return set_backend(opt);
	case SETS_DEBUG:
		return set_debug(opt);
	default:
		return set_text(opt, field(opt));
	}
}

static void set_without_value(const struct option *opt)
{
	struct optlist *o = opt->o;
	unsigned int bits = opt->row->bits;

	switch (opt->row->sets) {
	case SETS_TRUE:
		*(bool *)field(opt) = true;
		break;
	case SETS_RW:
		o->rw = (int)bits;
		break;
	case SETS_VERITY:
		o->verity = (int)bits;
		break;
	case SETS_ATTR:
	case CLEARS_ATTR:
		set_attr(o, bits, opt->row->sets == SETS_ATTR ? bits : 0);
		break;
	default:
		set_attr(o, MOUNT_ATTR__ATIME, bits);
	}
}

static const struct row *find_row(struct piece name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == name.len && !memcmp(rows[i].name, name.s, name.len))
			return &rows[i];
	return NULL;
}

/* Upstream's helper takes its options without a value with one, and does not look at it. */
static bool may_have_value(const struct option *opt)
{
	enum sets sets = opt->row->sets;

	return opt->o->as_upstream && (sets == SETS_RW || sets == SETS_VERITY ||
				       (sets == SETS_TRUE && opt->row->bits == AT(try_verity)));
}

/* x-systemd.automount and its like are for other programs. */
static bool is_foreign(struct piece name)
{
	return name.len > 2 && (name.s[0] == 'x' || name.s[0] == 'X') && name.s[1] == '-';
}

static int take(struct option *opt, bool sloppy)
{
	opt->row = find_row(opt->name);
	if (!opt->row && (sloppy || is_foreign(opt->name)))
		return 0;
	if (!opt->row)
		return error_set(opt->err, EINVAL, "%.*s: unknown option; see %s --help",
				 (int)(opt->name.len < 256 ? opt->name.len : 256), opt->name.s,
				 program_name);
	if (opt->row->sets == SETS_NOTHING)
		return 0;
	if (opt->row->sets <= SETS_TEXT)
		return set_with_value(opt);
	if (opt->has_value && !may_have_value(opt))
		return refuse(opt, "takes no value");
	set_without_value(opt);
	return 0;
}

void optlist_init(struct optlist *o)
{
	*o = (struct optlist){
		.verity_check = -1, .verity = -1, .rw = -1, .sign = { .beneath = -1 }
	};
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
		ssize_t len = part(o, list, left, ',', true);
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

static bool names_fuse(const struct optlist *o)
{
	return o->backend && !strncmp(o->backend, "fuse", 4);
}

/* The options about a signed statement, which make sense together only. */
static int need_both(const struct optlist *o, struct error *err)
{
	const struct {
		const char *given, *name;
	} others[] = { { o->name, "name" },
		       { o->min_serial, "minserial" },
		       { o->serial_file, "serialfile" },
		       { o->now, "now" } };

	if (o->keys && !o->signature)
		return error_set(err, EINVAL, "key: needs signature");
	if (o->signature && !o->keys)
		return error_set(err, EINVAL, "signature: needs key");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].given && !o->keys)
			return error_set(err, EINVAL, "%s: needs key and signature",
					 others[i].name);
	return 0;
}

static int finish_signed(struct optlist *o, struct error *err)
{
	struct signed_options *s = &o->sign;

	if (need_both(o, err))
		return -1;
	if (o->name && !statement_name_is_good(o->name, strlen(o->name)))
		return error_set(err, EINVAL, "name: cannot be the name of a statement");
	if (o->min_serial &&
	    !statement_serial_parse(o->min_serial, strlen(o->min_serial), &s->policy.min_serial))
		return error_set(err, EINVAL, "minserial: not a serial number");
	if (o->now && !signed_now(s, o->now))
		return error_set(err, EINVAL, "now: neither \"system\" nor YYYY-MM-DDTHH:MM:SSZ");
	s->keys = o->key;
	s->nkeys = o->keys;
	s->signature = o->signature;
	s->serial_file = o->serial_file;
	s->policy.name = o->name;
	s->policy.wants_serial = o->min_serial != NULL;
	return 0;
}

int optlist_finish(struct optlist *o, struct error *err)
{
	if (o->upper && !o->work)
		return error_set(err, EINVAL, "upperdir: needs workdir");
	if (o->work && !o->upper)
		return error_set(err, EINVAL, "workdir: needs upperdir");
	if (o->is_volatile && !o->upper)
		return error_set(err, EINVAL, "volatile: needs upperdir");
	if (o->foreground && !names_fuse(o))
		return error_set(err, EINVAL, "foreground: needs backend=fuse");
	if (o->nocheck && !names_fuse(o))
		return error_set(err, EINVAL, "nocheck: needs backend=fuse");
	return finish_signed(o, err);
}

int optlist_level(const struct optlist *o, bool *tries)
{
	*tries = false;
	if (o->verity_check >= 0)
		return o->verity_check;
	if (o->verity >= 0)
		return o->verity;
	if (o->digest.algorithm || o->sign.signature)
		return 2;
	*tries = o->try_verity;
	return 0;
}
