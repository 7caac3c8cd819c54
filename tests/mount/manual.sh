#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The manual pages of mount and setup-root have every mount option that the
# program knows, no other, and every message (mount.md 4 and 13).
. "$(dirname "$0")/../lib.sh"
need perl

# Every row of the table in optlist.c; debug= is for the tests only.
sed -n 's/^\t{ "\([a-z_]*\)", [A-Z]*_[A-Z]*.*/\1/p' applets/mount/optlist.c | grep -vx debug | sort -u >"$tmp/known"
ok 'the options were found' test "$(wc -l <"$tmp/known")" -ge 45
sed -n '/^\.SH MOUNT OPTIONS/,/^\.SS/p' applets/mount.8 | sed 's/\\f[BIR]//g; s/[^a-z_]/\n/g' | grep . | sort -u >"$tmp/words"
missing=
while read -r name; do
	# "and their opposites" stand for these.
	case $name in
	async | nolazytime | noiversion | nomand | loud | suid | dev | exec | symfollow | atime | diratime | norelatime | nostrictatime | nouser | nousers | noowner | nogroup) continue ;;
	esac
	grep -qx "$name" "$tmp/words" || missing="$missing $name"
done <"$tmp/known"
is 'mount.8 has every mount option' "$missing" ''
unknown=
for name in $(sed -n '/^\.SH MOUNT OPTIONS/,/^\.SS/p' applets/mount.8 | grep -A 1 '^\.TP' | grep '^\.[BI]' |
	sed 's/\\f.//g; s/^\.[A-Z]*//; s/[|,"]/ /g; s/=[^ ]*/ /g; s/\\//g' | tr ' ' '\n' | grep -x '[a-z_]*[a-z]'); do
	grep -qx "$name" "$tmp/known" || unknown="$unknown $name"
done
is 'and no other, but the values of now= and backend=' "$unknown" ' system kmod erofs fuse'

pages=applets/mount.8,applets/setup-root.8
is 'they have every message' "$(perl tests/mount/manual.pl $pages applets/mount.c applets/mount/*.c \
	applets/setup-root.c applets/setup-root/*.c)" ''
# The script would find one that is missing.
grep -v 'not in this build' applets/mount.8 >"$tmp/page"
is 'one that is missing would be found' "$(perl tests/mount/manual.pl "$tmp/page" applets/mount/backend.c)" \
	'applets/mount/backend.c: not in this build
applets/mount/backend.c: fuse: not in this build'

# What each level protects from, and what not (tests/README.md 1.2, 1.4).
for text in 'because they can remove the digests' 'but not the tree, because the image can be replaced' 'an older image that was valid once' \
	'deletion of objects' 'world readable by design' 'share the page cache'; do
	ok "mount.8 says: $text" grep -qF "$text" applets/mount.8
done
plan_done
