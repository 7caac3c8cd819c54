# SPDX-License-Identifier: GPL-2.0-only
# Counts of the module, of erofs + overlayfs and of erofs alone (vm 6.1).
. /t/lib

echo 0 >/proc/sys/kernel/hung_task_timeout_secs # the clock that counts leaps
mkdir -p /m /e /o /d/src /d/store
i=0
while [ $i -lt 200 ]; do
	mkdir /d/src/directory-$i
	j=0
	while [ $j -lt 50 ]; do
		echo "this is file number $j in directory number $i, and it has a content of its own, so an object of its own 0123456789" |
			head -c 100 >/d/src/directory-$i/file-number-$j
		j=$((j + 1))
	done
	i=$((i + 1))
done
cfs mkfs -q --digest-store=/d/store /d/src /d/bench.cfs
rm -rf /d/src
sync
sep=:
[ "$kernel" = 6.1 ] || sep=::
on() # WHAT: mount it at /m
{
	case $1 in
	module) m /d/bench.cfs /m basedir=/d/store ;;
	erofs) mount -t erofs -o ro,loop /d/bench.cfs /m ;;
	overlay)
		mount -t erofs -o ro,loop /d/bench.cfs /e
		guest mnt overlay overlay /m 0 "metacopy=on,redirect_dir=on,lowerdir=/e$sep/d/store"
		;;
	esac >/dev/null
}
off()
{
	umount /m
	umount /e 2>/dev/null
}
slab()
{
	echo 3 >/proc/sys/vm/drop_caches
	echo 3 >/proc/sys/vm/drop_caches
	for f in /sys/kernel/slab/*/shrink; do echo 1 >$f; done
	sed -n 's/^Slab: *\([0-9]*\).*/\1/p' /proc/meminfo
}
for what in erofs overlay module; do
	on $what
	if [ "$(param bench count)" = slab ]; then
		before=$(slab)
		guest walk /m 1 1 >/dev/null
		after=$(sed -n 's/^Slab: *\([0-9]*\).*/\1/p' /proc/meminfo)
		echo "BENCH slab $what $((after - before))"
	else
		echo "BENCH count $what $(guest bench /m /m/directory-7/file-number-33)"
	fi
	off
done
finish
