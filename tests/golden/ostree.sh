#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Commits against known answers, and every image once more by way of a dump and
# of a table of contents (RT-11, ostree 4 to 7).
#
# tests/golden/ostree/index.tsv: name, file with the repository, directory in it,
# revision, options, exit status, SHA-256 of the image, its fs-verity digest,
# checksum of the commit, note. These repositories were made by a generator, their
# images by two encoders that agree. Those that ostree itself wrote stand outside
# of the tree and are used if they are there.
. "$(dirname "$0")/../lib.sh"
need gzip tar sha256sum
vectors=$TOP/tests/golden/ostree
tab=$(printf '\t')

sum()
{
	sha256sum | cut -d' ' -f1
}

# check_row - is the row of this name what it must be? Prints why not.
check_row()
{
	rm -rf "$tmp/out" "$tmp/repo"
	mkdir "$tmp/repo"
	tar --numeric-owner --no-same-owner --xattrs --xattrs-include='*' -C "$tmp/repo" -xzpf "$vectors/$file" || return
	in=$tmp/repo/$dir
	[ "$opts" = - ] && opts=
	# shellcheck disable=SC2086 # options
	"$CFS" ostree-convert $opts --print-digest --out="$tmp/out" "$in" "$rev" >"$tmp/digest" 2>"$tmp/err"
	rc=$?
	[ $rc = "$want" ] || { echo "exit $rc, not $want: $(head -c 300 "$tmp/err")"; return; }
	if [ "$want" != 0 ]; then
		[ ! -e "$tmp/out" ] || { echo "left an image"; return; }
		[ "$(wc -l <"$tmp/err")" = 1 ] && grep -qF "ostree-convert: $in: " "$tmp/err" ||
			echo "stderr: $(head -c 300 "$tmp/err")"
		return
	fi
	[ "$(sum <"$tmp/out")" = "$image" ] || { echo "image differs"; return; }
	[ "$(cat "$tmp/digest")" = "$verity" ] || { echo "digest differs"; return; }
	# shellcheck disable=SC2086
	"$CFS" ostree-convert $opts --print-dump "$in" "$rev" | "$CFS" mkfs --from-file - - | sum >"$tmp/again"
	[ "$(cat "$tmp/again")" = "$image" ] || { echo "fed back through --print-dump it differs"; return; }
	if "$CFS" --list | grep -qx json-convert; then
		# shellcheck disable=SC2086
		"$CFS" ostree-convert $opts --print-json "$in" "$rev" |
			"$CFS" json-convert --whiteouts=keep --out="$tmp/out" - 2>"$tmp/err"
		[ "$(sum <"$tmp/out")" = "$image" ] ||
			echo "fed back through --print-json it differs: $(head -c 300 "$tmp/err")"
	fi
}

while IFS="$tab" read -r name file dir rev opts want image verity _ note; do
	case $name in '#'*) continue ;; esac
	why=$(check_row)
	is "$name ($note)" "$why" ""
done <"$vectors/index.tsv"

more=${CFS_VECTORS:-$TOP/../shared/vectors}/ostree
if [ ! -x "$more/run.sh" ]; then
	skip 'the vectors made by ostree' 'not here; CFS_VECTORS names their folder'
elif [ "$(id -u)" != 0 ]; then
	skip 'the vectors made by ostree' 'needs root'
else
	ok 'the vectors made by ostree' "$more/run.sh" "$CFS ostree-convert"
	note "$(cat "$tmp/out")"
fi
plan_done
