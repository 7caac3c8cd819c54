# SPDX-License-Identifier: GPL-2.0-only
# A tree of every kind of file, packed and mounted: what comes back, compared
# with the tree itself and with erofs + overlayfs on the same image (KM-8).
. /t/lib

mkdir -p /d/src /d/objects
cd /d/src || exit 1
mkdir -p dir/sub/deeper empty many long
bytes 10000 >dir/big
bytes 64 >dir/inline64
bytes 65 >dir/object65
: >empty-file
printf x >one
bytes 10000 >same-content
bytes 300000 other >large
ln -s dir/big link
ln -s "$(bytes 4000 L)" long/link4000
ln dir/big hard
mknod fifo p
mknod chr c 1 3
mknod blk b 7 200
mknod null0 c 0 0
mkdir white
mknod white/gone c 0 0
: >white/stays
i=0
while [ $i -lt 300 ]; do
	: >"many/file-with-a-rather-long-name-$i"
	i=$((i + 1))
done
echo z >"$(bytes 255 n | tr '\n' m)"
echo bytes >"$(printf 'a\tb\001c\377')"
chmod 4755 dir/object65
chmod 1777 empty
chmod 0000 one
chown 1000:2000 large
chown 4000000:5 dir/inline64
touch -d '1970-01-01 00:00:00' empty-file
touch -d '2100-02-03 04:05:06' dir/big
cp -a /d/src/one 00 # the name of a stub
cd /tmp || exit 1
works 2 'xattrs of the source' sh -c '
	guest setx /d/src/dir/big user.one "value one" && guest setx /d/src/dir trusted.foo bar &&
	guest setx /d/src/dir/big trusted.overlay.opaque y && guest setx /d/src/link trusted.l k &&
	guest setx /d/src/large user.overlay.other keep && guest setx /d/src/dir security.whatever 1 &&
	guest setacl /d/src/dir/inline64 && guest setacl /d/src/empty default'
works 2 'pack' cfs mkfs -q --hardlinks --max-version=0 --digest-store=/d/objects /d/src /d/tree.cfs
works 2 'fs-verity on the image and all objects' sh -c '
	guest enable /d/tree.cfs && find /d/objects -type f | xargs guest enable'
is 2 'mount' "$(m /d/tree.cfs /m basedir=/d/objects)" ok
guest list data nosize /d/src >src.txt
guest list data nosize /m >m.txt
same 2 'the source tree comes back' src.txt m.txt
is 2 'the file with a space of its own has its numbers' "$(stat -c %h /m/hard)" 2
works 8 'bytes are the same by read, splice, sendfile, O_DIRECT, mapping' \
	guest calls /m/large /m/dir/big /m/dir/inline64 /m/dir/object65 /m/hard /m/empty-file /m/same-content
guest list ino data /m >full.txt

# The same image by what mainline has.
mkdir -p /e /o
mount -t erofs -o ro,loop /d/tree.cfs /e || echo "not ok 1 - erofs"
sep=:
[ "$kernel" = 6.1 ] || sep=::
works 1 'erofs and overlay mount' guest mnt overlay overlay /o 0 \
	"metacopy=on,redirect_dir=on,lowerdir=/e$sep/d/objects"
more=
[ "$kernel" != 6.1 ] || more=noxattr
guest list overlay nosize data $more /o >o.txt
guest list overlay nosize data $more /m >m2.txt
sed -i 1d o.txt m2.txt # the root of an overlay has one link
if [ "$kernel" = 6.1 ]; then # knows no whiteout marks: shows an empty file
	sed -i '/null0\|white.gone/d' o.txt m2.txt
fi
same 1 'equal to erofs and overlay' o.txt m2.txt
numbers() { (cd "$1" && find . ! -type d ! -name '*	*' | sort | xargs stat -c '%n %i'); }
if [ "$kernel" != 6.1 ]; then
	numbers /m >m.ino
	numbers /o | grep -v 'null0\|white.gone' >o.ino
	sed -i '/null0\|white.gone/d' m.ino
	same 1 'inode numbers as the overlay has them' m.ino o.ino
