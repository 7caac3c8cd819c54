#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs mkfs: options, the calls known in the field, what is refused, and what is
# left behind (command line 5; WI-1, WI-5, WI-7, WI-8, WI-9, WI-10, WI-11, SC-3, RT-12).
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
mkdir tree tree/dir
echo small >tree/small
head -c 100000 "$CFS" >tree/dir/large
cp tree/dir/large tree/again
ln -s dir/large tree/link
touch -h -d @1000000000.5 tree/* tree/dir/* tree/dir tree
"$CFS" mkfs --print-dump tree >dump
"$CFS" mkfs tree want || exit 1
digest=$("$CFS" info measure-file want)

# ---- the calls known in the field, by the names they use
mkdir bin
ln -s "$CFS" bin/mkcomposefs
ln -s "$CFS" bin/mkfs.composefs
ln -s "$CFS" bin/composefs-info
PATH=$tmp/bin:$PATH
same()
{
	cmp "$1" want
}
mkcomposefs --from-file - - <dump >out1
ok 'stdin dump, image to stdout' same out1
ok 'dump to image' mkcomposefs --from-file dump out2
ok 'dump to image: the same' same out2
mkcomposefs --from-file - /proc/self/fd/3 <dump 3>out3
ok 'image to a descriptor' same out3
printf 12345 >out4
mkcomposefs --from-file - /dev/fd/3 <dump 3>>out4
is 'a descriptor is written from where it stands' "$(head -c 5 out4; tail -c +6 out4 | cmp - want)" 12345
ok 'directory with store' mkcomposefs --digest-store=objects tree out5
ok 'directory with store: the same' same out5
is 'the store has the object once' "$(find objects -type f | wc -l)" 1
object=$(mkcomposefs --print-dump tree | sed -n 's/^.*large [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .*/\1/p')
ok 'under its name, with its content' cmp "objects/$object" tree/dir/large
is 'its mode, whatever the umask' "$(umask 077; mkcomposefs --digest-store=o2 tree out5; stat -c %a "o2/$object")" 644
is 'the mode of the image follows it' "$(umask 027; mkcomposefs tree out5b; stat -c %a out5b)" 640
is '--print-digest' "$(mkcomposefs --print-digest --digest-store=objects tree out6)" "$digest"
is '--print-digest-only' "$(mkcomposefs --print-digest-only tree)" "$digest"
is '--print-digest with the image on stdout' "$(mkcomposefs --print-digest tree - 2>&1 >out7)" "$digest"
ok '--print-digest with the image on stdout: the same' same out7
ok '--skip-devices --user-xattrs' mkcomposefs --skip-devices --user-xattrs --digest-store=objects tree out8
mkcomposefs --min-version=1 --max-version=1 --from-file - out9 <dump
is 'version 1' "$(composefs-info stat out9 | grep format-version)" 'format-version: 1'
mkcomposefs --min-version=1 --from-file - out10 <dump
ok '--min-version alone is the maximum, too' cmp out9 out10
mkcomposefs --max-version=1 --from-file - out11 <dump
ok '--max-version alone: the minimum is 0' same out11
ok 'mkfs.composefs' mkfs.composefs tree out12
ok 'mkfs.composefs: the same' same out12
is 'composefs-info measure-file' "$(composefs-info measure-file out12)" "$digest"
is 'composefs-info missing-objects' "$(composefs-info --basedir=objects missing-objects out12)" ''

# ---- nothing but the input decides (WI-7)
(
	cd tree || exit 1
	umask 077
	TZ=Asia/Tokyo LC_ALL=de_DE.UTF-8 SOURCE_DATE_EPOCH=1 POSIXLY_CORRECT=1 "$CFS" mkfs --threads=7 . ../out13
)
ok 'environment, umask, threads, folder' same out13

