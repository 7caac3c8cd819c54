#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# cfs ostree-convert: options, forms of output, the digest that a commit records,
# what is refused, and shapes (command line 10; RT-11, RT-12, WI-1, WI-7).
. "$(dirname "$0")/../lib.sh"
need perl
perl -MDigest::SHA -MCompress::Raw::Zlib -e1 2>/dev/null || skip_all 'perl without Digest::SHA or Compress::Raw::Zlib'
make_repo()
{
	perl "$TOP/tests/cli/ostree-repo.pl" "$@" || exit 1
}
cd "$tmp" || exit 1
convert()
{
	"$CFS" ostree-convert "$@"
}
XATTRS=1 make_repo repo archive small
commit=$(cat repo/refs/heads/t)
convert --out=want repo t || exit 1
digest=$("$CFS" info measure-file want)

# ---- forms of output
ok 'by checksum' convert --out=img repo "$commit"
ok 'by checksum: the same' cmp img want
convert repo t >img
ok 'to stdout' cmp img want
convert --out=/dev/fd/3 repo t 3>img
ok 'to a descriptor' cmp img want
is '--print-digest' "$(convert --print-digest --out=img repo t)" "$digest"
is '--print-digest-only' "$(convert --print-digest-only --no-sync repo t)" "$digest"
convert --print-dump repo t | "$CFS" mkfs --from-file - img
ok '--print-dump makes the same image' cmp img want
convert --print-json repo t >json
ln -s "$CFS" ostree-convert-commit
./ostree-convert-commit repo t >img
ok 'ostree-convert-commit prints JSON' cmp img json
if "$CFS" --list | grep -qx json-convert; then
	"$CFS" json-convert --whiteouts=keep --out=img - <json
	ok '--print-json makes the same image' cmp img want
else
	skip '--print-json makes the same image' 'json-convert is not there'
fi
is '--print-json is one object' \
	"$(perl -MJSON::PP -0777 -e '$j = decode_json(<STDIN>); print $j->{version}, " ", 0 + @{$j->{entries}}, " ", $j->{entries}[0]{name}' <json)" \
	"1 16 ."
convert --no-verity --print-dump repo t >dump
is '--no-verity: no digests' "$(grep -c '\.file - [^-]' dump)" 0
is '--no-verity: objects' "$(grep -c '\.file - -' dump)" 5

# ---- nothing but the commit decides (WI-7), not even the mode
(
	umask 077
	TZ=Asia/Kathmandu convert --out=img repo t
)
ok 'umask and zone' cmp img want
taskset 1 "$CFS" ostree-convert --out=img repo t 2>/dev/null && ok 'one thread' cmp img want
make_repo plain archive small
convert --out=plain.img plain t
for mode in bare bare-user-only; do
	if [ $mode = bare ] && [ "$(id -u)" != 0 ]; then
		skip "$mode" 'needs root'
		continue
	fi
	make_repo $mode $mode small
	is "$mode: the same commit" "$(cat $mode/refs/heads/t)" "$(cat plain/refs/heads/t)"
	ok "$mode: image" convert --out=img $mode t
	ok "$mode: the same image" cmp img plain.img
done

# ---- the digest that the commit records (exit 3)
right=$(convert --print-digest-only plain t)
make_repo right archive small "$right"
make_repo wrong archive small "$(echo "$right" | tr 0-9a-f a-f0-9)"
make_repo short archive small 0011
ok 'recorded digest: right' convert --out=img right t
ok 'recorded digest: right, the same image' cmp img plain.img
for option in --out=new --print-digest --print-digest-only --print-dump --print-json; do
	exits "recorded digest: wrong, $option" 3 convert $option wrong t
	is "recorded digest: wrong, $option: no output" "$(cat stdout)" ''
	is "recorded digest: wrong, $option: both in one line" \
		"$(grep -c "ostree-convert: wrong: .*$(echo "$right" | tr 0-9a-f a-f0-9).*$right" stderr)" 1
