#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# SHA-512 against known answers (format/verity/README.md; RI-6.14, RI-7).
#
# The tables of tests/golden/sha512, separated by tabs, name their columns: contents of
# files, dumps, images, tables of contents, and the forms of a digest. The digests of files
# are those of fsverity 1.5 and of an encoder written from the specification, which agree;
# the images are those of that encoder. (The dump of whiteout-marker.dump was written by hand:
# the encoder took a marked file that is not empty for a whiteout.) Command lines are in tests/mount/cmdline.sh.
. "$(dirname "$0")/../lib.sh"
need gzip sha256sum
from=$TOP/tests/golden/sha512
tab=$(printf '\t')

sum()
{
	sha256sum | cut -d' ' -f1
}

# plain FILE - its bytes, decompressed.
plain()
{
	case $1 in
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

rows()
{
	grep -v '^#' "$from/$1"
}

# file_row - both digests of the content; the default is SHA-256. Prints what is wrong.
file_row()
{
	case $unit in
	'\0') head -c "$size" /dev/zero ;;
	*) yes "$unit" 2>/dev/null | tr -d '\n' | head -c "$size" ;;
	esac >"$tmp/f"
	[ "$("$CFS" info measure-file "$tmp/f")" = "$d256" ] || echo 'default'
	[ "$("$CFS" info measure-file --hash-alg=sha256 "$tmp/f")" = "$d256" ] || echo 'sha256'
	[ "$("$CFS" info measure-file --hash-alg=sha512 "$tmp/f")" = "$d512" ] || echo 'sha512'
}

# dump_row - image, digest and dump of the image, or the refusal. Prints what is wrong.
dump_row()
{
	plain "$from/$name" >"$tmp/in"
	[ "$opt" != - ] || opt=
	rm -f "$tmp/out"
	# shellcheck disable=SC2086 # an option or none
	"$CFS" mkfs --min-version="$min" --max-version="$max" $opt --print-digest --from-file \
		"$tmp/in" "$tmp/out" >"$tmp/digest" 2>"$tmp/err"
	rc=$?
	case $sha in
	reject*)
		[ $rc = "${sha#reject}" ] || { echo "exit $rc, not ${sha#reject}"; return; }
		[ ! -e "$tmp/out" ] || echo 'left an output file'
		[ "$(wc -l <"$tmp/err")" = 1 ] || echo "stderr: $(head -c 300 "$tmp/err")"
		return
		;;
	esac
	[ $rc = 0 ] || { echo "exit $rc: $(head -c 300 "$tmp/err")"; return; }
	[ "$(sum <"$tmp/out")" = "$sha" ] || echo 'image differs'
	[ "$(cat "$tmp/digest")" = "$digest" ] || echo 'digest differs'
	[ "$("$CFS" dump "$tmp/out" | sum)" = "$text" ] || echo 'dump differs'
	"$CFS" verify -q --digest="$digest" "$tmp/out" >"$tmp/err" 2>&1 || head -c 300 "$tmp/err"
}

# image_row - what verify and dump say of an image. Prints what is wrong.
image_row()
{
	plain "$from/$name" >"$tmp/image"
	"$CFS" verify -q "$tmp/image" >"$tmp/text" 2>"$tmp/err"
	kinds="$? $(cut -f 1 "$tmp/text" | sort -u | tr '\n' ' ')"
	"$CFS" dump "$tmp/image" >"$tmp/text" 2>"$tmp/err"
	rc=$?
	case $what in
	good) want='0 ' want_rc=0 ;;
	odd) want='3 odd-image ' want_rc=0 ;;
	bad) want='3 bad-image ' want_rc=1 ;;
	esac
	[ "$kinds" = "$want" ] || echo "verify: $kinds"
	[ $rc = $want_rc ] || echo "dump: exit $rc"
	[ "$what" != odd ] ||
		[ "$(awk '{ print length($11) }' "$tmp/text" | sort -un | tr '\n' ' ')" = '1 64 128 ' ] ||
		echo 'dump shows other digests'
}

while IFS=$tab read -r size unit d256 d512; do
	is "a file of $size bytes of $(echo "$unit" | cut -c 1-10)" "$(file_row)" ''
done <<-END
	$(rows files.tsv)
END
while IFS=$tab read -r name min max opt sha digest text note; do
	is "$name $min-$max $opt${note:+ ($note)}" "$(dump_row)" ''
done <<-END
	$(rows dumps.tsv)
END
while IFS=$tab read -r name what note; do
	is "$name: $what${note:+ ($note)}" "$(image_row)" ''
done <<-END
	$(rows images.tsv)
END
while IFS=$tab read -r name opt want digest note; do
	[ "$opt" != - ] || opt=
	# shellcheck disable=SC2086 # an option or none
	got=$("$CFS" json-convert $opt --print-digest-only "$from/$name" 2>"$tmp/err")
	is "$opt $name${note:+ ($note)}" "$? $got" "$want ${digest#-}"
done <<-END
	$(rows tocs.tsv)
END
plain "$TOP/tests/mount/cmdline/boot512.img.gz" >"$tmp/image"
while IFS=$tab read -r want form; do
	exits "verify --digest=$(echo "$form" | cut -c 1-40)...: $want" "$want" \
		"$CFS" verify -q --digest="$form" "$tmp/image"
	case $form in v2-*) ok 'and says V2' grep -q V2 "$tmp/stderr" ;; esac
done <<-END
	$(rows forms.tsv)
END

more=${CFS_VECTORS:-$TOP/../shared/vectors}/sha512
if [ -x "$more/run.sh" ]; then
	# Two rows of whiteout-marker.dump want a file of 70 bytes with the mark to be shown as
	# a whiteout. The kernel shows a file, because only an empty file is a whiteout.
	CFS="$CFS" "$more/run.sh" >"$tmp/out" 2>&1
	is 'the same and more outside of the tree' \
		"$(grep -v '^FAIL whiteout-marker.dump [01]-1: dump of the image differs' "$tmp/out" | grep FAIL; tail -n 1 "$tmp/out")" \
		'375 good, 2 bad'
else
	skip 'the same and more outside of the tree' 'not here; CFS_VECTORS names their folder'
fi
plan_done
