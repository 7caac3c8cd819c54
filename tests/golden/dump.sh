#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Dump text to image and back against known answers (WI-6, WI-7, RI-8,
# RT-1, RT-2, RT-3, RT-4, RT-5, RT-6).
#
# tests/golden/dump/vectors.tsv: name, min and max version, SHA-256 of the image
# or "reject", its fs-verity digest, SHA-256 of its dump, note. The digests were
# computed by mkcomposefs and composefs-info 1.0.8 and an independent prototype,
# which agreed. Vectors made of other projects' files stand outside of the tree
# and are used if they are there.
. "$(dirname "$0")/../lib.sh"
need gzip sha256sum
vectors=$TOP/tests/golden/dump
tab=$(printf '\t')

sum()
{
	sha256sum | cut -d' ' -f1
}

# check_row - is the row of this name what it must be? Prints why not.
check_row()
{
	case $name in
	*.gz) gzip -dc "$vectors/$name" >"$tmp/in" ;;
	*) cat "$vectors/$name" >"$tmp/in" ;;
	esac || return 1
	rm -f "$tmp/out"
	"$CFS" mkfs --min-version="$min" --max-version="$max" --print-digest --from-file \
		"$tmp/in" "$tmp/out" >"$tmp/digest" 2>"$tmp/err"
	rc=$?
	if [ "$sha" = reject ]; then
		[ $rc = 1 ] || { echo "exit $rc, not 1"; return; }
		[ ! -e "$tmp/out" ] || { echo "left an output file"; return; }
		[ "$(wc -l <"$tmp/err")" = 1 ] && grep -qF "mkfs: $tmp/in" "$tmp/err" ||
			{ echo "stderr: $(head -c 300 "$tmp/err")"; return; }
		return
	fi
	[ $rc = 0 ] || { echo "exit $rc: $(head -c 300 "$tmp/err")"; return; }
	[ "$(sum <"$tmp/out")" = "$sha" ] || { echo "image differs"; return; }
	[ "$(cat "$tmp/digest")" = "$verity" ] || { echo "digest differs"; return; }
	"$CFS" dump "$tmp/out" >"$tmp/text" 2>"$tmp/err" || { echo "dump: $(head -c 300 "$tmp/err")"; return; }
	[ "$(sum <"$tmp/text")" = "$text" ] || { echo "dump differs"; return; }
	[ "$("$CFS" info measure-file "$tmp/out")" = "$verity" ] || { echo "measure-file differs"; return; }
	"$CFS" mkfs --print-dump --from-file "$tmp/in" |
		"$CFS" mkfs --min-version="$min" --max-version="$max" --from-file - - | sum >"$tmp/again"
	[ "$(cat "$tmp/again")" = "$sha" ] || echo "fed back through --print-dump it differs"
}

while IFS="$tab" read -r name min max sha verity text note; do
	case $name in '#'*) continue ;; esac
	why=$(check_row)
	is "$name $min-$max${note:+ ($note)}" "$why" ""
done <"$vectors/vectors.tsv"

more=${CFS_VECTORS:-$TOP/../shared/vectors}/dump
if [ -x "$more/run.sh" ]; then
	ok 'the vectors made of other files' "$more/run.sh" "$CFS mkfs" "$CFS dump"
else
	skip 'the vectors made of other files' 'not here; CFS_VECTORS names their folder'
fi
plan_done
