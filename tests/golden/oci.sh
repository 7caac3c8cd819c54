#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Container images against known answers (OCI 1 to 7): every row of
# tests/golden/oci/index.tsv. Rows that read stdin run a second time through a pipe that
# delivers one byte at a time.
# needs: mkfs
. "$(dirname "$0")/../lib.sh"
need sha256sum
tab=$(printf '\t')
cd "$TOP/tests/golden/oci" || exit 1

sum()
{
	sha256sum <"$1" | cut -c1-64
}

# check - run the row with stdin as it is; what is wrong on stdout.
check()
{
	rm -f "$tmp/out"
	if [ "$want" = 0 ] && [ "$verity" = - ]; then
		# shellcheck disable=SC2086 # options
		timeout 60 "$CFS" mkfs --from-oci $opts "$source" >"$tmp/text" 2>"$tmp/err" ||
			{ echo "exit $?: $(head -c 200 "$tmp/err")"; return; }
		[ "$(sum "$tmp/text")" = "$image" ] || echo 'another text'
		return
	fi
	# shellcheck disable=SC2086
	timeout 60 "$CFS" mkfs --from-oci $opts --print-digest "$source" "$tmp/out" >"$tmp/digest" 2>"$tmp/err"
	rc=$?
	if [ $rc != "$want" ]; then
		echo "exit $rc, not $want: $(head -c 200 "$tmp/err")"
	elif [ $rc != 0 ]; then
		[ ! -e "$tmp/out" ] || echo 'refused, but wrote an image'
		[ -s "$tmp/err" ] || echo 'refused without a message'
	elif [ "$(sum "$tmp/out")" != "$image" ] || [ "$(cat "$tmp/digest")" != "$verity" ]; then
		echo 'another image'
	fi
}

while IFS="$tab" read -r id source stdin opts want image verity note; do
	case $id in '#'*) continue ;; esac
	[ "$opts" != - ] || opts=
	[ "$stdin" != - ] || stdin=/dev/null
	is "$id ($note)" "$(check <"$stdin")" ''
	case $stdin in
	*.tar) is "$id, byte by byte" "$(dd if="$stdin" bs=1 2>/dev/null | check)" '' ;;
	esac
done <index.tsv
plan_done
