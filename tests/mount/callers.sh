#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests 11 and 17 of mount.md 21: called by mount programs, fstab, remount, -N;
# and by who may not.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/mount/fixture"
private_mounts
need mount umount getfattr
make_fixture
cd "$tmp" || exit 1
chmod 755 "$tmp"
grep -qw erofs /proc/filesystems || modprobe erofs 2>/dev/null || skip_all 'this kernel has no erofs'

# mount(8) looks for its helper in /sbin: our name is put there, for this
# namespace alone.
helpers=$tmp/sbin
mkdir "$helpers"
sbin=$(readlink -f /sbin)
mkdir up work
for f in "$sbin"/*; do
	ln -s "$f" "$helpers/" 2>/dev/null
done
mkdir "$tmp/real"
mount --bind "$sbin" "$tmp/real"
for f in "$helpers"/*; do
	ln -sfn "$tmp/real/${f##*/}" "$f"
done
ln -sfn "$CFS" "$helpers/mount.composefs"
mount --bind "$helpers" "$sbin"
options()
{
	awk -v m="$tmp/mnt" '$5 == m { print $6 }' /proc/self/mountinfo
}
mark
o=basedir=$tmp/obj

# ---- util-linux -----------------------------------------------------------
ok 'mount -t composefs' mount -t composefs -o "$o" img mnt
ok 'is the tree' same tree mnt
umount mnt
ok 'with flags' mount -t composefs -o "nosuid,nodev,noexec,noatime,$o" img mnt
is 'flags arrive' "$(options)" ro,nosuid,nodev,noexec,noatime
ok 'umount' umount mnt
ok 'what it passes on' mount -t composefs -o "nofail,_netdev,user,comment=x,x-y,$o" img mnt
umount mnt
ok '-r -n -v' mount -rnv -t composefs -o "$o" img mnt
umount mnt
ok '-s drops an option' mount -s -t composefs -o "nosuchopt,$o" img mnt
umount mnt
not_ok 'without -s it does not' mount -t composefs -o "nosuchopt,$o" img mnt
ok '-f mounts nothing' mount -f -t composefs -o "$o" img mnt
is 'nothing is mounted' "$(options)" ''
ok 'options of writable file systems' mount -t composefs -o "sync,dirsync,lazytime,silent,iversion,mand,$o" img mnt
umount mnt
ok 'and their opposites' mount -t composefs -o "async,nolazytime,loud,noiversion,nomand,$o" img mnt
umount mnt
ok '-t composefs.x' mount -t composefs.x -o "$o" img mnt
umount mnt 2>/dev/null
mkdir 'a,b:c'
cp -a obj 'a,b:c/o'
ok 'quotes come through' mount -t composefs -o "basedir=\"$tmp/a,b:c/o\",ro" img mnt
ok 'quotes: is the tree' same tree mnt
umount mnt
ok 'octal comes through' mount -t composefs -o "ro,basedir=$tmp/a\\054b\\072c/o" img mnt
umount mnt
exits 'its exit status is ours' 32 mount -t composefs -o "$o" tree mnt
ok 'and the message' grep -q '^mount.composefs: .*is a directory, not an image' "$tmp/stderr"
exits 'standard input' 0 sh -c "mount -t composefs -o '$o' - mnt <img"
umount mnt
ok 'loop' mount -t composefs -o "loop,$o" img mnt
ok 'loop: is the tree' same tree mnt
umount mnt
clean 'util-linux'

# ---- fstab, mount -a twice ------------------------------------------------
{
	echo "$tmp/img $tmp/mnt composefs $o,nosuid,nofail 0 0"
	printf '%s %s composefs basedir="%s",ro 0 0\n' "$tmp/img" "$tmp/up" "$tmp/a,b:c/o"
	printf '%s %s composefs basedir=%s/a\\134054b\\134072c/o 0 0\n' "$tmp/img" "$tmp/work" "$tmp"
} >fstab
before=$(mounts)
ok 'mount -a' mount -a -T fstab
is 'three mounts' "$(($(mounts) - before))" 3
ok 'fstab: is the tree' same tree mnt
ok 'fstab, quotes: is the tree' same tree up
ok 'fstab, octal: is the tree' same tree work
ok 'mount -a again' mount -a -T fstab
is 'mounts nothing twice' "$(($(mounts) - before))" 3
umount up work

