#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# BS-1: two builds in different directories, by different users, with different umask,
# locale, zone, times and number of jobs, give the same bytes; and an install puts
# them into place.
. "$(dirname "$0")/../lib.sh"
[ "$CFS" = "$TOP/cfs" ] || skip_all 'about the release build only'

# copy DIR - the sources, as they are now.
copy()
{
	mkdir -p "$1/tests"
	cp -r Makefile cfs.c applets format components "$1" &&
		cp tests/components tests/versions "$1/tests" &&
		"$CFS" --version | sed -n 's/.*commit \([^,]*\),.*/\1/p' >"$1/build-commit" &&
		cp ./*.1 ./*.md LICENSE "$1" 2>/dev/null || :
}

copy "$tmp/a"
copy "$tmp/another/directory with a longer name"
ok 'first build' make -s -j2 -C "$tmp/a"
# Files of another age, and of another owner, who builds: root can be anybody.
find "$tmp/another" -exec touch -h -d 2001-02-03 {} +
someone=
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	someone='setpriv --reuid=12345 --regid=12345 --clear-groups'
	chown -R 12345:12345 "$tmp/another"
	chmod 711 "$tmp"
else
	skip 'by another user' 'needs root and setpriv'
fi
# shellcheck disable=SC2086 # a command
ok 'second build, elsewhere' $someone env LC_ALL=C.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Tokyo LOGNAME=nobody USER=nobody \
	HOME=/nowhere SOURCE_DATE_EPOCH=1 sh -c 'umask 077
	cd "$1" && exec make -s -j3' sh "$tmp/another/directory with a longer name"
is 'no source asks for the time' "$(grep -rlE '__(DATE|TIME|TIMESTAMP)__' cfs.c applets format)" ''
ok 'same bytes' cmp "$tmp/a/cfs" "$tmp/another/directory with a longer name/cfs"
ok 'same bytes as the program under test' cmp "$tmp/a/cfs" "$CFS"

mtime=$(stat -c %Y "$tmp/a/cfs")
sleep 1
ok 'make again' make -s -C "$tmp/a"
is 'and nothing was done' "$(stat -c %Y "$tmp/a/cfs")" "$mtime"

ok 'make install' make -s -C "$tmp/a" install DESTDIR="$tmp/root" PREFIX=/usr
ok 'the installed program runs' "$tmp/root/usr/bin/cfs" --version
is 'no link leads out of the destination' \
	"$(find "$tmp/root" -type l ! -exec test -e {} \; -print)" ''
ok 'make clean' make -s -C "$tmp/a" clean
ok 'and components stay' [ -d "$tmp/a/components" ]

plan_done
