#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# RT-7: no uninitialised byte reaches an output. Below valgrind, which looks at each
# byte that a write() is given, and with memory that malloc() fills in three ways,
# under three environments. Built with glibc, dynamic: valgrind cannot see the
# allocations of a static program, nor clang's sanitizer into zlib and BearSSL; and
# without -ftrivial-auto-var-init, which would hide what is not set.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
. "$TOP/tests/variant/lib.sh"
need valgrind
variant SAN=none

# reports - what valgrind found; of a system call that it does not know it says so, too.
reports()
{
	cat "$tmp"/valgrind.* 2>/dev/null | grep '^==' | head -n 40
	rm -f "$tmp"/valgrind.*
}
UNDER="valgrind -q --error-exitcode=99 --fair-sched=yes --log-file=$tmp/valgrind.%p"
export UNDER

# It must be able to fail.
cat >"$tmp/bad.c" <<'END'
#include <stdlib.h>
#include <unistd.h>
int main(void) { return write(1, malloc(9), 9) != 9; }
END
${CC:-gcc} -O1 -o "$tmp/bad" "$tmp/bad.c" || skip_all 'no compiler'
exits 'a byte that was not set is seen' 99 $UNDER "$tmp/bad"
is 'and told' "$(reports | grep -c 'uninitialised byte')" 1

# Not cli/info: where stdout is closed valgrind puts a file of its own there.
again cli/dump golden/ostree
if [ -n "$CFS_LONG" ]; then
	again cli/mkfs golden/dump golden/tar golden/toc
	for unit in $("$dir/unit" | sed -n 's/^ok [0-9]* - \([a-z0-9_]*\) .*/\1/p' | grep -v mutants); do
		ok "unit $unit" $UNDER "$dir/unit" "$unit"
	done
fi
files=40
[ -z "$CFS_LONG" ] || files=1000
for target in tests/fuzz/*.c; do
	name=$(basename "$target" .c)
	[ -d "tests/fuzz/$name" ] || continue
	# shellcheck disable=SC2086 # a command
	find "tests/fuzz/$name" -type f | sort | head -n $files | xargs $UNDER "$dir/fuzz/$name" >"$tmp/out" 2>&1
	is "fuzz $name" "$?" 0
done
is 'no report' "$(reports)" ''

UNDER=
for fill in 1 85 255; do
	MALLOC_PERTURB_=$fill
	CFS_ROOM=$(head -c $((fill * 300)) /dev/zero | tr '\0' x)
	export MALLOC_PERTURB_ CFS_ROOM
	note "memory filled with $fill"
	again golden/ostree
	[ -z "$CFS_LONG" ] || again golden/dump golden/tar golden/toc
done
plan_done
