// SPDX-License-Identifier: GPL-2.0-only
#include "applets/setup-root/cmdline.h"

#define KEY "composefs="
#define KEY_LEN (sizeof(KEY) - 1)

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (cfs_hex_digit((u8)s[i]) < 0)
			return false;
	return true;
}

static int take(struct cmdline *c, const char *value, size_t len, struct error *err)
{
	const char *hex = value;
	size_t digits = len;

	c->found = true;
	c->insecure = len && value[0] == '?';
	if (c->insecure) {
		hex++;
		digits--;
	}
	if (cfs_digest_parse(&c->digest, hex, digits)) {
		cfs_digest_print(c->hex, &c->digest);
		c->hex[CFS_DIGEST_HEX] = '\0';
		return 0;
	}
	if (digits == 2 * CFS_DIGEST_HEX && is_hex(hex, digits))
		return error_set(err, EINVAL, KEY ": looks like SHA-512, images use SHA-256");
	return error_set(err, EINVAL, KEY ": 64 hex digits expected, not \"%.*s\"",
			 (int)(len < 200 ? len : 200), value);
}

int cmdline_parse(struct cmdline *c, const char *text, size_t len, struct error *err)
{
	size_t i = 0;

	*c = (struct cmdline){ .found = false };
	while (i < len) {
		bool quoted = false;
		size_t start;

		while (i < len && is_space(text[i]))
			i++;
		for (start = i; i < len && (quoted || !is_space(text[i])); i++)
			quoted ^= text[i] == '"';
		if (i - start >= KEY_LEN && !memcmp(text + start, KEY, KEY_LEN))
			return take(c, text + start + KEY_LEN, i - start - KEY_LEN, err);
	}
	return 0;
}
