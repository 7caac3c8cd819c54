#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `cfs verify`: each kind of line, each option, exit statuses (command line 7, VE-1,
# VE-2, VE-3, VE-4, VE-5, VE-6, RI-5, RI-6, RI-7, RI-11); info unused-objects fails closed.
. "$(dirname "$0")/../lib.sh"
cd "$tmp" || exit 1
tab=$(printf '\t')

mkdir -p src/d
i=0
while [ $i -lt 8 ]; do
	i=$((i + 1))
	head -c $((1000 * i)) /dev/zero | tr '\0' "$i" >src/d/f$i
done
printf 'in the image' >src/inline
ln -s x src/link
odd=$(printf 'odd \377 name')
head -c 9000 /dev/zero | tr '\0' z >"src/$odd"
find src -exec touch -h -d @1000000000 {} +
"$CFS" mkfs --digest-store=good src img || exit 1
digest=$("$CFS" info measure-file img)
# object NAME - of a file.
object()
{
	o=$("$CFS" info measure-file "src/$1")
	echo "${o%"${o#??}"}/${o#??}"
}
o1=$(object d/f1) o2=$(object d/f2) o3=$(object d/f3) o4=$(object d/f4) o5=$(object d/f5) o6=$(object d/f6) o7=$(object d/f7)
oz=$(object "$odd")

# lines DESC STATUS LINES ARG... - status and stdout of verify, sorted by nothing: the order counts.
lines()
{
	lines_desc=$1 lines_status=$2 lines_want=$3
	shift 3
	"$CFS" verify -q "$@" >stdout 2>stderr
	is "$lines_desc" "$? $(cat stdout)" "$lines_status $lines_want"
}
# line KIND IMAGE OBJECT PATH DETAIL
line()
{
	printf '%s\t%s\t%s\t%s\t%s' "$1" "$2" "$3" "$4" "$5"
}
fresh()
{
	rm -rf store
	cp -r good store
}

# ---- nothing wrong ------------------------------------------------------------
lines 'a good image' 0 '' img
lines 'and its objects' 0 '' --basedir=good img
lines 'a good store' 0 '' --basedir=good
lines '--digest' 0 '' --digest="$digest" img
lines '--digest=sha256:' 0 '' --digest="sha256:$digest" img
lines '--canonical' 0 '' --canonical img
exits 'without --basedir' 0 "$CFS" verify img
is 'objects are not checked, and that is said' "$(sed -n 1p stderr)" \
	'cfs verify: objects were not checked: use --basedir to say where they are'
exits 'the summary' 0 "$CFS" verify --basedir=good img
is 'is one line' "$(cat stderr)" 'cfs verify: 1 image, 9 objects, 45000 bytes, 0 problems'
exits 'the summary of --quick' 0 "$CFS" verify --quick --basedir=good img
is 'no content was read' "$(cat stderr)" 'cfs verify: 1 image, 9 objects, 0 bytes, 0 problems'
exits 'the summary of a store' 0 "$CFS" verify --basedir=good
is 'counts its objects' "$(cat stderr)" 'cfs verify: 0 images, 9 objects, 45000 bytes, 0 problems'
"$CFS" verify -v --basedir=good img >stdout 2>/dev/null
is '-v: image, then objects by name' "$(cut -f1,3 stdout)" "ok$tab-
$(cd good && find . -type f | cut -c3- | LC_ALL=C sort | sed "s/^/ok$tab/")"
is '-v: who gave the digest' "$(sed -n 1p stdout)" "$(line ok img - - "$digest by content")"
is '-v: escapes' "$(grep "$oz" stdout)" "$(line ok img "$oz" '/odd \xff name' 'by content')"
# Names are escaped as by ls: a space of a path stands for itself, one of an object does not.
printf '%s\n' '/ 0 40755 2 0 0 0 0.0 - - -' '/a\x20b\n 2000 100644 1 0 0 0 0.0 x\x20y\n\\z - -' >dump5
"$CFS" mkfs --from-file dump5 img5
is 'the names of ls' "$("$CFS" info ls img5)" "/a b\\n$tab@ x\\x20y\\n\\\\z"
"$CFS" verify -q --basedir=good img5 >stdout 2>stderr
is 'are those of verify' "$(grep missing stdout)" "$(line missing img5 'x\x20y\n\\z' '/a b\n' 'in no basedir')"

# ---- images ---------------------------------------------------------------------
head -c 1000 img >short
: >empty
cp img magic
printf 'XXXX' | dd of=magic conv=notrunc status=none
cp img super
printf 'XXXX' | dd of=super seek=1024 bs=1 conv=notrunc status=none
for bad in short empty magic super; do
	"$CFS" verify -q --basedir=good $bad >stdout 2>stderr
	is "bad-image: $bad" "$? $(cut -f1-4 stdout)" "3 $(printf 'bad-image\t%s\t-\t-' $bad)"
done
cp img odd
printf x >>odd
lines 'odd-image' 3 "$(line odd-image odd - - 'size is not a multiple of 4096')
$(line odd-image odd - - 'size differs from the blocks of the superblock')" odd
cp img longer
head -c 4096 /dev/zero >>longer
lines 'not-canonical' 3 "$(line odd-image longer - - 'size differs from the blocks of the superblock')
$(line not-canonical longer - - "first differing byte $(wc -c <img)")" --canonical longer
lines 'not asked for' 3 "$(line odd-image longer - - 'size differs from the blocks of the superblock')" longer
zeros=0000000000000000000000000000000000000000000000000000000000000000
lines 'bad-digest' 3 "$(line bad-digest img - - "want $zeros, is $digest")" --digest=$zeros img
lines 'unreadable: not there' 1 "$(line unreadable none - - 'open: No such file or directory')" none
lines 'unreadable: a directory' 1 "$(line unreadable src - - 'is a directory')" src
if command -v zstd >/dev/null; then
	zstd -q img -o img.zst
	lines 'compressed with zstd' 0 '' --basedir=good --digest="$digest" img.zst
	head -c $(($(wc -c <img.zst) / 2)) img.zst >cut.zst
	"$CFS" verify -q cut.zst >stdout 2>stderr
	is 'unreadable: zstd, cut' "$? $(cut -f1-2 stdout)" "1 unreadable${tab}cut.zst"
	cp img.zst spoilt.zst
	printf '\377\377\377\377' | dd of=spoilt.zst bs=1 seek=40 conv=notrunc status=none
	"$CFS" verify -q spoilt.zst >stdout 2>stderr
	is 'unreadable: zstd, damaged' "$? $(cut -f1-2 stdout)" "1 unreadable${tab}spoilt.zst"
	for option in --require-verity --enable-verity; do
		lines "$option of a compressed one" 1 \
			"$(line unreadable img.zst - - 'is compressed: fs-verity applies to the compressed bytes, not to the image')" $option img.zst
	done
else
	skip 'compressed with zstd' 'no zstd here'
fi
gzip -kn img
head -c $(($(wc -c <img.gz) / 2)) img.gz >cut.gz
"$CFS" verify -q cut.gz >stdout 2>stderr
is 'unreadable: gzip, cut' "$? $(cut -f1-2 stdout)" "1 unreadable${tab}cut.gz"
lines 'several images, in their order' 1 "$(line bad-image empty - - "$("$CFS" verify -q empty | cut -f5)")
$(line unreadable none - - 'open: No such file or directory')
$(line odd-image odd - - 'size is not a multiple of 4096')
$(line odd-image odd - - 'size differs from the blocks of the superblock')" empty img none odd
lines 'a wrong one hides no other' 3 "$(line bad-image empty - - "$("$CFS" verify -q empty | cut -f5)")
$(line missing img "$o1" /d/f1 'in no basedir')" --basedir="$(rm -rf one && cp -r good one && rm "one/$o1" && echo one)" empty img

# ---- objects ----------------------------------------------------------------------
fresh
rm "store/$o1" "store/$o2" "store/$o3" "store/$o4" "store/$o5" "store/$o6" "store/$o7"
ln -s "$tmp/good/$o2" "store/$o2"
mkfifo "store/$o3"
mkdir "store/$o4"
head -c 4999 "good/$o5" >"store/$o5"
head -c 6000 /dev/zero | tr '\0' x >"store/$o6"
perl -MSocket -e 'chdir shift; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(shift)) or die' \
	"store/${o7%/*}" "${o7#*/}"
x6=$("$CFS" info measure-file "store/$o6")
faults()
{
	{
		line missing img "$o1" /d/f1 'in no basedir'
		echo
		line wrong-type img "$o2" /d/f2 'is a symbolic link'
		echo
		line wrong-type img "$o3" /d/f3 'is a fifo'
		echo
		line wrong-type img "$o4" /d/f4 'is a directory'
		echo
		line wrong-size img "$o5" /d/f5 'want 5000, is 4999'
		echo
		[ -n "$1" ] || {
			line wrong-content img "$o6" /d/f6 "want $(echo "$o6" | tr -d /), is $x6"
			echo
		}
		line wrong-type img "$o7" /d/f7 'is a socket'
		echo
	} | LC_ALL=C sort -t "$tab" -k3,3
}
for threads in 1 2 8 64; do
	lines "every fault of an object, $threads threads" 3 "$(faults '')" --threads=$threads --basedir=store img
done
"$CFS" verify -q --basedir=store img >lines1
for i in 1 2 3 4 5; do
	"$CFS" verify -q --threads=4 --basedir=store img | cmp -s - lines1 || fail "the lines of run $i"
done
lines '--quick reads no content' 3 "$(faults quick)" --quick --basedir=store img
exits 'the summary' 3 "$CFS" verify --basedir=store img
is 'counts the problems' "$(cat stderr)" 'cfs verify: 1 image, 9 objects, 23000 bytes, 7 problems'
if [ "$(id -u)" = 0 ]; then
	rm "store/$o1" 2>/dev/null
	mknod "store/$o1" c 1 5
	"$CFS" verify -q --basedir=store img >stdout
	is 'wrong-type: a device' "$(grep "$o1" stdout)" "$(line wrong-type img "$o1" /d/f1 'is a device')"
	rm "store/$o1"
fi
# The first path that uses it; two images with one object and other sizes.
printf '%s\n' '/ 0 40755 2 0 0 0 0.0 - - -' "/b 1000 100644 1 0 0 0 0.0 $o1 - -" "/a 1000 100644 1 0 0 0 0.0 $o1 - -" \
	"/c 1001 100644 1 0 0 0 0.0 $o1 - $(echo "$o1" | tr -d /)" >dump2
"$CFS" mkfs --from-file dump2 img2
lines 'the first path' 3 "$(line missing img2 "$o1" /a 'in no basedir')" --basedir=store img2
lines 'each record counts' 3 "$(line wrong-size img2 "$o1" /c 'want 1001, is 1000')" --basedir=good img2
lines 'two images' 3 "$(line wrong-size img2 "$o1" /c 'want 1001, is 1000')" --basedir=good img img2
exits 'objects without digest' 3 "$CFS" verify --basedir=good img2
is 'are told once' "$(sed -n 1p stderr)" 'cfs verify: 1 object has no recorded digest: its content was not checked'
printf '%s\n' '/ 0 40755 2 0 0 0 0.0 - - -' "/a 1000 100644 1 0 0 0 0.0 $o1 - -" >dump3
"$CFS" mkfs --from-file dump3 img3
lines 'no problem by itself' 0 '' --basedir=good img3
"$CFS" verify -q --require-verity --basedir=good img3 >stdout 2>stderr
is 'no-digest' "$? $(tail -n 1 stdout)" "3 $(line no-digest img3 "$o1" /a 'no digest is recorded')"

# ---- a whole store
fresh
mv "store/$o1" swap
cp "store/$o2" "store/$o1"
rm "store/$o3"
ln -s nowhere "store/$o3"
mkdir store/not-ours
echo >store/not-ours/file
echo >"store/${o1%/*}/short"
lines 'a store: content and type' 3 "$({
	line wrong-content - "$o1" - "want $(echo "$o1" | tr -d /), is $(echo "$o2" | tr -d /)"
	echo
	line wrong-type - "$o3" - 'is not a regular file'
	echo
} | LC_ALL=C sort -t "$tab" -k3,3)" --basedir=store

