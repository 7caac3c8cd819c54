// SPDX-License-Identifier: GPL-2.0-only
/*
 * signature/statement.c: a good signed file, every prefix and every changed byte of it. What is
 * accepted keeps the rules of the text; what is refused has a text that names the fault.
 */
#include "signature/statement.h"
#include "tests/unit/unit.h"

#define HEX "4fbd62930172602f06de6b9a93c3e936b42b34cc06e768dcb1bd962a5c13a01f"

static const char good[] = "composefs-statement-v1\n"
			   "digest fsverity-sha256-12:" HEX "\n"
			   "digest md5:00\n"
			   "name fedora/edge\n"
			   "serial 42\n"
			   "expires 2027-06-30T00:00:00Z\n"
			   "x-build 7\n"
			   "signature AAAA\n"
			   "signature AAECAw==\n";

/* The text: printable bytes, the first line, and KEY VALUE in each other one. */
static bool text_is_regular(const struct statement *st)
{
	static const char first[] = "composefs-statement-v1\n";
	const char *p = st->text, *end = st->text + st->len;

	if (st->len < strlen(first) || memcmp(p, first, strlen(first)) || end[-1] != '\n')
		return false;
	for (p += strlen(first); p < end; p++) {
		const char *line = p, *space;

		while (*p != '\n') {
			if (*p < 0x20 || *p > 0x7e)
				return false;
			p++;
		}
		space = memchr(line, ' ', (size_t)(p - line));
		if (!space || space == line || space + 1 == p || space[1] == ' ' || p[-1] == ' ')
			return false;
	}
	return true;
}

/* 0: accepted, 1: not a signed file, 2: a statement that breaks a rule. */
static int take(const char *file, size_t len, struct statement *st, struct error *err)
{
	char *copy = malloc(len + !len); /* a byte too far is seen by the sanitizers */
	int rc = 0;

	memcpy(copy, file, len);
	err->text[0] = '\0';
	if (statement_split(st, copy, len, err))
		rc = 1;
	else if (statement_parse(st, err))
		rc = 2;
	else
		CHECK(text_is_regular(st) && st->stated && st->ndigests <= st->stated,
		      "accepted: %.*s", (int)len, file);
	CHECK(!rc == !err->text[0], "an error has a text");
	free(copy);
	return rc;
}

static void check_fields(void)
{
	struct statement st;
	struct error err;

	CHECK(!take(good, strlen(good), &st, &err), "%s", err.text);
	CHECK(st.nsignatures == 2 && st.signatures[0].len == 3 && st.signatures[1].len == 4 &&
		      !memcmp(st.signatures[1].b, "\0\1\2\3", 4),
	      "signatures");
	CHECK(st.stated == 2 && st.ndigests == 1 && st.digests[0].algorithm == CFS_SHA256 &&
		      st.digests[0].b[0] == 0x4f && st.digests[0].b[31] == 0x1f,
	      "digests");
	CHECK(st.has_name && !strcmp(st.name, "fedora/edge") && st.has_serial && st.serial == 42 &&
		      st.has_expires && st.expires == 1814313600,
	      "fields");
}

/* Only the second signature and its newline may be missing. */
static void check_prefixes(void)
{
	const size_t first = (size_t)(strstr(good, "signature") - good),
		     second = (size_t)(strstr(good, "signature AAEC") - good);
	struct statement st;
	struct error err;

	for (size_t cut = 0; cut < strlen(good); cut++) {
		bool may = cut == second - 1 || cut == second || cut == strlen(good) - 1;
		int rc = take(good, cut, &st, &err);

		/* Four digits of base64 without padding are complete as well. */
		may |= cut == second + strlen("signature AAEC");
		CHECK(!rc == may, "the first %zu bytes: %d %s", cut, rc, err.text);
		CHECK(cut >= first + strlen("signature ") || rc == 1, "the first %zu bytes: %d",
		      cut, rc);
	}
}

static void check_bytes(void)
{
	char file[sizeof(good)];
	unsigned int n[3] = { 0 };
	struct statement st;
	struct error err;

	memcpy(file, good, sizeof(good));
	for (size_t i = 0; i < strlen(good) * 256; i++) {
		file[i / 256] = (char)(i % 256);
		n[take(file, strlen(good), &st, &err)]++;
		file[i / 256] = good[i / 256];
	}
	CHECK(n[0] && n[1] && n[2], "%u %u %u", n[0], n[1], n[2]);
}

void unit_signature_statement(void)
{
	check_fields();
	check_prefixes();
	check_bytes();
}
