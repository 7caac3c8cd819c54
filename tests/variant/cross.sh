#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# WI-7: the same bytes from arm64 and from s390x, which is big endian, under an
# emulator. The emulator knows neither openat2() nor the calls of fs-verity.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
. "$TOP/tests/variant/lib.sh"

for triple in s390x-linux-gnu aarch64-linux-gnu; do
	machine=${triple%%-*}
	if ! command -v "$triple-gcc" >/dev/null || ! command -v "qemu-$machine-static" >/dev/null ||
		[ ! -d "components/$triple" ]; then
		skip "$machine" 'no compiler, emulator or components for it: tests/cross/setup'
		continue
	fi
	if [ -z "$CFS_LONG" ] && [ $machine != s390x ]; then
		skip "$machine" 'in the long form'
		continue
	fi
	variant CROSS=$triple-
	note "$machine"
	# musl's start-up resolves no others in a static program.
	is 'relative relocations alone' \
		"$("$triple-readelf" -rW "$dir/cfs" | grep -E '^[0-9a-f]{16} ' | grep -cv _RELATIVE)" 0
	UNDER="qemu-$machine-static"
	export UNDER
	if [ -n "$CFS_LONG" ]; then
		again unit golden/dump golden/ostree golden/tar golden/toc
	else
		for unit in core_backing core_decode image_cursor source_ostree_gvariant base_text image_check image_read; do
			ok "unit $unit" "$UNDER" "$dir/unit" $unit
		done
		again golden/ostree golden/dump
	fi
done
plan_done
