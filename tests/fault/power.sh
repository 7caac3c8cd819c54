#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The power is cut right after exit 0, and at a random time (tests/README.md 5.5):
# WI-1, WI-2, ST-1, ST-10, VE-6. A machine with ext4 whose memory is kept when it
# is ready; each round goes on from there and ends in sysrq-b, which syncs
# nothing. The disk is judged after its journal was replayed, and so is a run
# that comes after.
. "$(dirname "$0")/../lib.sh"
[ -n "$CFS_LONG" ] || skip_all 'a virtual machine: only in the long form'
. tests/vm.sh
vm_need 6.1
need perl musl-gcc
private_mounts
power=$TOP/tests/fault/power
. tests/fault/driver/fixture
cuts=${CFS_CUTS:-50}

# The same tree here and in the machine: an archive holds no xattrs.
make_source src
setfattr -x user.one src/dir 2>/dev/null
setfattr -x user.one src/dir/small 2>/dev/null
find src -exec touch -h -d @1000000000 {} +
"$CFS" mkfs --digest-store=good src good.img || exit 1
mkdir other
"$CFS" mkfs other old.img

vm_root root "$power/init" virtio_pci virtio_blk ext4
cp -a src good good.img root/
vm_initrd root initrd

# machine NAME [FEATURE] - a disk that holds what is in ./disk, and the machine that waits.
machine()
{
	rm -f "$1.base" "$1.state"
	truncate -s 48m "$1.base"
	mke2fs -q -F -t ext4 ${2:+-O "$2"} -b 4096 -d disk "$1.base" && chmod 755 disk
	perl "$power/cut.pl" save "$vmlinuz" initrd "$1.base" "$1.state" >"$tmp/save" 2>&1 || {
		fail "a machine for $1" "$(cat "$tmp/save")"
		plan_done
	}
}

# go NAME MODE WHAT [USEC] - one round; ./round is the disk afterwards, $console what it said.
go()
{
	cp --sparse=always "$1.base" round
	console=$(nice -n 5 perl "$power/cut.pl" go "$vmlinuz" initrd round "$1.state" \
		"$2" "$3" ${4:-} 2>&1)
}

# measure NAME [WHAT] - how long a run takes, in $took.
measure()
{
	go "$1" measure "${2:-$1}"
	took=$(echo "$console" | awk '/^TOOK/ { print $3 - $2 }')
	case $took in
	'' | *[!0-9.]*)
		fail "a run of $1 in the machine" "$console"
		plan_done
		;;
	esac
	note "a run of $1 takes $took s in the machine"
}

# cuts NAME KIND MODE ROUNDS
cuts()
{
	rounds=$4
	bad='' done=0 finished=0 changed=0 left=0
	while [ $done -lt "$rounds" ]; do
		done=$((done + 1))
		usec=$(awk -v s=$done -v t="$took" 'BEGIN { srand(s); printf "%d", 1000 + rand() * t * 1100000 }')
		go "$1" "$3" "$1" "$usec"
		case $console in *FAILED*) bad="$bad
round $done: $console" ;; *FINISHED*) finished=$((finished + 1)) ;; esac
		mount -o loop round mnt || {
			bad="$bad
round $done: the disk cannot be mounted"
			continue
		}
		[ "$3" = exit ] && status=0 || status=-1
		why=$("$driver" judge mnt "$2" $status) || bad="$bad
round $done ($usec): $why"
		[ -z "$(find mnt -maxdepth 2 -name '.cfs-tmp*')" ] || left=$((left + 1))
		"$driver" judge mnt "$2" 0 >/dev/null && changed=$((changed + 1))
		case $1 in
		mkfs) "$CFS" mkfs -q --digest-store=mnt/store src mnt/out.img ;;
		repair) "$CFS" verify -q --basedir=mnt/store --repair-from=good good.img >/dev/null ;;
		esac || bad="$bad
round $done: the run after it fails"
		why=$("$driver" judge mnt "$2" 0) || bad="$bad
round $done: the run after it: $why"
		umount mnt
	done
	echo "power-$1-$3 rounds=$done bad=$(printf %s "$bad" | grep -c .) complete=$changed finished=$finished left=$left" \
		>"$RESULTS/power-$1-$3.$FORM"
	is "power cut, $1, $3: $done rounds, $changed complete, $left with left-overs" "$bad" ''
}

# sealed MODE ROUNDS - the same on a disk with fs-verity, judged in another machine.
sealed()
{
	sealed_bad='' sealed_done=0 finished=0
	while [ $sealed_done -lt "$2" ]; do
		sealed_done=$((sealed_done + 1))
		go sealed "$1" mkfs "$(awk -v s=$sealed_done -v t="$took" 'BEGIN { srand(s); printf "%d", 1000 + rand() * t * 1100000 }')"
		case $console in *FAILED*) sealed_bad="$sealed_bad
round $sealed_done: $console" ;; *FINISHED*) finished=$((finished + 1)) ;; esac
		vm_run judge round "mode=$1"
		grep -qa '^VERDICT 0$' "$tmp/console" || sealed_bad="$sealed_bad
round $sealed_done: $(grep -aE '^(# |BAD )' "$tmp/console")"
	done
	echo "power-sealed-$1 rounds=$sealed_done bad=$(printf %s "$sealed_bad" | grep -c .) finished=$finished" \
		>"$RESULTS/power-sealed-$1.$FORM"
	is "power cut, with fs-verity, $1: $sealed_done rounds" "$sealed_bad" ''
}

mkdir mnt disk
cp old.img disk/out.img
machine mkfs
measure mkfs
cuts mkfs store exit "$cuts"
cuts mkfs store time "$cuts"

# The rig sees what is missing.
go mkfs exit nosync
mount -o loop round mnt
not_ok 'without syncs it is not all there' "$driver" judge mnt store 0
umount mnt

rm -rf disk
mkdir disk
"$driver" reset - repair x
mv store disk/store
rm -f mkfs.state
machine repair
measure repair
cuts repair repair exit $((cuts * 2 / 5))
cuts repair repair time $((cuts * 2 / 5))

musl-gcc -static -O2 -std=gnu11 -o guest "$TOP"/tests/kmod/guest/*.c -lpthread || exit 1
vm_root judging "$power/judge" virtio_pci virtio_blk ext4
cp guest judging/bin/
cp "$TOP/tests/boot/guest/common" judging/common
cp -a src good good.img old.img judging/
vm_initrd judging judge
rm -rf disk repair.state
mkdir disk
cp old.img disk/out.img
machine sealed verity
measure sealed mkfs
sealed exit $((cuts / 5))
sealed time $((cuts * 2 / 5))
plan_done
