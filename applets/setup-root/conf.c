// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/conf.h"

struct word {
	const char *s;
	size_t len;
};

enum section {
	SECTION_OTHER,
	SECTION_ETC,
	SECTION_VAR,
	SECTION_ROOT,
	SECTION_SYSROOT,
	SECTION_SIGNATURE,
	SECTION_COMPOSEFS, /* the kernel command line decides */
};

struct reader {
	struct conf *c;
	struct notes *notes;
	struct error *err;
	enum section section;
	unsigned int line;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct word trim(const char *s, size_t len)
{
	while (len && is_blank(*s)) {
		s++;
		len--;
	}
	while (len && is_blank(s[len - 1]))
		len--;
	return (struct word){ s, len };
}

static bool is(struct word w, const char *s)
{
	return w.len == strlen(s) && !memcmp(w.s, s, w.len);
}

static int shown(struct word w)
{
	return (int)(w.len < 100 ? w.len : 100);
}

static int refuse(struct reader *r, const char *what, struct word w)
{
	return error_set(r->err, EINVAL, "line %u: %s: \"%.*s\"", r->line, what, shown(w), w.s);
}

/* The place of the comment, if there is one outside of quotes. */
static size_t comment(const char *s, size_t len)
{
	char quote = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (quote)
			quote = s[i] == quote ? 0 : quote;
		else if (s[i] == '"' || s[i] == '\'')
			quote = s[i];
		else if (s[i] == '#')
			break;
	}
	return i;
}

static int set_bool(struct reader *r, struct word value, bool *to)
{
	if (is(value, "true") || is(value, "yes") || is(value, "1"))
		*to = true;
	else if (is(value, "false") || is(value, "no") || is(value, "0"))
		*to = false;
	else
		return refuse(r, "true or false expected", value);
	return 0;
}

const char *const conf_mount_names[CONF_MOUNTS] = { "none", "bind", "overlay", "transient" };

static int set_mount(struct reader *r, struct word value, enum conf_mount *to)
{
	for (unsigned int i = 0; i < CONF_MOUNTS; i++) {
		if (!is(value, conf_mount_names[i]))
			continue;
		*to = (enum conf_mount)i;
		return 0;
	}
	return refuse(r, "none, bind, overlay or transient expected", value);
}

static int set_signature(struct reader *r, struct word key, struct word value)
{
	static const char *const names[CONF_SIGNATURES] = {
		[CONF_KEY] = "key",
		[CONF_DIRECTORY] = "directory",
		[CONF_NAME] = "name",
		[CONF_MIN_SERIAL] = "min-serial",
		[CONF_SERIAL_FILE] = "serial-file",
		[CONF_NOW] = "now",
	};
	char *to;
	int i = 0;

	while (i < CONF_SIGNATURES && !is(key, names[i]))
		i++;
	if (i == CONF_SIGNATURES)
		return refuse(r, "unknown key in [signature]", key);
	to = r->c->signature[i];
	if (*to)
		return refuse(r, "given twice", key);
	if (!value.len || value.len >= CONF_VALUE || memchr(value.s, 0, value.len))
		return refuse(r, "empty or too long", value);
	memcpy(to, value.s, value.len);
	to[value.len] = 0;
	return 0;
}

/* The keys of [etc] and [var]: 1: @key is none of them; 0 or -1. */
static int set_state(struct reader *r, enum conf_mount *mount, struct word key, struct word value)
{
	bool transient = false;

	if (is(key, "mount"))
		return set_mount(r, value, mount);
	if (!is(key, "transient"))
		return 1;
	if (set_bool(r, value, &transient))
		return -1;
	if (transient)
		*mount = CONF_TRANSIENT;
	return 0;
}

static int unknown(struct reader *r, struct word key)
{
	notes_add(r->notes, "line %u: unknown key %.*s", r->line, shown(key), key.s);
	return 0;
}

static int set_var(struct reader *r, struct word key, struct word value)
{
	if (is(key, "seed"))
		return set_bool(r, value, &r->c->var_seed);
	return set_state(r, &r->c->var, key, value);
}

static int set(struct reader *r, struct word key, struct word value)
{
	int rc = 1;

	switch (r->section) {
	case SECTION_SIGNATURE:
		return set_signature(r, key, value);
	case SECTION_ETC:
		rc = set_state(r, &r->c->etc, key, value);
		break;
	case SECTION_VAR:
		rc = set_var(r, key, value);
		break;
	case SECTION_ROOT:
		if (is(key, "transient"))
			rc = set_bool(r, value, &r->c->root_transient);
		break;
	case SECTION_SYSROOT:
		if (is(key, "readonly"))
			rc = set_bool(r, value, &r->c->sysroot_readonly);
		break;
	case SECTION_COMPOSEFS:
		return 0;
	case SECTION_OTHER:
		break;
	}
	return rc > 0 ? unknown(r, key) : rc;
}

/* Whether the name of a section looks like one of [signature] with a slip in it. */
static bool resembles_signature(struct word name)
{
	for (size_t i = 0; i + 3 <= name.len; i++)
		if ((name.s[i] | 0x20) == 's' && (name.s[i + 1] | 0x20) == 'i' &&
		    (name.s[i + 2] | 0x20) == 'g')
			return true;
	return false;
}

static int enter(struct reader *r, struct word name)
{
	static const char *const names[] = { "",        "etc",       "var",      "root",
					     "sysroot", "signature", "composefs" };

	if (is(name, "signature") ? r->c->has_signature : resembles_signature(name))
		return refuse(r, is(name, "signature") ? "a second section" : "unknown section",
			      name);
	r->section = SECTION_OTHER;
	for (unsigned int i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(name, names[i]))
			r->section = (enum section)i;
	r->c->has_signature |= r->section == SECTION_SIGNATURE;
	return 0;
}

static int take_line(struct reader *r, const char *s, size_t len)
{
	struct word w = trim(s, comment(s, len)), value;
	const char *equal;

	if (!w.len || w.s[0] == ';')
		return 0;
	if (w.s[0] == '[' && w.s[w.len - 1] == ']')
		return enter(r, trim(w.s + 1, w.len - 2));
	equal = memchr(w.s, '=', w.len);
	if (!equal || equal == w.s)
		return refuse(r, "neither [section] nor key = value", w);
	value = trim(equal + 1, w.len - (size_t)(equal - w.s) - 1);
	if (value.len && (value.s[0] == '"' || value.s[0] == '\'')) {
		if (value.len < 2 || value.s[value.len - 1] != value.s[0])
			return refuse(r, "a quote is left open", value);
		value = (struct word){ value.s + 1, value.len - 2 };
	}
	return set(r, trim(w.s, (size_t)(equal - w.s)), value);
}

void conf_init(struct conf *c)
{
	*c = (struct conf){ .etc = CONF_OVERLAY, .var = CONF_BIND };
}

int conf_parse(struct conf *c, const char *text, size_t len, struct notes *notes, struct error *err)
{
	struct reader r = { .c = c, .notes = notes, .err = err };

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;

		r.line++;
		if (take_line(&r, text + at, n))
			return -1;
		at += n + 1;
	}
	if (c->var_seed && c->var != CONF_BIND)
		notes_add(notes, "[var]: seed has no effect with mount = \"%s\"",
			  conf_mount_names[c->var]);
	if (c->has_signature && !c->signature[CONF_KEY][0])
		return error_set(err, EINVAL, "[signature]: no key");
	return 0;
}
