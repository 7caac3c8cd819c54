#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each fuzz target, without a fuzzer, on its corpus: the files as they are, every
# prefix of them, and every byte of them changed to every value.
. "$(dirname "$0")/../lib.sh"

for dir in tests/fuzz/*/; do
	name=$(basename "$dir")
	ok "$name: $(find "$dir" -type f | wc -l) files" timeout 600 "$CFS_BUILD/fuzz/$name" -m "$dir"*
done
plan_done
