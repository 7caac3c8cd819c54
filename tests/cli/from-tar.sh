#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs mkfs --from-tar: options, messages, the store, what is left behind; costs
# within time and memory (command line 5, tar; RT-8, RT-12, WI-1, ST-1).
. "$(dirname "$0")/../lib.sh"
need perl
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || skip_all 'no compiler'
golden=$TOP/tests/golden/tar
cd "$tmp" || exit 1
cp "$golden/posix.tar" a.tar
"$CFS" mkfs --from-tar a.tar want || exit 1
digest=$("$CFS" info measure-file want)

# refused DESC STATUS WORDS COMMAND... - and there is one line with these words.
refused()
{
	desc=$1 status=$2 words=$3
	shift 3
	"$@" >stdout 2>stderr </dev/null
	rc=$?
	if [ $rc = "$status" ] && [ "$(wc -l <stderr)" = 1 ] && grep -qF -- "$words" stderr && [ ! -e img ] && [ ! -s stdout ]; then
		pass "$desc"
	else
		fail "$desc" "exit $rc: $(cat stderr)"
	fi
	rm -f img
}
"$CFS" mkfs --from-tar - img <a.tar
ok 'stdin' cmp img want
cat a.tar | "$CFS" mkfs --from-tar - - >img
ok 'pipes' cmp img want
gzip -c a.tar | "$CFS" mkfs --from-tar --threads=3 --hardlinks --no-sync - img
ok 'gzip from a pipe; options without effect' cmp img want
is '--print-digest-only' "$("$CFS" mkfs --from-tar --print-digest-only a.tar)" "$digest"
is '--print-digest' "$("$CFS" mkfs --from-tar --print-digest a.tar img)" "$digest"
is '--progress' "$("$CFS" mkfs --from-tar --progress a.tar img 2>&1 | grep -c -v '^cfs mkfs: ')" 0
rm img
refused '--from-file, too' 2 '--from-tar: excludes --from-file' "$CFS" mkfs --from-file --from-tar a.tar img
refused '--whiteouts without it' 2 '--whiteouts: needs --from-tar' "$CFS" mkfs --whiteouts=keep a.tar img
refused 'IMAGE is missing' 2 'IMAGE: missing' "$CFS" mkfs --from-tar a.tar
refused 'stdin twice' 2 'only once' "$CFS" mkfs --from-tar - - img
cp a.tar b.tar
refused 'a forgotten IMAGE costs no layer' 1 'b.tar: exists and is neither empty nor a composefs image' "$CFS" mkfs --from-tar a.tar b.tar
ok 'the layer stays' cmp a.tar b.tar
refused 'no such layer' 1 'nowhere: open: ' "$CFS" mkfs --from-tar nowhere img
cp want img
"$CFS" mkfs --from-tar "$golden/ustar.tar" img
ok 'an older image is replaced' test "$("$CFS" info measure-file img)" != "$digest"
: >img
"$CFS" mkfs --from-tar a.tar img
ok 'an empty file is replaced' cmp img want
cp want img
"$CFS" mkfs --from-tar "$golden/r-trunc.tar" img 2>stderr
ok 'an older image stays when the archive is bad' cmp img want
"$CFS" mkfs --from-tar want img 2>stderr
ok 'an image as layer: no archive' grep -q 'want: block 0: not a tar archive' stderr
cp want img
"$CFS" mkfs --from-tar img img 2>stderr
ok 'IMAGE is the layer' grep -q 'img: is an input and cannot be the output' stderr
ok 'and stays' cmp img want
rm img
"$CFS" mkfs --from-tar "$golden/c-no-end.tar" img 2>stderr
is 'no end mark: a warning' "$(cat stderr)" "cfs mkfs: $golden/c-no-end.tar: has no end mark and may be truncated"
is 'none with -q' "$("$CFS" mkfs -q --from-tar "$golden/c-no-end.tar" img 2>&1)" ''
rm img
for what in xz bzip2; do
	refused "$what" 1 "is compressed with $what" "$CFS" mkfs --from-tar "$golden/r-$(echo $what | sed 's/ip2/2/').bin" img
done

# ---- what an archive says about rights
"$CFS" mkfs --from-tar --print-digest-only "$golden/rights-ignored.tar" "$golden/rights-ignored.tar" >stdout 2>stderr
is 'records that carry rights: a warning for each keyword' "$(cut -d' ' -f3- stderr)" \
	"$golden/rights-ignored.tar: member f: the record SCHILY.fflags is ignored, and what it grants or denies is lost
$golden/rights-ignored.tar: member f: the record SCHILY.acl.ace is ignored, and what it grants or denies is lost
$golden/rights-ignored.tar: member f: the record MSWINDOWS.rawsd is ignored, and what it grants or denies is lost"
is 'none with -q' "$("$CFS" mkfs -q --from-tar --print-digest-only "$golden/rights-ignored.tar" 2>&1 >/dev/null)" ''
refused 'a name in an ACL that nobody knows' 1 'no number is known for the user "nobody-knows-me"' \
	"$CFS" mkfs --from-tar "$golden/r-acl-name.tar" img
