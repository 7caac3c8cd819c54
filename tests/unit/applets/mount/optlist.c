// SPDX-License-Identifier: GPL-2.0-only
/* Option lists (mount 2.1, 4, 7; MO-1, MO-3): every prefix and every changed byte of a long one. */
#include "applets/mount/optlist.h"
#include <linux/mount.h>
#include "tests/unit/unit.h"

#define HEX "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

/* @want: the decoded directories, separated by '|'; or the text of the refusal. */
static const struct {
	const char *list, *want;
	bool refused;
} lists[] = {
	{ "basedir=/a", "/a", false },
	{ "basedir=/a:/b", "/a|/b", false },
	{ "basedir=\"/x,ro:/y\"", "/x,ro:/y", false },
	{ "basedir=\"/x,ro\":/y", "/x,ro|/y", false },
	{ "basedir=/a\",\"b,ro", "/a,b", false },
	{ "basedir=a\\054b\\072c\\134d\\040e", "a,b:c\\d e", false },
	{ "basedir=a\\,b\\:c\\\"d\\\\e", "a,b:c\"d\\e", false },
	{ "basedir=\"a\\\"b\\\\c\"", "a\"b\\c", false },
	{ "basedir=a=b", "a=b", false },
	{ "basedir=a,basedir=b:c", "b|c", false },
	{ "basedir=a:b,basedir=c", "c", false },
	{ ",,basedir=a,,", "a", false },
	{ "basedir=\\377\\001", "\377\001", false },
	{ "basedir=\"\\054\"",
	  "basedir: a backslash stands before none of , : \" \\ and three octal digits", true },
	{ "basedir=\\400",
	  "basedir: a backslash stands before none of , : \" \\ and three octal digits", true },
	{ "basedir=\\08",
	  "basedir: a backslash stands before none of , : \" \\ and three octal digits", true },
	{ "basedir=a\\",
	  "basedir: a backslash stands before none of , : \" \\ and three octal digits", true },
	{ "basedir=a:", "basedir: empty name in list", true },
	{ "basedir=\"\":a", "basedir: empty name in list", true },
	{ "basedir=", "basedir: empty name in list", true },
	{ "basedir=\"a", "basedir: a quote is left open", true },
	{ "basedir=\"a\\\"", "basedir: a quote is left open", true },
	{ "upperdir=\"\",workdir=w", "upperdir: empty value", true },
	{ "digest=" HEX "0", "digest: 64 or 128 hex digits expected", true },
	{ "digest=sha256:", "digest: sha256: 64 hex digits expected", true },
	{ "digest=sha512:" HEX, "digest: sha512: 128 hex digits expected", true },
	{ "digest=v1-sha256-12:" HEX HEX, "digest: sha256: 64 hex digits expected", true },
	{ "digest=v0-sha512-12:" HEX HEX, "digest: 64 or 128 hex digits expected", true },
	{ "digest=SHA512:" HEX HEX, "digest: 64 or 128 hex digits expected", true },
	{ "digest=v2-sha512-12:" HEX HEX,
	  "digest: v2-sha512-12: names a V2 image of composefs-rs; give its digest without the prefix",
	  true },
	{ "verity_check=\"", "verity_check: a quote is left open", true },
	{ "noatime=", "noatime: takes no value", true },
	{ "ro\"", "ro\": unknown option; did you mean ro?", true },
	{ "debug=loop:X", "debug: loop, B, C, D, noproc, nodev, name expected", true },
};

static void check_lists(void)
{
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		char got[512] = "";
		struct error err = { 0 };
		struct optlist o;
		int rc;

		optlist_init(&o);
		rc = optlist_parse(&o, lists[i].list, false, &err);
		for (unsigned int k = 0; !rc && k < o.paths.basedirs; k++) {
			if (k)
				strcat(got, "|");
			strcat(got, o.paths.basedir[k]);
		}
		CHECK(!rc == !lists[i].refused && !strcmp(rc ? err.text : got, lists[i].want),
		      "%s: %s", lists[i].list, rc ? err.text : got);
		optlist_release(&o);
	}
}

/* Under upstream's name: its quotes, its values. */
static const struct {
	const char *list, *want;
	bool refused;
} upstream[] = {
	{ "basedir=/a\"b", "/a\"b", false },
	{ "basedir=/a\"b\"c", "/a\"b\"c", false },
	{ "basedir=/a\"b:c\"d", "/a\"b|c\"d", false },
	{ "basedir=/a\"b,ro,verity=1", "/a\"b", false },
	{ "basedir=\"/a", "\"/a", false },
	{ "basedir=/a\",ro", "/a\"", false },
	{ "ro,basedir=\"/x,ro:/y\",verity", "/x,ro:/y", false },
	{ "basedir=\"/x,ro\":/y", "/x,ro|/y", false },
	{ "basedir=/y:\"/x:\"", "/y|/x:", false },
	{ "basedir=\"a\\\"b\\\\c\"", "a\"b\\c", false },
	{ "basedir=a\\,b\\:c\\\"d", "a,b:c\"d", false },
	{ "verity=1,basedir=a", "a", false },
	{ "ro=1,rw=,noverity=0,tryverity=x,basedir=a", "a", false },
	{ "nosuid=1", "nosuid: takes no value", true },
	{ "volatile=1", "volatile: takes no value", true },
};