# ---- several basedirs: the first that has the name counts
mkdir -p "first/${o1%/*}" "second/${o1%/*}"
cp "good/$o1" "second/$o1"
lines 'only in the second' 0 '' --basedir=first:second:good img
head -c 1000 /dev/zero >"first/$o1"
"$CFS" verify -q --basedir=first:second:good img >stdout
is 'wrong in the first' "$? $(cut -f1,3 stdout)" "3 wrong-content$tab$o1"
lines 'right in the first' 0 '' --basedir=second:first:good img
mkdir 'with:colon'
lines 'a colon in a name' 0 '' --basedir='with\:colon:good' img

# ---- cannot be checked
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	chmod 755 "$tmp"
elif [ "$(id -u)" != 0 ]; then
	as=
else
	as=none
fi
if [ "$as" != none ]; then
	fresh
	chmod 000 "store/$o1"
	rm "store/$o2"
	$as "$CFS" verify -q --basedir=store img >stdout 2>stderr
	is 'unreadable object: exit 1 beats 3' "$? $(cut -f1,3 stdout | LC_ALL=C sort)" "1 missing$tab$o2
unreadable$tab$o1"
	chmod 000 "store/${o3%/*}"
	$as "$CFS" verify -q --basedir=store >stdout 2>stderr
	is 'unreadable directory of a store' "$? $(grep -c "^unreadable$tab-$tab${o3%/*}$tab" stdout)" '1 1'
	cp img secret
	chmod 000 secret
	$as "$CFS" verify -q secret >stdout 2>stderr
	is 'unreadable image' "$? $(cat stdout)" "1 $(line unreadable secret - - 'open: Permission denied')"
	mkdir closed
	chmod 000 closed
	$as "$CFS" verify -q --basedir=good:closed img none >stdout 2>stderr
	is 'a basedir that cannot be opened' "$? $(cat stdout) $(cat stderr)" '1  cfs verify: closed: open: Permission denied'
	# info unused-objects: no list, or all of it.
	rm "store/$o2" 2>/dev/null
	chmod 755 "store/${o3%/*}"
	"$CFS" info --basedir=store unused-objects img2 >all
	is 'unused-objects: a list' "$?" 0
	chmod 000 "store/${o3%/*}"
	$as "$CFS" info --basedir=store unused-objects img2 >stdout 2>stderr
	is 'unused-objects: an unreadable directory' "$? $(cat stdout) $(cat stderr)" \
		"1  cfs info: store/${o3%/*}: open: Permission denied"
	$as "$CFS" info --basedir=good unused-objects img2 secret >stdout 2>stderr
	is 'unused-objects: an unreadable image' "$? $(cat stdout) $(wc -l <stderr)" '1  1'
	$as "$CFS" info --basedir=good:closed unused-objects img2 >stdout 2>stderr
	is 'unused-objects: an unreadable basedir' "$? $(cat stdout) $(wc -l <stderr)" '1  1'
	chmod 755 closed "store/${o3%/*}"
else
	skip 'what cannot be read' 'needs to be another user than root'
fi
for bad in short magic odd.none cut.gz; do
	exits "unused-objects: $bad" 1 "$CFS" info --basedir=good unused-objects img2 $bad
	is "unused-objects: $bad: no list" "$(cat "$tmp/stdout")" ''
done
exits 'a basedir that is not there' 1 "$CFS" verify --basedir=good:nowhere img none
is 'nothing was checked' "$(cat "$tmp/stdout") $(cat "$tmp/stderr")" ' cfs verify: nowhere: open: No such file or directory'
exits 'a repair directory that is not there' 1 "$CFS" verify --basedir=good --repair-from=nowhere img none
is 'nothing was checked then' "$(cat "$tmp/stdout") $(cat "$tmp/stderr")" ' cfs verify: nowhere: open: No such file or directory'
exits 'a basedir that is a file' 1 "$CFS" verify --basedir=img img

# ---- wrong command lines
for args in '' '--repair-from=good img' "--digest=$zeros img img" '--digest=12 img' '--digest= img' '--threads=0 img' \
	'--threads=1025 img' '--threads=x img' '--frobnicate img' '--basedir= img' '--basedir=good: img'; do
	want=2
	case $args in --basedir=*) want='[12]' ;; esac
	# shellcheck disable=SC2086 # a list
	"$CFS" verify $args >stdout 2>stderr
	rc=$?
	is "exit $want: verify $args" "$(expr $rc : "$want") $(cat stdout)" '1 '
done

# ---- fs-verity, where there is none
"$CFS" verify -q --require-verity img >stdout 2>stderr
rc=$?
if [ $rc = 0 ]; then
	skip 'no-verity' 'this image has fs-verity'
else
	is 'no-verity: the image' "$rc $(cat stdout)" "3 $(line no-verity img - - 'fs-verity is not enabled')"
	"$CFS" verify -q --require-verity --basedir=good img >stdout
	is 'no-verity: every object' "$? $(cut -f1 stdout | sort | uniq -c | tr -s ' ')" '3  10 no-verity'
	"$CFS" verify -q --enable-verity img >stdout
	rc=$?
	if [ $rc = 0 ]; then
		lines '--enable-verity' 0 '' --require-verity img
	else
		is '--enable-verity where it cannot be' "$rc $(cut -f1-4 stdout)" "1 $(printf 'unreadable\timg\t-\t-')"
		# Not left out in silence where no content is read.
		"$CFS" verify -q --quick --enable-verity --basedir=good >stdout
		is '--enable-verity --quick where it cannot be' "$? $(cut -f1 stdout)" '1 unreadable'
	fi
fi

# ---- repair
fresh
rm "store/$o1" "store/$o2" "store/$o3" "store/$o4"
echo wrong >"store/$o2"
ln -s "$tmp/src" "store/$o3"
mkdir "store/$o4"
cp "good/$o5" outside
ln -f outside "store/$o5"
printf x | dd of=outside conv=notrunc status=none
spoilt=$(cat outside | cksum)
before=$(cd store && find . -type f ! -path "./$o2" ! -path "./$o5" -printf '%p %i %T@ %C@\n' | sort)
lines 'repair' 3 "$({
	for o in "$o1" "$o2" "$o3" "$o5"; do
		f=$("$CFS" info ls img | grep "$o" | cut -f1)
		line repaired img "$o" "$f" 'from good'
		echo
	done
	line wrong-type img "$o4" /d/f4 'is a directory'
	echo
} | LC_ALL=C sort -t "$tab" -k3,3)" --basedir=store --repair-from=good img
is 'a file that had the name is not written' "$(cat outside | cksum)" "$spoilt"
is 'what was right is as it was' "$(cd store && find . -type f ! -path "./$o1" ! -path "./$o2" ! -path "./$o3" \
	! -path "./$o5" -printf '%p %i %T@ %C@\n' | sort)" "$before"
rmdir "store/$o4"
exits 'and the last one' 0 "$CFS" verify --basedir=store --repair-from=good img
is 'repaired is no problem' "$(cat "$tmp/stderr")" 'cfs verify: 1 image, 9 objects, 41000 bytes, 0 problems'
is 'the store is whole' "$(diff -r good store)" ''
is 'modes of what was repaired' "$(stat -c %a "store/$o1" "store/$o4" | tr '\n' ' ')" '644 644 '
# Into the basedir that has the wrong one, the first for a missing one.
rm -rf a b
cp -r good a
mkdir b
echo wrong >"a/$o1"
rm "a/$o2"
exits 'two basedirs' 0 "$CFS" verify -q --basedir=b:a --repair-from=good img
is 'the wrong one where it was' "$(cmp "a/$o1" "good/$o1" && ls b/)" "${o2%/*}"
# A wrong source is told, and the next one is tried.
rm -rf bad
cp -r good bad
head -c 1000 /dev/zero | tr '\0' y >"bad/$o1"
rm "a/$o1"
"$CFS" verify --basedir=a --repair-from=bad img >stdout 2>stderr
is 'a wrong source' "$? $(cat stdout)" "3 $(line missing img "$o1" /d/f1 'in no basedir')
$(line repaired img "$o2" /d/f2 'from bad')"
is 'is told' "$(grep -c "^cfs verify: bad/$o1: not used: wrong size or content" stderr)" 1
exits 'the next one' 0 "$CFS" verify -q --basedir=a --repair-from=bad:good img
is 'whole' "$(diff -r good a)" ''
# One that cannot be read, too.
case $CFS_BUILD in
*/san*) ;;
*) ! strace -o /dev/null true 2>/dev/null || inject=yes ;;
esac
if [ -n "${inject:-}" ]; then
	rm "a/$o1"
	# With --quick nothing else is read by this call.
	strace -qq -o /dev/null -e inject=pread64:error=EIO:when=1 "$CFS" verify -q --quick --basedir=a --repair-from=good img >stdout
	is 'an unreadable source' "$? $(cat stdout)" "3 $(line missing img "$o1" /d/f1 'in no basedir')"
	strace -qq -o /dev/null -e inject=pread64:error=EIO:when=1 "$CFS" verify --quick --basedir=a --repair-from=bad:good img >stdout 2>stderr
	is 'the next one is tried' "$? $(cat stdout)" "0 $(line repaired img "$o1" /d/f1 'from good')"
	is 'and it is told' "$(head -n 1 stderr)" "cfs verify: bad/$o1: not used: read: I/O error"
	# Whatever the length of the names, a line has its reason (ER-2).
	long=$(printf '%0200d' 0)
	mkdir "$long"
	cp -r good "$long/good"
	strace -qq -o /dev/null -e inject=openat2:error=EIO:when=1 "$CFS" verify -q --threads=1 --basedir="$long/good" img >stdout
	is 'a basedir of a long name' "$? $(cut -f1 stdout) $(grep -c ': I/O error$' stdout)" '1 unreadable 1'
	rm -r "$long"
