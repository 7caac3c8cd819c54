#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs diff against known answers: every row of tests/golden/diff/index.tsv, whose
# columns are id, options, A, B, the file on stdin, exit status and a note; "-" is
# none. ID.out is stdout, byte for byte. The operands were made by an encoder
# written from the specification, the expected output by a reference in Python
# that shares no code with this program.
. "$(dirname "$0")/../lib.sh"

tab=$(printf '\t')

# check_row - is the row what it must be? Prints why not.
check_row()
{
	# shellcheck disable=SC2086 # a list of options
	timeout 60 "$CFS" diff $opts "$a" "$b" >"$tmp/out" 2>"$tmp/err" <"$in"
	rc=$?
	[ $rc = "$want" ] || { echo "exit $rc, not $want: $(head -c 300 "$tmp/err")"; return; }
	case $want in
	1 | 2)
		[ ! -s "$tmp/out" ] || echo "refused, but printed something"
		[ "$(wc -l <"$tmp/err")" = 1 ] || echo "stderr: $(head -c 300 "$tmp/err")"
		;;
	*)
		cmp -s "$tmp/out" "$id.out" || diff "$id.out" "$tmp/out" | head -n 4
		[ ! -s "$tmp/err" ] || echo "stderr: $(head -c 300 "$tmp/err")"
		;;
	esac
}

cd "$TOP/tests/golden/diff" || exit 1
while IFS="$tab" read -r id opts a b in want note; do
	case $id in '#'*) continue ;; esac
	[ "$opts" != - ] || opts=
	[ "$in" != - ] || in=/dev/null
	is "$id ($note)" "$(check_row)" ''
done <index.tsv
cd "$TOP" || exit 1

more=${CFS_VECTORS:-$TOP/../shared/vectors}/diff
if [ -x "$more/run.sh" ]; then
	ok 'the same outside of the tree' env CFS="$CFS" "$more/run.sh"
else
	skip 'the same outside of the tree' 'not here; CFS_VECTORS names their folder'
fi
plan_done
