#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# style.md 7: .clang-format is the last word.
. "$(dirname "$0")/../lib.sh"
need clang-format

for f in $(find cfs.c applets format kmod tests -name '*.[ch]' 2>/dev/null | sort); do
	ok "$f" clang-format --dry-run -Werror "$f"
done

plan_done
