#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# An image of which verify has nothing to say shows in Linux what dump prints (RI-7,
# RI-12): the image of each of 100 random trees, 2000 in the long form, and each image
# that tests/second/Handmade.pm makes, mounted by "cfs mount" with EROFS and overlayfs.
# And whatever the tree can open is in "info objects": without all other objects the
# view stays as it was, also of images that are odd.
#
# What is known to differ is translated by tests/second/view: whiteouts and their
# marks. Names of xattrs that no file system of Linux can show (image format 17) are
# in none of the images.
. "$(dirname "$0")/../lib.sh"
private_mounts "$@"
need perl
for fs in erofs overlay; do
	grep -qw $fs /proc/filesystems || modprobe $fs 2>/dev/null || skip_all "the kernel has no $fs"
done
case $(uname -r) in
[1-5].* | 6.[0-6].*) skip_all 'overlayfs of this kernel does not undo escapes (needs Linux 6.7)' ;;
esac
case $CFS in *san*) skip_all 'once is enough, with the program as it is released' ;; esac
${CC:-gcc} -O1 -Wall -Wextra -o "$tmp/view" tests/second/view.c || skip_all 'no compiler'
mkdir "$tmp/mnt" "$tmp/images"
mount -t tmpfs -o mode=755 tmpfs "$tmp/mnt" || exit 1

last=100
[ -z "$CFS_LONG" ] || last=2000
perl tests/second/shown "$tmp/images" 1 $last >"$tmp/made" 2>"$tmp/err"
is "images: $(cat "$tmp/made")" $? 0
cd "$tmp/mnt" || exit 1
ls "$tmp/images/images" >"$tmp/names"
xargs -n 500 "$tmp/view" "$tmp/images" "$CFS" backend=erofs <"$tmp/names" >"$tmp/seen" 2>&1
is 'images that are shown in another way' "$(grep -v ', 0 bad$' "$tmp/seen")" ''
is 'all were looked at' "$(awk '/images,/ { n += $1; c += $3 } END { print n, c }' "$tmp/seen")" \
	"$(wc -l <"$tmp/names") $(find "$tmp/images/want" -type f | wc -l)"
is 'some of them twice' "$(awk '/images,/ { n += $5 } END { print (n > 50) }' "$tmp/seen")" 1
note "$(grep "images," "$tmp/seen")"
cd "$TOP" || exit 1
umount "$tmp/mnt"
plan_done
