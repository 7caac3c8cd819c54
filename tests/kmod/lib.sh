# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What the scripts of the host share: which kernel, the initramfs, the disk, a
# boot. They run at the top of the tree.

PATH=$PATH:/sbin:/usr/sbin
KMOD_OUT=${KMOD_OUT:-build/kmod}

kmod_die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# kmod_kernel - sets kernel (a folder), release, headers, and uml if that was
# asked for with KMOD_UML=DIR.
kmod_kernel()
{
	kernel=${KMOD_KERNEL:-build/kernels/${KERNEL:-6.1}}
	[ -f "$kernel/release" ] ||
		kmod_die "no kernel in $kernel; run: tests/kmod/get-kernel ${KERNEL:-6.1}"
	kernel=$(cd "$kernel" && pwd)
	release=$(cat "$kernel/release")
	# shellcheck disable=SC2034 # used by check and bench
	headers=$kernel/headers/usr/src/linux-headers-$release
	for need in qemu-system-x86_64 busybox mke2fs cpio musl-gcc depmod modprobe; do
		command -v $need >/dev/null || kmod_die "$need is missing; run: tests/kmod/setup"
	done
}

# kmod_guest - the static program of the guest.
kmod_guest()
{
	mkdir -p "$KMOD_OUT"
	musl-gcc -static -O2 -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -o "$KMOD_OUT/guest" \
		tests/kmod/guest/*.c -lpthread || kmod_die 'the test program does not build'
}

# kmod_modules ROOT - what qemu's kernel needs, in loading order, as ROOT/mod/NN-*.ko
kmod_modules()
{
	mkdir -p "$1/mod"
	[ -f "$kernel/image/lib/modules/$release/modules.dep.bin" ] ||
		depmod -b "$kernel/image" "$release"
	for m in virtio_pci virtio_blk ext4 loop erofs overlay fuse sha512_generic; do
		modprobe -d "$kernel/image" -S "$release" --show-depends $m 2>/dev/null
	done | sed -n 's/^insmod //p' | grep -v crc32c-intel | awk '!seen[$0]++' >"$KMOD_OUT/modules"
	n=10
	while read -r m; do
		case $m in
		*.xz) xz -dc "$m" >"$1/mod/$n-$(basename "$m" .xz)" ;;
		*) cp "$m" "$1/mod/$n-$(basename "$m")" ;;
		esac
		n=$((n + 1))
	done <"$KMOD_OUT/modules"
}

# kmod_initrd FILE MODULE [FOLDER...] - MODULE is composefs.ko; what is in the
# FOLDERs is copied to /data. With $rig = uml without the kernel's modules.
kmod_initrd()
{
	root=$KMOD_OUT/root.$$
	out=$1
	module=$2
	shift 2
	rm -rf "$root"
	mkdir -p "$root/bin" "$root/data" "$root/t"
	[ "${rig-}" = uml ] || kmod_modules "$root"
	cp "$(command -v busybox)" "$root/bin/busybox"
	cp "$KMOD_OUT/guest" cfs "$root/bin/"
	cp tests/kmod/init "$root/init"
	cp tests/kmod/t/* "$root/t/"
	cp "$module" "$root/composefs.ko"
	strip -g "$root/composefs.ko"
	for folder; do
		cp -r "$folder/." "$root/data/"
	done
	chmod 755 "$root/init"
	(cd "$root" && find . | sort | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$out"
	rm -rf "$root"
}

# kmod_disk FILE [SIZE] - a fresh ext4 that can fs-verity.
kmod_disk()
{
	rm -f "$1"
	truncate -s "${2:-256M}" "$1"
	mke2fs -q -F -t ext4 -O verity,metadata_csum -b 4096 -N 60000 "$1" || kmod_die 'mke2fs failed'
}

# kmod_boot INITRD DISK APPEND [QEMU-OPTION...] - the console on stdout.
kmod_boot()
{
	initrd=$1
	disk=$2
	cmdline=$3
	shift 3
	if [ "${rig-}" = uml ]; then
		mkdir -p /dev/shm/cfs-uml.$$
		TMPDIR=/dev/shm/cfs-uml.$$ timeout "${KMOD_TIMEOUT:-3000}" "$KMOD_UML/linux" mem=1000M \
			initrd="$initrd" ubd0="$disk" con=null con0=fd:0,fd:1 ssl=null panic=-1 quiet \
			"$cmdline" </dev/null 2>&1
		rm -rf /dev/shm/cfs-uml.$$
		return
	fi
	# shellcheck disable=SC2086 # the machine's options are a list
	timeout "${KMOD_TIMEOUT:-900}" qemu-system-x86_64 -machine q35 -accel tcg -cpu max \
		${KMOD_MACHINE:--m 768 -smp 1} -nodefaults -no-user-config -display none -serial stdio \
		-no-reboot -kernel "$kernel/image/boot/vmlinuz-$release" -initrd "$initrd" \
		-append "console=ttyS0 quiet panic=-1 panic_on_warn=1 oops=panic $cmdline" \
		-drive "file=$disk,if=virtio,format=raw,cache=unsafe" "$@" </dev/null
}

# kmod_data - images that are made outside, in $KMOD_OUT/data
kmod_data()
{
	rm -rf "$KMOD_OUT/data"
	mkdir -p "$KMOD_OUT/data"
	tests/kmod/hostile ./cfs "$KMOD_OUT/data/hostile" >/dev/null ||
		kmod_die 'the hostile images cannot be made'
}

# kmod_module KDIR - build composefs.ko; prints its path.
kmod_module()
{
	make -s kmod KDIR="$1" ${2:+ARCH="$2"} | tail -n 1
}
