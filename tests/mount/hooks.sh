#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# mount.md 16.3: the hooks of make install-initramfs. Each is run by what it is
# for, where that is installed; else by stand-ins that note what is asked of
# them. busybox' init boots in tests/boot.
. "$(dirname "$0")/../lib.sh"

ok 'make install-initramfs' "${MAKE:-make}" -s install-initramfs DESTDIR="$tmp/root"
cd "$tmp" || exit 1
is 'puts these in place' "$(cd root && find . -type f | sort)" './usr/lib/composefs/init
./usr/lib/dracut/modules.d/37cfs/cfs-pre-pivot.sh
./usr/lib/dracut/modules.d/37cfs/cfs-setup-root.service
./usr/lib/dracut/modules.d/37cfs/module-setup.sh
./usr/lib/initcpio/hooks/cfs
./usr/lib/initcpio/install/cfs
./usr/share/initramfs-tools/hooks/cfs
./usr/share/initramfs-tools/scripts/local-bottom/cfs'
mkdir bin
cp "$CFS" bin/cfs
PATH=$tmp/bin:$PATH
export PATH

# ---- dracut ---------------------------------------------------------------
# dracut_part SYSTEMD - what install() asks for, with or without systemd.
dracut_part()
{
	bash -c '
		require_binaries() { command -v "$@" >/dev/null; }
		instmods() { echo modules "$@"; }
		inst_simple() { echo file "$2"; }
		inst_hook() { echo hook "$1" "$2" "${3##*/}"; }
		dracut_module_included() { '"$1"'; }
		SYSTEMCTL="echo systemctl" moddir=/m initdir=/i systemdsystemunitdir=/u
		. root/usr/lib/dracut/modules.d/37cfs/module-setup.sh
		check; echo "check $?"
		depends
		installkernel
		install'
}
if command -v bash >/dev/null; then
	is 'dracut, by stand-ins' "$(dracut_part false)" 'check 255
base
modules erofs overlay loop composefs
file /usr/bin/cfs
hook pre-pivot 10 cfs-pre-pivot.sh'
	is 'dracut with systemd, by stand-ins' "$(dracut_part true)" 'check 255
base
modules erofs overlay loop composefs
file /usr/bin/cfs
file /u/cfs-setup-root.service
systemctl -q --root /i add-wants initrd-root-fs.target cfs-setup-root.service'
else
	skip 'dracut, by stand-ins' 'no bash here'
fi
# hook_calls FILE [NAME...] - the script with a cfs that fails: what it does then.
hook_calls()
{
	sh -c 'cfs() { echo cfs "$@"; return 32; }
		emergency_shell() { echo shell; }
		launch_interactive_shell() { echo shell; }
		panic() { echo shell; }
		modprobe() { :; }
		NEWROOT=/new rootmnt=/new
		'"$1"
}
is 'dracut, pre-pivot' "$(hook_calls '. root/usr/lib/dracut/modules.d/37cfs/cfs-pre-pivot.sh')" 'cfs setup-root --sysroot /new
shell'
if command -v systemd-analyze >/dev/null; then
	cp root/usr/lib/dracut/modules.d/37cfs/cfs-setup-root.service unit.service
	sed -i "s|/usr/bin/cfs|$tmp/bin/cfs|; s|^Requires=.*||; s|^Documentation=.*||" unit.service
	ok 'the unit' systemd-analyze verify "$tmp/unit.service"
else
	skip 'the unit' 'no systemd-analyze here'
fi