# ---- times
mtimes()
{
	"$CFS" dump "$1" | cut -d' ' -f8 | sort -u | tr '\n' ' '
}
"$CFS" mkfs --use-epoch tree epoch
is '--use-epoch' "$(mtimes epoch)" '0.0 '
"$CFS" mkfs --clamp-mtime=999999999 tree clamp
is '--clamp-mtime=SECONDS' "$(mtimes clamp)" '999999999.0 '
SOURCE_DATE_EPOCH=1000000000 "$CFS" mkfs --clamp-mtime tree clamp
is '--clamp-mtime' "$(mtimes clamp)" '1000000000.0 '
"$CFS" mkfs --clamp-mtime=1000000001 --from-file dump clamp
ok '--clamp-mtime of later times only' same clamp
exits '--clamp-mtime without SOURCE_DATE_EPOCH' 2 "$CFS" mkfs --clamp-mtime tree clamp
exits '--clamp-mtime with a bad one' 2 env SOURCE_DATE_EPOCH=now "$CFS" mkfs --clamp-mtime tree clamp

# ---- hard links
ln tree/small tree/dir/hard
touch -h -d @1000000000.5 tree/dir
"$CFS" mkfs tree separate
is 'hard links are inodes of their own' "$("$CFS" dump separate | grep -c '@')" 0
"$CFS" mkfs --hardlinks tree joined
is '--hardlinks: the first in dump order holds the inode' "$("$CFS" dump joined | grep '@' | cut -d' ' -f1,4,9)" \
	'/small 2 /dir/hard'
rm tree/dir/hard
touch -h -d @1000000000.5 tree/dir

# ---- compressed dumps (RT-12)
gzip -k dump
ok 'gzip' "$CFS" mkfs --from-file dump.gz gz
ok 'gzip: the same' same gz
cat dump.gz >two.gz
head -c 200 dump >part1
tail -c +201 dump >part2
{ gzip -c part1; gzip -c part2; } >two.gz
ok 'two gzip members' "$CFS" mkfs --from-file two.gz gz
ok 'two gzip members: the same' same gz
head -c -1 dump.gz >cut.gz
exits 'cut gzip' 1 "$CFS" mkfs --from-file cut.gz bad
ok 'cut gzip: one line that names it' grep -q '^cfs mkfs: cut.gz: ' stderr
{
	printf '/ 0 40755 2 0 0 0 0.0 - - -\n'
	printf '/a 0 100644 1 0 0 0 0.0 - - -\n%.0s' 1 2
	seq -f '/b%010.0f 0 100644 1 0 0 0 0.0 - - -' 20000
} | gzip | head -c -1 >cut.gz
exits 'cut gzip behind a name that is there twice' 1 "$CFS" mkfs --from-file cut.gz bad
is 'cut gzip: the first fault counts' "$(cat stderr)" 'cfs mkfs: cut.gz:3: duplicate name, first given in line 2'
if command -v zstd >/dev/null; then
	zstd -q -19 dump
	ok 'zstd' "$CFS" mkfs --from-file dump.zst zst
	ok 'zstd: the same' same zst
	{ printf '\120\052\115\030\003\000\000\000abc'; zstd -qc part1; zstd -qc part2; } >two.zst
	ok 'zstd: skippable frame, two frames' "$CFS" mkfs --from-file two.zst zst
	ok 'zstd: the same again' same zst
	head -c -1 dump.zst >cut.zst
	exits 'cut zstd' 1 "$CFS" mkfs --from-file cut.zst bad
	zstd -qc want >want.zst
	ok 'a compressed image' sh -c '"$0" dump want.zst | cmp - "$1"' "$CFS" /dev/stdin <<-END
		$("$CFS" dump want)
	END
else
	skip 'zstd' 'no zstd here'
fi
ok 'nothing of these is left' test ! -e bad

