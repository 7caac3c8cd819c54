#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The order of writes, syncs and names in a trace of the run, against a model in
# which whatever is not synced may vanish at any instant (format/store/README.md 3.1): ST-3,
# ST-10, WI-2.
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture
make_fixture
cp -r good from
mkfs="$CFS mkfs -q --threads=1 --digest-store=store src out.img"
repair="$CFS verify -q --threads=1 --basedir=store --repair-from=from good.img"

# orders SUFFIX - each way once with so many objects.
# shellcheck disable=SC2086 # the commands are lists
orders()
{
	for way in '' :named; do
		drive "mkfs, $1$way" order "order-store-$1$way" store$way x $mkfs
		drive "mkfs by 4 threads, $1$way" order "order-threads-$1$way" store$way x ${mkfs%%--threads*}--threads=4 ${mkfs#*--threads=1}
		drive "mkfs into a full store, $1$way" order "order-again-$1$way" again$way x $mkfs
		drive "mkfs into a damaged store, $1$way" order "order-damaged-$1$way" damaged$way x $mkfs
		drive "verify --repair-from, $1$way" order "order-repair-$1$way" repair$way x $repair
		drive "mkfs --from-file, $1$way" order "order-text-$1$way" image$way x "$CFS" mkfs --from-file text out.img
	done
}
orders few

# The model sees what is missing.
"$driver" order control store x $mkfs --no-sync >"$tmp/control"
is 'without syncs the model complains' "$(grep -c '^bad a final name with unsynced data' "$tmp/control")" 9

# More objects than are synced one by one; than a batch holds.
n=40
[ -z "$CFS_LONG" ] || n=700
i=0
while [ $i -lt $n ]; do
	i=$((i + 1))
	echo "$i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i $i" >src/dir/sub/many$i
done
rm -rf good from
"$CFS" mkfs --digest-store=good src good.img
"$CFS" mkfs --print-dump src >text
cp -r good from
orders many
plan_done
