#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Mutated images and dumps, judged by a second reader and a second parser
# (RI-1, RI-6, RI-10, RT-13; tests/README.md 5.8): some hundred, 12 000 of each in the
# long form. The judge itself is tried on a program that says yes to everything.
. "$(dirname "$0")/../lib.sh"
need perl
rounds=1
each=300
kind=short
if [ -n "$CFS_LONG" ]; then
	rounds=4
	each=3000
	kind=long
fi
mkdir -p "$tmp/work" "$CFS_BUILD/fault"
for what in image dump; do
	round=1
	while [ $round -le $rounds ]; do
		perl tests/second/mutants $what $each "$tmp/work" $round >"$tmp/numbers" 2>"$tmp/bad"
		rc=$?
		cp "$tmp/numbers" "$CFS_BUILD/fault/mutants-$what-$round.$kind"
		is "$what: $(cat "$tmp/numbers")" "$rc $(cat "$tmp/bad")" '0 '
		round=$((round + 1))
	done
done

printf '#!/bin/sh\nexit 0\n' >"$tmp/yes"
chmod +x "$tmp/yes"
CFS=$tmp/yes perl tests/second/mutants image 20 "$tmp/work" >"$tmp/numbers" 2>/dev/null
is 'a reader that accepts everything is found out' "$(grep -c 'accepted=0\|wrong=0' "$tmp/numbers")" 0
printf '#!/bin/sh\necho no >&2; exit 1\n' >"$tmp/no"
chmod +x "$tmp/no"
CFS=$tmp/no perl tests/second/mutants dump 20 "$tmp/work" >"$tmp/numbers" 2>/dev/null
is 'a parser that refuses everything is found out' "$(grep -c 'strict=0' "$tmp/numbers")" 0
plan_done
