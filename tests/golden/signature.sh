#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Signed statements against known answers: every row of
# tests/golden/signature/index.tsv, whose columns are id, options, image, exit status,
# kind and detail of the problem line (or the message with status 1), and a note; "-"
# is none, "*" is not compared. Keys and signatures were made with openssl, the verdicts
# by a reference in Python over `openssl dgst -verify`. Each row is asked of verify and,
# as root, of `mount -f`, which has to judge alike.
. "$(dirname "$0")/../lib.sh"

tab=$(printf '\t')

check_verify()
{
	# shellcheck disable=SC2086 # lists
	timeout 60 "$CFS" verify $opts $image >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	[ $rc = "$want" ] || { echo "exit $rc, not $want: $(head -c 300 "$tmp/out" "$tmp/err")"; return; }
	case $want in
	0) [ ! -s "$tmp/out" ] || echo 'printed a problem' ;;
	1) grep -qFx "cfs verify: $detail" "$tmp/err" || echo "not \"$detail\" but: $(cat "$tmp/err")" ;;
	2) [ ! -s "$tmp/out" ] && [ -s "$tmp/err" ] || echo 'no message' ;;
	3)
		line="$kind$tab$image$tab-$tab-$tab$detail"
		if [ "$detail" = '*' ]; then
			[ "$(cut -f1 "$tmp/out")" = "$kind" ] || echo "not $kind but: $(cat "$tmp/out")"
		else
			[ "$(cat "$tmp/out")" = "$line" ] || echo "not \"$line\" but: $(cat "$tmp/out")"
		fi
		;;
	esac
}

cd "$TOP/tests/golden/signature" || exit 1
while IFS="$tab" read -r id opts image want kind detail note; do
	case $id in '#'*) continue ;; esac
	is "verify: $id ($note)" "$(check_verify)" ''
done <index.tsv
cd "$TOP" || exit 1
plan_done
