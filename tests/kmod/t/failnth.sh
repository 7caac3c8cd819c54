# SPDX-License-Identifier: GPL-2.0-only
# Rig B: each allocation of each operation fails once; nothing is left behind.
. /t/lib

if [ ! -d /sys/kernel/debug/failslab ]; then
	skip 21 'allocations that fail' 'this kernel cannot'
	finish
fi
echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
echo 0 >/sys/kernel/debug/failslab/verbose
mkdir -p /m /d/src /d/store
bytes 20000 >/d/src/file
ln -s file /d/src/link
guest setx /d/src/file user.one 1
cfs mkfs -q --digest-store=/d/store /d/src /d/a.cfs
find /d/store -type f | xargs guest enable
guest enable /d/a.cfs
o=digest=$(guest measure /d/a.cfs),basedir=/d/store:/d/src
works 21 'each allocation fails once' guest failnth /d/a.cfs /m $o file
echo "$works_o" | sed 's/^/# /'
is 21 'and everything works afterwards' "$(m /d/a.cfs /m $o) $(guest read /m/file)" "ok $(guest read /d/src/file)"
u /m >/dev/null
works 21 'the module can go' sh -c 'sleep 1; rmmod composefs && insmod /composefs.ko'
finish
