#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# .clang-format decides the layout of every source file.
. "$(dirname "$0")/../lib.sh"
need clang-format

is 'clang-format would change no file' "$(find cfs.c applets format kmod tests -name '*.[ch]' | sort |
	xargs -n 40 -P 2 clang-format --dry-run -Werror 2>&1 | grep ': error:' | cut -d: -f1 | sort -u)" ''

plan_done
