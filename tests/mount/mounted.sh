#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests 3 to 8 of mount.md 21: a mounted tree is the tree, on every path; sources
# of every kind; what is mounted is what was verified. MO-2, MO-5, MO-6, MO-7.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
need getfattr losetup
make_fixture
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
mark

# goes DESC [OPTIONS] [IMAGE] - it mounts, looks like the tree, and goes again.
goes()
{
	goes_desc=$1
	ok "$goes_desc: mounts" "$CFS" mount -o "basedir=obj${2:+,$2}" "${3:-img}" mnt
	ok "$goes_desc: is the tree" same tree mnt
	ok "$goes_desc: umount" umount mnt
	clean "$goes_desc"
}

# ---- 4, 5: all paths ------------------------------------------------------
goes 'as the kernel likes it'
is 'nothing on stderr' "$("$CFS" mount -o basedir=obj img mnt 2>&1)" ''
is 'the source is the image' "$(awk -v m="$tmp/mnt" '$5 == m { print $(NF - 1) }' /proc/self/mountinfo)" "$tmp/img"
is 'it is read-only' "$(awk -v m="$tmp/mnt" '$5 == m { print $6 }' /proc/self/mountinfo)" ro,relatime
umount mnt
for path in loop B C D noproc nodev loop:nodev loop:noproc:nodev B:noproc C:noproc D:noproc \
	loop:B:noproc:nodev loop:C loop:D:noproc:nodev; do
	goes "debug=$path" "debug=$path"
done

# ---- flags (MO-7) ---------------------------------------------------------
"$CFS" mount -o basedir=obj,nosuid,nodev,noexec,noatime,nosymfollow img mnt
is 'flags arrive' "$(awk -v m="$tmp/mnt" '$5 == m { print $6 }' /proc/self/mountinfo)" \
	ro,nosuid,nodev,noexec,noatime,nosymfollow
not_ok 'no link is followed' cat mnt/dir/link
umount mnt
"$CFS" mount -o basedir=obj,strictatime,nodiratime img mnt
is 'more flags' "$(awk -v m="$tmp/mnt" '$5 == m { print $6 }' /proc/self/mountinfo)" ro,nodiratime
umount mnt
ok 'a small image without basedir' sh -c 'mkdir few && echo hi >few/f && "$CFS" mkfs few few.img'
for path in loop B C D; do
	ok "no object, no basedir, $path" "$CFS" mount -o "debug=$path" few.img mnt
	ok "no object, no basedir, $path: is the tree" same few mnt
	umount mnt
done
clean 'without basedir'

# ---- 3: cut images --------------------------------------------------------
size=$(stat -c %s img)
bad=
for at in $(seq 0 "$([ -n "$CFS_LONG" ] && echo 1 || echo 7)" 2048) 1023 1024 1151 1152 $(seq 4096 4096 $((size - 1))) $((size - 1)); do
	head -c "$at" img >cut
	timeout 10 "$CFS" mount -o basedir=obj cut mnt 2>cut.err
	rc=$?
	[ $rc = 32 ] && [ "$(wc -l <cut.err)" = 1 ] || bad="$bad $at($rc)"
done
is 'an image cut anywhere is refused' "$bad" ''
clean 'cut images'

# Whatever byte of the image is changed: it mounts or is refused, in good time.
bad=
for at in $(seq 0 97 $((size - 1))); do
	cp img bent
	printf '\377' | dd of=bent bs=1 seek="$at" conv=notrunc status=none
	timeout 10 "$CFS" mount -f -o basedir=obj bent mnt 2>/dev/null
	rc=$?
	[ $rc = 0 ] || [ $rc = 32 ] || bad="$bad $at($rc)"
done
is 'a changed byte is refused or harmless' "$bad" ''
cp img bent
printf '\052' | dd of=bent bs=1 seek=1105 conv=notrunc status=none
refused 'damage is named' 32 'bent: ' "$CFS" mount -o basedir=obj bent mnt

# The whole structure is parsed by a confined child, before the first call of the mount interface (PH-2).
if traced; then
	strace -f -qq -o trace -e trace=clone,clone3,fork,vfork,landlock_restrict_self,seccomp,fsopen,wait4 \
		"$CFS" mount -v -o basedir=obj img mnt 2>said
	umount mnt
	is 'a child, confined, before fsopen' "$(sed 's/^[0-9]* *//; s/(.*//; s/^clone3*$\|^v*fork$/fork/; /^[<+-]/d' trace | uniq | head -n 5 | tr '\n' ' ')" \
		'fork wait4 landlock_restrict_self seccomp fsopen '
	ok 'which -v says' grep -q 'sandbox: Landlock on, seccomp on' said
	# A child that crashes mounts nothing.
	exits 'a child that crashes' 32 strace -f -qq -o /dev/null -e trace=seccomp -e inject=seccomp:signal=SEGV \
		"$CFS" mount -o basedir=obj img mnt
	ok 'is reported' grep -q 'the process that checks the image did not finish' "$tmp/stderr"
	is 'a child that crashes: nothing is mounted' "$(ls mnt)" ''
	exits 'no child can be had' 0 strace -qq -o /dev/null -e trace=clone,clone3,fork,vfork \
		-e inject=clone,clone3,fork,vfork:error=EAGAIN "$CFS" mount -o basedir=obj img mnt
	umount mnt
