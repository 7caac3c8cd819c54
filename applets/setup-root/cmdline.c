// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/cmdline.h"
#include "base/text.h"

#define KEY "composefs"
#define KEY_LEN (sizeof(KEY) - 1)
#define SHOWN 200

struct piece {
	const char *s;
	size_t len;
};

struct word {
	struct piece whole, key, value; /* without the quotes that the kernel removes */
	bool has_value;
};

/*
 * The ways to name an image, in the order in which they are tried. A row with a
 * @refusal is an error; without it the image is used.
 */
struct cmdline_form {
	const char *key, *prefix;
	u8 digits;
	bool is_v2;
	const char *refusal;
};

static const struct cmdline_form forms[] = {
	{ "composefs.digest", "v1-sha256-12:", 64, false, NULL },
	{ "composefs.digest", "v1-sha512-12:", 128, false, NULL },
	{ "composefs.digest", "v2-sha256-12:", 64, true, NULL },
	{ "composefs.digest", "v2-sha512-12:", 128, true, NULL },
	{ "composefs", "", 64, false, NULL },
	{ "composefs", "", 128, false, NULL },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* Arguments that name no image. */
static const struct {
	const char *key, *refusal;
} others[] = {
	{ "composefs.from", "not in this build" },
	{ "composefs.timeout", "not in this build" },
	{ "composefs.prefetch", "not in this build" },
};
#define OTHERS (sizeof(others) / sizeof(others[0]))

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is(struct piece p, const char *s)
{
	return p.len == strlen(s) && !memcmp(p.s, s, p.len);
}

static bool starts(struct piece p, const char *s)
{
	return p.len >= strlen(s) && !memcmp(p.s, s, strlen(s));
}

static struct piece cut(struct piece p, size_t from)
{
	return (struct piece){ p.s + from, p.len - from };
}

/* Remove a quote at the beginning, and then one at the end, as the kernel does. */
static struct piece unquote(struct piece p)
{
	if (!p.len || p.s[0] != '"')
		return p;
	p = cut(p, 1);
	if (p.len && p.s[p.len - 1] == '"')
		p.len--;
	return p;
}

/* Take the next word off @rest; false: there is none. */
static bool next_word(struct piece *rest, struct word *w)
{
	bool quoted = false;
	const char *equal;
	size_t i = 0;

	while (rest->len && is_space(rest->s[0]))
		*rest = cut(*rest, 1);
	for (; i < rest->len && (quoted || !is_space(rest->s[i])); i++)
		quoted ^= rest->s[i] == '"';
	w->whole = unquote((struct piece){ rest->s, i });
	w->key = w->whole;
	equal = w->key.len ? memchr(w->key.s, '=', w->key.len) : NULL;
	w->has_value = equal != NULL;
	if (equal) {
		w->key.len = (size_t)(equal - w->key.s);
		w->value = unquote(cut(w->whole, w->key.len + 1));
	} else {
		w->value = cut(w->whole, w->whole.len);
	}
	*rest = cut(*rest, i);
	return i != 0;
}

/* Whether somebody who wrote this key may have meant composefs. */
static bool looks_like_composefs(struct piece key)
{
	size_t n = 0;

	for (size_t i = 0; i < key.len && n < KEY_LEN; i++) {
		char c = key.s[i];

		if (c == '"' || c == '\'')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (c != KEY[n++])
			return false;
	}
	return n == KEY_LEN;
}

/* A word that was not understood. A URL, which may hold a password, is not shown. */
static int refuse(const struct word *w, struct error *err, const char *reason, struct piece detail)
{
	struct piece show = w->whole;
	bool is_secret = is(w->key, "composefs.from");

	for (size_t i = 0; i + 3 <= w->whole.len; i++)
		is_secret |= !memcmp(w->whole.s + i, "://", 3);
	if (is_secret && w->has_value)
		show.len = w->key.len + 1;
	return error_set(err, EINVAL, "%.*s%s: not understood: %s%.*s",
			 (int)(show.len < SHOWN ? show.len : SHOWN), show.s,
			 show.len < w->whole.len || show.len > SHOWN ? "..." : "", reason,
			 (int)(detail.len < 20 ? detail.len : 20), detail.s);
}

static int refuse_plain(const struct word *w, struct error *err, const char *reason)
{
	return refuse(w, err, reason, (struct piece){ "", 0 });
}

/* The part of a value up to @end, which goes with what was before it. */
static struct piece part(struct piece *value, char end)
{
	const char *p = value->len ? memchr(value->s, end, value->len) : NULL;
	struct piece got = { value->s, p ? (size_t)(p - value->s) : 0 };

	if (p)
		*value = cut(*value, got.len + 1);
	return got;
}

/* None of the forms fits: which part of VERSION-ALGORITHM-BLOCKSIZE:DIGITS it is. */
static int refuse_value(const struct word *w, struct piece value, struct error *err)
{
	struct piece rest = value, version, algorithm, block;

	if (!value.len)
		return refuse_plain(w, err, "no value");
	if (is(w->key, KEY))
		return refuse_plain(w, err, "64 or 128 hex digits expected");
	version = part(&rest, '-');
	algorithm = part(&rest, '-');
	block = part(&rest, ':');
	if (!block.len)
		return refuse_plain(w, err, "v1-sha256-12: and 64 hex digits expected");
	if (!is(version, "v1") && !is(version, "v2"))
		return refuse(w, err, "version ", version);
	if (!is(algorithm, "sha256") && !is(algorithm, "sha512"))
		return refuse(w, err, "algorithm ", algorithm);
	return refuse(w, err, "block size exponent ", block);
}

/* Digits in lower case; false: others are among them. */
static bool take_digits(char *to, struct piece digits)
{
	static const char lower[] = "0123456789abcdef";

	for (size_t i = 0; i < digits.len; i++) {
		int v = cfs_hex_digit((u8)digits.s[i]);

		if (v < 0)
			return false;
		to[i] = lower[v];
	}
	to[digits.len] = '\0';
	return true;
}

/* The form of a value: that with its number of digits, else one with its prefix. */
static const struct cmdline_form *find_form(struct piece key, struct piece value)
{
	const struct cmdline_form *found = NULL;

	for (size_t i = 0; i < FORMS; i++) {
		const struct cmdline_form *f = &forms[i];

		if (!is(key, f->key) || !starts(value, f->prefix))
			continue;
		if (value.len - strlen(f->prefix) == f->digits)
			return f;
		found = f->prefix[0] ? f : NULL;
	}
	return found;
}

/* Put an image where its form belongs: behind all of the same key. */
static struct cmdline_image *add_image(struct cmdline *c, const char *key)
{
	unsigned int at = c->n++;

	for (; at && strcmp(c->image[at - 1].form->key, key) && !strcmp(key, forms[0].key); at--)
		c->image[at] = c->image[at - 1];
	return &c->image[at];
}

static int take_image(struct cmdline *c, const struct word *w, struct error *err)
{
	bool insecure = w->value.len && w->value.s[0] == '?';
	struct piece value = insecure ? cut(w->value, 1) : w->value;
	const struct cmdline_form *f = find_form(w->key, value);
	struct cmdline_image image = { .form = f, .insecure = insecure };
	struct piece digits;

	if (!f)
		return refuse_value(w, value, err);
	digits = cut(value, strlen(f->prefix));
	if (digits.len != f->digits || !take_digits(image.hex, digits))
		return refuse_plain(w, err,
				    f->digits == 64 ? "64 hex digits expected"
						    : "128 hex digits expected");
	if (f->refusal)
		return refuse_plain(w, err, f->refusal);
	image.is_v2 = f->is_v2;
	if (!f->is_v2 && !cfs_digest_parse(&image.digest, image.hex, digits.len))
		return refuse_plain(w, err, "unknown digest");
	if (c->n == CMDLINE_IMAGES)
		return refuse_plain(w, err, "more than 16 images");
	*add_image(c, f->key) = image;
	return 0;
}

static int take_word(struct cmdline *c, const struct word *w, struct error *err)
{
	if (is(w->key, "composefs.digest") || is(w->key, KEY))
		return w->has_value ? take_image(c, w, err) : refuse_plain(w, err, "no value");
	for (size_t i = 0; i < OTHERS; i++)
		if (is(w->key, others[i].key))
			return refuse_plain(w, err, others[i].refusal);
	return refuse_plain(w, err, "unknown argument");
}

int cmdline_parse(struct cmdline *c, const char *text, size_t len, struct error *err)
{
	struct piece rest = { text, len };
	struct word w;

	c->n = 0;
	while (next_word(&rest, &w))
		if (looks_like_composefs(w.key) && take_word(c, &w, err))
			return -1;
	return 0;
}

void cmdline_word(char to[CMDLINE_WORD], const struct cmdline_image *image)
{
	text_format(to, CMDLINE_WORD, "%s=%s%s%s", image->form->key, image->insecure ? "?" : "",
		    image->form->prefix, image->hex);
}
