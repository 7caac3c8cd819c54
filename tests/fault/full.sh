#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Full disks: blocks, inodes, and the size that a file may have, page by page
# until the run succeeds (tests/README.md 5.3): WI-1, WI-3, ST-1, ST-4, ST-9, ER-2,
# ER-4. Each failure is exit 1 and one line with the reason; the older image
# stays; no wrong object, nothing left over.
. "$(dirname "$0")/../lib.sh"
private_mounts
. tests/fault/driver/fixture
make_fixture
cp -r good from
mkdir disk
mount -t tmpfs -o size=64m t disk 2>/dev/null || skip_all 'no tmpfs can be mounted here'
umount disk

# attempt KIND WORDS COMMAND... - one run: 0: it succeeded, 1: it failed as it
# should. What is wrong is added to $bad.
attempt()
{
	kind=$1 words=$2
	shift 2
	"$@" >"$tmp/stdout" 2>"$tmp/stderr"
	rc=$?
	steps=$((steps + 1))
	why=$("$driver" judge disk "$kind" $rc) || bad="$bad
$step: exit $rc: $why"
	[ $rc != 0 ] || return 0
	if [ $rc -ge 99 ] || { [ $rc = 3 ] && [ "$kind" != repair ]; } || ! grep -q "$words" "$tmp/stderr" "$tmp/stdout" ||
		{ [ "$kind" != repair ] && [ "$(wc -l <"$tmp/stderr")" != 1 ]; }; then
		bad="$bad
$step: exit $rc: $(head -c 300 "$tmp/stderr")"
	fi
	return 1
}

# prepare KIND - what stands on the disk before.
prepare()
{
	cp old.img disk/out.img
	case $1 in
	repair) cp -r damaged disk/store ;;
	esac
}
cp -r good damaged
rm "damaged/$(cd good && find . -size +2000k -type f)" "damaged/$(cd good && find . -size 1000c -type f)"

# increment - the next step: every one in the long form, about 20 in the short.
increment()
{
	[ -n "$CFS_LONG" ] && step=$((step + 1)) || step=$((step + 1 + $1 / 20))
}

# climb DESC NAME KIND OPTION UNIT FROM ALL COMMAND... - tmpfs with a growing limit.
climb()
{
	desc=$1 name=$2 kind=$3 option=$4 unit=$5 step=$6 all=$7
	shift 7
	bad='' steps=0
	while [ $step -le $((all * 3)) ]; do
		mount -t tmpfs -o "size=64m,mode=755,$option=$((step * unit))" t disk
		prepare "$kind"
		attempt "$kind" 'No space left on device' "$@"
		rc=$?
		umount disk
		[ $rc != 0 ] || break
		increment "$all"
	done
	[ $rc = 0 ] || bad="$bad
never succeeds"
	echo "$name steps=$steps bad=$(printf %s "$bad" | grep -c .)" >"$RESULTS/$name.$FORM"
	is "$desc: $steps steps" "$bad" ''
}
pages=$((($(du -sk good | cut -f1) + 3) / 4 + 10))
mkfs="$CFS mkfs --threads=1 --digest-store=disk/store src disk/out.img"
repair="$CFS verify -q --threads=1 --basedir=disk/store --repair-from=from good.img"
# shellcheck disable=SC2086 # the commands are lists
{
	climb 'blocks, mkfs with a store' full-blocks store size 4096 5 $pages $mkfs
	climb 'inodes, mkfs with a store' full-inodes store nr_inodes 1 3 40 $mkfs
	climb 'blocks, mkfs --from-file' full-text image size 4096 5 10 "$CFS" mkfs --from-file text disk/out.img
	climb 'blocks, verify --repair-from' full-repair repair size 4096 $(($(du -sk damaged | cut -f1) / 4 + 22)) $pages $repair
	climb 'inodes, verify --repair-from' full-repair-inodes repair nr_inodes 1 $(($(find damaged | wc -l) + 2)) 40 $repair
}

# ---- RLIMIT_FSIZE: EFBIG and no signal
size_limit()
{
	desc=$1 name=$2 kind=$3 step=1 all=$4 # below one page no message could be written to a file
	shift 4
	bad='' steps=0
	mount -t tmpfs -o size=64m,mode=755 t disk
	while [ $step -le $((all + 100)) ]; do
		rm -rf disk/*
		prepare "$kind"
		! attempt "$kind" 'File too large' "$driver" fsize - $((step * 4096)) "$@" || break
		increment "$all"
	done
	[ $rc = 0 ] || bad="$bad
never succeeds"
	umount disk
	echo "$name steps=$steps bad=$(printf %s "$bad" | grep -c .)" >"$RESULTS/$name.$FORM"
	is "$desc: $steps steps" "$bad" ''
}
# shellcheck disable=SC2086 # the commands are lists
{
	size_limit 'size of a file, mkfs with a store' fsize-store store 540 $mkfs
	size_limit 'size of a file, mkfs --from-file' fsize-text image 5 "$CFS" mkfs --from-file text disk/out.img
	size_limit 'size of a file, verify --repair-from' fsize-repair repair 540 $repair
}

# ---- stdout on a full disk: a prefix is all there can be, and exit 1
for command in 'dump good.img' 'info ls good.img' 'info objects good.img' 'mkfs --from-file text -' 'info cat good.img /dir/large' \
	'mkfs --print-dump src' 'verify --json --basedir=good good.img' 'mkfs --print-digest-only src' '--list' 'dump --help'; do
	set --
	case $command in *' cat '*) set -- --basedir=good ;; esac
	mount -t tmpfs -o size=4k,mode=755 t disk
	head -c 4096 good.img >disk/full
	# shellcheck disable=SC2086 # a list
	"$CFS" $command "$@" >>disk/full 2>"$tmp/stderr"
	is "full stdout: $command" "$? $(grep -vcE '(hash code|sandbox): ' "$tmp/stderr") $(grep -c -- '-: write: No space left on device' "$tmp/stderr")" '1 1 1'
	umount disk
done

# ---- ext4, where blocks are given out late
if command -v mke2fs >/dev/null && truncate -s 24m ext4.img && mke2fs -q -F -t ext4 -b 4096 -m 0 -N 2000 ext4.img 2>/dev/null &&
	mount -o loop ext4.img disk 2>/dev/null; then
	bad='' steps=0 step=8
	while [ $step -le $((pages * 3)) ]; do
		rm -rf disk/*
		prepare store
		free=$(stat -f -c %a disk)
		block=$(stat -f -c %S disk)
		fallocate -l $(((free - step) * block)) disk/filler
		sync -f disk
		! attempt store 'No space left on device' $mkfs || break
		if [ -n "$CFS_LONG" ]; then step=$((step + 1)); else step=$((step + pages / 15)); fi
	done
	[ $rc = 0 ] || bad="$bad
never succeeds"
	umount disk
	echo "full-ext4 steps=$steps bad=$(printf %s "$bad" | grep -c .)" >"$RESULTS/full-ext4.$FORM"
	is "blocks of ext4: $steps steps" "$bad" ''
else
	skip 'blocks of ext4' 'no mke2fs, or no loop device'
fi
plan_done