echo "$tmp/none $tmp/mnt composefs $o,nofail 0 0" >fstab.none
exits 'mount -a: nofail and no image' 0 mount -a -T fstab.none
is 'mount -a: not a word' "$(cat "$tmp/stdout" "$tmp/stderr")" ''
echo "$tmp/none $tmp/mnt composefs $o 0 0" >fstab.none
not_ok 'mount -a: no image without nofail' mount -a -T fstab.none
echo "$tmp/tree $tmp/mnt composefs $o,nofail 0 0" >fstab.none
not_ok 'mount -a: nofail, another failure' mount -a -T fstab.none

# ---- remount --------------------------------------------------------------
is 'before' "$(options)" ro,nosuid,relatime
ok 'remount, flags' mount -T fstab -o remount,noexec mnt
is 'noexec is on' "$(options)" ro,nosuid,noexec,relatime
ok 'remount with the options of fstab' mount -o "remount,ro,nodev,$o" mnt
ok 'remount by the applet' "$CFS" mount -o remount,noatime img mnt
ok 'noatime is on' sh -c "grep -q '$tmp/mnt .*noatime' /proc/self/mountinfo"
ok 'remount rw means nothing' "$CFS" mount -o remount,rw,exec img mnt
is 'exec is on, rw is not' "$(options | grep -c '^ro.*noexec')" 0
is 'still read-only' "$(options | cut -c 1-2)" ro
exits 'remount of nothing' 32 "$CFS" mount -o remount,noexec img nowhere
ok 'remounted: is the tree' same tree mnt
umount mnt
clean 'fstab and remount'
# What is not a composefs mount is left alone.
mkdir other
mount -t tmpfs tmpfs other
refused 'remount of a tmpfs' 32 'other: not a composefs mount (type tmpfs)' "$CFS" mount -o remount,noexec img other
mkdir other/l other/u other/w other/m
mount -t overlay overlay -o lowerdir=other/l,upperdir=other/u,workdir=other/w other/m
refused 'remount of another overlay' 32 'other/m: not a composefs mount (type overlay)' \
	"$CFS" mount -o remount,noexec img other/m
is 'it is as before' "$(awk -v m="$tmp/other/m" '$5 == m { print $6 }' /proc/self/mountinfo)" rw,relatime
umount other/m
refused 'remount of a directory' 32 'mnt: nothing is mounted here' "$CFS" mount -o remount,noexec img mnt
for path in A B C D; do
	"$CFS" mount -o "$o$([ $path = A ] || echo ",debug=$path")" img mnt
	ok "remount, path $path" "$CFS" mount -o remount,nodev img mnt
	umount mnt
done
"$CFS" mkfs --digest-store=obj tree gone
"$CFS" mount -o "$o" gone mnt
rm gone
ok 'remount, the image has gone' "$CFS" mount -o remount,nodev gone mnt
umount mnt
umount other
clean 'remount of others'
mkdir lay lay/u lay/w
"$CFS" mount -o "$o,upperdir=lay/u,workdir=lay/w" img mnt
ok 'writable' touch mnt/new
ok 'remount,ro' "$CFS" mount -o remount,ro img mnt
not_ok 'now it is not' touch mnt/newer
ok 'remount,rw' "$CFS" mount -o remount,rw img mnt
ok 'again it is' touch mnt/newest
umount mnt

# ---- busybox --------------------------------------------------------------
if command -v busybox >/dev/null; then
	mkdir path
	ln -s "$CFS" path/mount.composefs
	bb()
	{
		PATH=$tmp/path:$PATH busybox mount -t composefs -o "$o${2:+,$2}" "$1" mnt
	}
	mark
	ok 'busybox mount' bb img
	ok 'busybox: is the tree' same tree mnt
	ok 'busybox: umount' umount mnt
	clean 'busybox'
	ok 'busybox, a digest' bb img "noverity,digest=$digest"
	umount mnt
	not_ok 'busybox, a wrong digest' bb img "noverity,digest=$(echo "$digest" | tr 0-9a-f f0-9a-e)"
	clean 'busybox with a digest'
