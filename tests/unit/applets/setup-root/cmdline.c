// SPDX-License-Identifier: GPL-2.0-only
/* setup-root 10: the kernel command line of setup-root fails closed. */
#include "applets/setup-root/cmdline.h"
#include "tests/unit/lookalikes.h"
#include "tests/unit/unit.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UPPER "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define V1 "composefs.digest=v1-sha256-12:"
#define V2 "composefs.digest=v2-sha256-12:"
#define FOUR(w) w " " w " " w " " w
#define SIXTEEN(w) FOUR(w) " " FOUR(w) " " FOUR(w) " " FOUR(w)
#define NOT ": not understood: "

static const struct {
	const char *text;
	const char *want; /* the images in their order, or the refusal */
} rows[] = {
	{ "", "" },
	{ "quiet rw root=/dev/vda2 =composefs=1", "" },
	{ "xcomposefs=1 y.composefs=2 \"a composefs=4\" -composefs=5 compose", "" },
	{ "composefs=" HEX, "composefs=" HEX },
	{ "composefs=" UPPER "\n", "composefs=" HEX },
	{ "ro\tcomposefs=?" HEX " quiet", "composefs=?" HEX },
	{ "-- composefs=" HEX, "composefs=" HEX },
	{ "\"composefs=" HEX "\" x", "composefs=" HEX },
	{ "\"composefs=" HEX, "composefs=" HEX },
	{ "composefs=\"?" HEX "\"", "composefs=?" HEX },
	{ "composefs=\"" HEX, "composefs=" HEX },
	{ "composefs=" HEX " " V1 TWO, V1 TWO " composefs=" HEX },
	{ V1 HEX " composefs=" HEX " " V1 TWO " composefs=" TWO,
	  V1 HEX " " V1 TWO " composefs=" HEX " composefs=" TWO },
	{ "composefs=" HEX " composefs=?" TWO " " V2 HEX,
	  V2 HEX " composefs=" HEX " composefs=?" TWO },
	{ "composefs", "composefs" NOT "no value" },
	{ "composefs=", "composefs=" NOT "no value" },
	{ "\"composefs\"=" HEX, "composefs\"=" HEX NOT "unknown argument" },
	{ "composefs=?", "composefs=?" NOT "no value" },
	{ "composefs=??" HEX, "composefs=??" HEX NOT "64 or 128 hex digits expected" },
	{ "composefs=" HEX "0", "composefs=" HEX "0" NOT "64 or 128 hex digits expected" },
	{ "composefs=" HEX HEX, "composefs=" HEX HEX },
	{ "composefs.digest=?v1-sha512-12:" HEX HEX, "composefs.digest=?v1-sha512-12:" HEX HEX },
	{ "composefs=" HEX HEX "a", "composefs=" HEX HEX "a" NOT "64 or 128 hex digits expected" },
	{ "composefs=" HEX " composefs=x", "composefs=x" NOT "64 or 128 hex digits expected" },
	{ "composefs.digest", "composefs.digest" NOT "no value" },
	{ "composefs.digest=" HEX,
	  "composefs.digest=" HEX NOT "v1-sha256-12: and 64 hex digits expected" },
	{ "composefs.digest=v1-sha256-12:",
	  "composefs.digest=v1-sha256-12:" NOT "64 hex digits expected" },
	{ V1 HEX HEX, V1 HEX HEX NOT "64 hex digits expected" },
	{ V1 HEX ",", V1 HEX "," NOT "64 hex digits expected" },
	{ "composefs.digest=v1-sha512-12:" HEX,
	  "composefs.digest=v1-sha512-12:" HEX NOT "128 hex digits expected" },
	{ "composefs.digest=v3-sha256-12:x", "composefs.digest=v3-sha256-12:x" NOT "version v3" },
	{ "composefs.digest=v1-sha384-12:x",
	  "composefs.digest=v1-sha384-12:x" NOT "algorithm sha384" },
	{ "composefs.digest=v1-sha512-16:x",
	  "composefs.digest=v1-sha512-16:x" NOT "block size exponent 16" },
	{ V2 "x", V2 "x" NOT "64 hex digits expected" },
	{ "composefs.digests=1", "composefs.digests=1" NOT "unknown argument" },
	{ "Composefs=" HEX, "Composefs=" HEX NOT "unknown argument" },
	{ "co'mpo\"se\"fs_x", "co'mpo\"se\"fs_x" NOT "unknown argument" },
	{ "composefs.from=https://user:word@host/x", "composefs.from=..." NOT "not in this build" },
	{ "composefs-from=https://user:word@host/x", "composefs-from=..." NOT "unknown argument" },
	{ "composefs.timeout=5", "composefs.timeout=5" NOT "not in this build" },
	{ "composefs.prefetch", "composefs.prefetch" NOT "not in this build" },
	{ SIXTEEN("composefs=" HEX) " composefs=" TWO, "composefs=" TWO NOT "more than 16 images" },
	{ SIXTEEN(V2 HEX) " composefs=" TWO, "composefs=" TWO NOT "more than 16 images" },
};

/* Fail closed: each word that looks like composefs is an image, or the line is refused. */
static void check_closed(const char *text, size_t len, const char *what, size_t at)
{
	struct error err = { 0 };
	struct cmdline c;

	if (cmdline_parse(&c, text, len, &err)) {
		CHECK(lookalikes(text, len) > 0, "%s %zu: %s", what, at, err.text);
		return;
	}
	CHECK(c.n == lookalikes(text, len), "%s %zu: %u images", what, at, c.n);
	for (unsigned int i = 0; i < c.n; i++)
		CHECK(!(strlen(c.image[i].hex) % 64), "%s %zu", what, at);
}

/* Every prefix and every changed byte. */
static void check_mutants(const char *good)
{
	size_t size = strlen(good) + 1;
	char *text = malloc(size);

	for (size_t len = 0; len < size; len++) {
		memcpy(text, good, len);
		check_closed(text, len, "prefix", len);
	}
	for (size_t i = 0; i + 1 < size; i++) {
		memcpy(text, good, size);
		for (unsigned int v = 0; v < 256; v++) {
			text[i] = (char)v;
			check_closed(text, size - 1, "byte", i);
		}
	}
	free(text);
}

static void check_row(const char *text, const char *want)
{
	char got[4096] = "", word[CMDLINE_WORD];
	struct error err = { 0 };
	struct cmdline c;

	if (cmdline_parse(&c, text, strlen(text), &err)) {
		snprintf(got, sizeof(got), "%.600s", err.text);
	} else {
		for (unsigned int i = 0; i < c.n; i++) {
			cmdline_word(word, &c.image[i]);
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
				 word);
		}
	}
	CHECK(!strcmp(got, want), "%s: %s", text, got);
}

void unit_applets_setup_root_cmdline(void)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		check_row(rows[i].text, rows[i].want);
		check_closed(rows[i].text, strlen(rows[i].text), "row", i);
	}
	check_mutants("quiet \"x y\" composefs=?" HEX " rw " V1 TWO);
	check_mutants("\"composefs.digest=?v2-sha256-12:" HEX "\" composefs=\"" TWO "\" x=1");
}
