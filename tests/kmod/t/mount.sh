# SPDX-License-Identifier: GPL-2.0-only
# What `cfs mount` makes of the module: takes it, takes its refusal for the
# answer, and goes the other way only where there is none (mount.md 8).
. /t/lib

mkdir -p /m /d/src /d/store
bytes 20000 >/d/src/file
echo small >/d/src/small
cfs mkfs -q --digest-store=/d/store /d/src /d/a.cfs
find /d/store -type f | xargs guest enable
guest enable /d/a.cfs
digest=$(guest measure /d/a.cfs)

# mounts OPTIONS: exit code, back end, what is mounted at /m, whether it reads
mounts()
{
	cfs mount -v -o "$1" /d/a.cfs /m >/tmp/log 2>&1
	echo "$? $(sed -n 's/.*back end: //p' /tmp/log) $(grep ' /m ' /proc/mounts | cut -d' ' -f3)" \
		"$(cmp /m/file /d/src/file 2>&1 && cmp /m/small /d/src/small && echo same)" | sed 's/cmp: .*/none/; s/ *$//'
}
is 23 'the module is there: it is taken' "$(mounts basedir=/d/store)" '0 kmod composefs same'
u /m >/dev/null
is 23 'with digest and level' "$(mounts "basedir=/d/store,digest=$digest,verity")" '0 kmod composefs same'
is 23 'as shown' "$(grep ' /m ' /proc/mounts)" \
	"/d/a.cfs /m composefs ro,relatime,basedir=/d/store,verity_check=2,digest=$digest 0 0"
u /m >/dev/null
: >>/d/b.cfs
cp /d/a.cfs /d/b.cfs
is 23 'the module refuses: so does the mount, although EROFS would not' \
	"$(cfs mount -o basedir=/d/store /d/b.cfs /m 3>>/d/b.cfs 2>/tmp/log; echo "$?") $(grep -c 'open for writing' /tmp/log) $(grep -c ' /m ' /proc/mounts)" \
	'32 1 0'
works 23 'the module goes' sh -c 'sleep 1; rmmod composefs'
is 23 'named, and not there' "$(mounts basedir=/d/store,backend=kmod)" '32   none'
is 23 'no module: EROFS and overlayfs' "$(mounts basedir=/d/store)" '0 erofs overlay same'
is 23 'and it is said why' "$(grep -c 'kmod: composefs: not in this kernel' /tmp/log)" 1
u /m >/dev/null
case $kernel in
[1-6].*) how=name ;;
*) how=descriptor ;;
esac
is 23 "EROFS takes the image by $how" "$(mounts basedir=/d/store) $(sed -n 's/.*erofs: image by //p' /tmp/log)" "0 erofs overlay same $how"
u /m >/dev/null
is 23 'and by name' "$(mounts basedir=/d/store,debug=name) $(sed -n 's/.*erofs: image by //p' /tmp/log)" '0 erofs overlay same name'
u /m >/dev/null
works 23 'and it comes back' insmod /composefs.ko
finish
