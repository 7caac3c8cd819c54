#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz target, without a fuzzer, on its corpus: the files as they are, every
# prefix of those that are not large, and every byte changed to every value; of
# images what the mutator makes of them. Then what tests/golden/ has for it, as it is.
. "$(dirname "$0")/../lib.sh"

for dir in tests/fuzz/*/; do
	name=$(basename "$dir")
	case $name in
	dump) every=300 ;;  # makes several images of each
	toc | oci) every=400 ;;
	tar) every=600 ;;
	meta) every=0 ;;    # tests/unit/repo/meta.c has both loops
	verity) every=0 ;;  # hashes half a MiB for a few bytes
	*) every=4096 ;;
	esac
	# The sanitizers make everything several times as slow.
	case $CFS_BUILD in */san*) every=$((every / 8)) ;; esac
	ok "$name: $(find "$dir" -type f | wc -l) files" timeout 600 "$CFS_BUILD/fuzz/$name" -m $every "$dir"*
done
need perl
perl tests/fuzz/seeds "$tmp/seeds" || fail 'tests/fuzz/seeds'
for dir in "$tmp/seeds"/*/; do
	name=$(basename "$dir")
	ok "$name: $(find "$dir" -type f | wc -l) files of tests/golden" timeout 600 "$CFS_BUILD/fuzz/$name" "$dir"*
done
plan_done
