#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz target, without a fuzzer, on its corpus: the files as they are, every
# prefix of those that are not large, and every byte changed to every value; of
# images what the mutator makes of them.
. "$(dirname "$0")/../lib.sh"

for dir in tests/fuzz/*/; do
	name=$(basename "$dir")
	case $name in
	dump) every=300 ;;  # makes several images of each
	verity) every=0 ;;  # hashes half a MiB for a few bytes
	*) every=4096 ;;
	esac
	ok "$name: $(find "$dir" -type f | wc -l) files" timeout 600 "$CFS_BUILD/fuzz/$name" -m $every "$dir"*
done
plan_done
