// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/optlist.h"
#include <linux/mount.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "applets/applet.h"
#include "applets/common/digest.h"
#include "applets/common/near.h"
#include "applets/mount/optsplit.h"

/* Room for the decoded values of one list, which are never longer than the list: a NUL takes the place of each separator. */
struct optlist_text {
	struct optlist_text *next;
	char *free;
	char bytes[];
};

const char *const mount_context_names[CONTEXT_MAX] = { "context", "fscontext", "defcontext",
						       "rootcontext" };

/* What an option sets. Those from SETS_BASEDIR to SETS_TEXT take a value. */
enum sets {
	SETS_NOTHING, /* ignored, with or without a value: mount programs pass it on */
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
	{ "signature", SETS_TEXT, AT(stated.signature) },
	{ "name", SETS_TEXT, AT(stated.name) },
	{ "minserial", SETS_TEXT, AT(stated.min_serial) },
	{ "serialfile", SETS_TEXT, AT(stated.serial_file) },
	{ "now", SETS_TEXT, AT(stated.now) },
	{ "verity_check", SETS_LEVEL },
	{ "verity", SETS_VERITY, 2 },
	{ "noverity", SETS_VERITY, 0 },
	{ "tryverity", SETS_TRUE, AT(verity.try_verity) },
	{ "ro", SETS_RW, 0 },
	{ "rw", SETS_RW, 1 },
	{ "upperdir", SETS_TEXT, AT(paths.upper) },
	{ "workdir", SETS_TEXT, AT(paths.work) },
	{ "volatile", SETS_TRUE, AT(flags.is_volatile) },
	{ "idmap", SETS_TEXT, AT(paths.idmap) },
	{ "backend", SETS_BACKEND },
	{ "remount", SETS_TRUE, AT(remount) },
	{ "nofail", SETS_TRUE, AT(nofail) },
	{ "foreground", SETS_TRUE, AT(flags.foreground) },
	{ "nocheck", SETS_TRUE, AT(nocheck) },
	{ "allow_other", SETS_TRUE, AT(flags.allow_other) },
	{ "context", SETS_TEXT, AT(flags.context[CONTEXT_CONTEXT]) },
	{ "fscontext", SETS_TEXT, AT(flags.context[CONTEXT_FS]) },
	{ "defcontext", SETS_TEXT, AT(flags.context[CONTEXT_DEF]) },
	{ "rootcontext", SETS_TEXT, AT(flags.context[CONTEXT_ROOT]) },
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
	/* These mean nothing to a file system that is never written. */
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

/* One option of a list. */
struct option {
	struct optlist *o;
	const struct row *row;
	struct optpiece name, value;
	bool has_value;
	struct error *err;
};

static int refuse(const struct option *opt, const char *text)
{
	return error_set(opt->err, EINVAL, "%.*s: %s",
			 (int)(opt->name.len < 256 ? opt->name.len : 256), opt->name.s, text);
}

/* Decode a piece to memory of the option list; NULL with an error. */
static const char *decode(const struct option *opt, struct optpiece p)
{
	char *to = opt->o->texts->free;
	size_t n = optsplit_decode(to, p, opt->o->as_upstream);

	opt->o->texts->free += n;
	if (n)
		return to;
	refuse(opt, "a backslash stands before none of , : \" \\ and three octal digits");
	return NULL;
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

/* Split NAME[:NAME...] to at most @max names; *@count is how many were given. */
static int set_names(const struct option *opt, const char **names, unsigned int max,
		     unsigned int *count)
{
	struct optpiece rest = opt->value;
	unsigned int n = 0;

	for (;; n++) {
		ssize_t len = optsplit_part(rest, ':', false, opt->o->as_upstream);
		const char *dir;

		/* All quotes are closed: otherwise splitting the list had failed. */
		dir = decode(opt, (struct optpiece){ rest.s, (size_t)len });
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

	if (set_names(opt, opt->o->paths.basedir, OPTIONS_BASEDIRS, &n))
		return -1;
	if (n > OPTIONS_BASEDIRS)
		return error_set(opt->err, EINVAL, "basedir: %u directories given, at most %u", n,
				 OPTIONS_BASEDIRS);
	opt->o->paths.basedirs = n;
	return 0;
}

static int set_key(const struct option *opt)
{
	unsigned int n;

	if (set_names(opt, opt->o->stated.key, KEYS_MAX, &n))
		return -1;
	if (n > KEYS_MAX)
		return error_set(opt->err, EINVAL, "key: %u files given, at most %u", n, KEYS_MAX);
	opt->o->stated.keys = n;
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

static int set_level(const struct option *opt)
{
	const char *s = opt->has_value ? decode(opt, opt->value) : "";

	if (!s)
		return -1;
	if (s[0] < '0' || s[0] > '2' || s[1])
		return refuse(opt, "0, 1 or 2 expected");
	opt->o->verity.check = s[0] - '0';
	return 0;
}

/* Accept every name of a back end, also one that this program was built without. */
static int set_backend(const struct option *opt)
{
	static const char *const names[] = { "auto",    "kmod", "native",     "erofs",
					     "overlay", "fuse", "fuse-plain", "fuse-overlay" };
	const char *s = opt->has_value ? decode(opt, opt->value) : "";

	for (size_t i = 0; s && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(s, names[i]) != 0)
			continue;
		opt->o->backend = i ? s : NULL;
		return 0;
	}
	return s ? refuse(opt, "auto, kmod, erofs, fuse, fuse-plain or fuse-overlay expected") : -1;
}

/* The bit of a word of debug=; 0: there is no such word. */
static unsigned int debug_bit(const char *s, size_t len)
{
	static const struct {
		char name[8];
		unsigned int bit;
	} words[] = {
		{ "loop", MOUNT_DEBUG_LOOP },     { "B", MOUNT_DEBUG_B },
		{ "C", MOUNT_DEBUG_C },           { "D", MOUNT_DEBUG_D },
		{ "noproc", MOUNT_DEBUG_NOPROC }, { "nodev", MOUNT_DEBUG_NODEV },
		{ "name", MOUNT_DEBUG_NAME },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].name) == len && !memcmp(words[i].name, s, len))
			return words[i].bit;
	return 0;
}

static int set_debug(const struct option *opt)
{
	const char *s = text(opt);

	while (s && *s) {
		size_t n = strcspn(s, ":");
		unsigned int bit = debug_bit(s, n);

		if (!bit)
			return refuse(opt, "loop, B, C, D, noproc, nodev, name expected");
		opt->o->debug |= bit;
		s += n + (s[n] == ':');
	}
	return s ? 0 : -1;
}

/* Flags of the mount. */
static void set_attr(struct mount_flags *f, unsigned int mask, unsigned int value)
{
	f->attr = (f->attr & ~mask) | value;
	f->touched |= mask;
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
	struct mount_flags *flags = &opt->o->flags;
	unsigned int bits = opt->row->bits;

	switch (opt->row->sets) {
	case SETS_TRUE:
		*(bool *)field(opt) = true;
		break;
	case SETS_RW:
		flags->rw = (int)bits;
		break;
	case SETS_VERITY:
		opt->o->verity.word = (int)bits;
		break;
	case SETS_ATTR:
	case CLEARS_ATTR:
		set_attr(flags, bits, opt->row->sets == SETS_ATTR ? bits : 0);
		break;
	default:
		set_attr(flags, MOUNT_ATTR__ATIME, bits);
	}
}

static const struct row *find_row(struct optpiece name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == name.len && !memcmp(rows[i].name, name.s, name.len))
			return &rows[i];
	return NULL;
}