else
	skip 'busybox mount' 'no busybox here'
fi

# ---- another namespace ----------------------------------------------------
unshare -m --propagation private sleep 60 &
other=$!
sleep 0.3
ok '-N PID' "$CFS" mount -N $other -o "$o" img "$tmp/mnt"
is 'not mounted here' "$(options)" ''
ok 'mounted there' grep -q " $tmp/mnt " "/proc/$other/mountinfo"
ok 'there it is the tree' nsenter -t $other -m cmp "$tmp/tree/usr/bin/sh" "$tmp/mnt/usr/bin/sh"
nsenter -t $other -m umount "$tmp/mnt"
ok 'mount -N' mount -N $other -t composefs -o "$o" "$tmp/img" "$tmp/mnt"
ok 'mounted there again' grep -q " $tmp/mnt " "/proc/$other/mountinfo"
nsenter -t $other -m umount "$tmp/mnt"
mkdir few
echo few >few/f
"$CFS" mkfs few few.img
ok '-N of an image without objects' "$CFS" mount -N $other few.img "$tmp/mnt"
is '-N of an image without objects: is the tree' "$(nsenter -t $other -m cat "$tmp/mnt/f")" few
nsenter -t $other -m umount "$tmp/mnt"
refused '-N on a path that cannot' 32 '-N: needs Linux 6.15 or the composefs module' \
	"$CFS" mount -N $other -o "$o,debug=B" img "$tmp/mnt"
refused '-N and no such target there' 32 "$tmp/none: mount point: No such file" \
	"$CFS" mount -N $other -o "$o" img "$tmp/none"
is 'nothing stays there' "$(grep -c " $tmp/mnt " "/proc/$other/mountinfo")" 0
kill $other
wait $other 2>/dev/null
clean 'another namespace'

# ---- signals --------------------------------------------------------------
# It waits for standard input; then it is told to stop.
mkfifo fifo
"$CFS" mount -o "$o" - mnt <fifo 2>err &
pid=$!
exec 8>fifo
sleep 0.3
kill -TERM $pid
wait $pid
is 'interrupted: exit status' $? 8
is 'interrupted: message' "$(cat err)" 'cfs mount: interrupted'
exec 8>&-
clean 'interrupted'

# ---- who may not (17) -----------------------------------------------------
if setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
	nobody()
	{
		setpriv --reuid=65534 --regid=65534 --clear-groups "$CFS" mount -o "$o${1-}" img mnt
	}
	userns()
	{
		setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urm "$CFS" mount -o "$o$1" img mnt
	}
	# Without a name, auto takes FUSE where the caller may use it (fuse.sh).
	refused 'an ordinary user' 1 'cfs mount: must be root' nobody ,backend=erofs
	if setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Urm true 2>/dev/null; then
		for path in ,backend=erofs ,backend=erofs,debug=loop ,backend=erofs,debug=B ,backend=erofs,debug=D; do
			refused "in a user namespace$path" 1 'cfs mount: must be root' userns "$path"
		done
	else
		skip 'in a user namespace' 'none can be had'
	fi
	clean 'who may not'
	# Set-user-ID, or with capabilities of the file.
	cp "$CFS" mount.composefs
	chmod 4755 mount.composefs
	suid()
	{
		setpriv --reuid=65534 --regid=65534 --clear-groups ./mount.composefs -o "$o" img mnt
	}
	refused 'set-user-ID' 1 'mount.composefs: refuses to run set-user-ID' suid
	is 'set-user-ID: nothing is mounted' "$(options)" ''
	chmod 2755 mount.composefs
	refused 'set-group-ID' 1 'mount.composefs: refuses to run set-user-ID' suid
	chmod 755 mount.composefs
	if setcap cap_sys_admin+ep mount.composefs 2>/dev/null; then
		refused 'capabilities of the file' 1 'mount.composefs: refuses to run set-user-ID' suid
		setcap -r mount.composefs
	else
		skip 'capabilities of the file' 'no setcap here'
	fi
	chmod 4755 mount.composefs
	ok 'root itself may' ./mount.composefs -f -o "$o" img mnt
	rm mount.composefs
else
	skip 'an ordinary user' 'no setpriv here'
fi

plan_done
