#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# VE-2, VE-3, MO-5: a digest that FS_IOC_MEASURE_VERITY gives counts only on a
# file system that enforces fs-verity in the kernel. A FUSE server of ours lies
# about every digest; nothing may believe it. Answers that are no digest are failures.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
make_fixture
${CC:-gcc} -O2 -o "$tmp/liar" tests/mount/liar.c || skip_all 'no compiler'
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
[ -c /dev/fuse ] || skip_all 'no /dev/fuse here'

# The served directory: an image with one byte of a file's content changed, and
# a store with one object changed.
mkdir -p served/composefs/images served/sub lies
cp img served/img
size=$(stat -c %s img)
at=$(grep -abo small img | tail -n 1)
at=${at%%:*}
printf 'S' | dd of=served/img bs=1 seek="$at" conv=notrunc status=none
not_ok 'the served image is another one' cmp -s img served/img
first=$("$CFS" dump img | awk '$1 == "/dir/again" { print $9 }')
first=/${first#/}
cp -a obj served/obj
chmod u+w "served/obj$first"
printf 'Q' | dd of="served/obj$first" bs=1 seek=5000 conv=notrunc status=none
chmod 644 "served/obj$first"
object=$(echo "$first" | tr -d /)

# lie DIGEST [HOW] - serve it from now on. honest - no more.
lie()
{
	./liar served lies "$@" || fail 'the server starts'
}
honest()
{
	umount lies
}

# ---- images ---------------------------------------------------------------
# What the server says is not even a reason to refuse: the image is copied and hashed.
is_digest=$("$CFS" info measure-file served/img)
for how in right nothing long sha512 io; do
	lie "$digest" $how
	refused "a changed image, the server answers: $how" 32 \
		"lies/img: wrong digest: want $digest, is $is_digest" \
		"$CFS" mount -o "basedir=obj,noverity,digest=$digest" lies/img mnt
	honest
done
cp img served/good
lie "$is_digest"
exits 'a good image whose server gives another digest mounts' 0 \
	"$CFS" mount -v -o "basedir=obj,noverity,digest=$digest" lies/good mnt
ok 'as a copy' grep -q "lies/good: copied to memory" stderr
ok 'is the tree' same tree mnt
umount mnt
honest

# ---- objects --------------------------------------------------------------
for how in right nothing long sha512 io; do
	lie "$object" $how
	refused "a changed object, the server answers: $how" 32 \
		"basedir lies/obj: objects have no fs-verity (first: ${first#/})" \
		"$CFS" mount -f -o basedir=lies/obj,verity img mnt
	honest
done
lie "$object"
exits 'verify hashes it' 3 "$CFS" verify --basedir=lies/obj img
ok 'and finds it' grep -q 'wrong-content' stdout stderr
is 'measure-file hashes' "$("$CFS" info measure-file "lies/obj$first")" "$("$CFS" info measure-file "served/obj$first")"
honest
lie "$object"
exits '--require-verity is not content with it' 3 "$CFS" verify --require-verity --basedir=lies/obj img
is 'no object counts as sealed' "$(awk '$1 == "no-verity" && $3 != "-"' stdout | wc -l)" \
	"$(($(find obj -type f | wc -l) - 1))"
is 'mkfs hashes' "$("$CFS" mkfs --print-digest-only lies/obj 2>/dev/null || "$CFS" mkfs --print-digest lies/obj made)" \
	"$("$CFS" mkfs --print-digest served/obj made2)"
honest

# ---- setup-root -----------------------------------------------------------
cp served/img "served/composefs/images/$digest"
cp -a obj served/composefs/objects
lie "$digest"
refused 'setup-root refuses the changed image' 32 "wrong digest: want $digest, is $is_digest" \
	"$CFS" setup-root --sysroot=lies --cmdline="composefs=?$digest" --target=mnt
ok 'and nothing is mounted' test -z "$(ls mnt)"
honest

# ---- answers that are none ------------------------------------------------
# On a file system that counts: the call succeeds and writes nothing, gives more
# bytes than there is room for, or another number than 0.
case $(stat -f -c %T .) in
ext2/ext3 | btrfs | f2fs) counts=1 ;;
*) counts= ;;
esac
answer()
{
	refused "an answer that $1" 32 'img: fs-verity digest: ' \
		strace -qq -o /dev/null -e trace=ioctl -e "inject=ioctl:$2:when=1" \
		"$CFS" mount -f -o "basedir=obj,noverity,digest=$digest" img mnt
}
if [ -z "$counts" ]; then
	skip 'answers that are none' "$(stat -f -c %T .) has no fs-verity"
elif traced; then
	answer 'writes nothing' retval=0
	answer 'is longer than there is room' retval=0:poke_exit=@arg3=0100c800
	answer 'is shorter than its algorithm' retval=0:poke_exit=@arg3=01001000
	answer 'is a number of bytes' "retval=36:poke_exit=@arg3=01002000$digest"
	refused 'an answer of the right form counts' 32 "img: wrong digest: want $digest, is $object" \
		strace -qq -o /dev/null -e trace=ioctl -e "inject=ioctl:retval=0:poke_exit=@arg3=01002000$object:when=1" \
		"$CFS" mount -f -o "basedir=obj,noverity,digest=$digest" img mnt
else
	skip 'answers that are none' 'no strace here, or a sanitizer'
fi

plan_done
