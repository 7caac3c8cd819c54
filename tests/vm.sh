# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A virtual machine for scripts that have sourced lib.sh: a kernel that
# tests/kmod/get-kernel unpacked, busybox and the program under test.

# vm_need VERSION - sets $kernel (a folder), $release and $vmlinuz, or skips all.
vm_need()
{
	PATH=$PATH:/sbin:/usr/sbin
	need qemu-system-x86_64 busybox mke2fs cpio depmod modprobe xz
	kernel=${CFS_KERNEL:-$TOP/build/kernels/$1}
	[ -f "$kernel/release" ] || skip_all "no kernel in $kernel (tests/kmod/get-kernel $1)"
	release=$(cat "$kernel/release")
	vmlinuz=$kernel/image/boot/vmlinuz-$release
	[ -f "$kernel/image/lib/modules/$release/modules.dep.bin" ] || depmod -b "$kernel/image" "$release"
}

# vm_root DIR INIT MODULE... - what an initramfs needs: busybox, the program, INIT
# as the first program, and the modules in the order of loading, as modules/NN-*.ko.
vm_root()
{
	vm_root=$1
	mkdir -p "$1/bin" "$1/modules" "$1/proc" "$1/sys" "$1/dev"
	cp "$(command -v busybox)" "$1/bin/busybox"
	cp "$CFS" "$1/bin/cfs"
	cp "$2" "$1/init"
	chmod 755 "$1/init"
	shift 2
	for vm_module; do
		modprobe -d "$kernel/image" -S "$release" --show-depends "$vm_module" 2>/dev/null
	done | sed -n 's/^insmod //p' | grep -v crc32c-intel | awk '!seen[$1]++ { print $1 }' >"$tmp/modules"
	vm_n=100
	while read -r vm_module; do
		vm_to=$vm_root/modules/$vm_n-$(basename "$vm_module" .xz)
		case $vm_module in
		*.xz) xz -dc "$vm_module" >"$vm_to" ;;
		*) cp "$vm_module" "$vm_to" ;;
		esac
		vm_n=$((vm_n + 1))
	done <"$tmp/modules"
}

# vm_initrd DIR FILE
vm_initrd()
{
	(cd "$1" && find . | sort | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$2"
}

# vm_run INITRD DISK WORDS - run a machine to its end; what it says is in $tmp/console.
vm_run()
{
	timeout "${VM_LIMIT:-150}" nice -n 5 qemu-system-x86_64 -machine q35 -accel tcg -cpu max -m 512 -smp 2 \
		-nodefaults -no-user-config -display none -serial stdio -no-reboot -kernel "$vmlinuz" -initrd "$1" \
		-append "console=ttyS0 quiet panic=-1 panic_on_warn=1 oops=panic $3" \
		-drive "file=$2,if=virtio,format=raw" </dev/null 2>"$tmp/qemu" | tr -d '\r' >"$tmp/console"
}

# vm_boot INITRD DISK WORDS - the same; lines that begin with OK or BAD become results.
vm_boot()
{
	vm_run "$@"
	while read -r vm_word vm_rest; do
		case $vm_word in
		OK) pass "$vm_rest" ;;
		BAD) fail "$vm_rest" ;;
		esac
	done <<-END
		$(grep -aE '^(OK|BAD) ' "$tmp/console")
	END
	if grep -qa '^VERDICT 0$' "$tmp/console"; then
		pass "the machine says its verdict ($3)"
	else
		fail "the machine says its verdict ($3)" "$(tail -n 40 "$tmp/console" "$tmp/qemu")"
	fi
}
