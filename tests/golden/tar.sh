#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tar archives against known answers (tar.md; RT-8, RT-12, WI-7): tests/golden/tar/index.tsv.
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
	ok 'the same outside of the tree' "$more/run.sh" "$CFS mkfs --from-tar"
else
	skip 'the same outside of the tree' 'not here; CFS_VECTORS names their folder'
fi
plan_done