fi
is 1 'd_type of a whiteout' "$(stat -c '%F %t:%T' /m/white/gone)" 'character special file 0:0'
is 1 'marks of whiteouts are hidden' "$(guest xattr /m/white/gone)" none
is 1 'an escape is undone once' "$(guest getx /m/dir/big trusted.overlay.opaque)" '1 y'
is 1 'plumbing is hidden' "$(guest getx /m/dir/big trusted.overlay.metacopy)" ENODATA
is 1 'root: its opaque mark is hidden' "$(guest getx /m trusted.overlay.opaque)" ENODATA
is 1 'a stub is not there' "$(ls -d /m/01 2>/dev/null)" ''
is 1 'but the file called like one is' "$(stat -c %s /m/00)" 1
u /o >/dev/null
umount /e

# Handles, readdir and xattrs with every size.
works 15 'handles of all files, caches dropped between' guest handles /m
works 15 'handles that nobody made' guest badhandles /m 4000
works 20 'readdir with small buffers and odd positions' guest dents /m/many
works 20 'readdir of the root' guest dents /m
works 20 'listxattr and getxattr with every size' guest listsizes /m/dir/big
works 20 'open with every flag' guest openflags /m/dir/big /m/dir /m/fifo /m/link /m/one /m/empty-file
works 13 'nothing can be changed' guest readonly /m /m/dir/big
is 13 'statfs type and name length' "$(guest statfs /m | awk '{ print $1, $4 }')" 'd078629a 255'
is 13 'a name too long' "$(ls "/m/$(bytes 256 n | tr '\n' n)" 2>&1 | sed 's/.*: //')" 'File name too long'
guest list ino data /m >full2.txt
same 2 'the same tree after all that' full.txt full2.txt
u /m >/dev/null

# Other places for the image.
cp /d/tree.cfs /tmp/t.cfs
cp /d/tree.cfs /ramfs.cfs
mkdir -p /lo /up /wo /ov
for place in /tmp/t.cfs /ramfs.cfs; do
	is 16 "image on $(stat -f -c %T $place)" "$(m $place /m basedir=/d/objects)" ok
	guest list ino data /m >there.txt
	same 16 'the same tree from there' full.txt there.txt
	u /m >/dev/null
done
dev=$(losetup -f)
losetup -r "$dev" /d/tree.cfs
is 16 'image on a block device' "$(m "$dev" /m basedir=/d/objects)" ok
guest list ino data /m >there.txt
same 16 'the same tree from there' full.txt there.txt
u /m >/dev/null
losetup -d "$dev"
mkdir -p /d/lo /d/up /d/wo
cp /d/tree.cfs /d/lo/t.cfs
guest enable /d/lo/t.cfs
guest mnt overlay overlay /ov 0 lowerdir=/d/lo,upperdir=/d/up,workdir=/d/wo >/dev/null
is 16 'image on an overlay over ext4, with its digest' \
	"$(m /ov/t.cfs /m "digest=$(guest measure /d/tree.cfs),basedir=/d/objects")" ok
guest list ino data /m >there.txt
same 16 'the same tree from there' full.txt there.txt
u /m >/dev/null
is 16 'basedir on an overlay, level 0' "$(m /d/tree.cfs /m basedir=/ov)" ok
u /m >/dev/null
is 16 'basedir on an overlay, level 1' "$(m /d/tree.cfs /m basedir=/ov,verity_check=1)" EOPNOTSUPP
u /ov >/dev/null
mkfifo /tmp/fifo
is 16 'a FIFO is refused at once' "$(m /tmp/fifo /m)" EINVAL
is 16 'a directory' "$(m /tmp /m)" EINVAL
is 16 'open for writing' "$(m /tmp/t.cfs /m 3>>/tmp/t.cfs)" ETXTBSY
is 16 'nobody opens it for writing' "$(m /tmp/t.cfs /m; sh -c ': >>/tmp/t.cfs' 2>&1 | sed 's/.*: //')" \
	"ok
Text file busy"
works 17 'rmmod is refused while mounted' sh -c '! rmmod composefs 2>/dev/null'
u /m >/dev/null
finish
