# shellcheck shell=sh disable=SC1091,SC2154 # what lib.sh sets
# SPDX-License-Identifier: GPL-2.0-only
# The kernel module in a virtual machine (kmod.md 17), if there is a kernel for it.

if [ ! -f build/kernels/6.1/release ]; then
	echo '1..0 # SKIP no kernel in build/kernels: tests/kmod/setup'
	exit 0
fi
if [ "$CFS_BUILD" != "$TOP/build" ]; then
	echo '1..0 # SKIP once is enough, with the program as it is released'
	exit 0
fi
. "$(dirname "$0")/lib.sh"
if KERNEL=6.1 tests/kmod/check >"$tmp/kmod" 2>&1; then
	pass "make check-kmod: $(grep -c '^ok' "$tmp/kmod") results"
else
	fail 'make check-kmod' "$(grep -A12 '^not ok' "$tmp/kmod")"
fi
plan_done