static void check_upstream(void)
{
	for (size_t i = 0; i < ARRAY_LEN(upstream); i++) {
		char got[512] = "";
		struct error err = { 0 };
		struct optlist o;
		int rc;

		optlist_init(&o);
		o.as_upstream = true;
		rc = optlist_parse(&o, upstream[i].list, false, &err);
		for (unsigned int k = 0; !rc && k < o.paths.basedirs; k++) {
			if (k)
				strcat(got, "|");
			strcat(got, o.paths.basedir[k]);
		}
		CHECK(!rc == !upstream[i].refused && !strcmp(rc ? err.text : got, upstream[i].want),
		      "%s: %s", upstream[i].list, rc ? err.text : got);
		optlist_release(&o);
	}
}

/* What mount(8) of util-linux 2.38 hands to a helper, though it means nothing to a read-only mount. */
static void check_passed_on(void)
{
	static const char list[] =
		"rw,sync,async,dirsync,lazytime,nolazytime,silent,loud,iversion,noiversion,mand,nomand,"
		"nofail,_netdev,user,users,owner,group,noauto,auto,comment=x,uhelper=y,x-systemd.automount";
	struct error err = { 0 };
	struct optlist o;

	optlist_init(&o);
	CHECK(!optlist_parse(&o, list, false, &err), "%s", err.text);
	CHECK(o.flags.rw == 1 && o.nofail && !o.flags.attr && !o.flags.touched,
	      "only rw and nofail count");
	optlist_release(&o);
}

static const struct {
	const char *list;
	int level;
	bool tries;
} levels[] = {
	{ "ro", 0, false },
	{ "verity", 2, false },
	{ "noverity,verity", 2, false },
	{ "verity,noverity", 0, false },
	{ "tryverity", 0, true },
	{ "tryverity,verity", 2, false },
	{ "tryverity,noverity", 0, false },
	{ "digest=" HEX, 2, false },
	{ "tryverity,digest=" HEX, 2, false },
	{ "digest=" HEX ",tryverity", 2, false },
	{ "noverity,digest=" HEX, 0, false },
	{ "digest=sha256:" HEX ",noverity", 0, false },
	{ "verity_check=1,digest=v1-sha256-12:" HEX ",verity", 1, false },
	{ "digest=" HEX ",verity_check=0", 0, false },
	{ "verity_check=2,noverity", 2, false },
	{ "verity_check=0,verity_check=2", 2, false },
};

static void check_levels(void)
{
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		struct error err = { 0 };
		struct optlist o;
		bool tries;
		int level;

		optlist_init(&o);
		CHECK(!optlist_parse(&o, levels[i].list, false, &err), "%s: %s", levels[i].list,
		      err.text);
		level = optlist_level(&o, &tries);
		CHECK(level == levels[i].level && tries == levels[i].tries, "%s: %d",
		      levels[i].list, level);
		optlist_release(&o);
	}
}

static void check_flags(void)
{
	struct error err = { 0 };
	struct optlist o;

	optlist_init(&o);
	CHECK(!optlist_parse(&o, "nosuid,nodev,dev,noatime,strictatime,rw", false, &err), "%s",
	      err.text);
	CHECK(o.flags.attr == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME), "flags 0x%x",
	      o.flags.attr);
	CHECK(o.flags.touched == (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR__ATIME),
	      "touched 0x%x", o.flags.touched);
	CHECK(o.flags.rw == 1 && !o.flags.writable, "rw alone means nothing");
	CHECK(!optlist_parse(&o, "upperdir=u", false, &err) && optlist_finish(&o, &err),
	      "upperdir needs workdir");
	CHECK(!optlist_parse(&o, "workdir=w", false, &err) && !optlist_finish(&o, &err),
	      "lists are joined");
	CHECK(o.flags.writable, "with both");
	CHECK(!optlist_parse(&o, "nosuch=\"1,2\",x", true, &err), "sloppy");
	CHECK(optlist_parse(&o, "nosuch", false, &err), "not sloppy");
	optlist_release(&o);
}

/* What must hold of whatever is accepted. */
static void check_one(const char *list, bool as_upstream)
{
	struct error err = { 0 };
	struct optlist o;
	bool tries;
	int level;

	optlist_init(&o);
	o.as_upstream = as_upstream;
	if (optlist_parse(&o, list, false, &err)) {
		CHECK(err.text[0] && err.code == EINVAL, "%s", list);
	} else {
		level = optlist_level(&o, &tries);
		CHECK(o.paths.basedirs <= OPTIONS_BASEDIRS && level >= 0 && level <= 2 && !tries,
		      "%s", list);
		/* The level stands in the list; only there can it be lowered. */
		CHECK(!o.digest.algorithm || level == 2 || strstr(list, "verity_check="),
		      "%s: level %d", list, level);
	}
	optlist_release(&o);
}

static void check_mutants(void)
{
	static const char good[] =
		"ro,nosuid,basedir=\"/srv/a,b\":/srv/c\\054d\\:e:/f,digest=sha256:" HEX
		",verity_check=2,upperdir=/u,workdir=/w,noatime,backend=erofs,idmap=/n,context=\"a:b,c\"";
	char list[sizeof(good)];

	CHECK(sizeof(good) > 200, "the list has %zu bytes", sizeof(good));
	for (size_t len = 0; len < sizeof(good); len++) {
		memcpy(list, good, len);
		list[len] = '\0';
		check_one(list, false);
		check_one(list, true);
	}
	for (size_t i = 0; i + 1 < sizeof(good); i++) {
		memcpy(list, good, sizeof(good));
		for (unsigned int v = 0; v < 256; v++) {
			list[i] = (char)v;
			check_one(list, false);
			check_one(list, true);
		}
	}
}

void unit_applets_mount_optlist(void)
{
	check_lists();
	check_upstream();
	check_passed_on();
	check_levels();
	check_flags();
	check_mutants();
}
