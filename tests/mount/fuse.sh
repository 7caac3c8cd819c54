#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The FUSE back end in the running kernel (applets/mount/fuse/README.md 12): trees,
# levels, users, and the processes behind a mount.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
need mount umount getfattr setpriv unshare
[ -c /dev/fuse ] || skip_all 'there is no /dev/fuse'
grep -qw fuse /proc/filesystems || modprobe fuse 2>/dev/null || skip_all 'this kernel has no FUSE'
make_fixture
cd "$tmp" || exit 1
chmod 755 "$tmp"

# servers - the processes of FUSE mounts below this script's mount namespace.
servers()
{
	pgrep -x cfs-fuse | while read -r pid; do
		# The image or a basedir is open in both of its processes.
		ls -l "/proc/$pid/fd" 2>/dev/null | grep -qF "$tmp" && echo "$pid"
	done
}

# gone DESC - no server is left, after a moment.
gone()
{
	for gone_i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -n "$(servers)" ] || {
			pass "$1: no process is left"
			return
		}
		sleep 0.1
	done
	fail "$1: no process is left" "$(servers)"
}

mark

# ---- root: trees and levels --------------------------------------------------
for level in 0 1 2; do
	ok "level $level: plain view" "$CFS" mount -o "backend=fuse-plain,basedir=obj,verity_check=$level" img mnt
	ok "level $level: it is the tree" same tree mnt
	is "level $level: type" "$(awk -v m="$tmp/mnt" '$5 == m { sub(/.* - /, ""); print $1 }' /proc/self/mountinfo)" fuse.composefs
	ok "level $level: umount" umount mnt
	gone "level $level"
done
ok 'digest=' "$CFS" mount -o "backend=fuse,basedir=obj,digest=$digest" img mnt
ok 'digest=: it is the tree' same tree mnt
umount mnt
refused 'another digest' 32 'wrong digest' "$CFS" mount -o "backend=fuse,basedir=obj,digest=$(echo "$digest" | tr 0-9 1-90)" img mnt
ok 'the view that fits' "$CFS" mount -o backend=fuse,basedir=obj img mnt
ok 'the view that fits: it is the tree' same tree mnt
umount mnt
if "$CFS" mount -o backend=fuse-overlay,basedir=obj img mnt 2>err; then
	ok 'overlay view: it is the tree' same tree mnt
	umount mnt
else
	ok 'overlay view: the reason is said' grep -q '^cfs mount: fuse-overlay: ' err
fi
mkdir up work
# The root of a writable mount has the attributes of the upper directory.
touch -r tree up
ok 'writable' "$CFS" mount -o backend=fuse-plain,basedir=obj,upperdir=up,workdir=work img mnt
ok 'writable: it is the tree' same tree mnt
ok 'a file can be written' sh -c 'echo new >mnt/etc/new && rm mnt/dir/link'
umount mnt
ok 'it went to the upper directory' test -f up/etc/new
gone 'views'

# ---- wrong objects -----------------------------------------------------------
# object PATH - the object of a file of the tree.
object()
{
	"$CFS" info objects img >/dev/null
	echo "obj/$("$CFS" dump img | awk -v p="$1" '$1 == p { print $9 }')"
}
cp -a obj good
victim=$(object /usr/bin/sh)
for level in 1 2; do
	chmod u+w "$victim"
	printf x | dd of="$victim" bs=1 seek=100 conv=notrunc 2>/dev/null
	ok "level $level, changed object" "$CFS" mount -o "backend=fuse-plain,basedir=obj,verity_check=$level" img mnt
	not_ok "level $level: a changed object cannot be read" cat mnt/usr/bin/sh
	ok "level $level: the others can" cmp mnt/dir/again tree/dir/again
	umount mnt
	rm -rf obj
	cp -a good obj
done
"$CFS" mount -o backend=fuse-plain,basedir=obj,verity_check=2 img mnt
head -c 4096 mnt/dir/deep/er/big >/dev/null
big=$(object /dir/again)
chmod u+w "$big"
printf x | dd of="$big" bs=1 seek=90000 conv=notrunc 2>/dev/null
not_ok 'changed after it was opened: no changed byte comes out' cmp mnt/dir/deep/er/big tree/dir/deep/er/big
umount mnt
rm -rf obj
cp -a good obj
rm "$victim"
"$CFS" mount -o backend=fuse-plain,basedir=obj,verity_check=1 img mnt
not_ok 'a missing object' cat mnt/usr/bin/sh
rm -f "$victim"
mkfifo "$victim"
not_ok 'a FIFO in its place' timeout 10 cat mnt/usr/bin/sh
umount mnt
rm -rf obj
cp -a good obj
gone 'objects'

