# shellcheck shell=sh disable=SC1091,SC2154 # what lib.sh sets
# SPDX-License-Identifier: GPL-2.0-only
# The kernel module in a virtual machine (kmod.md 17), if there is a kernel for it.

if [ "$CFS_BUILD" != "$TOP/build" ]; then
	echo '1..0 # SKIP once is enough, with the program as it is released'
	exit 0
fi
. "$(dirname "$0")/lib.sh"
# The oldest kernel and the newest; all three in the long form.
kernels='6.1 7'
[ -z "$CFS_LONG" ] || kernels='6.1 6.12 7'
for kernel in $kernels; do
	if [ ! -f "build/kernels/$kernel/release" ]; then
		skip "Linux $kernel" 'no kernel in build/kernels: tests/kmod/setup'
		continue
	fi
	if KERNEL=$kernel tests/kmod/check >"$tmp/kmod" 2>&1; then
		pass "make check-kmod KERNEL=$kernel: $(grep -c '^ok' "$tmp/kmod") results"
	else
		fail "make check-kmod KERNEL=$kernel" "$(grep -A12 '^not ok' "$tmp/kmod")"
	fi
done
plan_done
