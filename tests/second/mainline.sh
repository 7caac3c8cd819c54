#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Mutated images that the check accepts are accepted by mainline's erofs, too
# (RI-12): mounted in a virtual machine, and only there. Those of which verify has
# nothing to say must mount and show every entry without an error; of those with a
# soft fault it is printed what the kernel makes of them. 2000 in the long form.
. "$(dirname "$0")/../lib.sh"
need perl
need qemu-system-x86_64
need musl-gcc
KERNEL=${KERNEL:-6.12}
[ -f "build/kernels/$KERNEL/release" ] || skip_all "no kernel in build/kernels: tests/kmod/setup $KERNEL"
case $CFS_BUILD in "$TOP/build") ;; *) skip_all 'once is enough, with the program as it is released' ;; esac
want=60
[ -z "$CFS_LONG" ] || want=2000
mkdir -p "$tmp/work" "$tmp/data/images" "$CFS_BUILD/fault"
# Two of five mutants are accepted.
MUTANTS_KEEP=$tmp/data/images perl tests/second/mutants image $((want * 4)) "$tmp/work" 77 $want >"$tmp/numbers" 2>&1
is "mutants that are accepted: $(cat "$tmp/numbers")" "$(find "$tmp/data/images" -type f -name '[0-9]*' | wc -l)" $want
mv "$tmp/data/images/list" "$tmp/list"

KMOD_OUT=$tmp/kmod
export KMOD_OUT
mkdir -p "$KMOD_OUT"
. tests/kmod/host
kmod_kernel
kmod_guest
musl-gcc -static -O2 -Wall -Wextra -idirafter /usr/include -idirafter "/usr/include/$(uname -m)-linux-gnu" \
	-o "$tmp/data/walk" tests/second/walk.c || fail 'walk.c builds'
# shellcheck disable=SC2154 # set by kmod_kernel
module=$(kmod_module "$headers" 2>"$tmp/module")
kmod_initrd "$KMOD_OUT/initrd.gz" "$module" "$tmp/data"
kmod_disk "$KMOD_OUT/disk" 64M
KMOD_MACHINE='-m 1024 -smp 1' KMOD_TIMEOUT=3000 kmod_boot "$KMOD_OUT/initrd.gz" "$KMOD_OUT/disk" groups=mainline \
	>"$tmp/console" 2>&1
is 'the machine ends as it should' "$(grep -c '^VERDICT 0' "$tmp/console")" 1
# list: NAME ENTRIES clean|odd
tr -d '\r' <"$tmp/console" | sed -n 's/^WALK //p' | sort >"$tmp/walked"
sort "$tmp/list" | join -a 1 - "$tmp/walked" >"$tmp/both"
is 'clean images that do not mount, or show errors or other numbers of entries' \
	"$(awk '$3 == "clean" && ($4 != "0" || $5 != $2 || $6 != 0)' "$tmp/both")" ''
clean=$(grep -c ' clean ' "$tmp/both")
odd=$(grep -c ' odd ' "$tmp/both")
refused=$(awk '$3 == "odd" && $4 != "0"' "$tmp/both" | wc -l)
partly=$(awk '$3 == "odd" && $4 == "0" && ($5 != $2 || $6 != 0)' "$tmp/both" | wc -l)
awk '$3 == "odd" && ($4 != "0" || $5 != $2 || $6 != 0)' "$tmp/both" | cut -c1-150 >"$tmp/odd"
note "$clean clean and $odd odd images; of the odd ones the kernel refuses $refused, and shows errors of $partly:
$(cat "$tmp/odd")"
[ -z "$CFS_LONG" ] || echo "clean=$clean odd=$odd refused=$refused partly=$partly bad=$(
	awk '$3 == "clean" && ($4 != "0" || $5 != $2 || $6 != 0)' "$tmp/both" | wc -l)" >"$CFS_BUILD/fault/mainline.long"
[ -z "${MAINLINE_LOG:-}" ] || cp "$tmp/both" "$tmp/console" "$MAINLINE_LOG"
plan_done
