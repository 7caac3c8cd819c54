#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Stores on a file system with fs-verity, in a virtual machine: what mkfs and
# verify seal, refuse and repair there (ST-5, ST-12, VE-1, VE-2, VE-3).
. "$(dirname "$0")/../lib.sh"
. tests/vm.sh
[ -n "$CFS_LONG" ] || skip_all 'a virtual machine: only in the long form'
vm_need "${KERNEL:-6.1}"
need musl-gcc debugfs
. tests/fault/driver/fixture

musl-gcc -static -O2 -std=gnu11 -o guest "$TOP"/tests/kmod/guest/*.c -lpthread || exit 1
make_source src
vm_root root "$TOP/tests/fault/seal/init" virtio_pci virtio_blk ext4 sha512_generic
cp guest root/bin/
cp "$TOP/tests/boot/guest/common" root/common
cp -a src root/
vm_initrd root initrd

truncate -s 64m disk
mke2fs -q -F -t ext4 -O verity -b 4096 disk
vm_boot initrd disk phase=first

# The page cache of that machine is gone; the disk's block is changed beneath it.
object=$(sed -n 's/^DAMAGE //p' "$tmp/console")
block=$(debugfs -R "bmap store/$object 3" disk 2>/dev/null)
case $block in
'' | *[!0-9]* | 0) fail 'a block of a sealed object' "$object: $block" ;;
*)
	printf 'x' | dd of=disk bs=1 seek=$((block * 4096 + 17)) conv=notrunc status=none
	vm_boot initrd disk phase=second
	;;
esac

truncate -s 0 disk
truncate -s 64m disk
mke2fs -q -F -t ext4 -b 4096 disk
vm_boot initrd disk phase=without
plan_done
