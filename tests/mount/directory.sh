#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A directory, its image and its object store, mounted by the mainline kernel
# with erofs + overlayfs, are the same tree (SC-4, SC-5, ST-1, WI-6, WI-11).
# $CFS_SOURCE is the real directory: /usr in the long form, else /usr/share.
. "$(dirname "$0")/../lib.sh"
private_mounts "$@"
need perl setfattr
for fs in erofs overlay; do
	grep -qw $fs /proc/filesystems || modprobe $fs 2>/dev/null || skip_all "the kernel has no $fs"
done
${CC:-gcc} -O2 -o "$tmp/compare" tests/mount/compare.c || skip_all 'no compiler'
mkdir "$tmp/mnt" "$tmp/erofs" "$tmp/merged"
mount -t tmpfs -o mode=755 tmpfs "$tmp/mnt" || exit 1
cd "$tmp/mnt" || exit 1

# mounted IMAGE STORE COMMAND... - runs the command while the tree is at $tmp/merged.
mounted()
{
	image=$1 store=$2
	shift 2
	mount -t erofs -o ro "$image" "$tmp/erofs" || return 1
	if mount -t overlay overlay \
		-o "ro,metacopy=on,redirect_dir=on,lowerdir=$tmp/erofs::$store" "$tmp/merged"; then
		"$@"
		rc=$?
		umount "$tmp/merged"
	else
		rc=1
	fi
	umount "$tmp/erofs"
	return $rc
}

# equal SEED - a random tree comes back, with one thread and with several.
equal()
{
	rm -rf source store image one
	perl "$TOP/tests/mount/tree.pl" "$1" source >attributes || return 1
	setfattr -h --restore=attributes || return 1
	find source -exec touch -h -d "@$((1000000000 + $1 * 7919)).123456789" {} + || return 1
	find source -name '*a*' -exec touch -h -d '@-5.000000001' {} + || return 1
	"$CFS" mkfs --threads=3 --digest-store=store source image || return 1
	"$CFS" mkfs --threads=1 source one && cmp one image || return 1
	mounted image store "$tmp/compare" source "$tmp/merged" user. trusted.k
}

last=20
[ -z "$CFS_LONG" ] || last=200
seed=0
while [ $seed -lt $last ]; do
	seed=$((seed + 1))
	ok "random directory $seed" equal $seed
done

# The real thing.
source=${CFS_SOURCE:-/usr/share}
[ -z "$CFS_LONG" ] || source=${CFS_SOURCE:-/usr}
rm -rf store
ok "$source: image and store" "$CFS" mkfs --digest-store="$tmp/store" --print-digest "$source" "$tmp/image"
digest=$("$CFS" info measure-file "$tmp/image")
ok "$source: mounted and compared" mounted "$tmp/image" "$tmp/store" "$tmp/compare" "$source" "$tmp/merged" \
	user. security. system.
note "$(tail -n 1 "$tmp/out")"
find "$tmp/store" -type f -printf '%P %i %T@ %s\n' | sort >"$tmp/before"
is "$source: the second run gives the same digest" \
	"$("$CFS" mkfs --digest-store="$tmp/store" --print-digest "$source" "$tmp/again")" "$digest"
find "$tmp/store" -type f -printf '%P %i %T@ %s\n' | sort >"$tmp/after"
ok "$source: the second run left every object as it was" cmp "$tmp/before" "$tmp/after"
note "$(wc -l <"$tmp/after") objects"
cd "$TOP" || exit 1
umount "$tmp/mnt"
plan_done