is 'it does not matter without extended attributes' \
	"$("$CFS" mkfs --from-tar --skip-xattrs --print-dump "$golden/r-acl-name.tar" | tail -n1)" \
	'/f 1 100670 1 0 0 0 0.0 - 1 -'
is 'a name in an ACL: a warning' "$("$CFS" mkfs --from-tar --print-dump "$golden/acl-root.tar" 2>&1 >/dev/null)" \
	"cfs mkfs: $golden/acl-root.tar: member f: its ACL has names without numbers: the numbers are those of this machine"

# ---- the store
# bad_objects - objects of store whose name is not their digest.
bad_objects()
{
	find store -type f -path 'store/??/*' 2>/dev/null >named
	[ ! -s named ] || xargs "$CFS" info measure-file <named | sed 's|^..|store/&/|' | diff - named
}

"$CFS" mkfs --from-tar --digest-store=store a.tar img
ok 'with a store: the same image' cmp img want
is 'every name is the digest' "$(bad_objects)" ''
is 'nothing is missing' "$("$CFS" info --basedir=store missing-objects img)" ''
"$CFS" info objects img | sort >objects
(cd store && find . -type f | sed 's|^./||' | sort) >there
ok 'nothing else is there' cmp objects there
mkdir plain
tar xf a.tar -C plain --no-same-owner 2>/dev/null
is 'contents are those of the archive' "$("$CFS" mkfs --print-dump plain | awk '$9 != "-" && $3 ~ /^100/ { print $9 }' | sort -u | comm -13 objects - | wc -l)" 0
rm -rf store
"$CFS" mkfs --from-tar --digest-store=store "$golden/r-trunc.tar" img 2>stderr
is 'objects of a bad archive are whole' "$(bad_objects)" ''

# ---- generated archives: what does not grow; more in bombs.sh
# constant DESC LIMIT_KIB COMMAND... - stdin is what it is.
constant()
{
	desc=$1 limit=$2
	shift 2
	./peak used "$@" >stdout 2>stderr || { fail "$desc" "$(cat stderr)"; return; }
	read -r cpu kib <used
	is "$desc: $kib KiB of $limit, $cpu ms" "$((kib <= limit))" 1
}
size=64
[ -z "$CFS_LONG" ] || size=4096
rm -rf store
mkfifo pipe
perl "$TOP/tests/cli/bombs.pl" tar big $size >pipe &
constant "a member of $size MiB into a store" 32768 "$CFS" mkfs --from-tar --no-sync --digest-store=store - img <pipe
perl "$TOP/tests/cli/bombs.pl" tar big $size | gzip -1 >pipe &
constant "the same from gzip" 32768 "$CFS" mkfs --from-tar --no-sync --digest-store=store - img2 <pipe
ok 'the same image' cmp img img2
if command -v zstd >/dev/null; then
	perl "$TOP/tests/cli/bombs.pl" tar big $size | zstd -q -1 >pipe &
	constant "the same from zstd" 32768 "$CFS" mkfs --from-tar --no-sync --digest-store=store - img2 <pipe
	ok 'the same image' cmp img img2
else
	skip 'the same from zstd' 'no zstd here'
fi
is 'one object' "$(find store -type f | wc -l)" 1
rm -rf store
perl "$TOP/tests/cli/bombs.pl" tar hole 274877906945 >hole.tar
constant 'a file of 256 GiB of holes' 16384 "$CFS" mkfs --from-tar --digest-store=store hole.tar img2
is 'takes no room in the store' "$(du -sk store | awk '{ print $1 < 200 }')" 1
is 'and no time' "$((cpu < 2000))" 1
perl "$TOP/tests/cli/bombs.pl" tar hole 9007199254740992 >hole.tar
constant 'a file of 2^53 bytes of holes' 16384 "$CFS" mkfs --from-tar hole.tar img2
is 'takes no time' "$((cpu < 2000))" 1
perl "$TOP/tests/cli/bombs.pl" tar hole 9007199254740993 >hole.tar
rm -f img
refused 'one byte more' 1 'beyond 2^53' "$CFS" mkfs --from-tar hole.tar img3
rm -rf store img img2

# ---- killed at any time: no bad object, no image
rounds=200
[ -z "$CFS_LONG" ] || rounds=2000
mkdir files
i=0
while [ $i -lt 300 ]; do
	head -c $((2000 + i * 100)) "$CFS" >files/$i
	i=$((i + 1))
done
tar cf files.tar files
bad=
i=0
while [ $i -lt $rounds ]; do
	i=$((i + 1))
	rm -rf store
	"$CFS" mkfs --from-tar --no-sync --digest-store=store files.tar img &
	pid=$!
	perl -e 'select undef, undef, undef, rand 0.05'
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ ! -e img ] || "$CFS" verify img >/dev/null 2>&1 || bad="$bad image"
	rm -f img
	bad="$bad$(bad_objects)"
done
is "$rounds kills" "$bad" ''
plan_done