# ---- the processes -----------------------------------------------------------
"$CFS" mount -o backend=fuse-plain,basedir=obj img mnt | cat
pass 'a pipe of the caller sees its end'
ok 'two processes' test "$(servers | wc -l)" = 2
worker=$(servers | tail -n 1)
ok 'its arguments are hidden' test "$(tr -d '\0' <"/proc/$worker/cmdline")" = @cfs-fuse
cat mnt/usr/bin/sh >/dev/null
kill -9 "$worker"
sleep 0.3
ok 'another worker takes over' same tree mnt
(while cat mnt/dir/deep/er/big; do :; done >/dev/null 2>&1) &
reader=$!
for i in 1 2 3 4 5; do
	kill -9 "$(servers | tail -n 1)" 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches 2>/dev/null
	sleep 1.2
done
kill "$reader"
wait "$reader" 2>/dev/null
ok 'killed five times under a reader' timeout 20 cmp mnt/dir/deep/er/big tree/dir/deep/er/big
umount -l mnt
gone 'killed'

# A namespace that ends without umount must not leave its server behind.
unshare -m sh -c "'$CFS' mount -o backend=fuse-plain,basedir=obj img mnt && cmp mnt/dir/again tree/dir/again"
is 'in a namespace of its own' $? 0
gone 'the namespace has ended'

# Truncated and made whole again.
cp img cut
"$CFS" mount -o backend=fuse-plain,basedir=obj cut mnt
ls -lR mnt >/dev/null
cp cut whole
: >cut
echo 3 >/proc/sys/vm/drop_caches 2>/dev/null
not_ok 'truncated under it' sh -c 'find mnt -exec getfattr -d {} + | cmp - /dev/null && cat mnt/etc/small'
cat whole >cut
ok 'whole again' same tree mnt
umount mnt
gone 'truncated'

# ---- foreground --------------------------------------------------------------
"$CFS" mount -o backend=fuse-plain,basedir=obj,foreground img mnt &
server=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	mountpoint -q mnt && break
	sleep 0.2
done
ok 'foreground: mounted' same tree mnt
kill "$server"
wait "$server"
is 'foreground: SIGTERM unmounts' $? 0
not_ok 'foreground: nothing is mounted' mountpoint -q mnt
refused 'foreground with another back end' 1 'foreground: needs backend=fuse' \
	"$CFS" mount -o backend=erofs,basedir=obj,foreground img mnt
refused 'nocheck with another back end' 1 'nocheck: needs backend=fuse' \
	"$CFS" mount -o basedir=obj,nocheck img mnt
ok 'nocheck' "$CFS" mount -o backend=fuse-plain,basedir=obj,nocheck img mnt
umount mnt
refused 'context' 32 'context: not with backend=fuse' \
	"$CFS" mount -o backend=fuse,basedir=obj,context=x img mnt

# ---- without privilege --------------------------------------------------------
chmod -R a+rX obj img
user='setpriv --reuid 1000 --regid 1000 --clear-groups'
if $user unshare -Urm true 2>/dev/null && $user test -w /dev/fuse; then
	in_ns()
	{
		$user unshare -Urm sh -c "$1"
	}
	ok 'user namespace: auto' in_ns "'$CFS' mount -o basedir=obj img mnt && cmp mnt/usr/bin/sh tree/usr/bin/sh"
	ok 'user namespace: level 2 without fs-verity' in_ns "'$CFS' mount -o basedir=obj,verity_check=2 img mnt && cmp mnt/usr/bin/sh tree/usr/bin/sh"
	ok 'user namespace: digest=' in_ns "'$CFS' mount -o basedir=obj,digest=$digest img mnt && cmp mnt/usr/bin/sh tree/usr/bin/sh"
	is 'user namespace: flags' "$(in_ns "'$CFS' mount -o suid,dev,basedir=obj,backend=fuse-plain img mnt && awk -v m='$tmp/mnt' '\$5 == m { print \$6 }' /proc/self/mountinfo")" ro,nosuid,nodev,relatime
	refused 'user namespace: erofs by name' 1 'must be root' in_ns "'$CFS' mount -o backend=erofs,basedir=obj img mnt"
	gone 'user namespaces'
else
	skip 'mounts in a user namespace' 'user namespaces or /dev/fuse are closed to users here'
fi
# A kernel without the module and EROFS: root gets a server, and is told so.
if traced; then
	exits 'auto where the kernel has nothing else' 0 strace -qq -o /dev/null -e inject=fsopen:error=ENODEV:when=1..2 \
		"$CFS" mount -f -o basedir=obj img mnt
	ok 'is a warning' grep -q 'img: no other back end can mount this: a FUSE server process serves it' "$tmp/stderr"
else
	skip 'auto where the kernel has nothing else' 'no strace here, or a sanitizer'
fi
clean 'fuse'
plan_done
