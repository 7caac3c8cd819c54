#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dracut module: run `cfs setup-root` between mounting the disk and switching to
# it. To switch the module on:
#
#	echo 'add_dracutmodules+=" cfs "' >/etc/dracut.conf.d/cfs.conf
#
# shellcheck disable=SC2154 # moddir and the like come from dracut

# Whether the root of the running system was made by `cfs setup-root`.
root_is_composefs() {
	[[ -r /proc/self/mountinfo ]] &&
		awk '$5 == "/" && $(NF - 1) ~ /^composefs:/ { yes = 1 } END { exit !yes }' /proc/self/mountinfo
}

# 255: only on request, see above. An image for the running system (hostonly)
# needs the module if this system has such a root. The path of dracut lacks
# /usr/local/bin.
check() {
	require_binaries cfs || require_binaries /usr/local/bin/cfs || return 1
	if [[ ${hostonly-} ]] && root_is_composefs; then
		return 0
	fi
	return 255
}

depends() {
	echo base
}

# In host-only mode dracut drops modules that the running system does not use; a
# system that does not have a composefs root yet uses none of these. A kernel that
# has one of them built in, or has none, is no error.
installkernel() {
	hostonly='' instmods erofs overlay loop composefs sha512_generic sha512_ssse3
}

install() {
	inst_simple "$(find_binary cfs || echo /usr/local/bin/cfs)" /usr/bin/cfs
	if [[ -e "${dracutsysrootdir-}/usr/lib/composefs/setup-root-conf.toml" ]]; then
		inst_simple /usr/lib/composefs/setup-root-conf.toml
	fi
	if dracut_module_included systemd; then
		inst_simple "$moddir/cfs-setup-root.service" "$systemdsystemunitdir/cfs-setup-root.service"
		$SYSTEMCTL -q --root "$initdir" add-requires initrd-root-fs.target cfs-setup-root.service
	else
		inst_hook pre-pivot 10 "$moddir/cfs-pre-pivot.sh"
	fi
}