# ---- what was there survives every refusal (WI-1)
cp want keep
refused()
{
	desc=$1 status=$2
	shift 2
	exits "$desc" "$status" "$@"
	is "$desc: one line" "$(wc -l <stderr)" 1
	ok "$desc: the older image is there" cmp keep want
	is "$desc: nothing else is left" "$(find . -name '.cfs-tmp*')" ''
}
echo junk >junk
refused 'bad dump' 1 "$CFS" mkfs --from-file junk keep
is 'bad dump: file and line' "$(cat stderr)" 'cfs mkfs: junk:1: MODE "" is not an octal number that fits'
refused 'missing dump' 1 "$CFS" mkfs --from-file nothing keep
refused 'missing directory' 1 "$CFS" mkfs nothing keep
refused 'a file as directory' 1 "$CFS" mkfs junk keep
ln -s tree tree-link
refused 'a link as directory' 1 "$CFS" mkfs tree-link keep
refused 'a directory as dump' 1 "$CFS" mkfs --from-file tree keep
refused 'the input as output' 1 "$CFS" mkfs --from-file keep keep
refused 'no such folder' 1 "$CFS" mkfs tree nowhere/image
refused 'a directory as output' 1 "$CFS" mkfs tree tree/dir
refused 'the image on a full disk' 1 sh -c '"$0" mkfs tree - >/dev/full' "$CFS"
refused 'too few operands' 2 "$CFS" mkfs tree
refused 'too many operands' 2 "$CFS" mkfs tree keep more
refused 'IMAGE with --print-dump' 2 "$CFS" mkfs --print-dump tree keep
refused 'IMAGE with --print-digest-only' 2 "$CFS" mkfs --print-digest-only tree keep
refused '--skip-xattrs and --user-xattrs' 2 "$CFS" mkfs --skip-xattrs --user-xattrs tree keep
refused '--require-verity without store' 2 "$CFS" mkfs --require-verity tree keep
refused '--print-dump and --print-digest-only' 2 "$CFS" mkfs --print-dump --print-digest-only tree
echo '/ 0 40755 2 0 0 0 0.0 - - -' >big
echo '/big 9007199254740993 100644 1 0 0 0 0.0 - - -' >>big
refused 'what the format cannot hold' 1 "$CFS" mkfs --from-file big keep
is 'what the format cannot hold: file and path' "$(cat stderr)" 'cfs mkfs: big: /big: file of more than 2^53 bytes'
if "$CFS" mkfs --require-verity --digest-store=sealed tree keep2 2>stderr; then
	skip '--require-verity where there is none' 'this file system has fs-verity'
else
	is '--require-verity where there is none' "$(sed -E 's/: (the kernel|this type of file system|fs-verity is off|the file system or the kernel) .*//' stderr)" "cfs mkfs: sealed"
	is '--require-verity: nothing was copied' "$(find sealed -type f 2>/dev/null)" ''
fi
exits '--digest-store with --from-file' 0 "$CFS" mkfs --from-file --digest-store=unused dump out14
is 'is ignored with a warning' "$(cat stderr)" \
	'cfs mkfs: --digest-store: ignored with --from-file, because a dump has no contents'

# ---- replacing keeps mode and owner; rerun; output and store inside the source
chmod 600 keep
ok 'replacing an image' "$CFS" mkfs tree keep
is 'keeps its mode' "$(stat -c %a keep)" 600
ok 'image and store below the source' "$CFS" mkfs --digest-store=tree/objects tree tree/image
touch -h -d @1000000000.5 tree
exits 'and once more' 0 "$CFS" mkfs --digest-store=tree/objects tree tree/image
is 'are left out, with warnings' "$(grep -c 'left out' stderr)" 2
touch -h -d @1000000000.5 tree
"$CFS" mkfs -q --digest-store=tree/objects tree out15
is 'but the image of another name is not' "$("$CFS" info ls out15 | cut -f1 | tr '\n' ' ')" \
	'/again /dir/ /dir/large /image /link /small '

# ---- -v says what was chosen
exits '-v' 0 "$CFS" mkfs -v --threads=2 --print-digest-only tree
ok '-v: the hash code' grep -qE '^cfs mkfs: hash code: (SHA-NI|ARMv8 SHA2|portable)$' stderr
plan_done
