# SPDX-License-Identifier: GPL-2.0-only
# Levels, digests, objects of every kind: what opens, and with which errno (KM-2, KM-4, KM-5, KM-11).
. /t/lib

s=/d/store
mkdir -p $s /m
cd $s || exit 1
for f in right noverity sha512 onek salted nodigest replaced; do bytes 10000 >$f; done
bytes 10000 other >other
bytes 9999 >shorter
bytes 10001 >longer
mkdir directory real dir
bytes 10000 >real/object
bytes 10000 >dir/object
ln -s right link
ln -s real linkdir
mkfifo fifo
mknod device c 1 5
mkdir mounted
mount -t tmpfs tmpfs mounted
bytes 10000 >mounted/object
works 3 'fs-verity in its kinds' sh -c "guest enable right other shorter longer dir/object real/object nodigest replaced &&
	guest enable sha512 sha512 && guest enable salt salted"
onek=skip
! guest enable 1k onek >/dev/null || onek=EIO
digest=$(guest measure right)
is 3 'the digest is the one that cfs computes' "$(cfs info measure-file right | awk '{ print $1 }')" "$digest"

# name, what opening gives at level 0, 1 and 2
cat >/tmp/cases <<END
right ok ok ok
other ok EIO EIO
noverity ok EIO EIO
sha512 ok EIO EIO
salted ok EIO EIO
onek ok $onek $onek
shorter EIO EIO EIO
longer EIO EIO EIO
absent ENOENT ENOENT ENOENT
directory ENOENT ENOENT ENOENT
link ENOENT ENOENT ENOENT
fifo ENOENT ENOENT ENOENT
device ENOENT ENOENT ENOENT
dir/object ok ok ok
linkdir/object ENOENT ENOENT ENOENT
mounted/object ENOENT ENOENT ENOENT
right/object ENOENT ENOENT ENOENT
nodigest ok ok EIO
END
{
	echo '/ 4096 40755 2 0 0 0 0.0 - - -'
	echo '/content 5 100644 1 0 0 0 0.0 - hello -'
	echo '/empty 0 100644 1 0 0 0 0.0 - - -'
	echo "/nopayload 10000 100644 1 0 0 0 0.0 - - $digest"
	echo "/replaced 10000 100644 1 0 0 0 0.0 replaced - $digest"
	while read -r name _; do
		d=$digest
		[ $name != nodigest ] || d=-
		echo "/$(echo $name | tr / -) 10000 100644 1 0 0 0 0.0 $name - $d"
	done </tmp/cases
} | sort >/tmp/dump
works 3 'image of the cases' cfs mkfs -q --from-file /tmp/dump /d/cases.cfs
guest enable /d/cases.cfs
idigest=$(guest measure /d/cases.cfs)
wrong=$(echo "$idigest" | tr 0-9a-f 1-9a-f0)

# opened FILE: ok or the errno of open
opened() { r=$(guest read "$1"); case $r in open:*) echo "${r#open:}" ;; *) echo ok ;; esac; }
for digestopt in '' "digest=$idigest,"; do
	for level in 0 1 2; do
		is 3 "mount at level $level ${digestopt:+with digest}" \
			"$(m /d/cases.cfs /m "${digestopt}basedir=$s,verity_check=$level")" ok
		while read -r name l0 l1 l2; do
			eval want=\$l$level
			[ $want = skip ] || is 3 "level $level${digestopt:+ digest}: $name: $want" \
				"$(opened /m/$(echo $name | tr / -))" $want
		done </tmp/cases
		is 4 "level $level: content in the image" "$(opened /m/content)" ok
		is 4 "level $level: empty file" "$(opened /m/empty)" ok
		is 4 "level $level: no redirect" "$(opened /m/nopayload)" EIO
		u /m >/dev/null
	done
	is 3 "wrong digest, ${digestopt:-none before}" \
		"$(m /d/cases.cfs /m "${digestopt}basedir=$s,digest=$wrong")" EINVAL
