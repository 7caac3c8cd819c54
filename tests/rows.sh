# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The rows of an index.tsv: id, inputs, options, exit status, SHA-256 of the image,
# its fs-verity digest, note; "-" is none. Used by tests/golden/toc.sh and tar.sh,
# which define
#
#	convert IMAGE INPUT...   run the program under test with $opts
#	named                    whether $tmp/err is one line as the format wants it
#
# The digests were computed by an independent reader in Python and two encoders,
# mkcomposefs 1.0.8 and one written from the specification, which agreed.
tab=$(printf '\t')

sum()
{
	sha256sum | cut -d' ' -f1
}

# last_from_pipe FIRST... LAST - the same with the last input through a pipe.
last_from_pipe()
{
	n=$#
	for word; do
		shift
		n=$((n - 1))
		[ $n = 0 ] && set -- "$@" - || set -- "$@" "$word"
	done
	cat "$word" | convert "$tmp/piped" "$@"
}

# check_row - is the row what it must be? Prints why not.
check_row()
{
	rm -f "$tmp/out" "$tmp/piped"
	# shellcheck disable=SC2086 # lists
	convert "$tmp/out" $in >"$tmp/digest" 2>"$tmp/err" </dev/null
	rc=$?
	[ $rc = "$want" ] || { echo "exit $rc, not $want: $(head -c 300 "$tmp/err")"; return; }
	if [ $rc != 0 ]; then
		[ ! -e "$tmp/out" ] || { echo "refused, but wrote an image"; return; }
		[ "$(wc -l <"$tmp/err")" = 1 ] || { echo "stderr: $(head -c 300 "$tmp/err")"; return; }
		[ $rc != 1 ] || named || echo "stderr: $(head -c 300 "$tmp/err")"
		return
	fi
	[ "$(sum <"$tmp/out")" = "$sha" ] || { echo "image differs"; return; }
	[ "$(cat "$tmp/digest")" = "$verity" ] || { echo "digest differs"; return; }
	"$CFS" info ls "$tmp/out" >/dev/null 2>"$tmp/err" || { echo "info: $(head -c 300 "$tmp/err")"; return; }
	# The same image every way.
	# shellcheck disable=SC2086
	TZ=Asia/Kathmandu last_from_pipe $in >"$tmp/digest" 2>"$tmp/err"
	[ "$(cat "$tmp/digest")" = "$verity" ] || { echo "from a pipe: $(head -c 300 "$tmp/err")"; return; }
	# shellcheck disable=SC2086
	(umask 077; TZ=XXX-25:30 dump $in 2>"$tmp/err" |
		"$CFS" mkfs ${version:+"$version"} --from-file - - | sum >"$tmp/again")
	[ "$(cat "$tmp/again")" = "$sha" ] || echo "through --print-dump it differs"
}

# check_rows DIR - all rows of DIR/index.tsv, in DIR.
check_rows()
{
	cd "$1" || exit 1
	while IFS="$tab" read -r id in opts want sha verity note; do
		case $id in '#'*) continue ;; esac
		[ "$opts" != - ] || opts=
		version=
		case $opts in *--min-version=1*) version=--min-version=1 ;; esac
		is "$id ($note)" "$(check_row)" ''
	done <index.tsv
	cd "$TOP" || exit 1
}
