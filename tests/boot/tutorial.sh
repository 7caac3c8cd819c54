#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# applets/setup-root/TUTORIAL.md, every block as it is written.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/vm.sh"
[ -n "$CFS_LONG" ] || skip_all 'debootstrap and four boots of a machine: make check-long, or CFS_LONG=1'
[ "$(id -u)" = 0 ] || skip_all 'debootstrap needs root'
need debootstrap
vm_need 6.12
MODULES=$kernel/image KERNEL=$vmlinuz RELEASE=$release CFS_SRC=$TOP

# The suite and the mirror that this machine uses.
# shellcheck disable=SC2016 # variables of apt
from=$(apt-get indextargets 'Created-By: Packages' 'Origin: Debian' 'Component: main' \
	--format '$(CODENAME) $(REPO_URI)' 2>/dev/null | grep -v '^[^ ]*-' | head -n 1)
[ -n "$from" ] || skip_all 'no Debian mirror in the configuration of apt'
SUITE=${from%% *} MIRROR=${from#* }
mkdir "$tmp/path" "$tmp/work"
cp "$CFS" "$tmp/path/cfs"
PATH=$tmp/path:$PATH
export MODULES KERNEL RELEASE CFS_SRC SUITE MIRROR PATH

# One script, which ends at the first command that fails; it notes each section that it finishes.
awk '/^## / { title = substr($0, 4) }
	/^```$/ && on { on = 0; print "echo \"" title "\" >>../done"; next }
	/^```sh$/ { on = 1; next }
	on' applets/setup-root/TUTORIAL.md >"$tmp/script"
(cd "$tmp/work" && timeout 1800 unshare -m sh -e ../script) >"$tmp/log" 2>&1
while read -r title; do
	if grep -qxF "$title" "$tmp/done"; then
		pass "$title"
	else
		fail "$title" "$(tail -n 30 "$tmp/log")"
	fi
done <<-END
	$(sed -n 's/^## //p' applets/setup-root/TUTORIAL.md)
END
plan_done
