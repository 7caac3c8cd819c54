// SPDX-License-Identifier: GPL-2.0-only
/*
 * source/tar/acl.c: texts that GNU tar, star and bsdtar write, and the attribute that
 * Linux has for each; then every prefix of one text, and every byte of it changed.
 * The expected entries are those of linux/posix_acl_xattr.h.
 */
#include "source/tar/acl.h"
#include "tests/unit/unit.h"

/* The number of a name is its length; "nobody" is unknown. */
static bool find(void *arg, bool is_group, const char *name, size_t len, u32 *id)
{
	(void)arg;
	(void)name;
	if (len == 6 && !memcmp(name, "nobody", 6))
		return false;
	*id = (u32)len + (is_group ? 100 : 0);
	return true;
}

static const struct {
	const char *text;
	u32 mode;
	const char *entries; /* TAG:PERM:ID... in hex; NULL: refused */
	const char *what;    /* the refusal, or the name that is unknown */
} rows[] = {
	{ "user::rwx,group::r-x,other::r--", 0754, "1:7 4:5 20:4", NULL },
	{ "o::r g::rx", 0, NULL, "ACL: \"o::r g::rx\" is not an entry like user:NAME:rwx" },
	{ "o::r\ng::rx\nu::-", 0054, "1:0 4:5 20:4", NULL },
	{ "user::rw-\nuser:9:r--\nuser:10:rwx\ngroup::r--\nmask::r--\nother::---\n", 0640,
	  "1:6 2:4:9 2:7:a 4:4 10:4 20:0", NULL },
	{ "user::rw-,group::---,other::---,user:abc:rw-:5,group:ab:r--:7,mask::rw-", 0660,
	  "1:6 2:6:5 4:0 8:4:7 10:6 20:0", NULL },
	{ "user::rw-,group::---,other::---,user:abc:rw-,group:ab:r--,mask::rw-", 0660,
	  "1:6 2:6:3 4:0 8:4:66 10:6 20:0", NULL },
	{ "user::rw-,group::---,other::---,user:nobody:rw-,mask::rw-", 0660,
	  "1:6 2:6:ffffffff 4:0 10:6 20:0", "nobody" },
	{ "user::rw-\t#effective:r--\n# a comment, with a comma\ngroup::r--,other:r--,mask:rwx",
	  0674, "1:6 4:4 10:7 20:4", NULL },
	{ "", 0, NULL, "ACL: no entry for the owner, the group or others" },
	{ "user::rw-,group::r--", 0, NULL, "ACL: no entry for the owner, the group or others" },
	{ "user::rw-,user::rw-,group::r--,other::r--", 0, NULL,
	  "ACL: two entries of a kind that may occur once" },
	{ "user::rw-,user:1:r,user:1:r,group::r--,mask::r,other::r--", 0, NULL,
	  "ACL: two entries for one user or group" },
	{ "user::rw-,user:1:r,group::r--,other::r--", 0, NULL,
	  "ACL: entries for users or groups without a mask" },
	{ "user::rw-:5,group::r--,other::r--", 0, NULL,
	  "ACL: \"user::rw-:5\" is not an entry like user:NAME:rwx" },
	{ "user::rr,group::r--,other::r--", 0, NULL,
	  "ACL: \"user::rr\" is not an entry like user:NAME:rwx" },
	{ "user:4294967295:r,user::r,group::r--,other::r--,mask::r", 0, NULL,
	  "ACL: the number of a user or group is not 0 to 4294967294" },
	{ "user:a:r:x,user::r,group::r--,other::r--,mask::r", 0, NULL,
	  "ACL: the number of a user or group is not 0 to 4294967294" },
	{ "user:1:r:2:3,user::r,group::r--,other::r--,mask::r", 0, NULL,
	  "ACL: \"user:1:r:2:3\" is not an entry like user:NAME:rwx" },
	{ "mask:1:r,user::r,group::r--,other::r--", 0, NULL,
	  "ACL: \"mask:1:r\" is not an entry like user:NAME:rwx" },
};

/* The attribute as rows[].entries has it. */
static void print(char *to, size_t size, const u8 *p, size_t len)
{
	size_t at = 0;

	*to = 0;
	CHECK(len % 8 == 4 && !memcmp(p, "\2\0\0\0", 4), "version 2");
	for (size_t i = 4; i < len; i += 8) {
		unsigned int id = p[i + 4] | (unsigned int)p[i + 5] << 8 |
				  (unsigned int)p[i + 6] << 16 | (unsigned int)p[i + 7] << 24;
		bool has_id = p[i] == 2 || p[i] == 8;

		CHECK(has_id || id == ~0u, "no number");
		at += (size_t)snprintf(to + at, size - at, "%s%x:%x", at ? " " : "", p[i],
				       p[i + 2]);
		if (has_id)
			at += (size_t)snprintf(to + at, size - at, ":%x", id);
	}
}

/* Whatever the text is: within the room, and what is accepted has its three entries. */
static void damaged(const char *text, size_t len)
{
	const struct tar_ids ids = { find, NULL };
	struct tar_acl acl;
	struct error err = { 0 };
	u8 *to = malloc(TAR_ACL_ROOM(len)); /* of that size, so that a sanitizer sees its end */

	if (!tar_acl_parse(&acl, text, len, &ids, to, &err))
		CHECK(acl.len <= TAR_ACL_ROOM(len) && acl.len >= 28 && acl.mode <= 0777,
		      "accepted");
	else
		CHECK(!strncmp(err.text, "ACL: ", 5), "%s", err.text);
	free(to);
}

void unit_source_tar_acl(void)
{
	const struct tar_ids ids = { find, NULL };
	char base[100];
	size_t len;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = { 0 };
		struct tar_acl acl;
		u8 to[1000];
		char got[1000];
		int rc = tar_acl_parse(&acl, rows[i].text, strlen(rows[i].text), &ids, to, &err);

		CHECK(!rc == !!rows[i].entries, "%s: %s", rows[i].text, err.text);
		if (rc) {
			CHECK(!strcmp(err.text, rows[i].what), "%s: %s", rows[i].text, err.text);
			continue;
		}
		print(got, sizeof(got), to, acl.len);
		CHECK(!strcmp(got, rows[i].entries), "%s: %s", rows[i].text, got);
		CHECK(acl.mode == rows[i].mode, "%s: mode %o", rows[i].text, acl.mode);
		CHECK(!acl.name == !rows[i].what, "%s: names", rows[i].text);
		CHECK(acl.is_mode == !strstr(got, "10:"), "%s: is_mode", rows[i].text);
	}
	len = strlen(strcpy(
		base, "user::rw-,user:17:r--,group:ab:rwx:3,group::r--#x\nmask::rwx,other::---"));
	for (size_t i = 0; i <= len; i++)
		damaged(base, i);
	for (size_t i = 0; i < len; i++) {
		char was = base[i];

		for (int c = 0; c < 256; c++) {
			base[i] = (char)c;
			damaged(base, len);
		}
		base[i] = was;
	}
}
