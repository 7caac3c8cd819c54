#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Upstream's own mkcomposefs and composefs-info 1.0.8, of Debian forky, run beside ours: the
# same images, digests, stores and texts with every option that both have, for a tree of 10000
# names, in the long form 100000.
. "$(dirname "$0")/../lib.sh"
need perl
[ "$(uname -m)" = x86_64 ] || skip_all 'packages are fetched for x86-64 only'
why=$(tests/peer/get-composefs) || skip_all "$why"
cd "$tmp" || exit 1

# Programs of a newer Debian run with its own loader and libraries.
root=$TOP/build/peer/root/usr
lib=$root/lib/x86_64-linux-gnu
mkdir theirs ours
for name in mkcomposefs composefs-info; do
	printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
		"$lib/ld-linux-x86-64.so.2" "$lib" "$root/bin/$name" >theirs/$name
	chmod +x theirs/$name
	ln -s "$CFS" ours/$name
done
theirs/mkcomposefs --print-digest-only theirs >found 2>err || skip_all "upstream's program does not run here: $(head -n 1 err)"

root_user=0
names=10000
[ -z "$CFS_LONG" ] || names=100000
[ "$(id -u)" != 0 ] || root_user=1
ok 'the tree is made' perl "$TOP/tests/peer/tree.pl" tree "${names}" $root_user
find tree -type f -name 'n*5' -size -2 | head -n 300 >some
if command -v setfattr >/dev/null && setfattr -n user.one -v 1 tree 2>/dev/null; then
	xargs -a some setfattr -n user.some -v 'a value'
	head -n 50 some | xargs setfattr -n user.empty
	[ $root_user = 0 ] || head -n 100 some | xargs setfattr -n trusted.overlay.opaque -v y
	[ $root_user = 0 ] || tail -n 100 some | xargs setfattr -n trusted.other -v z
else
	note 'no extended attributes here'
fi
note "$(find tree | wc -l) names"

# same DESC ARGS... - both programs, with the image as last operand: image, stdout, status.
same()
{
	same_desc=$1
	shift
	rm -f image.theirs image.ours
	theirs/mkcomposefs "$@" image.theirs >out.theirs 2>err.theirs
	theirs_rc=$?
	ours/mkcomposefs "$@" image.ours >out.ours 2>err.ours
	if [ $? != $theirs_rc ]; then
		fail "mkcomposefs $same_desc: another exit status" "$(cat err.theirs err.ours)"
	elif [ $theirs_rc != 0 ]; then
		fail "mkcomposefs $same_desc: failed" "$(cat err.theirs err.ours)"
	elif cmp image.theirs image.ours >difference 2>&1 && cmp out.theirs out.ours >>difference 2>&1; then
		pass "mkcomposefs $same_desc"
	else
		fail "mkcomposefs $same_desc" "$(cat difference)"
	fi
}
same '--use-epoch' --use-epoch tree
same '--skip-devices' --skip-devices tree
same '--skip-xattrs' --skip-xattrs tree
same '--user-xattrs' --user-xattrs tree
same '--threads=1' --threads=1 tree
same '--threads=7 --print-digest' --threads=7 --print-digest tree
same '--min-version=0' --min-version=0 tree
same '--min-version=1' --min-version=1 tree
same '--max-version=1' --max-version=1 tree
same '--min-version=0 --max-version=0' --min-version=0 --max-version=0 tree
same 'abbreviated options' --use-e --skip-d --print-digest --min 1 tree
same 'all the filters' --use-epoch --skip-devices --user-xattrs --print-digest tree
same 'SOURCE' --print-digest tree
mv image.theirs image
is '--print-digest-only' "$(ours/mkcomposefs --print-digest-only tree)" "$(theirs/mkcomposefs --print-digest-only tree)"

# Each makes a store with the parents that are missing.
theirs/mkcomposefs --digest-store=store/theirs/objects tree image.theirs 2>err.theirs
ours/mkcomposefs --digest-store=store/ours/objects tree image.ours 2>err.ours
ok '--digest-store: the image' cmp image.theirs image.ours
ok '--digest-store: the same objects' diff -r store/theirs store/ours
note "$(find store/ours -type f | wc -l) objects"

# text DESC ARGS... - what both composefs-info print.
text()
{
	text_desc=$1
	shift
	theirs/composefs-info "$@" >out.theirs 2>err.theirs
	theirs_rc=$?
	ours/composefs-info "$@" >out.ours 2>err.ours
	if [ $? = $theirs_rc ] && [ -s out.theirs ] && cmp out.theirs out.ours >difference 2>&1; then
		pass "composefs-info $text_desc"
	else
		fail "composefs-info $text_desc" "$(cat difference err.theirs err.ours)"
	fi
}
text 'ls' ls image
text 'dump' dump image
mv out.theirs dump
text 'objects' objects image
text 'objects of two images' objects image image.ours
text 'missing-objects without --basedir' missing-objects image
rm -rf store/ours/objects/0*
text 'missing-objects' --basedir=store/ours/objects missing-objects image
text '--basedir behind the operands' missing-objects image --basedir store/ours/objects
text 'measure-file' measure-file image dump
name=$(find tree -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | head -n 1)
text 'ls --filter' "--filter=$name" ls image
text 'dump --filter, abbreviated' --fil "$name" dump image

# A dump back to an image.
same '--from-file' --from-file dump
same '--from-file --min-version=1 --print-digest' --from-file --min-version=1 --print-digest dump
theirs/mkcomposefs --from-file - - <dump >image.theirs
ours/mkcomposefs --from-file - - <dump >image.ours
ok '--from-file - -' cmp image.theirs image.ours

# A wrong command line.
while read -r line; do
	# shellcheck disable=SC2086 # words
	theirs/mkcomposefs $line >/dev/null 2>&1
	theirs_rc=$?
	# shellcheck disable=SC2086 # words
	ours/mkcomposefs $line >/dev/null 2>err.ours
	is "mkcomposefs $line: the same exit status" "$?" "$theirs_rc"
done <<END
--frobnicate tree image
--print tree image
tree
tree image more
--threads=0 tree image
--min-version=x tree image
--digest-store
--print-digest-only tree image
missing image
--from-file missing image
END
plan_done