# A kernel to make an initramfs for: one that tests/kmod/get-kernel unpacked.
modules=
for m in "$TOP"/build/kernels/*/image/lib/modules/*; do
	[ ! -f "$m/modules.dep" ] || modules=$m
done
if [ -d /usr/lib/dracut/modules.d/99base ] && [ -n "$modules" ] && [ "$(id -u)" = 0 ] && command -v lsinitrd >/dev/null; then
	# dracut's own modules and ours, in a folder of this namespace's.
	mkdir dracut
	cp -a /usr/lib/dracut/. dracut/
	cp -a root/usr/lib/dracut/modules.d/37cfs dracut/modules.d/
	release=${modules##*/}
	exits 'dracut makes an initramfs' 0 env dracutbasedir="$tmp/dracut" DRACUT_PATH="$tmp/bin /usr/bin /usr/sbin /bin /sbin" \
		dracut --force --no-hostonly --no-early-microcode -m 'base cfs' --kmoddir "$modules" --kver "$release" \
		"$tmp/dracut.img"
	lsinitrd dracut.img >dracut.list 2>/dev/null
	ok 'dracut: cfs is in it' grep -q 'usr/bin/cfs$' dracut.list
	ok 'dracut: the modules are in it' sh -c 'grep -q /erofs.ko dracut.list && grep -q /overlay.ko dracut.list && grep -q /loop.ko dracut.list'
	ok 'dracut: the hook is in it' grep -q 'hooks/pre-pivot/10-cfs-pre-pivot.sh' dracut.list
else
	skip 'dracut makes an initramfs' 'no dracut, or no unpacked kernel here'
fi

# ---- mkinitcpio -----------------------------------------------------------
if command -v bash >/dev/null; then
	is 'mkinitcpio, by stand-ins' "$(bash -c '
		add_binary() { echo binary "$@"; }
		add_module() { echo module "$@"; }
		add_file() { echo file "$@"; }
		add_runscript() { echo runscript; }
		modinfo() { return 1; }
		. root/usr/lib/initcpio/install/cfs
		KERNELVERSION=x build
		help >/dev/null')" 'binary cfs
module erofs
module overlay
module loop
runscript'
else
	skip 'mkinitcpio, by stand-ins' 'no bash here'
fi
is 'mkinitcpio, late hook' "$(hook_calls '. root/usr/lib/initcpio/hooks/cfs; run_latehook')" 'cfs setup-root --sysroot /new_root
shell'

# ---- initramfs-tools ------------------------------------------------------
is 'initramfs-tools, prereqs' "$(sh root/usr/share/initramfs-tools/hooks/cfs prereqs)" ''
is 'initramfs-tools, script prereqs' "$(sh root/usr/share/initramfs-tools/scripts/local-bottom/cfs prereqs)" ''
grep -v '^\. /scripts/functions' root/usr/share/initramfs-tools/scripts/local-bottom/cfs >script
is 'initramfs-tools, script' "$(hook_calls '. ./script')" 'cfs setup-root --sysroot /new
shell'
grep -v '^\. /usr/share' root/usr/share/initramfs-tools/hooks/cfs >hook
is 'initramfs-tools, by stand-ins' "$(sh -c '
	copy_exec() { echo exec "$2"; }
	copy_file() { :; }
	manual_add_modules() { echo modules "$@"; }
	. ./hook')" 'exec /usr/bin/cfs
modules erofs overlay loop composefs'
if [ -f /usr/share/initramfs-tools/hook-functions ] && [ -n "$modules" ] && [ "$(id -u)" = 0 ]; then
	mkdir ird
	ok 'initramfs-tools runs it' env DESTDIR="$tmp/ird" MODULESDIR="$modules" version="${modules##*/}" \
		__MODULES_TO_ADD="$tmp/modules.add" verbose=n sh root/usr/share/initramfs-tools/hooks/cfs
	ok 'initramfs-tools: cfs is in it' test -x ird/usr/bin/cfs
else
	skip 'initramfs-tools runs it' 'no initramfs-tools, or no unpacked kernel here'
fi

# ---- busybox --------------------------------------------------------------
ok 'the init of a busybox initramfs' sh -n root/usr/lib/composefs/init
if command -v shellcheck >/dev/null; then
	ok 'all of them pass shellcheck' shellcheck -x root/usr/lib/composefs/init root/usr/lib/dracut/modules.d/37cfs/*.sh \
		root/usr/lib/initcpio/install/cfs root/usr/share/initramfs-tools/hooks/cfs
else
	skip 'shellcheck' 'not here'
fi

plan_done
