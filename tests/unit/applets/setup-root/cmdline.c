// SPDX-License-Identifier: GPL-2.0-only
/* mount.md 16.1: composefs= on the kernel command line. */
#include "applets/setup-root/cmdline.h"
#include "tests/unit/unit.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UPPER "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"

static const struct {
	const char *text;
	const char *want; /* the digest, "?" before it; "": none; else the refusal */
} rows[] = {
	{ "", "" },
	{ "quiet rw root=/dev/vda2", "" },
	{ "composefs=" HEX, HEX },
	{ "composefs=" UPPER "\n", HEX },
	{ "ro\tcomposefs=?" HEX " quiet", "?" HEX },
	{ "xcomposefs=1 y.composefs=2 \"composefs=3\" \"a composefs=4\" -composefs=5", "" },
	{ "\"a b\" composefs=" HEX " composefs=x", HEX },
	{ "composefs", "" },
	{ "composefs=", "composefs=: 64 hex digits expected, not \"\"" },
	{ "composefs=?", "composefs=: 64 hex digits expected, not \"?\"" },
	{ "composefs=??" HEX, "composefs=: 64 hex digits expected, not \"??" HEX "\"" },
	{ "composefs=" HEX "0", "composefs=: 64 hex digits expected, not \"" HEX "0\"" },
	{ "composefs=x composefs=" HEX, "composefs=: 64 hex digits expected, not \"x\"" },
	{ "composefs=\"a b\"", "composefs=: 64 hex digits expected, not \"\"a b\"\"" },
	{ "composefs=" HEX HEX, "composefs=: looks like SHA-512, images use SHA-256" },
	{ "composefs=?" HEX HEX, "composefs=: looks like SHA-512, images use SHA-256" },
};

/* Every prefix and every changed byte: a digest is taken only if it stands there. */
static void check_mutants(void)
{
	static const char good[] = "quiet \"x y\" composefs=?" HEX " rw";
	char text[sizeof(good)];
	struct error err = { 0 };
	struct cmdline c;

	for (size_t len = 0; len < sizeof(good); len++) {
		memcpy(text, good, len);
		if (!cmdline_parse(&c, text, len, &err) && c.found)
			CHECK(len >= sizeof(good) - 4 && c.insecure && !strcmp(c.hex, HEX),
			      "%zu bytes", len);
	}
	for (size_t i = 0; i + 1 < sizeof(good); i++) {
		memcpy(text, good, sizeof(good));
		for (unsigned int v = 0; v < 256; v++) {
			text[i] = (char)v;
			if (!cmdline_parse(&c, text, sizeof(text) - 1, &err) && c.found)
				CHECK(strlen(c.hex) == CFS_DIGEST_HEX, "byte %zu is %u", i, v);
		}
	}
}

void unit_applets_setup_root_cmdline(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char got[512] = "";
		struct error err = { 0 };
		struct cmdline c;

		if (cmdline_parse(&c, rows[i].text, strlen(rows[i].text), &err))
			snprintf(got, sizeof(got), "%.250s", err.text);
		else if (c.found)
			snprintf(got, sizeof(got), "%s%s", c.insecure ? "?" : "", c.hex);
		CHECK(!strcmp(got, rows[i].want), "%s: %s", rows[i].text, got);
	}
	check_mutants();
}