else
	skip 'the confined child' 'no strace here, or a sanitizer'
fi

# ---- 6: sources -----------------------------------------------------------
mkdir ram ov ov/l ov/u ov/w ov/m
mount -t tmpfs tmpfs ram
cp img ram/img
mount -t overlay overlay -o "lowerdir=ov/l,upperdir=ov/u,workdir=ov/w" ov/m 2>/dev/null && cp img ov/m/img
mark
goes 'on tmpfs' '' ram/img
if [ -f ov/m/img ]; then
	goes 'on an overlay' '' ov/m/img
else
	skip 'on an overlay' 'no overlay could be mounted'
fi
goes 'by an absolute name' '' "$tmp/img"
cp img gone
ok 'fd:N, unlinked' sh -c 'exec 7<gone; rm gone; "$CFS" mount -o basedir=obj fd:7 mnt'
ok 'fd:N: is the tree' same tree mnt
is 'fd:N: the source has no name' "$(awk -v m="$tmp/mnt" '$5 == m { print $(NF - 1) }' /proc/self/mountinfo)" composefs
umount mnt
ok 'standard input' sh -c '"$CFS" mount -o basedir=obj - mnt <img'
ok 'standard input: is the tree' same tree mnt
umount mnt
ok 'a pipe' sh -c 'cat img | "$CFS" mount -o basedir=obj - mnt'
ok 'a pipe: is the tree' same tree mnt
umount mnt
ok 'a pipe with a digest' sh -c "cat img | '$CFS' mount -o basedir=obj,noverity,digest=$digest - mnt 2>/dev/null"
ok 'a pipe with a digest: is the tree' same tree mnt
umount mnt
refused 'an empty pipe' 32 '-: not a composefs image' sh -c ': | "$CFS" mount -o basedir=obj - mnt'
clean 'descriptors'
if loop=$(losetup -r -f --show img 2>/dev/null); then
	mark
	exits 'a loop device' 0 "$CFS" mount -v -o basedir=obj "$loop" mnt
	ok 'is looked through' grep -q "the loop device of $tmp/img" "$tmp/stderr"
	ok 'a loop device: is the tree' same tree mnt
	is 'a loop device: the source is the file' \
		"$(awk -v m="$tmp/mnt" '$5 == m { print $(NF - 1) }' /proc/self/mountinfo)" "$tmp/img"
	umount mnt
	clean 'a loop device'
	losetup -d "$loop"
	cp img moved
	loop=$(losetup -r -f --show moved)
	mv moved moved2
	rm moved2
	mark
	goes 'a loop device whose file has gone' '' "$loop"
	ok 'with a digest, as a copy' "$CFS" mount -o "basedir=obj,noverity,digest=$digest" "$loop" mnt
	ok 'with a digest: is the tree' same tree mnt
	umount mnt
	losetup -d "$loop"
	cat few.img img >behind
	loop=$(losetup -r -f -o "$(stat -c %s few.img)" --show behind)
	mark
	goes 'a loop device with an offset' '' "$loop"
	losetup -d "$loop"
	sleep 0.1
	mark
else
	skip 'loop devices' 'none can be had'
fi

# ---- 7: what is mounted is what was opened and verified -------------------
# Stopped after the digest was taken, the file is changed, then it goes on.
cp img changing
if traced; then
	(
		strace -qq -o /dev/null -e trace=fsopen -e inject=fsopen:signal=STOP:when=1 \
			"$CFS" mount -o "basedir=obj,noverity,digest=$digest" changing mnt 2>/dev/null
		echo $? >rc
	) &
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		sleep 0.1
		pid=$(pgrep -x -n -f "$CFS mount -o basedir=obj,noverity,digest=$digest changing mnt") || continue
		grep -q '^State:.*[tT] ' "/proc/$pid/status" && break
	done
	head -c "$size" /dev/zero | dd of=changing conv=notrunc status=none
	mv changing elsewhere
	echo wrong >changing
	kill -CONT "$pid"
	wait
	is 'changed and replaced behind the check: mounted all the same' "$(cat rc)" 0
	ok 'and the tree is the verified one' same tree mnt
	umount mnt
	clean 'changed behind the check'
else
	skip 'changed behind the check' 'no strace here, or a sanitizer'
fi

# ---- 8: a digest without fs-verity ----------------------------------------
ok 'a digest' "$CFS" mount -o "basedir=obj,noverity,digest=$digest" img mnt
ok 'a digest: is the tree' same tree mnt
dd if=/dev/zero of=img2 bs="$size" count=1 status=none
cp img img.saved
dd if=/dev/zero of=img bs="$size" count=1 conv=notrunc status=none
echo 3 >/proc/sys/vm/drop_caches 2>/dev/null
ok 'the image changes later: the tree does not' same tree mnt
umount mnt
clean 'a digest'
cp img.saved img
other=$(echo "$digest" | tr 0-9a-f f0-9a-e)
refused 'a wrong digest' 32 "img: wrong digest: want $other, is $digest" \
	"$CFS" mount -o "basedir=obj,noverity,digest=$other" img mnt
clean 'a wrong digest'

plan_done