done
is 3 'FS_IOC_MEASURE_VERITY through the mount, level 0' \
	"$(m /d/cases.cfs /m basedir=$s) $(guest measure /m/right /m/noverity /m/content | tr '\n' ' ')" \
	"ok $digest ENODATA ENOTTY "
u /m >/dev/null

# Replaced after the first open: the dentry is remembered, the verdict is not.
m /d/cases.cfs /m basedir=$s,verity_check=1 >/dev/null
is 3 'before it is replaced' "$(opened /m/replaced)" ok
bytes 10000 >$s/new
mv $s/new $s/replaced
is 3 'replaced by a file without fs-verity' "$(opened /m/replaced)" EIO
is 3 'and what was right stays so' "$(opened /m/right)" ok
bytes 10000 other >$s/new
guest enable $s/new
mv $s/new $s/replaced
is 3 'replaced by another content' "$(opened /m/replaced)" EIO
rm $s/replaced
is 3 'removed' "$(opened /m/replaced)" ENOENT
bytes 10000 >$s/new
guest enable $s/new
mv $s/new $s/replaced
is 3 'put back' "$(opened /m/replaced)" ok
u /m >/dev/null
m /d/cases.cfs /m basedir=$s >/dev/null
cp $s/right /d/copy
works 3 'replaced a thousand times while mapped' \
	sh -c "guest mapreplace /m/replaced $s/replaced /d/copy $(param loops 40) | tee /tmp/out; grep -q done /tmp/out"
u /m >/dev/null

# digest=
is 5 'digest: level 2 is implied and shown' \
	"$(m /d/cases.cfs /m digest=$idigest,basedir=$s) $(grep ' /m ' /proc/mounts)" \
	"ok /d/cases.cfs /m composefs ro,relatime,basedir=$s,verity_check=2,digest=$idigest 0 0"
u /m >/dev/null
is 5 'upper case' "$(m /d/cases.cfs /m digest=$(echo $idigest | tr a-f A-F))" ok
u /m >/dev/null
for o in "digest=$idigest,verity_check=1" "verity_check=1,digest=$idigest" "verity,verity_check=1"; do
	m /d/cases.cfs /m "$o" >/dev/null
	is 5 "verity_check wins: ${o%%=*}" "$(grep -c verity_check=1 /proc/mounts)" 1
	u /m >/dev/null
done
m /d/cases.cfs /m "noverity,digest=$idigest" >/dev/null
is 5 'noverity wins over what digest implies' "$(grep -c verity_check /proc/mounts)" 0
u /m >/dev/null
cp /d/cases.cfs /d/plain.cfs
cp /d/cases.cfs /d/i512.cfs
guest enable sha512 /d/i512.cfs
for c in "$wrong EINVAL /d/cases.cfs has the digest" "$idigest ENODATA /d/plain.cfs has no fs-verity" \
	"$idigest EINVAL /d/i512.cfs is not SHA-256" "${idigest%?} EINVAL /d/cases.cfs neither 64 nor 128 hex digits" \
	"${idigest}0 EINVAL /d/cases.cfs neither 64 nor 128 hex digits" "g${idigest#?} EINVAL /d/cases.cfs neither 64 nor 128 hex digits"; do
	set -- $c
	d=$1 e=$2 f=$3
	shift 3
	is 5 "digest: $*" "$(guest fsmount composefs /m source=$f digest=$d >/tmp/log; head -n 1 /tmp/log; grep -c "$*" /tmp/log)" \
		"$e
1"
done

# Many sizes: the digest that the module sees is that of the ioctl and of cfs.
mkdir /d/sizes /d/so
for n in 65 100 4095 4096 4097 8192 65535 524288 524289 1048577 3000000; do bytes $n >/d/sizes/$n; done
works 3 'pack files of many sizes' cfs mkfs -q --digest-store=/d/so /d/sizes /d/sizes.cfs
find /d/so -type f | xargs guest enable
is 3 'mount them' "$(m /d/sizes.cfs /m basedir=/d/so,verity_check=2)" ok
is 3 'all open at level 2' "$(guest read /m/* | grep -c :)" 0
is 3 'and have the digests that cfs computes' "$(guest measure /m/*)" "$(cfs info measure-file /d/sizes/* | awk '{ print $1 }')"

