#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Stores on file systems with fs-verity, ext4 and btrfs, in a virtual machine: what mkfs
# and verify seal, refuse and repair there (ST-5, ST-12, VE-1, VE-2, VE-3). Objects that
# are clones, on btrfs and xfs (ST-11).
. "$(dirname "$0")/../lib.sh"
. tests/vm.sh
[ -n "$CFS_LONG" ] || skip_all 'a virtual machine: only in the long form'
vm_need "${KERNEL:-6.1}"
need musl-gcc debugfs
. tests/fault/driver/fixture

musl-gcc -static -O2 -std=gnu11 -o guest "$TOP"/tests/kmod/guest/*.c -lpthread || exit 1
make_source src
vm_root root "$TOP/tests/fault/seal/init" virtio_pci virtio_blk ext4 btrfs xfs sha512_generic \
	loop erofs overlay
cp guest root/bin/
cp "$TOP/tests/boot/guest/common" root/common
cp -a src root/
vm_initrd root initrd

truncate -s 64m disk
mke2fs -q -F -t ext4 -O verity -b 4096 disk
vm_boot initrd disk "fs=ext4 phase=first"

# The page cache of that machine is gone; the disk's block is changed beneath it.
object=$(sed -n 's/^DAMAGE //p' "$tmp/console")
block=$(debugfs -R "bmap store/$object 3" disk 2>/dev/null)
case $block in
'' | *[!0-9]* | 0) fail 'a block of a sealed object' "$object: $block" ;;
*)
	printf 'x' | dd of=disk bs=1 seek=$((block * 4096 + 17)) conv=notrunc status=none
	vm_boot initrd disk "fs=ext4 phase=second"
	;;
esac

truncate -s 0 disk
truncate -s 64m disk
mke2fs -q -F -t ext4 -b 4096 disk
vm_boot initrd disk "fs=ext4 phase=without"

# disk_of FILE-SYSTEM PHASE COMMAND... - a new disk that the command makes.
disk_of()
{
	if ! command -v "$3" >/dev/null; then
		skip "$1: $2" "no $3 here (Debian: btrfs-progs, xfsprogs)"
		return
	fi
	rm -f disk
	truncate -s 512m disk
	disk_fs=$1 disk_phase=$2
	shift 2
	"$@" disk >log 2>&1 || { fail "$disk_fs: $disk_phase" "$(cat log)"; return; }
	note "$disk_fs: $disk_phase"
	vm_boot initrd disk "fs=$disk_fs phase=$disk_phase"
}
disk_of btrfs mounted mkfs.btrfs -q
disk_of btrfs clones mkfs.btrfs -q
disk_of xfs clones mkfs.xfs -q -m reflink=1
plan_done