/* Upstream's helper accepts a value of its options that need none, and ignores it. */
static bool may_have_value(const struct option *opt)
{
	enum sets sets = opt->row->sets;

	return opt->o->as_upstream &&
	       (sets == SETS_RW || sets == SETS_VERITY ||
		(sets == SETS_TRUE && opt->row->bits == AT(verity.try_verity)));
}

/* Options such as x-systemd.automount are for other programs. */
static bool is_foreign(struct optpiece name)
{
	return name.len > 2 && (name.s[0] == 'x' || name.s[0] == 'X') && name.s[1] == '-';
}

static int unknown(const struct option *opt)
{
	const int len = (int)(opt->name.len < 256 ? opt->name.len : 256);
	struct near near;
	char hint[96];

	near_start(&near, opt->name.s, opt->name.len);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].sets != SETS_NOTHING && rows[i].sets != SETS_DEBUG)
			near_offer(&near, rows[i].name, strlen(rows[i].name));
	near_text(&near, "", hint);
	if (hint[0])
		return error_set(opt->err, EINVAL, "%.*s: unknown option%s", len, opt->name.s,
				 hint);
	return error_set(opt->err, EINVAL, "%.*s: unknown option; see %s --help", len, opt->name.s,
			 program_name);
}

static int take(struct option *opt, bool sloppy)
{
	opt->row = find_row(opt->name);
	if (!opt->row && (sloppy || is_foreign(opt->name)))
		return 0;
	if (!opt->row)
		return unknown(opt);
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
		.verity = { .check = -1, .word = -1 },
		.flags.rw = -1,
		.sign.beneath = -1,
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

/* Cut one option of the list into name and value, and take it. */
static int take_piece(struct optlist *o, struct optpiece p, bool sloppy, struct error *err)
{
	const char *equal = memchr(p.s, '=', p.len);
	struct option opt = { .o = o, .err = err, .name = p, .has_value = equal != NULL };

	if (equal) {
		opt.name.len = (size_t)(equal - p.s);
		opt.value = (struct optpiece){ equal + 1, p.len - opt.name.len - 1 };
	}
	return take(&opt, sloppy);
}

int optlist_parse(struct optlist *o, const char *list, bool sloppy, struct error *err)
{
	struct optpiece rest = { list, strlen(list) };
	struct optlist_text *text = malloc(sizeof(*text) + rest.len + 1);

	if (!text)
		return error_nomem(err);
	text->next = o->texts;
	text->free = text->bytes;
	o->texts = text;
	for (;;) {
		ssize_t len = optsplit_part(rest, ',', true, o->as_upstream);

		if (len < 0) {
			struct option opt = { .err = err,
					      .name = { rest.s, strcspn(rest.s, "=") } };

			return refuse(&opt, "a quote is left open");
		}
		/* Mount programs leave empty pieces between commas. */
		if (len && take_piece(o, (struct optpiece){ rest.s, (size_t)len }, sloppy, err))
			return -1;
		if ((size_t)len == rest.len)
			return 0;
		rest.s += len + 1;
		rest.len -= (size_t)len + 1;
	}
}

static bool names_fuse(const struct optlist *o)
{
	return o->backend && !strncmp(o->backend, "fuse", 4);
}

int optlist_finish(struct optlist *o, struct error *err)
{
	const struct mount_paths *p = &o->paths;

	if (p->upper && !p->work)
		return error_set(err, EINVAL, "upperdir: needs workdir");
	if (p->work && !p->upper)
		return error_set(err, EINVAL, "workdir: needs upperdir");
	if (o->flags.is_volatile && !p->upper)
		return error_set(err, EINVAL, "volatile: needs upperdir");
	if (o->flags.foreground && !names_fuse(o))
		return error_set(err, EINVAL, "foreground: needs backend=fuse");
	if (o->nocheck && !names_fuse(o))
		return error_set(err, EINVAL, "nocheck: needs backend=fuse");
	o->flags.writable = p->upper && o->flags.rw != 0;
	return stated_options(&o->stated, &o->sign, err);
}

int optlist_level(const struct optlist *o, bool *tries)
{
	const struct mount_verity *v = &o->verity;

	*tries = false;
	if (v->check >= 0)
		return v->check;
	if (v->word >= 0)
		return v->word;
	if (o->digest.algorithm || o->stated.signature)
		return 2;
	*tries = v->try_verity;
	return 0;
}

unsigned int mount_flags_attr(const struct mount_flags *flags)
{
	return flags->attr | (flags->writable ? 0 : MOUNT_ATTR_RDONLY);
}
