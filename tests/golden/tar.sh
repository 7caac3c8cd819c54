#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tar archives against known answers (tar; RT-8, RT-12, WI-7): tests/golden/tar/index.tsv.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/rows.sh"
need sha256sum

convert()
{
	out=$1
	shift
	# shellcheck disable=SC2086 # options
	"$CFS" mkfs --from-tar $opts --print-digest "$@" "$out"
}

dump()
{
	# shellcheck disable=SC2086
	"$CFS" mkfs --from-tar -q $opts --print-dump "$@"
}

# FILE: member NAME: text or FILE: block N: text
named()
{
	grep -qE '^cfs mkfs: [^: ]+: (member [^:]*|block [0-9]+): [^ ].*[^.]$' "$tmp/err"
}

check_rows "$TOP/tests/golden/tar"

more=${CFS_VECTORS:-$TOP/../shared/vectors}/tar
if [ -x "$more/run.sh" ]; then
	# Rows of older rules: paths above 4095 bytes, LIBARCHIVE.xattr without effect, 256 GiB.
	mkdir "$tmp/more"
	cp -rs "$(cd "$more" && pwd)" "$tmp/more/tar"
	ln -s "$(cd "$more/../toc" && pwd)" "$tmp/more/toc" # of which some rows read blobs
	rm "$tmp/more/tar/index.tsv"
	grep -vE '^(c-long-path|pypax|r-sp-max)	' "$more/index.tsv" >"$tmp/more/tar/index.tsv"
	ok 'the same outside of the tree' "$tmp/more/tar/run.sh" "$CFS mkfs --from-tar" "$tmp/more/tar"
else
	skip 'the same outside of the tree' 'not here; CFS_VECTORS names their folder'
fi
plan_done
