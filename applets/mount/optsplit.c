// SPDX-License-Identifier: GPL-2.0-only
#include "applets/mount/optsplit.h"

/*
 * Upstream's helper takes every quote as a part of a name. Under its name a quote protects
 * only where it opens a value or a piece of a list, and another quote ends that value or
 * piece. Returns the place of the closing quote of the one at @s; 0: it protects nothing.
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

static ssize_t part_as_upstream(struct optpiece p, char sep, bool named)
{
	bool begins = !named, value = !named;
	const char *s = p.s;
	size_t i;

	for (i = 0; i < p.len && s[i] != sep; i++) {
		bool was = begins;

		begins = value && s[i] == ':';
		if (s[i] == '\\' && i + 1 < p.len)
			i++;
		else if (s[i] == '"' && was)
			i += closing_quote(s + i, p.len - i);
		else if (s[i] == '=' && !value)
			begins = value = true;
	}
	return (ssize_t)i;
}

ssize_t optsplit_part(struct optpiece p, char sep, bool named, bool as_upstream)
{
	bool quoted = false, value = !named;
	size_t i;

	if (as_upstream)
		return part_as_upstream(p, sep, named);
	for (i = 0; i < p.len; i++) {
		if (p.s[i] == '\\' && i + 1 < p.len)
			i++;
		else if (p.s[i] == '"' && value)
			quoted = !quoted;
		else if (p.s[i] == sep && !quoted)
			break;
		else if (p.s[i] == '=')
			value = true;
	}
	return quoted ? -1 : (ssize_t)i;
}

/* Whether the quotes in a piece protect characters, and are not a part of it. */
static bool quotes_count(struct optpiece p, bool as_upstream)
{
	return !as_upstream || (p.len && p.s[0] == '"' && closing_quote(p.s, p.len) == p.len - 1);
}

/* Three octal digits of a byte other than NUL. */
static bool is_octal(const char *s, size_t left)
{
	for (int i = 0; i < 3; i++)
		if (left < 3 || s[i] < '0' || s[i] > (i ? '7' : '3'))
			return false;
	return s[0] != '0' || s[1] != '0' || s[2] != '0';
}

/*
 * Decode what stands behind a backslash, which has @left bytes, to *@to. Returns how many
 * bytes of it were used; 0: it is not an escape.
 */
static size_t escape(char *to, const char *s, size_t left, bool quoted)
{
	if (left && (*s == '"' || *s == '\\' || (!quoted && (*s == ',' || *s == ':')))) {
		*to = *s;
		return 1;
	}
	if (quoted || !is_octal(s, left))
		return 0;
	*to = (char)((unsigned int)(s[0] - '0') << 6 | (unsigned int)(s[1] - '0') << 3 |
		     (unsigned int)(s[2] - '0'));
	return 3;
}

size_t optsplit_decode(char *to, struct optpiece p, bool as_upstream)
{
	bool quoted = false, counts = quotes_count(p, as_upstream);
	size_t n = 0;

	for (size_t i = 0; i < p.len; i++) {
		size_t left = p.len - i - 1, used;

		if (p.s[i] == '"' && counts && (!as_upstream || !i || !left)) {
			quoted = !quoted;
			continue;
		}
		if (p.s[i] != '\\') {
			to[n++] = p.s[i];
			continue;
		}
		used = escape(to + n, p.s + i + 1, left, quoted);
		if (!used)
			return 0;
		n++;
		i += used;
	}
	to[n] = '\0';
	return n + 1;
}
