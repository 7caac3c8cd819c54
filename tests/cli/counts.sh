#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# performance 8: counts that no machine changes. System calls of a scan (P4), and
# that their number does not grow with what a dump has; the memory of a tree is
# counted in tests/unit/dump_parse.c.
. "$(dirname "$0")/../lib.sh"
need perl strace
strace -o /dev/null true 2>/dev/null || skip_all 'strace is not allowed here'
case $CFS in */san*/*) skip_all 'sanitizers make calls of their own' ;; esac

# calls COMMAND... - how many system calls it makes.
calls()
{
	strace -f -o "$tmp/trace" "$@" >/dev/null && wc -l <"$tmp/trace"
}

perl tests/bench/tree.pl "$tmp/tree" 3000
entries=$(find "$tmp/tree" | wc -l)
n=$(calls "$CFS" mkfs --no-sync --threads=1 "$tmp/tree" "$tmp/image")
note "$n calls for $entries entries"
ok 'a scan: at most 6 calls for an entry, and 200' [ "$n" -le $((6 * entries + 200)) ]

perl tests/bench/dump.pl 3000 >"$tmp/dump"
n=$(calls "$CFS" mkfs --no-sync --from-file "$tmp/dump" "$tmp/image")
note "$n calls for $(wc -l <"$tmp/dump") lines"
ok 'a dump: at most 1 call for 20 lines' [ "$n" -le 150 ]
plan_done
