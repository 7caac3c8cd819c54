# SPDX-License-Identifier: GPL-2.0-only
# Overlayfs on top of us, containers, shared pages, untouched objects, devices (KM-3).
. /t/lib

mkdir -p /m /m2 /d/src/dir /d/store /up /lower /d/u /d/w /o
cd /d/src || exit 1
bytes 20000 >file
bytes 20000 other >remove-me
bytes 9000 third >rename-me
bytes 8000 fourth >dir/copy-me
cp /bin/busybox busybox
cp /bin/guest guest
chmod 4755 guest
mknod null c 1 3
echo small >small
cp /bin/guest suid
ln -s file link
guest setx dir/copy-me user.one 1
guest setx dir trusted.two 2
cd /tmp || exit 1
cfs mkfs -q --digest-store=/d/store /d/src /d/a.cfs
find /d/store -type f | xargs guest enable
chmod 600 /d/src/file
touch -d '2001-01-01 00:00:00' /d/src/file
mv /d/src/file /d/src/another-name
cfs mkfs -q --digest-store=/d/store /d/src /d/b.cfs
m /d/a.cfs /m basedir=/d/store,verity_check=2 >/dev/null
m /d/b.cfs /m2 basedir=/d/store,verity_check=2 >/dev/null
digest=$(guest measure /m/file)
obj=/d/store/$(object "$digest")

# 12: nothing is looked at before open
mkdir /d/none
is 12 'the store is empty' "$(m /d/a.cfs /o basedir=/d/none)" ok
guest list ino /o >there.txt
guest list ino /m >want.txt
same 12 'everything but contents is there' want.txt there.txt
is 12 'open' "$(guest read /o/file /o/small | cut -d' ' -f1 | tr '\n' ' ')" 'open:ENOENT 6 '
u /o >/dev/null
is 12 'no more than one link, no newer access time' "$(stat -c '%h %X' "$obj")" "$(stat -c '%h %X' "$obj")"
before=$(find /d/store -type f | xargs stat -c '%n %X %h')
guest list ino /m >/dev/null
is 8 'objects have one link, and walking touches none' "$(find /d/store -type f | xargs stat -c '%n %X %h')" "$before"

# 7: shared pages
drop
is 7 'the cache is empty' "$(guest mincore /m2/another-name)" 0/5
guest read /m/file >/dev/null
is 7 'read here, cached there' "$(guest mincore /m2/another-name "$obj" | sort -u)" 5/5
is 7 'the same page frame' "$(guest pfn /m/file /m2/another-name "$obj" | sort -u | wc -l)" 1
# The number moves by itself, too; a second copy would add its 20 kB every time.
added=1000000
for i in 1 2 3 4 5; do
	drop
	guest read /m/file >/dev/null
	a=$(sed -n 's/^Cached: *\([0-9]*\).*/\1/p' /proc/meminfo)
	guest read /m2/another-name >/dev/null
	b=$(sed -n 's/^Cached: *\([0-9]*\).*/\1/p' /proc/meminfo)
	[ $((b - a)) -ge $added ] || added=$((b - a))
done
is 7 'the second read adds nothing' "$((added < 16))" 1
u /m2 >/dev/null