else
	skip 'an unreadable source' 'no strace here, or a sanitizer'
fi
# A name of the digest form gets no other content, whatever an image records for it.
rm -rf hostile
cp -r good hostile
rm "hostile/$o1"
hex2=$(echo "$o2" | tr -d /)
# hostile DESC PATH - an image says that the content of $o2 stands under PATH.
hostile()
{
	printf '%s\n' '/ 0 40755 2 0 0 0 0.0 - - -' "/a 2000 100644 1 0 0 0 0.0 $2 - $hex2" >dump4
	"$CFS" mkfs --from-file dump4 img4
	mkdir -p from4/aa "from4/$(dirname "$2")"
	cp "good/$o2" "from4/$2"
	"$CFS" verify --basedir=hostile --repair-from=from4 img4 >stdout 2>stderr
	is "$1: not repaired" "$? $(cut -f1 stdout | grep -v odd-image) $(grep -c 'not replaced: the image records another digest than the name says' stderr)" "3 $3 1"
	is "$1: the store" "$(diff -r good hostile)" "$4"
}
gone="Only in good/${o1%/*}: ${o1#*/}"
hostile 'a missing object under a wrong name' "$o1" missing "$gone"
hostile 'another spelling' "./${o1%/*}//${o1#*/}" missing "$gone"
cp "good/$o1" "hostile/$o1"
hostile 'a good object under attack' "$o1" wrong-size ''
# Other names are what the image says.
rm -rf hostile/names
printf '%s\n' '/ 0 40755 2 0 0 0 0.0 - - -' "/a 2000 100644 1 0 0 0 0.0 names/b - $hex2" >dump4
"$CFS" mkfs --from-file dump4 img4
mkdir -p from4/names
cp "good/$o2" from4/names/b
exits 'a name of another form' 0 "$CFS" verify -q --basedir=hostile --repair-from=from4 img4
ok 'is repaired' cmp hostile/names/b "good/$o2"
# Without recorded digest nothing is repaired.
rm "a/$o1"
lines 'no digest, no repair' 3 "$(line missing img3 "$o1" /a 'in no basedir')" --basedir=a --repair-from=good img3
# A whole store.
rm -rf a
cp -r good a
head -c 2000 /dev/zero >"a/$o2"
lines 'repair of a store' 0 "$(line repaired - "$o2" - 'from good')" --basedir=a --repair-from=good
is 'it is whole' "$(diff -r good a)" ''