# Changed on disk, below the file system (section 7 and 8).
f=/m/3000000
o=/d/so/$(object "$(guest measure $f)")
at=$(guest fiemap $o)
sync
drop
is 6 'caches are empty' "$(guest mincore $o | cut -d/ -f1)" 0
guest poke $disk $((at + 8192 + 5))
drop
is 6 'a changed page cannot be read' "$(guest read $f)" read:EIO
is 6 'nor touched' "$(guest touch $f 8192)" 'signal 7'
is 6 'the next one can' "$(guest touch $f 12288)" "$(guest touch /d/sizes/3000000 12288)"
guest poke $disk $((at + 8192 + 5))
drop
is 6 'changed back' "$(guest read $f)" "$(guest read /d/sizes/3000000)"
is 6 'changed while it is open' "$(guest holdread $f sh -c "sync; echo 3 >/proc/sys/vm/drop_caches; echo 3 >/proc/sys/vm/drop_caches; guest poke $disk $((at + 8192 + 5)); echo 3 >/proc/sys/vm/drop_caches")" read:EIO
guest poke $disk $((at + 8192 + 5))
u /m >/dev/null
# Large folios hold much of a small image, and the module holds the last one of them:
# the image is large, and its byte is changed before the mount, far from the superblock.
{
	echo '/ 4096 40755 2 0 0 0 0.0 - - -'
	awk 'BEGIN { for (i = 0; i < 20000; i++)
		print "/name-that-takes-some-room-" i " 3 100644 1 0 0 0 " i ".0 - abc -" }'
} >/tmp/big
cfs mkfs -q --from-file /tmp/big /d/big.cfs
guest enable /d/big.cfs
at=$(guest fiemap /d/big.cfs)
digest=$(guest measure /d/big.cfs)
drop
guest poke $disk $((at + 700000 + 20))
drop
m /d/big.cfs /m digest=$digest >/dev/null
is 6 'a changed byte of the image: EIO in the tree' \
	"$(guest list /m | grep -c ':EIO' | sed 's/^[1-9][0-9]*$/some/')" some
is 6 'and the rest is still there' "$(guest list /m | grep -c '100644' | sed 's/^[1-9][0-9]*$/some/')" some
u /m >/dev/null
umount $s/mounted

# A file server that lies. Since Linux 6.10 FUSE passes FS_IOC_MEASURE_VERITY on to its
# server. Linux 6.1 does so as with any ioctl, so that only the four bytes which the number
# of the ioctl states arrive, and no digit of the digest. The module asks the kernel's own
# inode, which has no fs-verity.
mkdir -p /d/served /lies
cp /d/cases.cfs $s/right /d/served
liar /d/served /lies "$digest"
want=$digest
[ "$kernel" != 6.1 ] || want=$(printf %064d 0)
is 5 'the server claims the digest' "$(guest measure /lies/right | tr '\n' ' ')" "$want "
is 5 'digest= and an image of that server' "$(m /lies/cases.cfs /m digest=$digest)" ENODATA
is 3 'a store of that server alone, level 1' "$(m /d/cases.cfs /m basedir=/lies,verity_check=1)" EOPNOTSUPP
is 3 'before another one, level 1' "$(m /d/cases.cfs /m basedir=/lies:$s,verity_check=1)" ok
is 3 'an object of that server' "$(opened /m/right)" EIO
is 3 'an object of the other one' "$(opened /m/dir-object)" ok
u /m >/dev/null
is 3 'level 0 takes both' "$(m /d/cases.cfs /m basedir=/lies:$s) $(opened /m/right) $(opened /m/dir-object)" 'ok ok ok'
u /m >/dev/null
u /lies >/dev/null
finish