# 10: a layer of overlayfs
for opts in '' index=on,nfs_export=on; do
	rm -rf /d/u /d/w
	mkdir /d/u /d/w
	dmesg -c >/dev/null
	is 10 "overlay on top, ${opts:-plain}" "$(guest mnt overlay overlay /o 0 lowerdir=/m,upperdir=/d/u,workdir=/d/w${opts:+,$opts})" ok
	is 10 'read' "$(guest read /o/file /o/small)" "$(guest read /m/file /m/small)"
	works 10 'every way to read' guest calls /o/file /o/dir/copy-me /o/small
	is 10 'mapped' "$(guest touch /o/file 4096)" "$(guest touch /m/file 4096)"
	echo more >>/o/dir/copy-me
	is 10 'copy-up: size, xattr' "$(stat -c %s /o/dir/copy-me) $(guest getx /o/dir/copy-me user.one)" '8005 1 1'
	[ -z "$opts" ] || is 10 'copy-up: origin' "$(guest getx /d/u/dir/copy-me trusted.overlay.origin | sed 's/^[0-9].*/some/')" some
	rm /o/remove-me
	mv /o/rename-me /o/renamed
	is 10 'delete and rename' "$(ls /o | tr '\n' ' ')" 'busybox dir file guest link null renamed small suid '
	is 10 'what is below is as it was' "$(guest list ino /m | md5sum)" "$(md5sum <want.txt)"
	works 10 'execution' sh -c '[ "$(/o/busybox echo yes)" = yes ]'
	is 10 'a third layer is too deep' "$(mkdir -p /o3; guest mnt overlay overlay /o3 0 lowerdir=/o:/tmp)" EINVAL
	u /o >/dev/null
	is 10 'no line in the log' "$(dmesg | grep -v 'maximum fs stacking depth' | grep -c .)" 0
done
cat >/tmp/dump <<'END'
/ 4096 40755 2 0 0 0 0.0 - - -
/gone 0 20644 1 0 0 0 0.0 - - -
END
cfs mkfs -q --from-file /tmp/dump /d/white.cfs
rm -rf /tmp/low
mkdir /tmp/low
echo x >/tmp/low/gone
echo x >/tmp/low/stays
m /d/white.cfs /m2 >/dev/null
is 10 'a packed whiteout hides a file of a lower layer' \
	"$(guest mnt overlay overlay /o 0 lowerdir=/m2:/tmp/low) $(ls /o)" 'ok stays'
u /o >/dev/null
u /m2 >/dev/null

# 11: as a container has it
rm -rf /d/u /d/w
mkdir /d/u /d/w
guest mnt overlay overlay /o 0 lowerdir=/m,upperdir=/d/u,workdir=/d/w >/dev/null
mkdir -p /o/proc
is 11 'run in it' "$(unshare -mpf chroot /o /busybox sh -c '
	/busybox mount -t proc proc /proc
	/busybox readlink /proc/self/exe
	/busybox grep -c /busybox /proc/self/maps >/maps
	echo $$
	echo x >/null && echo device' | tr '\n' ' ')" '/busybox 1 device '
is 11 'maps are sane' "$(sed 's/^[1-9].*/some/' /o/maps)" some
u /o >/dev/null
is 11 'a program of ours itself' "$(/m/busybox echo yes) $(guest exec /m/busybox false)" 'yes 1'
is 11 'set-user-id' "$(guest asuser 1000 /m/guest euid)" 0
is 11 'not with nosuid' "$(mkdir -p /b; mount --bind /m /b; mount -o remount,bind,nosuid /b; guest asuser 1000 /b/guest euid; u /b >/dev/null)" 1000
is 11 'device node' "$(echo x >/m/null && echo written)" written
is 11 'not with nodev' "$(mount --bind /m /b; mount -o remount,bind,nodev /b; (echo x >/b/null) 2>&1 | sed 's/.*: //'; u /b >/dev/null)" 'Permission denied'
is 11 'maps: device and number' "$(guest maps /m/file | wc -l)" 2

# Unmounting
is 11 'busy while a file is open' "$(guest holdread /m/file guest umount /m | head -n 1)" EBUSY
is 11 'busy while it is mapped' "$(sh -c 'exec 3</m/file; guest umount /m')" EBUSY
is 11 'lazily, and the file stays readable' "$(guest holdread /m/file guest umount lazy /m | tail -n 1)" "$(guest read /d/src/another-name)"
is 11 'nothing is mounted any more' "$(grep -c composefs /proc/mounts)" 0
works 17 'and the module can go' sh -c 'sleep 1; rmmod composefs && insmod /composefs.ko'
finish
