#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs json-convert: options, messages, what is left behind; shapes within time and
# memory (command line 9, toc 7 and 8; RT-8, RT-9, RT-10, RT-12, WI-1).
. "$(dirname "$0")/../lib.sh"
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || skip_all 'no compiler'
golden=$TOP/tests/golden/toc
cd "$tmp" || exit 1
cp "$golden/e-links.json" a.json
"$CFS" json-convert --out=want a.json || exit 1
digest=$("$CFS" info measure-file want)

# ---- options and operands
# refused DESC STATUS WORDS COMMAND... - and there is one line with these words.
refused()
{
	desc=$1 status=$2 words=$3
	shift 3
	rm -f img
	"$@" >stdout 2>stderr </dev/null
	rc=$?
	if [ $rc = "$status" ] && [ "$(wc -l <stderr)" = 1 ] && grep -qF -- "$words" stderr && [ ! -s img ] && [ ! -s stdout ]; then
		pass "$desc"
	else
		fail "$desc" "exit $rc: $(cat stderr)"
	fi
}
"$CFS" json-convert a.json >img
ok 'image to stdout' cmp img want
"$CFS" json-convert <a.json >img
ok 'text from stdin' cmp img want
"$CFS" json-convert --out=img - <a.json
ok 'a file as stdin' cmp img want
cat a.json | "$CFS" json-convert --out=img
ok 'a pipe as stdin' cmp img want
"$CFS" json-convert --no-sandbox --format=erofs --no-sync --out=img a.json
ok 'what is accepted without effect' cmp img want
is '--print-digest' "$("$CFS" json-convert --print-digest --out=img a.json)" "$digest"
is '--print-digest with the image on stdout' "$("$CFS" json-convert --print-digest a.json 2>&1 >img)" "$digest"
is '--print-digest-only' "$("$CFS" json-convert --print-digest-only a.json)" "$digest"
is '--print-dump' "$("$CFS" json-convert --print-dump a.json | "$CFS" mkfs --from-file - - | cmp - want)" ''
ln -s "$CFS" writer-json
ln -s "$CFS" composefs-from-json
is 'writer-json' "$(./writer-json --print-digest-only a.json)" "$digest"
is 'composefs-from-json' "$(./composefs-from-json --print-digest-only a.json)" "$digest"
refused 'the format that is gone' 2 'is gone' "$CFS" json-convert --format=composefs --out=img a.json
refused 'an unknown format' 2 '--format: "x" is not erofs' "$CFS" json-convert --format=x --out=img a.json
refused '--out with --print-dump' 2 '--out: excludes' "$CFS" json-convert --print-dump --out=img a.json
refused '--out with --print-digest-only' 2 '--out: excludes' "$CFS" json-convert --print-digest-only --out=img a.json
refused '--print-dump with --print-digest-only' 2 'excludes' "$CFS" json-convert --print-dump --print-digest-only a.json
refused 'stdin twice' 2 'only once' "$CFS" json-convert --out=img - a.json -
refused 'overlay of two' 2 'overlay takes one input' "$CFS" json-convert --whiteouts=overlay --out=img a.json a.json
refused 'a digest without sha256:' 2 '--toc-digest:' "$CFS" json-convert --toc-digest="$digest" --out=img a.json
refused 'one digest for two' 2 'the number of hashes (1) is not the number of inputs (2)' "$CFS" json-convert --toc-digest="sha256:$digest" --out=img a.json a.json
refused 'another digest' 3 'a.json: the table of contents has the digest sha256:' "$CFS" json-convert --toc-digest="sha256:$digest" --out=img a.json
sha=$(sha256sum <a.json | cut -c1-64)
ok 'the right digest' "$CFS" json-convert --toc-digest="sha256:$sha" --out=img a.json
ok 'the right digest: the same image' cmp img want
refused 'no such file' 1 'nothing: open: No such file' "$CFS" json-convert --out=img nothing
refused 'a directory' 1 'is a directory' "$CFS" json-convert --out=img "$golden"
refused 'an empty file' 1 'neither a JSON text nor' "$CFS" json-convert --out=img /dev/null
refused 'a tar archive' 1 'cfs mkfs --from-tar' "$CFS" json-convert --out=img "$golden/r-plain-tar.bin"
printf '{"entries":[\n{"type":"reg"\n' >bad.json
refused 'a text that ends too early' 1 'bad.json:3: entry 1: the JSON text ends too early' "$CFS" json-convert --out=img bad.json
printf '{"entries":[\n{"type":"reg",\n"name":"a\\u0000"}]}' >bad.json
refused 'a fault, and its line' 1 'bad.json:3: entry 1 (a' "$CFS" json-convert --out=img bad.json
printf '{"entries":[{"type":"reg","name":"a/b"},\n{"type":"hardlink","name":"l","linkName":"x"},\n{}]}' >bad.json
refused 'the first of two' 1 'bad.json:3: entry 3: entry without type' "$CFS" json-convert --out=img bad.json
printf '{"entries":[{"type":"reg","name":"a/b"},\n{"type":"hardlink","name":"l","linkName":"x"}\n]}' >bad.json
refused 'a hard link, and its line' 1 'bad.json:2: entry l: hard link to' "$CFS" json-convert --out=img bad.json
cp want old
"$CFS" json-convert --out=old bad.json 2>/dev/null
ok 'an older image stays' cmp old want
refused 'DIR of --digest-from that is not there' 1 'nowhere: open' "$CFS" json-convert --digest-from=nowhere --out=img a.json

