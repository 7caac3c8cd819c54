# SPDX-License-Identifier: GPL-2.0-only
# Many mounts, threads against unmounts, little memory, large trees: nothing
# stays, and nothing breaks (KM-9).
. /t/lib

mkdir -p /m /d/src/dir /d/store
cd /d/src || exit 1
i=0
while [ $i -lt 40 ]; do
	bytes $((200 + i)) $i >dir/file-$i
	i=$((i + 1))
done
bytes 20000 >file
ln -s file link
cd /tmp || exit 1
cfs mkfs -q --digest-store=/d/store /d/src /d/a.cfs
find /d/store -type f | xargs guest enable
slab() { echo 3 >/proc/sys/vm/drop_caches; echo 3 >/proc/sys/vm/drop_caches; sleep 1
	for f in /sys/kernel/slab/*/shrink; do echo 1 >$f; done 2>/dev/null
	sed -n 's/^Slab: *\([0-9]*\).*/\1/p' /proc/meminfo; }
guest storm 20 /d/a.cfs /m basedir=/d/store,verity_check=2 >/dev/null
before=$(slab)
mounts=$(wc -l </proc/mounts)
works 17 "$(param storm 1000) mounts, each walked and opened" \
	guest storm $(param storm 1000) /d/a.cfs /m basedir=/d/store,verity_check=2
echo "# $works_o"
after=$(slab)
is 17 "slab as before ($before, $after kB)" "$((after - before < 600))" 1
is 17 'mounts as before' "$(wc -l </proc/mounts)" "$mounts"
works 18 "threads against lazy unmounts, $(param race 30) s, $(nproc) processors" \
	guest race $(param race 30) /d/a.cfs /m basedir=/d/store,verity_check=1 file
echo "# $works_o"
is 18 'nothing is mounted' "$(grep -c composefs /proc/mounts)" 0
works 17 'the module can go' sh -c 'sleep 1; rmmod composefs && insmod /composefs.ko'
is 17 'and its cache with it' "$(lsmod | grep -c composefs)" 1

# One directory of 20 000 among 100 000 entries
awk -v n="$(param large 100000)" 'BEGIN {
	print "/ 4096 40755 2 0 0 0 0.0 - - -"
	print "/big 4096 40755 2 0 0 0 0.0 - - -"
	for (i = 0; i < n / 5; i++) printf "/big/entry-%d 1000 100644 1 0 0 0 %d.0 a/b - -\n", i, i % 7
	for (d = 0; d < n / 250; d++) {
		printf "/d%d 4096 40755 2 0 0 0 0.0 - - -\n", d
		for (i = 0; i < 200; i++) printf "/d%d/e%d 1000 100644 1 0 0 0 %d.0 a/b - -\n", d, i, i % 5
	}
}' | cfs mkfs -q --from-file - /d/large.cfs
is 19 'a large image' "$(m /d/large.cfs /m)" ok
works 19 'walked' guest walk /m 1 1
is 19 "all entries: $works_o" "$(echo "$works_o" | cut -d' ' -f1)" \
	"$(($(param large 100000) * 6 / 5 - $(param large 100000) / 5 + $(param large 100000) / 250 + 1))"
is 19 'the last of the large directory' "$(stat -c %s /m/big/entry-$(($(param large 100000) / 5 - 1)))" 1000

# Memory pressure: a walk while something eats all there is
mkdir /tmp/eat
mount -t tmpfs -o size=90% none /tmp/eat
works 17 'little memory' sh -c '
	dd if=/dev/zero of=/tmp/eat/file bs=1M count=$(($(sed -n "s/^MemAvailable: *\([0-9]*\).*/\1/p" /proc/meminfo) / 1024 - 40)) 2>/dev/null
	guest walk /m 3 1 && guest probe tour /m'
rm /tmp/eat/file
umount /tmp/eat
u /m >/dev/null
works 17 'the module can go' sh -c 'sleep 1; rmmod composefs && insmod /composefs.ko'
finish
