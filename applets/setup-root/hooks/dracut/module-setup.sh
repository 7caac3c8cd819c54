#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dracut: the composefs root that the kernel command line names.
# shellcheck disable=SC2154 # moddir and the like come from dracut

# dracut's path has no /usr/local/bin.
check() {
	require_binaries cfs || require_binaries /usr/local/bin/cfs || return 1
	return 255
}

depends() {
	echo base
}

installkernel() {
	instmods erofs overlay loop composefs
}

install() {
	inst_simple "$(find_binary cfs || echo /usr/local/bin/cfs)" /usr/bin/cfs
	if [[ -e "${dracutsysrootdir-}/usr/lib/composefs/setup-root-conf.toml" ]]; then
		inst_simple /usr/lib/composefs/setup-root-conf.toml
	fi
	if dracut_module_included systemd; then
		inst_simple "$moddir/cfs-setup-root.service" "$systemdsystemunitdir/cfs-setup-root.service"
		$SYSTEMCTL -q --root "$initdir" add-wants initrd-root-fs.target cfs-setup-root.service
	else
		inst_hook pre-pivot 10 "$moddir/cfs-pre-pivot.sh"
	fi
}