# ---- an object that several files share is read once
mkdir store
head -c 300000 "$CFS" >object
sha=$(sha256sum <object | cut -c1-64)
name=$(echo "$sha" | sed 's|^..|&/|')
mkdir "store/${name%/*}"
mv object "store/$name"
for i in 1 2 3; do echo "{\"type\":\"reg\",\"name\":\"f$i\",\"size\":300000,\"digest\":\"$sha\"}"; done | paste -sd, |
	sed 's/.*/{"entries":[&]}/' >three.json
is '--digest-from' "$("$CFS" json-convert --digest-from=store --print-dump three.json | grep -c "$("$CFS" info measure-file "store/$name")\$")" 3
ln -s "${name#*/}" "store/${name%/*}/link"
sed "s|\"digest\"|\"x-payload\":\"${name%/*}/link\",&|" three.json >link.json
refused 'a symbolic link as object' 3 "${name%/*}/link" "$CFS" json-convert --digest-from=store --out=img link.json

# ---- time and memory; more in bombs.sh
room=17000
case $CFS in
*/san* | */under/*) room=1000000 ;; # a sanitizer keeps what was given back
esac
mkdir layers
i=1000
while [ $i -lt 2000 ]; do
	echo "{\"entries\":[{\"type\":\"reg\",\"name\":\"d/f$i\"},{\"type\":\"reg\",\"name\":\"d/.wh.f$((i - 10))\"}]}" >layers/$i
	i=$((i + 1))
done
./peak used "$CFS" json-convert --print-dump layers/* >dump
read -r cpu kib <used
is "1000 layers of one file each ($cpu ms, $kib KiB)" "$(wc -l <dump) $((cpu < 2000 && kib < room))" '12 1'
(ulimit -s 128 && "$CFS" json-convert --print-digest-only "$golden/e-keys-order.json") >img
ok 'a small stack' test -s img

if [ -n "$CFS_LONG" ] && command -v zstd >/dev/null; then
	head -c 4500000000 /dev/zero | tr '\0' ' ' | zstd -q -1 >blank.zst
	./peak used "$CFS" json-convert --out=img blank.zst 2>stderr
	read -r cpu kib <used
	is "more than 4 GiB of white space ($cpu ms, $kib KiB)" \
		"$(grep -c 'blank.zst: more than 4294967296 bytes' stderr) $((kib < room))" '1 1'
else
	skip 'more than 4 GiB of white space' 'in the long form, with zstd'
fi
plan_done
