#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Round trips on random trees (WI-6, WI-7, dump format 7): text -> image ->
# text -> image gives the same image, and the same text at the second time. The
# version is fixed, so whiteouts are in them.
. "$(dirname "$0")/../lib.sh"
need perl

# trip SEED - one tree in both versions; prints what is wrong.
trip()
{
	perl tests/golden/random.pl "$1" >"$tmp/text" || { echo "seed $1: generator"; return; }
	for v in 0 1; do
		set -- "$1" --min-version=$v --max-version=$v
		"$CFS" mkfs "$2" "$3" --from-file "$tmp/text" "$tmp/a" 2>"$tmp/err" &&
			"$CFS" dump "$tmp/a" >"$tmp/a.text" 2>>"$tmp/err" &&
			"$CFS" mkfs "$2" "$3" --from-file "$tmp/a.text" "$tmp/b" 2>>"$tmp/err" &&
			"$CFS" dump "$tmp/b" >"$tmp/b.text" 2>>"$tmp/err" ||
			{ echo "seed $1, version $v: $(cat "$tmp/err")"; return; }
		cmp "$tmp/a" "$tmp/b" 2>&1 || echo "seed $1, version $v: the second image differs"
		cmp -s "$tmp/a.text" "$tmp/b.text" || echo "seed $1, version $v: the second text differs"
		"$CFS" mkfs --print-dump --from-file "$tmp/text" >"$tmp/c.text" 2>"$tmp/err" &&
			"$CFS" mkfs "$2" "$3" --from-file "$tmp/c.text" "$tmp/c" 2>>"$tmp/err" &&
			cmp "$tmp/a" "$tmp/c" 2>&1 || echo "seed $1, version $v: --print-dump differs $(cat "$tmp/err")"
		"$CFS" composefs-dump "$tmp/a" "$tmp/d" 2>"$tmp/err" && cmp "$tmp/a" "$tmp/d" 2>&1 ||
			echo "seed $1, version $v: composefs-dump differs $(cat "$tmp/err")"
	done
}

last=1000
[ -z "$CFS_LONG" ] || last=10000
seed=0
while [ $seed -lt $last ]; do
	bad=
	first=$((seed + 1))
	while [ $seed -lt $((first + 99)) ]; do
		seed=$((seed + 1))
		bad=$bad$(trip $seed)
	done
	is "random trees $first to $seed" "$bad" ''
done
plan_done
