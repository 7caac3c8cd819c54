#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# setup-root 16.3: the hooks of make install-initramfs. Each is run by stand-ins
# that note what is asked of them, and by what it is for where that is installed
# (mkinitcpio is not packaged in Debian). tests/boot boots what comes out of it.
. "$(dirname "$0")/../lib.sh"

ok 'make install-initramfs' "${MAKE:-make}" -s install-initramfs DESTDIR="$tmp/root"
cd "$tmp" || exit 1
is 'puts these in place' "$(cd root && find . -type f | sort)" './usr/lib/composefs/cfs-setup-root.service
./usr/lib/composefs/init
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
		find_binary() { command -v "$@"; }
		instmods() { echo "modules:$hostonly" "$@"; }
		hostonly=1
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
modules: erofs overlay loop composefs sha512_generic sha512_ssse3
file /usr/bin/cfs
hook pre-pivot 10 cfs-pre-pivot.sh'
	is 'dracut with systemd, by stand-ins' "$(dracut_part true)" 'check 255
base
modules: erofs overlay loop composefs sha512_generic sha512_ssse3
file /usr/bin/cfs
file /u/cfs-setup-root.service
systemctl -q --root /i add-requires initrd-root-fs.target cfs-setup-root.service'
else
	skip 'dracut, by stand-ins' 'no bash here'
fi
# The module comes along by itself where the running system needs it.
if command -v bash >/dev/null; then
	ok 'dracut, host-only on a composefs root' bash -c '
		require_binaries() { :; }
		. root/usr/lib/dracut/modules.d/37cfs/module-setup.sh
		root_is_composefs() { :; }
		hostonly=1 check && ! hostonly="" check'
fi

# hook_calls SCRIPT - what a hook does whose cfs fails twice. Leaving the shell never
# goes on without it, and an exit in the shell ends nothing.
hook_calls()
{
	sh -c 'n=0
		cfs() { echo cfs "$@"; n=$((n + 1)); [ $n = 3 ]; }
		emergency_shell() { echo shell; }
		launch_interactive_shell() { echo shell "$@"; n=$((n + 1)); [ $n -lt 3 ] || exit; }
		panic() { echo shell; exit; }
		err() { :; }
		modprobe() { :; }
		sleep() { :; }
		NEWROOT=/new rootmnt=/new
		'"$1"'
		echo the boot goes on'
}
three='cfs setup-root --sysroot /new
shell
cfs setup-root --sysroot /new
shell
cfs setup-root --sysroot /new
the boot goes on'
is 'dracut, pre-pivot' "$(hook_calls '. root/usr/lib/dracut/modules.d/37cfs/cfs-pre-pivot.sh')" "$three"
if command -v systemd-analyze >/dev/null; then
	cp root/usr/lib/dracut/modules.d/37cfs/cfs-setup-root.service unit.service
	sed -i "s|/usr/bin/cfs|$tmp/bin/cfs|; s|^Documentation=.*||" unit.service
	ok 'the unit' systemd-analyze verify "$tmp/unit.service"
	not_ok 'the unit has no condition' grep -q '^Condition' unit.service
else
	skip 'the unit' 'no systemd-analyze here'
fi

# ---- mkinitcpio -----------------------------------------------------------
if command -v bash >/dev/null; then
	is 'mkinitcpio, by stand-ins' "$(bash -c '
		add_binary() { echo binary "${1##*/}" "$2"; }
		add_module() { echo module "$@"; }
		add_file() { echo file "$@"; }
		add_symlink() { echo link "$@"; }
		add_runscript() { echo runscript; }
		modinfo() { [[ $3 != composefs ]]; }
		. root/usr/lib/initcpio/install/cfs
		KERNELVERSION=x build
		help >/dev/null')" 'binary cfs /usr/bin/cfs
module erofs
module overlay
module loop
module sha512_generic
module sha512_ssse3
runscript
file /usr/lib/composefs/cfs-setup-root.service /usr/lib/systemd/system/cfs-setup-root.service
link /usr/lib/systemd/system/initrd-root-fs.target.requires/cfs-setup-root.service ../cfs-setup-root.service'
else
	skip 'mkinitcpio, by stand-ins' 'no bash here'