# ---- JSON
rm "a/$o1" "a/$oz"
"$CFS" verify --json -v --basedir=a --repair-from=bad img odd none >json 2>stderr
is 'JSON: exit status' $? 1
if perl -MJSON::PP -e 1 2>/dev/null; then
	perl -MJSON::PP -e '
		my %n; my $last;
		while (<>) { my $o = JSON::PP->new->utf8->decode($_); $n{$o->{kind} // "summary"}++; $last = $o }
		print join(" ", map { "$_=$n{$_}" } sort keys %n), "\n";
		print join(" ", map { "$_=$last->{$_}" } sort keys %$last), "\n";' json >parsed 2>&1
	is 'JSON: a parser reads each line' "$(sed -n 1p parsed)" 'missing=1 odd-image=2 ok=9 repaired=1 summary=1 unreadable=1'
	is 'JSON: the summary' "$(sed -n 2p parsed)" \
		'bytes=35000 images=2 objects=9 problems=3 repaired=1 unchecked=1 without_digest=0'
else
	skip 'JSON: a parser reads each line' 'no JSON::PP here'
fi
is 'JSON: a path that is no UTF-8' "$(grep -c '"path_hex":"2f6f646420ff206e616d65"' json)" 1
is 'JSON: nothing else on stderr' "$(grep -c images stderr)" 0

# ---- progress
"$CFS" verify --progress --basedir=good img >stdout 2>stderr
is '--progress: exit status' $? 0

# ---- memory: a million objects, all there, and all missing
case $CFS in */san*/*)
	skip 'memory for 1 000 000 objects' 'sanitizers need more memory'
	plan_done
	;;
esac
cd "$TOP" || exit 1
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || {
	skip 'memory for 1 000 000 objects' 'no compiler'
	plan_done
}
big=$tmp/big
[ "$(stat -f -c %T /dev/shm 2>/dev/null)" != tmpfs ] || big=$(mktemp -d /dev/shm/cfs-verify.XXXXXX)
trap 'rm -rf --one-file-system "$tmp" "$big"' EXIT
mkdir -p "$big/files"
i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	echo 'a small object' >"$big/files/$i"
done
perl tests/bench/objects.pl 1000000 "$("$CFS" info measure-file "$big/files/1")" 15 "$big/store" "$big"/files/* >"$big/dump" &&
	"$CFS" mkfs --from-file "$big/dump" "$big/img" || fail 'an image with 1 000 000 objects'
rm -f "$big/dump"
# peak DESC STATUS ARG... - in 16 MiB, twice the image and 128 bytes per object.
peak()
{
	desc=$1 want=$2
	shift 2
	"$tmp/peak" "$tmp/used" "$CFS" verify "$@" "$big/img" >"$big/out" 2>"$tmp/err"
	rc=$?
	read -r cpu kib <"$tmp/used"
	limit=$((16384 + 2 * $(wc -c <"$big/img") / 1024 + 125000))
	[ $rc = "$want" ] && [ "$kib" -le $limit ] && grep -q ' 1000000 objects' "$tmp/err"
	is "$desc: $kib KiB of $limit, $cpu ms of CPU" "$?" 0
}
mkdir "$big/none"
peak '1 000 000 objects' 0 --threads=2 --basedir="$big/store"
[ -z "$CFS_LONG" ] || peak '1 000 000 objects, --quick' 0 --quick --basedir="$big/store"
peak '1 000 000 missing objects' 3 --basedir="$big/none"
is 'a line for each' "$(wc -l <"$big/out")" 1000000
if [ -n "$CFS_LONG" ]; then
	for f in "$big"/files/*; do
		echo 'A small object' >"$f" # all links of it, and the same size
	done
	peak '1 000 000 wrong objects' 3 --threads=2 --basedir="$big/store"
fi
plan_done
