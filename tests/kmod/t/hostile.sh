# SPDX-License-Identifier: GPL-2.0-only
# Images with one thing wrong each (tests/kmod/hostile), then damaged ones (KM-1, KM-7).
. /t/lib

mkdir -p /m /d/store
n=0
while read -r name err checks; do
	# shellcheck disable=SC2086 # a list
	set -- $checks
	got=$(m /data/hostile/$name /m basedir=/d/store)
	want=$err
	while [ $# != 0 ]; do
		case $1 in
		stat) r=$(guest probe stat "/m$2") ;;
		read) r=$(guest probe read "/m$2") ;;
		list) r=$(guest probe list "/m$2") ;;
		xattr) r=$(guest probe xattr "/m$2") ;;
		getx=*) r=$(guest probe "$1" "/m$2") ;;
		read[12])
			mkdir -p /m1
			m /data/hostile/$name /m1 basedir=/d/store,verity_check=${1#read} >/dev/null
			r=$(guest probe read "/m1$2")
			u /m1 >/dev/null
			;;
		esac
		got="$got; $1 $2 $r"
		want="$want; $1 $2 $3"
		shift 3
	done
	is 20 "hostile $name" "$got" "$want"
	if [ "$err" = ok ]; then
		guest list /m >/tmp/list 2>&1
		guest probe tour /m >>/tmp/list
		u /m >/tmp/u
		[ "$(cat /tmp/u)" = ok ] || is 20 "unmount of $name" "$(cat /tmp/u)" ok
	fi
	n=$((n + 1))
done </data/hostile/cases
is 20 'one directory under two names: both list' "$n" "$(grep -c . /data/hostile/cases)"

# Shortened after the mount, on a block device: the pages fail.
dd if=/dev/zero of=/tmp/disk bs=1M count=2 2>/dev/null
dd if=/data/hostile/base of=/tmp/disk conv=notrunc 2>/dev/null
dev=$(losetup -f)
losetup "$dev" /tmp/disk
is 20 'mounted from a device' "$(m "$dev" /m)" ok
guest probe tour /m >/dev/null
truncate -s 8192 /tmp/disk
losetup -c "$dev"
echo 3 >/proc/sys/vm/drop_caches
is 20 'which is shortened' "$(guest list /m | grep -c ':E' | sed 's/^[1-9].*/some/')" some
u /m >/dev/null
losetup -d "$dev"
works 20 'damaged images' guest mutants "$(param mutants 1000)" "$(param seed 1)" /m basedir=/d/store \
	/data/hostile/small /data/hostile/15-marks
echo "# $works_o"
works 20 'and the module can go' sh -c 'sleep 1; rmmod composefs && insmod /composefs.ko'
finish