done
ok 'recorded digest: nothing was written' [ ! -e new ]
cp want old
exits 'recorded digest: wrong, over an image' 3 convert --out=old wrong t
ok 'recorded digest: the older image stays' cmp old want
exits 'recorded digest: wrong, without digests' 0 convert --no-verity --out=img wrong t
exits 'recorded digest: of two bytes' 1 convert --out=new short t
exits 'recorded digest: of two bytes, without digests' 0 convert --no-verity --out=img short t

# ---- the command line (exit 2)
for options in '--print-dump --print-json' '--print-dump --print-digest-only' '--print-json --print-digest-only' \
	'--out=new --print-dump' '--out=new --print-json' '--out=new --print-digest-only' '--min-version=1' \
	'--use-epoch' '--whiteouts=keep'; do
	# shellcheck disable=SC2086
	exits "$options" 2 convert $options repo t
done
exits 'no revision' 2 convert --out=new repo
exits 'an operand too many' 2 convert --out=new repo t t
exits 'no repository' 1 convert --out=new nowhere t
exits 'a file in its place' 1 convert --out=new want t
if has_terminal; then
	is 'no image to a terminal' "$(script -qec "'$CFS' ostree-convert repo t" /dev/null 2>&1 >img; echo $?)" 2
else
	skip 'no image to a terminal' 'no script(1), or no pseudo-terminal'
fi
ok 'nothing was left of these' [ ! -e new ]

# ---- revisions
refused()
{
	exits "$1" 1 convert --out=new "$2" "$3"
	is "$1: one line" "$(wc -l <stderr)" 1
	is "$1: which names it" "$(grep -cF "ostree-convert: $2: $4" stderr)" 1
	ok "$1: no image" [ ! -e new ]
}
refused 'no such ref' repo x 'x: no such ref'
refused 'no parent' repo t^ 't^: commit without a parent'
refused 'a ref that climbs' repo ../heads/t '../heads/t: '
mkdir -p repo/refs/remotes/b repo/refs/remotes/a repo/refs/heads/d
cp repo/refs/heads/t repo/refs/remotes/b/u
ln -s ../../remotes/b/./u repo/refs/heads/d/alias
ln -s ../heads repo/refs/remotes/linked
ok 'a remote ref by its full name' convert --out=img repo b:u
ok 'a remote ref by search' convert --out=img repo u
ok 'an alias' convert --out=img repo d/alias
refused 'through a symbolic link' repo linked:t 'linked:t: refs/remotes/linked/t: '
is 'nothing in the repository has changed' "$(find repo -newer want -type f)" "repo/refs/remotes/b/u"

rm repo/refs/remotes/linked

# Abbreviated checksums: any number of digits that one commit alone begins with.
two=$(echo "$commit" | cut -c1-2)
for n in 1 2 3 40 63; do
	ok "$n digits" convert --out=img repo "$(echo "$commit" | cut -c1-$n)"
	ok "$n digits: the same image" cmp img want
done
refused 'digits of no commit' repo "$(echo "$commit" | tr 0-9a-f a-f0-9 | cut -c1-9)" \
	"$(echo "$commit" | tr 0-9a-f a-f0-9 | cut -c1-9): no such ref"
refused 'digits of another object' repo "$(find repo/objects -name '*.dirmeta' | head -n1 | sed 's|.*objects/||; s|/||' | cut -c1-9)" ''
refused 'upper-case digits' repo "$(echo "abcdef$commit" | cut -c1-9 | tr a-f A-F)" ''
refused 'the parent of an abbreviation' repo "$(echo "$commit" | cut -c1-9)^" "$(echo "$commit" | cut -c1-9)^: commit without a parent"
: >"repo/objects/$two/$(printf '%062d' 7).commit"
refused 'digits of two commits' repo "$two" "$two: 2 commits have a checksum that begins so: give more digits"
ok 'one digit more' convert --out=img repo "$(echo "$commit" | cut -c1-12)"
cp repo/refs/heads/t "repo/refs/heads/$(echo "$commit" | cut -c1-12)"
ok 'a ref of that name with that commit' convert --out=img repo "$(echo "$commit" | cut -c1-12)"
printf '%064d\n' 7 >"repo/refs/heads/$(echo "$commit" | cut -c1-12)"
refused 'a ref of that name with another commit' repo "$(echo "$commit" | cut -c1-12)" \
	"$(echo "$commit" | cut -c1-12): is a ref and the beginning of another commit's checksum"
