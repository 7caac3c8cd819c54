#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation fails, alone and with all later ones (tests/README.md 5.4): the
# run ends with exit 1, one line and no image, or with the right result.
. "$(dirname "$0")/../lib.sh"
prog=$(build_variant OOM) || {
	fail 'make OOM=1'
	plan_done
}
mkdir -p "$CFS_BUILD/fault"
cd "$tmp" || exit 1

# The fixture: every kind of file, xattrs where the file system has them, links.
mkdir -p src/dir/sub src/empty
head -c 3000000 "$prog" >src/dir/large
head -c 1000 "$prog" >src/dir/small
ln src/dir/small src/link
echo hello >src/dir/inline
: >src/empty-file
ln -s dir/inline src/symlink
mkfifo src/fifo
for i in 1 2 3 4 5 6 7 8; do
	cp src/dir/small src/dir/sub/$i
	echo $i >>src/dir/sub/$i
done
setfattr -n user.one -v 1 src/dir src/dir/small src/dir/sub/1 2>/dev/null
find src -exec touch -h -d @1000000000 {} +
"$CFS" mkfs --print-dump src >text
zstd -q text 2>/dev/null || gzip -k text
"$CFS" mkfs --digest-store=good src good.img || exit 1
"$CFS" dump good.img >good.dump
"$CFS" info objects good.img >good.objects

# same_store - what is in the store has the content its name says.
good_store()
{
	[ -d store ] || return 0
	(cd store && find . -type f | while read -r o; do
		cmp -s "$o" "../good/$o" || echo "$o"
	done) >wrong
	[ ! -s wrong ]
}

# judge NAME N - of a run that ended with $rc.
judge()
{
	if [ "$rc" = 0 ]; then
		case $1 in
		mkfs* | ostree* | json*) cmp -s out.img good.img ;;
		dump) cmp -s out good.dump ;;
		objects) cmp -s out good.objects ;;
		esac || { echo "$1 $2: exit 0 and a wrong result"; return 1; }
	elif [ "$rc" != 1 ]; then
		echo "$1 $2: exit $rc: $(head -c 200 err)"
		return 1
	elif [ "$(wc -l <err)" != 1 ] || ! grep -q 'memory' err; then
		echo "$1 $2: not one line about memory: $(head -c 300 err)"
		return 1
	elif [ "$1" != dump ] && [ "$1" != objects ] && ! cmp -s out.img old.img; then
		echo "$1 $2: the older image is not what it was"
		return 1
	fi
	good_store || { echo "$1 $2: wrong objects: $(cat wrong)"; return 1; }
	left=$(find . -name '.cfs-tmp*')
	[ -z "$left" ] || { echo "$1 $2: left $left"; return 1; }
}

# sweep NAME COMMAND... - for every N and both ways.
sweep()
{
	what=$1
	shift
	rm -rf store out.img
	OOM_COUNT=$PWD/count "$@" >out 2>err
	rc=$?
	cp good.img old.img
	[ $rc = 0 ] || { fail "$what: a run without failures" "$(cat err)"; return; }
	total=$(cat count)
	bad=
	done=0
	for way in OOM_FAIL_AT OOM_FAIL_FROM; do
		n=0
		while [ $n -lt "$total" ]; do
			n=$((n + 1))
			case $n in *0*) ;; *) [ "$total" -lt 2000 ] || [ -n "$CFS_LONG" ] || continue ;; esac
			rm -rf store
			cp old.img out.img
			env "$way=$n" "$@" >out 2>err
			rc=$?
			done=$((done + 1))
			why=$(judge "$what" "$way=$n") || bad="$bad
$why"
		done
	done
	is "$what: $done runs of $total allocations" "$bad" ''
	[ -z "$CFS_LONG" ] || echo "runs=$done allocations=$total bad=$(printf %s "$bad" | grep -c .)" \
		>"$CFS_BUILD/fault/oom-$(echo "$what" | tr -c 'a-z0-9\n' _).long"
}

sweep mkfs-store "$prog" mkfs --threads=1 --digest-store=store src out.img
sweep mkfs-threads "$prog" mkfs --threads=2 --print-digest src out.img
sweep mkfs-file "$prog" mkfs --from-file text out.img
sweep mkfs-compressed "$prog" mkfs --from-file text.[gz]* out.img
"$CFS" mkfs --hardlinks src hard.img && mv hard.img good.img
sweep mkfs-hardlinks "$prog" mkfs --hardlinks src out.img
"$CFS" mkfs src good.img
sweep dump "$prog" dump good.img
sweep objects "$prog" info objects good.img
toc=$TOP/tests/golden/toc
for layers in e-keep-two.1.json "e-l-links.0.json $toc/e-l-links.1.json" L4.zc m-esgz.bin; do
	# shellcheck disable=SC2086 # a list
	"$CFS" json-convert --out=good.img $toc/$layers || exit 1
	# shellcheck disable=SC2086
	sweep "json-convert ${layers%% *}" "$prog" json-convert --out=out.img $toc/$layers
done
"$CFS" json-convert --digest-from="$toc/store" --out=good.img "$toc/e-store.json"
sweep json-convert-objects "$prog" json-convert --digest-from="$toc/store" --out=out.img "$toc/e-store.json"
tar cf layer.tar --sparse src 2>/dev/null
gzip -c layer.tar >layer.tar.gz
rm -rf good
"$CFS" mkfs --from-tar --digest-store=good layer.tar layer.tar.gz good.img || exit 1
sweep mkfs-tar "$prog" mkfs --from-tar --digest-store=store layer.tar layer.tar.gz out.img
if perl -MDigest::SHA -MCompress::Raw::Zlib -e1 2>/dev/null; then
	XATTRS=1 perl "$TOP/tests/cli/ostree-repo.pl" repo archive small
	perl "$TOP/tests/cli/ostree-repo.pl" bare bare-user-only small
	for repo in repo bare; do
		"$CFS" ostree-convert --out=good.img $repo t || exit 1
		sweep ostree-convert-$repo "$prog" ostree-convert --out=out.img $repo t
	done
else
	skip ostree-convert 'perl without Digest::SHA or Compress::Raw::Zlib'
fi
plan_done
