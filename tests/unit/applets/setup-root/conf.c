// SPDX-License-Identifier: GPL-2.0-only
/* The configuration of setup-root (setup-root 16.1). */
#include "applets/setup-root/conf.h"
#include "tests/unit/unit.h"

/* @want: etc, var (n, b, o, t), seeded var, transient root, read-only sysroot, notes; or the refusal. */
static const struct {
	const char *text, *want;
} rows[] = {
	{ "", "ob---0" },
	{ "[etc]\nmount = \"none\"\n[var]\nmount = 'transient'\n", "nt---0" },
	{ "  [ etc ]  # comment\r\n\tmount=bind\r\n", "bb---0" },
	{ "[etc]\nmount = \"overlay\" # not \"bind\"", "ob---0" },
	{ "[etc]\ntransient = true\n[var]\ntransient = false\n", "tb---0" },
	{ "[root]\ntransient=yes\n[sysroot]\nreadonly=1\n", "ob-tr0" },
	{ "[var]\nseed = true\n", "obs--0" },
	{ "[var]\nseed = true\nmount = \"overlay\"\n", "oos--1" },
	{ "[var]\nmount = \"transient\"\nseed = false\n", "ot---0" },
	{ "[var]\nseed = maybe\n", "line 2: true or false expected: \"maybe\"" },
	{ "[etc]\nseed = true\n", "ob---1" },
	{ "; ostree\n[composefs]\nenabled = signed\nkeypath=/x\n", "ob---0" },
	{ "[root]\ntransient-ro=true\n", "ob---1" },
	{ "mount = none\n[other]\nmount=none\n", "ob---2" },
	{ "[var]\nmount = \"x\"", "line 2: none, bind, overlay or transient expected: \"x\"" },
	{ "[etc]\nmount =", "line 2: none, bind, overlay or transient expected: \"\"" },
	{ "\n[root]\ntransient = 2", "line 3: true or false expected: \"2\"" },
	{ "[etc", "line 1: neither [section] nor key = value: \"[etc\"" },
	{ "= x", "line 1: neither [section] nor key = value: \"= x\"" },
	{ "[etc]\nmount = \"none", "line 2: a quote is left open: \"\"none\"" },
	{ "[etc]\nmount = \"", "line 2: a quote is left open: \"\"\"" },
};

static int parse(const char *text, size_t len, char *got, size_t room)
{
	struct error err = { 0 };
	struct notes notes;
	unsigned int n = 0;
	struct conf c;
	int rc;

	notes_init(&notes);
	conf_init(&c);
	rc = conf_parse(&c, text, len, &notes, &err);
	for (size_t off = 0; off < notes.text.len; off += strlen(notes.text.p + off) + 1)
		n++;
	if (rc)
		snprintf(got, room, "%.250s", err.text);
	else
		snprintf(got, room, "%c%c%c%c%c%u", "nbot"[c.etc], "nbot"[c.var],
			 c.var_seed ? 's' : '-', c.root_transient ? 't' : '-',
			 c.sysroot_readonly ? 'r' : '-', n);
	notes_release(&notes);
	return rc;
}

void unit_applets_setup_root_conf(void)
{
	static const char good[] =
		"[etc]\nmount = \"bind\" # x\n[root]\ntransient = true\n[sysroot]\nreadonly=true\n";
	char text[sizeof(good)], got[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		parse(rows[i].text, strlen(rows[i].text), got, sizeof(got));
		CHECK(!strcmp(got, rows[i].want), "%zu: %s", i, got);
	}
	for (size_t len = 0; len < sizeof(good); len++) {
		memcpy(text, good, len);
		CHECK(!parse(text, len, got, sizeof(got)) || !strncmp(got, "line ", 5),
		      "%zu bytes: %s", len, got);
	}
	for (size_t i = 0; i + 1 < sizeof(good); i++) {
		memcpy(text, good, sizeof(good));
		for (unsigned int v = 0; v < 256; v++) {
			text[i] = (char)v;
			CHECK(!parse(text, sizeof(good) - 1, got, sizeof(got)) ||
				      !strncmp(got, "line ", 5),
			      "byte %zu is %u: %s", i, v, got);
		}
	}
}