rm "repo/refs/heads/$(echo "$commit" | cut -c1-12)" "repo/objects/$two/$(printf '%062d' 7).commit"

# ---- objects (exit 1): every kind, missing, damaged, replaced. The path is named.
object()
{
	find repo/objects -name "*.$1" | sort | head -n 1
}
spoil()
{
	case $1 in
	missing) rm "$2" ;;
	cut) head -c -1 "$2" >cut && cp cut "$2" ;;
	longer) echo >>"$2" ;;
	empty) : >"$2" ;;
	fifo) rm "$2" && mkfifo "$2" ;;
	directory) rm "$2" && mkdir "$2" ;;
	symlink) mv "$2" target && ln -s "$tmp/target" "$2" ;;
	esac
}
cp -r repo good
for ext in commit dirtree dirmeta filez; do
	for how in missing cut longer empty fifo directory symlink; do
		o=$(object $ext)
		name=$(echo "${o#repo/objects/}" | tr -d /)
		spoil $how "$o"
		exits "$ext $how" 1 timeout 10 "$CFS" ostree-convert --out=new repo t
		is "$ext $how: object and path" \
			"$(grep -c "^cfs ostree-convert: repo: $name: .*$([ $ext = commit ] || echo '(/')" stderr)" 1
		ok "$ext $how: one line, no image" [ "$(wc -l <stderr)$(ls new 2>/dev/null)" = 1 ]
		rm -rf repo
		cp -r good repo
	done
done
o=$(object commit)
mv "${o%/*}" away && ln -s "$tmp/away" "${o%/*}"
refused 'a folder of objects is a symbolic link' repo t "$commit.commit: "
rm -rf repo && cp -r good repo
mv repo/objects away2 && ln -s "$tmp/away2" repo/objects
refused 'objects is a symbolic link' repo t 'objects: '
rm -rf repo && cp -r good repo
ln -s repo link
ok 'the repository itself may be reached through one' convert --out=img link t
echo 'parent=../x' >>repo/config
rm "$(object filez)"
exits 'a missing object where there is a parent' 1 convert --out=new repo t
is 'which the message tells' "$(grep -c 'has a parent' stderr)" 1

# ---- shapes (RT-8, and the stack)
make_repo deep archive deep 2048
ok '2048 levels, with a stack of 128 KiB' sh -c 'ulimit -s 128; exec "$0" ostree-convert --out=img deep t' "$CFS"
is 'they are all there' "$("$CFS" dump img | grep -c /d)" 2048
make_repo deeper archive deep 2049
refused 'one level more' deeper t "$(find deeper/objects -name '*.dirtree' | head -n0)"
is 'which is told' "$(grep -c 'a path below it has more than 2048 components' stderr)" 1
make_repo square archive square 1025
exits 'more than 2^23 names' 1 timeout 5 "$CFS" ostree-convert --out=new square t
is 'which is told' "$(grep -c 'more than 8388608 names' stderr)" 1
for n in ${CFS_LONG:+500000 1000000} 50000 100000; do
	make_repo names$n archive names $n
	# shellcheck disable=SC2016
	time=$(perl -e 'system(@ARGV) && exit 1; printf "%.2f", (times)[2] + (times)[3]' \
		"$CFS" ostree-convert --out=img names$n t)
	note "$n names of one object: $time s of CPU"
	is "$n names of one object, one object read" "$(perl -e 'print $ARGV[0] < 20 ? 1 : 0' "$time")" 1
done
make_repo large archive large 64
case $CFS in
*/san* | */under/*) skip 'memory does not depend on contents' 'a sanitizer takes its own' ;;
*) ok 'memory does not depend on contents' sh -c 'ulimit -v 40000; exec "$0" ostree-convert --out=img large t' "$CFS" ;;
esac
plan_done
