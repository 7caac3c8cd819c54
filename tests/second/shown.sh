#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What tests/mount/shown.sh proves on the running kernel, in a virtual machine with
# KERNEL (6.12 unless set), with EROFS and with the module (RI-7, RI-12, KM-8): an image
# of which verify has nothing to say shows what dump prints. The images of 20 random
# trees, 2000 in the long form, and each one that is made by hand.
# CFS_SHOWN=FOLDER: those that tests/second/shown made there.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../vm.sh"
[ -n "${KERNEL:-}$CFS_LONG" ] || skip_all 'ten minutes of a machine: make check-long, or set KERNEL'
KERNEL=${KERNEL:-6.12}
vm_need "$KERNEL"
need perl musl-gcc
case $CFS_BUILD in "$TOP/build") ;; *) skip_all 'once is enough, with the program as it is released' ;; esac
last=20
[ -z "$CFS_LONG" ] || last=2000

data=${CFS_SHOWN:-$tmp/data}
if [ -z "${CFS_SHOWN:-}" ]; then
	mkdir "$data"
	perl tests/second/shown "$data" 1 $last >"$tmp/made" 2>"$tmp/err"
	is "images: $(cat "$tmp/made")" $? 0
fi
musl-gcc -static -O2 -Wall -Wextra -o "$data/view" tests/second/view.c || fail 'view.c builds'
backends=erofs
modules='virtio_pci virtio_blk ext4 loop erofs overlay'
# shellcheck disable=SC2086 # a list
vm_root "$tmp/root" tests/second/shown-init $modules
KDIR=$kernel/headers/usr/src/linux-headers-$release
module=$(tests/kmod/in-root "$kernel" make -s kmod KDIR="$KDIR" 2>"$tmp/module" | tail -n 1)
if [ -f "$module" ]; then
	cp "$module" "$tmp/root/modules/999-composefs.ko"
	backends=erofs,kmod
else
	fail 'the module builds' "$(cat "$tmp/module")"
fi
vm_initrd "$tmp/root" "$tmp/initrd"
mke2fs -q -F -t ext4 -d "$data" "$tmp/disk" "$(($(du -sk --apparent-size "$data" | cut -f1) / 2048 * 3 + 64))M" ||
	fail 'a disk with the images'
VM_LIMIT=${VM_LIMIT:-3600} vm_run "$tmp/initrd" "$tmp/disk" "backends=$backends"
is 'the machine ends as it should' "$(grep -ac '^VERDICT' "$tmp/console")" 1
for backend in $(echo $backends | tr , ' '); do
	sed -n "s/^SEEN $backend //p" "$tmp/console" >"$tmp/all"
	# Before Linux 6.5 overlayfs shows whatever is in a store, so cfs refuses a store in which
	# an image keeps its objects under names of another form.
	grep 'basedir .* has an entry "' "$tmp/all" >"$tmp/refused"
	case $backend-$release in
	erofs-[1-5].* | erofs-6.[0-4].*) ;;
	*) : >"$tmp/refused" ;;
	esac
	n=$(wc -l <"$tmp/refused")
	grep -vxFf "$tmp/refused" "$tmp/all" >"$tmp/seen"
	[ "$n" = 0 ] || note "$n images are refused because of the store"
	is "$release, $backend: images that are shown in another way" \
		"$(grep -v ', 0 bad$' "$tmp/seen" | grep -v 'images,')$(awk '/images,/ { bad += $NF == "bad" ? $(NF - 1) : 0 } END { print bad + 0 }' "$tmp/seen")" "$n"
	is "$release, $backend: all were looked at" "$(awk '/images,/ { n += $1 } END { print n }' "$tmp/seen")" \
		"$(find "$data/images" -type f | wc -l)"
	note "$(awk '/images,/ { n += $1; c += $3; t += $5 } END { print n " images, " c " compared, " t " without unused objects" }' "$tmp/seen")"
done
[ -z "${SHOWN_LOG:-}" ] || cp "$tmp/console" "$SHOWN_LOG"
plan_done
