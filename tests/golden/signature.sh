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

# The options of verify as those of mount.
mount_options()
{
	keys=
	list=
	for opt; do
		value=${opt#*=}
		case $opt in
		--key=*) keys=$keys${keys:+:}$value ;;
		--min-serial=*) list=$list,minserial=$value ;;
		--serial-file=*) list=$list,serialfile=$value ;;
		# A comma in a value is one of the list otherwise.
		--*=*) list=$list,${opt%%=*}=$(echo "$value" | sed 's/,/\\,/g') ;;
		esac
	done
	[ -z "$keys" ] || list=$list,key=$keys
	echo "$list" | sed 's/^,//; s/,--/,/g; s/^--//'
}

check_mount()
{
	# shellcheck disable=SC2086 # lists
	timeout 60 "$CFS" mount -f -o "$(mount_options $opts)" "$image" "$tmp" >"$tmp/out" 2>"$tmp/err" </dev/null
	rc=$?
	case $want in
	0) good=0 ;;
	2) good=1 ;;
	*) good=32 ;;
	esac
	[ $rc = $good ] || { echo "exit $rc, not $good: $(head -c 300 "$tmp/err")"; return; }
	[ "$detail" = '*' ] || case $want in
	1) grep -qFx "cfs mount: $detail" "$tmp/err" || echo "not \"$detail\" but: $(cat "$tmp/err")" ;;
	3)
		grep -qFx -e "cfs mount: $detail" -e "cfs mount: $image: wrong digest: $detail" "$tmp/err" ||
			echo "not \"$detail\" but: $(cat "$tmp/err")"
		;;
	esac
}

# Whether mount has options for what is asked for in the row.
for_mount()
{
	[ "$mounts" ] && [ "${opts#*--update-serial}" = "$opts" ] && [ "${image#* }" = "$image" ]
}

mounts=
[ "$(id -u)" != 0 ] || mounts=1
[ "$mounts" ] || skip 'mount -f judges alike' 'needs root'
cd "$TOP/tests/golden/signature" || exit 1
while IFS="$tab" read -r id opts image want kind detail note; do
	case $id in '#'*) continue ;; esac
	is "verify: $id ($note)" "$(check_verify)" ''
	! for_mount || is "mount: $id" "$(check_mount)" ''
done <index.tsv
cd "$TOP" || exit 1
plan_done
