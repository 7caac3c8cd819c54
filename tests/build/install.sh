#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make install puts the program that was built into place, whatever it was built for,
# without running it, and makes the links that cfs --install makes.
. "$(dirname "$0")/../lib.sh"
[ "$CFS" = "$TOP/cfs" ] || skip_all 'about the release build only'
: "${MAKE:=make}"
# install_to NAME VARIABLE... - into $tmp/NAME.
install_to()
{
	root=$tmp/$1
	shift
	"$MAKE" -s -C "$TOP" install DESTDIR="$root" PREFIX=/usr "$@"
}

ok 'make install' install_to static
ok 'installs ./cfs' cmp "$tmp/static/usr/bin/cfs" cfs
mkdir "$tmp/links"
cp cfs "$tmp/links/cfs"
"$tmp/links/cfs" --install -s "$tmp/links"
is 'the links of --install' "$(ls "$tmp/static/usr/bin")" "$(ls "$tmp/links")"
is 'all links are relative and lead to the program' "$(find "$tmp/static" -type l | while read -r l; do
	[ "$l" -ef "$tmp/static/usr/bin/cfs" ] && case $(readlink "$l") in /*) false ;; esac || echo "$l"
done)" ''
ok 'mount(8) finds its helper' test "$tmp/static/usr/sbin/mount.composefs" -ef "$tmp/static/usr/bin/cfs"
is 'a manual page for each applet' "$(find "$tmp/static/usr/share/man" -name 'cfs-*' -printf '%f\n' |
	sed 's/cfs-\(.*\)\.[18]$/\1/' | sort)" "$("$CFS" --list)"

# A program that cannot run here is installed all the same.
ok 'make LINK=dynamic install' install_to dynamic LINK=dynamic
ok 'installs the dynamic program' sh -c 'readelf -lW "$1" | grep -q INTERP' sh "$tmp/dynamic/usr/bin/cfs"
is 'the same links' "$(ls "$tmp/dynamic/usr/bin")" "$(ls "$tmp/links")"
"$MAKE" -n -C "$TOP" SAN=1 LINK= install DESTDIR="$tmp/san" >"$tmp/plan" 2>&1
ok 'make SAN=1 install: the program of the sanitizers' grep -q 'install .*build/san/cfs .*/bin/cfs' "$tmp/plan"
not_ok 'and nothing runs it' grep -qE "(bin|san)/cfs'? --" "$tmp/plan"
if command -v aarch64-linux-gnu-gcc >/dev/null && [ -d components/aarch64-linux-gnu ]; then
	ok 'make CROSS=aarch64-linux-gnu- install' install_to cross CROSS=aarch64-linux-gnu-
	ok 'installs the program of that machine' sh -c 'readelf -h "$1" | grep -q AArch64' sh "$tmp/cross/usr/bin/cfs"
else
	skip 'make CROSS=aarch64-linux-gnu- install' 'no compiler and components for arm64 here (tests/cross/setup)'
fi
plan_done
