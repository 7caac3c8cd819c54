#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Dump texts that mean no good: the verdict, the time and the memory of each (RT-1,
# RT-2, RT-3, RT-4, RT-5, RT-6, RT-8, RT-9).
. "$(dirname "$0")/../lib.sh"
need perl
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || skip_all 'no compiler'
case $CFS in *san*) skip_all 'sanitizers need more time and memory' ;; esac
mkdir -p "$tmp/work" "$CFS_BUILD/fault"
perl tests/second/hostile "$tmp/peak" "$tmp/work" >"$tmp/numbers" 2>"$tmp/bad"
rc=$?
[ -z "$CFS_LONG" ] || cp "$tmp/numbers" "$CFS_BUILD/fault/hostile.long"
is "$(cat "$tmp/numbers")" "$rc $(cat "$tmp/bad")" '0 '
plan_done
