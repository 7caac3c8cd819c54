#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs info: every sub-command, its options, and what it refuses (command line 6; RI-1, RI-10).
. "$(dirname "$0")/../lib.sh"
need perl gzip

info()
{
	"$CFS" info "$@"
}

# A store with four contents; one file of it is not recorded in the second image.
mkdir -p "$tmp/store" "$tmp/other"
put()
{
	digest=$(info measure-file "$1")
	name=$(echo "$digest" | sed 's|^..|&/|')
	mkdir -p "$tmp/store/${name%%/*}"
	cp "$1" "$tmp/store/$name"
	echo "$name"
}
printf 'hello world\n' >"$tmp/hello"
head -c 3000000 /dev/zero | tr '\0' 'z' >"$tmp/large"
printf 'unused\n' >"$tmp/unused"
hello=$(put "$tmp/hello")
large=$(put "$tmp/large")
unused=$(put "$tmp/unused")
is 'measure-file: the digest of the specification' "$digest $(info measure-file "$tmp/hello")" \
	"$digest 37061ef2ac4c21bec68489b56138c5780306a4ad7fe6676236ecdf2c9027cd92"
: >"$tmp/nothing"
is 'measure-file: an empty file' "$(info measure-file "$tmp/nothing")" \
	3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95
is 'measure-file: stdin, a file' "$(info measure-file - <"$tmp/hello")" "$(info measure-file "$tmp/hello")"
is 'measure-file: stdin, a pipe' "$(cat "$tmp/large" | info measure-file -)" "$(info measure-file "$tmp/large")"
is 'measure-file: JSON' "$(cd "$tmp" && info --json measure-file nothing)" \
	'{"path":"nothing","digest":"3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95","verity":false}'
exits 'measure-file: a directory' 1 "$CFS" info measure-file "$tmp"
exits 'measure-file: nothing there' 1 "$CFS" info measure-file "$tmp/none"

d1=$(echo "$hello" | tr -d /)
d2=$(echo "$large" | tr -d /)
cat >"$tmp/dump" <<END
/ 0 40755 1 0 0 0 5.000000006 - - -
/big 3000000 100644 1 0 0 0 5.6 $large - $d2
/big2 3000000 @100644 1 0 0 0 5.6 /big - -
/blk 0 60600 1 0 0 2049 5.6 - - -
/chr 0 20600 1 0 0 1281 5.6 - - -
/dir\\x20with\\x20space 0 40755 1 0 0 0 5.6 - - -
/dir\\x20with\\x20space/gone 0 20644 1 0 0 0 5.6 - - -
/dir\\x20with\\x20space/in\\n 3 100644 1 0 0 0 5.6 - abc -
/dir\\x20with\\x20space/link 0 120777 1 0 0 0 5.6 ../tar\\x20get - -
/empty 0 100644 1 0 0 0 5.6 - - -
/fifo 0 10600 1 0 0 0 5.6 - - -
/hello 12 100644 1 1000 100 0 -5.6 $hello - $d1 user.a=b
/lost 5 100644 1 0 0 0 5.6 aa/lost - -
/nodigest 12 100644 1 0 0 0 5.6 $hello - -
/noobject 12 100644 1 0 0 0 5.6 - - -
/sock 0 140600 1 0 0 0 5.6 - - -
/wrong 12 100644 1 0 0 0 5.6 $unused - $d1
/wrong\\xffsize 13 100644 1 0 0 0 5.6 $hello - $d1
END
ok 'the image' "$CFS" mkfs --from-file "$tmp/dump" "$tmp/img"
cd "$tmp" || exit 1
tab=$(printf '\t')

# ---- ls ----
is 'ls' "$(info ls img)" "/big$tab@ $large
/big2
/blk
/chr
/dir with space/$tab
/dir with space/gone
/dir with space/in\\n
/dir with space/link$tab-> ../tar\\x20get
/empty
/fifo
/hello$tab@ $hello
/lost$tab@ aa/lost
/nodigest$tab@ $hello
/noobject
/sock
/wrong$tab@ $unused
/wrong\\xffsize$tab@ $hello"
is 'ls --filter' "$(info --filter=big2 ls --filter fifo img)" "/big2$tab@ $large
/fifo"
info --json ls img >json
is 'ls --json: lines' "$(wc -l <json)" 17
is 'ls --json: a hard link' "$(sed -n 2p json | sed 's/"inode":[0-9]*/"inode":N/')" \
	"{\"path\":\"/big2\",\"type\":\"file\",\"mode\":33188,\"uid\":0,\"gid\":0,\"size\":3000000,\"mtime\":\"5.000000006\",\"nlink\":1,\"object\":\"$large\",\"digest\":\"$d2\",\"inode\":N}"
