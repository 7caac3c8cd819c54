#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests 9 and 10 of mount.md 21: object directories with every kind of name, many
# of them, and a world without /proc, /dev, /sys and /tmp.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
make_fixture
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
mark

# named DESC DIRECTORY LIST - the store is moved there and the list names it.
named()
{
	mv obj "$2"
	for named_path in '' ,debug=B ,debug=C ,debug=D; do
		ok "$1$named_path" "$CFS" mount -o "basedir=$3$named_path" img mnt
		ok "$1$named_path: is the tree" same tree mnt
		umount mnt
	done
	mv "$2" obj
}
named 'comma' 'a,b' '"a,b"'
named 'comma in octal, absolute' 'a,b' "$tmp/a\\054b"
named 'colon' 'a:b' 'a\:b'
named 'colon, absolute' 'a:b' "\"$tmp/a:b\""
named 'quote' 'a"b' 'a\"b'
named 'backslash' 'a\b' "$tmp/"'a\\b'
named 'space' 'a b' 'a b'
named 'newline' 'a
b' 'a
b'
long=$(printf '%0200d' 0)
mkdir -p "$long/$long"
named 'more than 255 bytes' "$long/$long/o" "$tmp/$long/$long/o"
clean 'names'

# ---- several --------------------------------------------------------------
# The objects are spread over as many directories as there may be.
list=
for i in $(seq 1 64); do
	mkdir "s$i"
	list="$list:s$i"
done
i=0
for o in obj/*/*; do
	i=$((i % 64 + 1))
	to=s$((65 - i))/${o#obj/}
	mkdir -p "${to%/*}"
	cp "$o" "$to"
done
for path in '' ,debug=B ,debug=C ,debug=D ,debug=D:noproc ,debug=C:noproc:loop:nodev; do
	ok "64 directories$path" "$CFS" mount -o "basedir=${list#:}$path" img mnt
	ok "64 directories$path: is the tree" same tree mnt
	umount mnt
done
ok 'the same one twice' "$CFS" mount -o "basedir=obj:$tmp/obj:obj" img mnt
ok 'the same one twice: is the tree' same tree mnt
umount mnt
mkdir obj/sub
refused 'nested' 32 'basedir obj/sub: lies inside basedir obj' "$CFS" mount -o basedir=obj:obj/sub img mnt
rmdir obj/sub
refused 'missing' 32 'basedir nowhere: No such file or directory' "$CFS" mount -o basedir=obj:nowhere img mnt
refused 'a file' 32 'basedir img: not a directory' "$CFS" mount -o basedir=obj:img img mnt
mkdir -p ro
mount --bind obj ro
mount -o remount,bind,ro ro
ok 'a read-only one' "$CFS" mount -o basedir=ro img mnt
ok 'a read-only one: is the tree' same tree mnt
umount mnt
umount ro
clean 'several'

# An object that is missing: everything but opening it works.
o=$(cd obj && find . -type f -size +50k | head -n 1)
mv "obj/$o" away
ok 'an object is missing: mounts' "$CFS" mount -o basedir=obj img mnt
is 'its file has its size' "$(stat -c %s mnt/dir/again)" 100000
not_ok 'it does not open' cat mnt/dir/again
ok 'others do' cmp tree/usr/bin/sh mnt/usr/bin/sh
mv away "obj/$o"
umount mnt
clean 'a missing object'

# ---- 10: nothing mounted --------------------------------------------------
mkdir bare
mount -t tmpfs tmpfs bare
mkdir bare/mnt bare/bin
cp "$CFS" bare/bin/cfs
cp img bare/img
cp -a obj bare/obj
mkdir onext
cp -a "$CFS" img obj mnt onext/
if file_is_static=$(chroot bare /bin/cfs --list 2>/dev/null) && [ -n "$file_is_static" ]; then
	for path in '' ,debug=B ,debug=C ,debug=D; do
		ok "in a bare chroot on tmpfs$path" chroot bare /bin/cfs mount -o "basedir=/obj$path" /img /mnt
		ok "is the tree$path" same tree bare/mnt
		umount bare/mnt
		ok "relative names$path" chroot bare /bin/cfs mount -o "basedir=obj$path" img mnt
		umount bare/mnt
		ok "with a digest$path" chroot bare /bin/cfs mount -o "basedir=/obj,noverity,digest=$digest$path" /img /mnt
		umount bare/mnt
	done
	ok 'in a bare chroot on a disk' chroot onext /cfs mount -o basedir=/obj /img /mnt
	ok 'on a disk: is the tree' same tree onext/mnt
	umount onext/mnt
else
	skip 'in a bare chroot' 'the program is not static'
fi
umount bare
clean 'a bare chroot'

plan_done
