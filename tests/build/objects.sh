#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What the objects of format/ may import, which of them keep state, and how large the frames of
# core/ are (format/README.md).
. "$(dirname "$0")/../lib.sh"
need nm
case $CFS_BUILD in
*/san) skip_all 'a sanitizer adds imports and enlarges frames' ;;
esac

# imports FOLDER - "object symbol" for each undefined symbol.
imports()
{
	find "$CFS_BUILD/format/$1" -name '*.o' 2>/dev/null | sort | while read -r o; do
		nm -u "$o" | sed "s|.* U |${o#"$CFS_BUILD"/} |"
	done
}

forbidden='exit|_exit|_Exit|quick_exit|abort|v?f?printf|v?dprintf|puts|fputs|putchar|putc|fputc'
forbidden="$forbidden|fwrite|perror|warn|warnx|err|errx|stderr|stdout|system|popen|exec[lv]p?e?"
is 'nothing in format/ ends, prints or executes' \
	"$(imports . | grep -E " ($forbidden)$")" ''

# The compiler adds the last two, for the stack protector and position independence.
is 'core/ imports mem* and strnlen alone' \
	"$(imports core | grep -vE ' (memcmp|memcpy|memset|strnlen|cfs_[a-z0-9_]*|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$')" ''

# In each layer static data is const: no .data, no .bss. The hash routine chosen
# at start-up is the exception that format/README.md names.
writable()
{
	find "$CFS_BUILD/format" -name '*.o' 2>/dev/null | sort | while read -r o; do
		nm "$o" | grep -E ' [bBdDC] ' | grep -v '\.data\.rel\.ro' |
			sed "s|^|${o#"$CFS_BUILD"/}: |"
	done
}
is 'no state in format/ but the chosen hash routine' \
	"$(writable | grep -vE '^format/(verity/sha(256|512)|base/hash)[a-z0-9_]*\.o:' | while read -r w; do
		o=${w%%:*}
		s=${w##* }
		objdump -t "$CFS_BUILD/$o" | grep -qE "\.data\.rel\.ro[^ ]*[[:space:]].* $s\$" || echo "$w"
	done)" ''

frames()
{
	find "$CFS_BUILD/format/core" -name '*.su' 2>/dev/null | sort | xargs -r cat |
		awk '$2 > 512 || $3 !~ /static/ { print }'
}
is 'no frame in core/ is above 512 bytes' "$(frames)" ''

ok 'every header compiles alone' make -s -C "$TOP" WERROR=1 headers

plan_done
