#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tables of contents against known answers (toc-json; RT-8, RT-10, RT-12, WI-7):
# tests/golden/toc/index.tsv. Rows made of other projects' files stand outside of
# the tree and are used if they are there.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/rows.sh"
need sha256sum

convert()
{
	out=$1
	shift
	# shellcheck disable=SC2086 # options
	"$CFS" json-convert $opts --print-digest --out="$out" "$@"
}

dump()
{
	# shellcheck disable=SC2086
	"$CFS" json-convert $opts --print-dump "$@"
}

# PATH:LINE: text for a fault in a text, PATH: text for another.
named()
{
	grep -qE '^cfs json-convert: [^: ]+(:[0-9]+)?: [^ ].*[^.]$' "$tmp/err"
}

check_rows "$TOP/tests/golden/toc"

more=${CFS_VECTORS:-$TOP/../shared/vectors}/toc
if [ -x "$more/run.sh" ]; then
	ok 'the rows made of other files' "$more/run.sh" "$CFS json-convert"
else
	skip 'the rows made of other files' 'not here; CFS_VECTORS names their folder'
fi
plan_done
