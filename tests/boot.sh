# shellcheck shell=sh disable=SC1091,SC2154 # what lib.sh sets
# SPDX-License-Identifier: GPL-2.0-only
# Virtual machines that boot from a composefs root (mount.md 21, tests 15 and 16),
# if there are kernels for them: make check-boot.
. "$(dirname "$0")/lib.sh"

if [ "$CFS_BUILD" != "$TOP/build" ]; then
	skip_all 'once is enough, with the program as it is released'
fi
# The hooks boot in check-boot and in the long form.
[ -n "$CFS_LONG" ] || export BOOT_HOOKS=no
# The newest kernel and an older one; all three in the long form.
kernels='6.12 7'
[ -z "$CFS_LONG" ] || kernels='6.1 6.12 7'
for kernel in $kernels; do
	if [ ! -f "build/kernels/$kernel/release" ]; then
		skip "Linux $kernel" 'no kernel in build/kernels: tests/kmod/setup'
		continue
	fi
	if tests/boot/run $kernel >"$tmp/boot" 2>&1; then
		pass "Linux $kernel: $(tail -n 1 "$tmp/boot")"
		note "$(grep -E '^# root:|# SKIP' "$tmp/boot")"
	else
		fail "Linux $kernel" "$(grep -A 20 -E '^not ok|^tests/boot/run:' "$tmp/boot")"
	fi
done
plan_done
