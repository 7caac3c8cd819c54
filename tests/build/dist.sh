#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# make dist: the same bytes in two folders under two umasks, and an archive that builds the
# same program without git. make deb: the same bytes twice, and what the package holds.
. "$(dirname "$0")/../lib.sh"
[ "$CFS" = "$TOP/cfs" ] || skip_all 'about the release build only'
need git zstd tar
git rev-parse HEAD >/dev/null 2>&1 || skip_all 'no git checkout here'
: "${MAKE:=make}"
version=$(sed -n 's/^VERSION = //p' Makefile)

# clone NAME UMASK - a checkout of HEAD with the components.
clone()
{
	(umask "$2" && git clone -q "$TOP" "$tmp/$1" && cp -r components "$tmp/$1/")
}
clone a 022
clone 'b with a longer name' 077
ok 'make dist' sh -c 'umask 022 && cd "$1" && "$2" -s dist' sh "$tmp/a" "$MAKE"
ok 'make dist elsewhere' sh -c 'umask 077 && cd "$1" && "$2" -s dist' sh "$tmp/b with a longer name" "$MAKE"
archive=$tmp/a/build/cfs-$version.tar.zst
ok 'the same bytes' cmp "$archive" "$tmp/b with a longer name/build/cfs-$version.tar.zst"
zstd -dc "$archive" | tar -tvf - --numeric-owner >"$tmp/list"
is 'one folder' "$(awk '{ print $6 }' "$tmp/list" | cut -d/ -f1 | sort -u)" "cfs-$version"
is 'owner and group 0, modes 0644 and 0755' \
	"$(awk '{ print $1, $2 }' "$tmp/list" | grep -vE '^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrwxrwxrwx) 0/0$')" ''
ok 'names in byte order' sh -c 'awk "{ print \$6 }" "$1" | sed "s|/\$||" | LC_ALL=C sort -c' sh "$tmp/list"
ok 'the licence of zstd travels along' grep -q 'components/zstd-.*/LICENSE' "$tmp/list"
echo change >>"$tmp/a/README.md"
not_ok 'a tree with changes is refused' "$MAKE" -s -C "$tmp/a" dist
ok 'DIST_DIRTY=1 takes it' "$MAKE" -s -C "$tmp/a" dist DIST_DIRTY=1

# Without git and without a network.
mkdir "$tmp/unpacked"
zstd -dc "$tmp/b with a longer name/build/cfs-$version.tar.zst" | tar -xf - -C "$tmp/unpacked"
ok 'it builds' "$MAKE" -s -j2 -C "$tmp/unpacked/cfs-$version"
if [ "$("$CFS" --version | sed -n 's/.*commit \([^,]*\),.*/\1/p')" = "$(git rev-parse --short=12 HEAD)" ] &&
	[ -z "$(git status --porcelain --untracked-files=no)" ]; then
	ok 'the same program' cmp "$tmp/unpacked/cfs-$version/cfs" "$CFS"
else
	skip 'the same program' 'the program here is not that of HEAD'
fi

if command -v dpkg-deb >/dev/null; then
	for n in 1 2; do
		ok "make deb $n" "$MAKE" -s deb
		cp build/cfs_"$version"_*.deb "$tmp/$n.deb"
		sleep 1
	done
	ok 'the same package' cmp "$tmp/1.deb" "$tmp/2.deb"
	dpkg-deb -x "$tmp/1.deb" "$tmp/deb"
	is 'it depends on nothing' "$(dpkg-deb -f "$tmp/1.deb" Depends)" ''
	is 'and replaces composefs' "$(dpkg-deb -f "$tmp/1.deb" Conflicts Replaces | tr '\n' ' ')" 'Conflicts: composefs Replaces: composefs '
	is 'the links' "$(ls "$tmp/deb/usr/bin")" "$(printf '%s\n' cfs composefs-from-json composefs-info composefs-setup-root \
		mkcomposefs mkfs.composefs mount.composefs)"
	ok 'completions' test -s "$tmp/deb/usr/share/fish/vendor_completions.d/cfs.fish"
	ok 'hooks' test -s "$tmp/deb/usr/lib/dracut/modules.d/37cfs/module-setup.sh"
	ok 'everything belongs to root' sh -c '! dpkg-deb -c "$1" | grep -v " root/root "' sh "$tmp/1.deb"
else
	skip 'make deb' 'no dpkg-deb here'
fi
plan_done
