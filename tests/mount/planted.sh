#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# MO-2, VE-5: a file that lies below the mount point or beside the objects never
# becomes part of the mounted tree, on no path of the overlay.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
make_fixture
cd "$tmp" || exit 1
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'
mark

# ---- below the mount point ------------------------------------------------
# The image has one file, of size 0, whose redirect names a file of the host. No
# file of it has an object as far as sizes tell, so no basedir is asked for.
size=305419896 # 0x12345678
echo "/ 0 40755 2 0 0 0 0.0 - - -
/f $size 100644 1 0 0 0 0.0 secret/file - -" >dump
"$CFS" mkfs --from-file dump crafted
perl -0777 -pe 's/\x78\x56\x34\x12/\0\0\0\0/' crafted >crafted0
is 'one size was changed' "$(cmp -l crafted crafted0 | wc -l)" 4
is 'the file has a redirect and no size' "$("$CFS" dump crafted0 | awk '$1 == "/f" { print $2 }')" 0
mkdir mnt/secret
echo 'of the host' >mnt/secret/file
for path in A B C D B:noproc D:noproc; do
	case $path in
	A) option=ro ;;
	*) option=debug=$path ;;
	esac
	"$CFS" mount -o "$option" crafted0 mnt 2>err
	is "path $path: mounted" "$?" 0
	not_ok "path $path: no file of the host is shown" grep -q 'of the host' mnt/f
	umount mnt
	is "path $path: the host's file is there again" "$(cat mnt/secret/file)" 'of the host'
done
mkdir up work
"$CFS" mount -o upperdir=up,workdir=work crafted0 mnt
not_ok 'writable: no file of the host is shown' grep -q 'of the host' mnt/f
umount mnt
rm -r mnt/secret
clean 'below the mount point'

# ---- beside the objects ---------------------------------------------------
# A basedir with more than object directories: on path D overlayfs would merge it.
planted()
{
	ls mnt/planted mnt/etc/ld.so.preload 2>/dev/null
}
mkdir -p obj/etc
echo evil >obj/etc/ld.so.preload
text='basedir obj: has an entry "etc", which this kernel (before Linux 6.5) would show in the mounted tree'
refused 'path D: a planted directory' 32 "$text" "$CFS" mount -o basedir=obj,debug=D img mnt
is 'nothing is mounted' "$(ls mnt)" ''
refused 'path D: the same with a digest' 32 "$text" \
	sh -c "'$CFS' mount -o 'basedir=obj,debug=D,noverity,digest=$digest' img mnt 2>&1 |
		grep -v ' contents are not verified' >&2; exit 32"
is 'nothing is mounted with a digest' "$(ls mnt)" ''
for path in A B C; do
	case $path in
	A) option=ro ;;
	*) option=debug=$path ;;
	esac
	ok "path $path: mounts" "$CFS" mount -o "basedir=obj,$option" img mnt
	is "path $path: what is planted is not shown" "$(planted)" ''
	ok "path $path: is the tree" same tree mnt
	umount mnt
done
rm -r obj/etc
for name in lost+found 000 0 0g A0 .hidden; do
	mkdir "obj/$name"
	refused "path D: $name" 32 "basedir obj: has an entry \"$name\"" "$CFS" mount -o basedir=obj,debug=D img mnt
	rmdir "obj/$name"
done
echo x >obj/file
refused 'path D: a file' 32 'basedir obj: has an entry "file"' "$CFS" mount -o basedir=obj,debug=D img mnt
rm obj/file
mkdir -p other/etc
refused 'path D: the second basedir' 32 'basedir other: has an entry "etc"' \
	"$CFS" mount -o basedir=obj:other,debug=D img mnt
ok 'path D: object directories alone' "$CFS" mount -o basedir=obj,debug=D img mnt
ok 'path D: is the tree' same tree mnt
umount mnt
clean 'beside the objects'

plan_done