# Needs nothing but what comes with perl.
cat >show.pl <<'END'
use JSON::PP;
my (%types, @out);
open my $f, "<", $ARGV[0] or die;
while (<$f>) {
	my $o = JSON::PP->new->utf8->decode($_);
	$types{$o->{type}}++;
	print "hex $o->{path_hex}\n" if exists $o->{path_hex};
	print "$o->{mtime} $o->{uid} $o->{gid} $o->{size}\n" if ($o->{path} // "") eq "/hello";
	printf "%s %o\n", $o->{target}, $o->{mode} & 07777 if $o->{type} eq "symlink";
}
print join(" ", map { "$_:$types{$_}" } sort keys %types), "\n";
END
is 'ls --json: values' "$(perl show.pl json)" "../tar get 777
-5.000000006 1000 100 12
hex 2f77726f6e67ff73697a65
block:1 char:2 dir:1 fifo:1 file:10 socket:1 symlink:1"
# Seconds as stored, and nine digits of nanoseconds, which count forwards from there, also before 1970.
printf '/ 0 40755 1 0 0 0 0.0 - - -\n' >times
n=0
for time in -2.500000000 -1.500000000 -1.0 -1.999999999 -2.0 0.5 1.000000000 -9223372036854775808.1; do
	n=$((n + 1))
	echo "/$n 0 100644 1 0 0 0 $time - - -" >>times
done
"$CFS" mkfs --from-file times times.img
is 'ls --json: times before 1970' "$(info --json ls times.img | sed 's/.*"mtime":"\([^"]*\)".*/\1/' | tr '\n' ' ')" \
	'-2.500000000 -1.500000000 -1.000000000 -1.999999999 -2.000000000 0.000000005 1.000000000 -9223372036854775808.000000001 '
is 'two images' "$(info ls img img | wc -l)" 34

# ---- compressed and from a pipe ----
gzip -c img >img.gz
is 'stdin' "$(info ls - <img | cksum)" "$(info ls img | cksum)"
is 'gzip' "$(info ls img.gz | cksum)" "$(info ls img | cksum)"
if command -v zstd >/dev/null; then
	zstd -q img
	is 'zstd from a pipe' "$(cat img.zst | info dump - | cksum)" "$("$CFS" dump img | cksum)"
else
	skip 'zstd' 'no zstd here'
fi
head -c 500 img.gz >cut.gz
exits 'a cut gzip stream' 1 "$CFS" info ls cut.gz

# ---- raw names ----
is 'ls -0' "$(info ls -0 img | tr '\n\0' 'N\n' | sed -n '3p;7p;8p;17p' | od -An -c | tr -d ' \n')" \
	"/blk\\n/dirwithspace/inN\\n/dirwithspace/link\\n/wrong377size\\n"
is 'ls --null: all of them' "$(info ls --null img | tr -dc '\0' | wc -c)" 17
is 'objects -0' "$(info objects -0 img | tr '\0' '\n')" "$(info objects img)"
is 'missing-objects -0' "$(info --basedir=store missing-objects -0 img | od -An -c | tr -d ' ')" 'aa/lost\0'
exits '-0 and --json' 2 "$CFS" info -0 --json ls img
exits '-0 of dump' 2 "$CFS" info -0 dump img
exits '-0 of stat' 2 "$CFS" info -0 stat img
# What ls prints can be given to cat.
cat >dump.names <<'END'
/ 0 40755 1 0 0 0 5.6 - - -
/a\\nb 3 100644 1 0 0 0 5.6 - one -
/a\nb 3 100644 1 0 0 0 5.6 - two -
/back\\slash 3 100644 1 0 0 0 5.6 - thr -
/d\x80\xff 0 40755 1 0 0 0 5.6 - - -
/d\x80\xff/tab\there 3 100644 1 0 0 0 5.6 - fou -
/sp\x20ace=\x7f 3 100644 1 0 0 0 5.6 - fiv -
END
"$CFS" mkfs --from-file dump.names names
is 'cat of what ls prints' "$(info ls names | grep -v "/$tab" | while read -r name; do info cat names "$name"; echo; done)" \
	'one
one
thr
fou
fiv'
is 'cat: the name as it is comes first' "$(info cat names 'a\nb')" one
is 'cat: then the escapes' "$(info cat names 'a\\nb') $(info cat names 'sp\x20ace=\x7f')" 'one fiv'
is 'cat: a newline as it is' "$(info cat names 'a
b')" two
exits 'cat: a bad escape' 1 "$CFS" info cat names 'a\q'
is 'cat: names what was given' "$(cat "$tmp/stderr")" 'cfs info: names: a\\q: no such file'
exits 'cat: an escaped NUL' 1 "$CFS" info cat names 'back\\slash\x00more'

# ---- a terminal gets no raw names ----
cat >dump.raw <<'END'
/ 0 40755 1 0 0 0 5.6 - - -
/x 3 100644 1 0 0 0 5.6 a\x1b[2J\n\x20b - -
END
"$CFS" mkfs --from-file dump.raw raw
is 'objects: a pipe gets the bytes' "$(info objects raw | od -An -c | tr -d ' \n')" 'a033[2J\nb\n'
if has_terminal; then
	for sub in objects missing-objects; do
		is "$sub: a terminal gets escapes" "$(script -qec "$CFS info --basedir=other $sub raw" /dev/null </dev/null | tr -d '\r')" \
			'a\x1b[2J\n\x20b'
	done
	is 'objects -0: raw on a terminal, too' "$(script -qec "$CFS info -0 objects raw" /dev/null </dev/null | tr -d '\r\n' | od -An -c | tr -d ' \n')" 'a033[2Jb\0'
else
	skip 'objects: a terminal gets escapes' 'no script(1), or no pseudo-terminal'
fi
# What JSON prints moves no cursor, and a parser reads it as before.
cat >dump.json <<'END'
/ 0 40755 1 0 0 0 5.6 - - -
/c1\xc2\x85\xc2\x9bx 0 100644 1 0 0 0 5.6 - - -
/ls\xe2\x80\xa8\xe2\x80\xa9 0 100644 1 0 0 0 5.6 - - -
/rtl\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f 0 100644 1 0 0 0 5.6 - - -
/u\xc3\xa9\xe2\x82\xac 0 100644 1 0 0 0 5.6 - - -
END
"$CFS" mkfs --from-file dump.json uni
is 'JSON: controls and directions are escaped' "$(info --json ls uni | sed 's/.*"path":"\([^"]*\)".*/\1/')" \
	'/c1\u0085\u009bx
/ls\u2028\u2029
/rtl\u202e\u2066\u061c\u200f
/ué€'
is 'JSON: a parser reads the names' "$(info --json ls uni | perl -MJSON::PP -ne 'print unpack("H*", Encode::encode("UTF-8", JSON::PP->new->utf8->decode($_)->{path})), "\n"' -MEncode | tr '\n' ' ')" \
	"$(info ls -0 uni | tr '\0' '\n' | while read -r n; do printf %s "$n" | od -An -tx1 | tr -d ' \n'; printf ' '; done)"

# ---- objects ----
sorted=$(printf '%s\n' "$large" "$hello" "$unused" aa/lost | LC_ALL=C sort)
is 'objects' "$(info objects img)" "$sorted"
is 'objects of two images' "$(info objects img img)" "$sorted"
is 'objects --filter' "$(info --filter=lost objects img)" aa/lost
is 'objects --json' "$(info --json objects img | grep lost)" '{"object":"aa/lost","size":5}'
is 'objects --json, digest' "$(info --json objects img | grep "$hello")" \
	"{\"object\":\"$hello\",\"size\":12,\"digest\":\"$d1\"}"
is 'missing-objects' "$(info --basedir=store missing-objects img)" aa/lost
is 'missing-objects, two basedirs' "$(info --basedir=other:store missing-objects img)" aa/lost
is 'missing-objects, all' "$(info --basedir=other missing-objects img)" "$sorted"
mkdir -p store/aa
ln -s "../$hello" store/aa/lost
is 'missing-objects: a symbolic link is none' "$(info --basedir=store missing-objects img)" aa/lost
rm store/aa/lost
mkdir store/aa/lost
is 'missing-objects: a directory is none' "$(info --basedir=store missing-objects img)" aa/lost
rmdir store/aa/lost

# ---- unused-objects ----
grep -v wrong dump >dump2
"$CFS" mkfs --from-file dump2 img2
is 'unused-objects' "$(info --basedir=store unused-objects img2)" "$unused"
is 'unused-objects: used by another image' "$(info --basedir=store unused-objects img2 img)" ''
is 'unused-objects: JSON' "$(info --json --basedir=store unused-objects img2)" "{\"object\":\"$unused\",\"size\":7}"
is 'unused-objects: twice the same' "$(info --basedir=store:store unused-objects img2)" "$unused"
: >store/aa/short
: >"store/aa/$(printf '%062d' 0 | tr 0 G)"
: >"store/aa/$(printf '%062d' 0 | tr 0 A)"
mkdir "store/aa/$(printf '%062d' 0 | tr 0 d)"
ln -s short "store/aa/$(printf '%062d' 0 | tr 0 e)"
: >"store/$(printf '%064d' 0)"
is 'unused-objects: nothing but objects' "$(info --basedir=store unused-objects img2)" "$unused"
# The same object under another spelling is used.
sed "s|/nodigest \(.*\) $hello|/nodigest \1 ./${unused%/*}//${unused#*/}|" dump2 >dump3
"$CFS" mkfs --from-file dump3 img3
is 'unused-objects: ./xx//yy is used' "$(info --basedir=store unused-objects img3)" ''
exits 'unused-objects: no image' 2 "$CFS" info --basedir=store unused-objects
exits 'unused-objects: no basedir' 2 "$CFS" info unused-objects img2
exits 'unused-objects: an image that is not there' 1 "$CFS" info --basedir=store unused-objects img2 none
is 'unused-objects: nothing printed then' "$(cat "$tmp/stdout")" ''
head -c 9000 img >broken
exits 'unused-objects: a broken image' 1 "$CFS" info --basedir=store unused-objects img2 broken
is 'unused-objects: nothing printed for a broken one' "$(cat "$tmp/stdout")" ''
cp img2 img-v3
printf '\003' | dd of=img-v3 bs=1 seek=12 conv=notrunc status=none
ok 'ls of an image of version 3' "$CFS" info ls img-v3
exits 'unused-objects: version 3' 1 "$CFS" info --basedir=store unused-objects img2 img-v3
is 'unused-objects: nothing printed for version 3' "$(cat "$tmp/stdout")" ''
exits 'a basedir that is not there' 1 "$CFS" info --basedir=store:none missing-objects img
exits 'an empty basedir' 2 "$CFS" info --basedir=store: missing-objects img

# The recipe of the document on stores, as it is written there.
{
	echo '#!/bin/sh'
	sed -n 's/^ *//; /^# collect STORE IMAGES/,/<unused$/p' "$TOP/format/store/README.md"
} >collect
ln -sf "$CFS" cfs
mkdir images
cp img2 images/2.cfs
cp -r store collected
exits 'garbage collection' 0 env PATH="$PWD:$PATH" sh ./collect collected images
is 'removes what no image uses, and nothing else' "$(diff -r store collected)" "Only in store/${unused%/*}: ${unused#*/}"
cp broken images/3.cfs
cp -r store collected2
exits 'garbage collection with a broken image' 1 env PATH="$PWD:$PATH" sh ./collect collected2 images
is 'removes nothing' "$(diff -r store collected2)" ''

# ---- cat ----
is 'cat' "$(info --basedir=store cat img hello /hello "/dir with space/in
" /empty)" 'hello world
hello world
abc'
is 'cat of a large object' "$(info --basedir=other:store cat img /big2 | cksum)" "$(cksum <large)"
is 'cat needs no basedir for content' "$(info cat img "dir with space/in
")" abc
exits 'cat: no basedir' 2 "$CFS" info cat img hello
exits 'cat: missing object' 3 "$CFS" info --basedir=store cat img lost
exits 'cat: no object named' 3 "$CFS" info --basedir=store cat img noobject
exits 'cat: wrong size' 3 "$CFS" info --basedir=store cat img "$(printf 'wrong\377size')"
is 'cat: nothing of it' "$(cat "$tmp/stdout")" ''
printf 'unused12345\n' >"store/$unused"
exits 'cat: wrong content' 3 "$CFS" info --basedir=store cat img wrong
is 'cat: nothing of that' "$(cat "$tmp/stdout")" ''
exits 'cat: no digest' 0 "$CFS" info --basedir=store cat img nodigest
is 'cat: no digest, a warning' "$(grep -c 'no recorded digest' "$tmp/stderr")" 1
exits 'cat: no digest, quiet' 0 "$CFS" info -q --basedir=store cat img nodigest
is 'cat: no warning' "$(cat "$tmp/stderr")" ''
exits 'cat: a symbolic link' 1 "$CFS" info cat img "dir with space/link"
is 'cat: its target' "$(cat "$tmp/stderr")" 'cfs info: img: dir with space/link: is a symbolic link to ../tar get'
exits 'cat: through a symbolic link' 1 "$CFS" info cat img "dir with space/link/x"
exits 'cat: a directory' 1 "$CFS" info cat img "dir with space"
exits 'cat: the root' 1 "$CFS" info cat img /
exits 'cat: a fifo' 1 "$CFS" info cat img fifo
exits 'cat: a whiteout' 1 "$CFS" info cat img "dir with space/gone"
exits 'cat: a stub' 1 "$CFS" info cat img 00
exits 'cat: no such file' 1 "$CFS" info cat img none
exits 'cat: below a file' 1 "$CFS" info cat img empty/x
exits 'cat: dots' 1 "$CFS" info cat img "dir with space/../empty"
exits 'cat: one name is wrong' 1 "$CFS" info --basedir=store cat img hello none
is 'cat: then nothing is written' "$(cat "$tmp/stdout")" ''
mv "store/$hello" "store/aa/real"
ln -s ../aa/real "store/$hello"
exits 'cat: an object behind a symbolic link' 3 "$CFS" info --basedir=store cat img hello
rm "store/$hello"
mv "store/aa/real" "store/$hello"
exits 'cat without a path' 2 "$CFS" info cat img
exits 'cat --json' 2 "$CFS" info --json cat img hello

# ---- stat ----
is 'stat' "$(info --basedir=store stat img | grep -v ^digest)" "image: img
format-version: 1
acl: no
size: $(wc -c <img)
inodes: 17
directories: 2
files: 9
symlinks: 1
char-devices: 2
block-devices: 1
fifos: 1
sockets: 1
whiteouts: 1
names: 18
inline-files: 1
inline-bytes: 3
objects: 4
object-bytes: $((3000000 + 12 + 12 + 5))
with-digest: 3
missing: 1
missing-bytes: 5"
is 'stat: the digest' "$(info stat img | sed -n 's/^digest: //p')" "$(info measure-file img)"
is 'stat of two' "$(info stat img img2 | grep -c '^$')" 1
is 'stat --json' "$(info --json stat img | perl -MJSON::PP -e '$o = decode_json(<STDIN>); print join " ", $o->{acl} ? "True" : "False", $o->{names}, $o->{image}, exists $o->{missing} ? "True" : "False"')" \
	'False 18 img False'
exits 'stat --filter' 2 "$CFS" info --filter=a stat img

# ---- the command line, and bad input ----
exits 'no sub-command' 2 "$CFS" info
exits 'unknown sub-command' 2 "$CFS" info list img
exits 'no image' 2 "$CFS" info ls
exits 'filter with a slash' 2 "$CFS" info --filter=a/b ls img
exits 'dump --json' 2 "$CFS" info --json dump img
exits 'no such image' 1 "$CFS" info ls none
exits 'a directory' 1 "$CFS" info ls "$tmp"
exits 'a broken image' 1 "$CFS" info ls broken
is 'one line that names it' "$(grep -c '^cfs info: broken: ' "$tmp/stderr") $(wc -l <"$tmp/stderr")" '1 1'
is 'and nothing on stdout' "$(cat "$tmp/stdout")" ''
exits 'the first broken one ends the run' 1 "$CFS" info ls img broken img
exits 'text is no image' 1 "$CFS" info stat dump
for sub in ls dump objects stat; do
	: >zero
	exits "$sub: an empty file" 1 "$CFS" info "$sub" zero
	if [ -w /dev/full ]; then
		"$CFS" info "$sub" img >/dev/full 2>err
		is "$sub: a full disk" "$? $(wc -l <err)" '1 1'
	else
		skip "$sub: a full disk" 'no /dev/full here'
	fi
	"$CFS" info "$sub" img >&- 2>err
	is "$sub: stdout closed" "$? $(wc -l <err)" '1 1'
done
is 'called composefs-info' "$(ln -s "$CFS" composefs-info && ./composefs-info objects img | cksum)" \
	"$(info objects img | cksum)"
is 'cfs composefs-info' "$("$CFS" composefs-info ls img | cksum)" "$(info ls img | cksum)"
plan_done
