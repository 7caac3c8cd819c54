#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Several writers at once (tests/README.md 5.6): into one store (ST-1, ST-3, ST-8,
# ST-9), and with different trees onto the name of one image (WI-1). Meanwhile
# an observer compares every object that it sees.
. "$(dirname "$0")/../lib.sh"
. tests/fault/driver/fixture

# Four trees that share half of their files; what all of them give.
for t in 1 2 3 4; do
	make_source tree$t
	"$driver" bytes - 1200000 1 >tree$t/dir/large
	"$driver" bytes - 700000 20$t >tree$t/dir/own
	"$driver" bytes - 5000 30$t >tree$t/dir/sub/own
	find tree$t -exec touch -h -d @1000000000 {} +
	"$CFS" mkfs --digest-store=good tree$t good$t.img || exit 1
done
cp good1.img good.img
"$CFS" mkfs --print-digest-only tree1 >digest
cp good1.img old.img # for the judge, which looks at the store only
rounds=20
[ -z "$CFS_LONG" ] || rounds=${CFS_ROUNDS:-100}

# as_it_was FILE OBJECT - it is one of those that are to be repaired, or not asked for.
as_it_was()
{
	[ "$name" = repair ] && cmp -s "$1" "damaged/$2"
}

# observe - until ./stop is there; what is wrong goes to ./seen.
observe()
{
	while [ ! -e stop ]; do
		find store -mindepth 2 -maxdepth 2 -type f ! -path '*/.cfs-tmp*' 2>/dev/null | while read -r o; do
			# Opened once: it may be replaced at any moment.
			cat "$o" >observed 2>/dev/null || continue
			cmp -s observed "good/${o#store/}" || as_it_was observed "${o#store/}" || echo "$o"
		done
	done >seen 2>&1
}

# writers N DESC NAME SAME COMMAND... - N at once; SAME: onto one image. The
# command gets tree, image and the number of the writer.
writers()
{
	n=$1 desc=$2 name=$3 same=$4
	bad='' done=0
	while [ $done -lt $rounds ]; do
		done=$((done + 1))
		rm -rf store out*.img stop
		[ "$name" != repair ] || cp -r damaged store
		observe &
		observer=$!
		pids=
		for t in $(seq "$n"); do
			out=out$t.img
			[ -z "$same" ] || out=out.img
			case $name in
			repair*) "$CFS" verify -q --threads=2 --basedir=store --repair-from=good good$t.img >log$t 2>&1 & ;;
			*) "$CFS" mkfs -q --threads=2 --digest-store=store tree$t $out >log$t 2>&1 & ;;
			esac
			pids="$pids $!"
		done
		t=0
		for pid in $pids; do
			t=$((t + 1))
			wait "$pid" || bad="$bad
round $done: writer $t: exit $?: $(head -c 300 log$t)"
		done
		: >stop
		wait $observer
		[ ! -s seen ] || bad="$bad
round $done: seen: $(head -n 3 seen)"
		# Every object of these trees, right, and nothing else.
		left=$(find . -maxdepth 2 -name '.cfs-tmp*')
		[ -z "$left" ] || bad="$bad
round $done: left over: $left"
		for t in $(seq "$n"); do
			missing=$("$CFS" info --basedir=store missing-objects good$t.img 2>&1)
			[ -z "$missing" ] || bad="$bad
round $done: missing: $missing"
			[ "$name" != mkfs ] || [ -n "$same" ] || cmp -s out$t.img good$t.img || bad="$bad
round $done: image $t"
		done
		wrong=$(cd store && find . -type f | while read -r o; do cmp -s "$o" "../good/$o" || (cd .. && as_it_was "store/$o" "$o") || echo "$o"; done)
		[ -z "$wrong" ] || bad="$bad
round $done: wrong: $wrong"
		if [ -n "$same" ]; then
			one=
			for t in $(seq "$n"); do
				cmp -s out.img good$t.img && one=$t
			done
			[ -n "$one" ] || bad="$bad
round $done: the image is none of the $n"
		fi
	done
	echo "writers-$name-$n$same rounds=$done bad=$(printf %s "$bad" | grep -c .)" >"$RESULTS/writers-$name-$n$same.$FORM"
	is "$desc: $done rounds" "$bad" ''
}
cp -r good damaged
find damaged -type f | sed -n 'p;n' | xargs rm
find damaged -type f | head -n 3 | while read -r o; do
	head -c 100 "$o" >cut && rm "$o" && mv cut "$o"
done
writers 2 '2 writers into one store' mkfs ''
writers 4 '4 writers into one store' mkfs ''
writers 2 '2 writers of one image' mkfs same
writers 4 '4 writers of one image' mkfs same
writers 2 '2 that repair one store' repair ''
writers 4 '4 that repair one store' repair ''
plan_done