fi
is 'mkinitcpio, late hook' "$(hook_calls '. root/usr/lib/initcpio/hooks/cfs; run_latehook')" 'cfs setup-root --sysroot /new_root
shell --exec
shell --exec'
is 'mkinitcpio, late hook, success' "$(hook_calls 'n=2; . root/usr/lib/initcpio/hooks/cfs; run_latehook')" 'cfs setup-root --sysroot /new_root
the boot goes on'

# ---- initramfs-tools ------------------------------------------------------
is 'initramfs-tools, prereqs' "$(sh root/usr/share/initramfs-tools/hooks/cfs prereqs)" ''
is 'initramfs-tools, script prereqs' "$(sh root/usr/share/initramfs-tools/scripts/local-bottom/cfs prereqs)" ''
grep -v '^\. /scripts/functions' root/usr/share/initramfs-tools/scripts/local-bottom/cfs >script
is 'initramfs-tools, script' "$(hook_calls '. ./script')" "$three"
grep -v '^\. /usr/share' root/usr/share/initramfs-tools/hooks/cfs >hook
is 'initramfs-tools, by stand-ins' "$(sh -c '
	copy_exec() { echo exec "$2"; }
	copy_file() { :; }
	manual_add_modules() { echo modules: "$@"; }
	. ./hook')" 'exec /usr/bin/cfs
modules: erofs overlay loop composefs sha512_generic sha512_ssse3'

# No hook decides by the kernel command line whether to run.
not_ok 'no hook looks for composefs on the command line' grep -rnE 'cmdline.*composefs|getarg.*composefs|ConditionKernel' root

# ---- the programs themselves ----------------------------------------------
# An initramfs for a kernel that tests/kmod/get-kernel unpacked; tests/boot boots it.
kernel=
for k in "$TOP"/build/kernels/*; do
	[ ! -f "$k/release" ] || kernel=$k
done
for maker in initramfs-tools dracut dracut-systemd; do
	if [ -z "$kernel" ]; then
		skip "$maker makes an initramfs" 'no kernel in build/kernels: tests/kmod/setup'
		continue
	fi
	if ! "$TOP/tests/boot/initramfs" $maker "$kernel" "$tmp/img" 2>maker.err; then
		case $(tail -n 1 maker.err) in
		*' here'* | 'needs root') skip "$maker makes an initramfs" "$(tail -n 1 maker.err)" ;;
		*) fail "$maker makes an initramfs" "$(cat maker.err)" ;;
		esac
		continue
	fi
	pass "$maker makes an initramfs"
	# What is in it: an archive of compressed modules or the like may come first.
	case $maker in
	dracut*) lsinitrd img >list 2>/dev/null ;;
	*) lsinitramfs img >list 2>/dev/null ;;
	esac
	ok "$maker: the program is in it" grep -q 'usr/bin/cfs$' list
	for m in erofs overlay loop; do
		ok "$maker: $m.ko is in it" grep -q "/$m\.ko" list
	done
	case $maker in
	initramfs-tools) ok "$maker: the script is in it" grep -q 'scripts/local-bottom/cfs$' list ;;
	dracut) ok "$maker: the hook is in it" grep -q 'hooks/pre-pivot/10-cfs-pre-pivot.sh' list ;;
	*) ok "$maker: the unit is in it" grep -q 'initrd-root-fs.target.requires/cfs-setup-root.service' list ;;
	esac
done

# ---- busybox --------------------------------------------------------------
ok 'the init of a busybox initramfs' sh -n root/usr/lib/composefs/init
if command -v shellcheck >/dev/null; then
	ok 'all of them pass shellcheck' shellcheck -x root/usr/lib/composefs/init root/usr/lib/dracut/modules.d/37cfs/*.sh \
		root/usr/lib/initcpio/install/cfs root/usr/share/initramfs-tools/hooks/cfs
else
	skip 'shellcheck' 'not here'
fi

plan_done
