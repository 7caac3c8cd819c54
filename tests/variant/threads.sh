#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Threads under the thread sanitizer: no two of them meet unprotected (tests/README.md 5.2).
TOP=$(cd "$(dirname "$0")/../.." && pwd)
. "$TOP/tests/variant/lib.sh"
echo 'int main(void) { return 0; }' >"$tmp/empty.c"
${CC:-gcc} -fsanitize=thread -o "$tmp/empty" "$tmp/empty.c" 2>/dev/null && "$tmp/empty" ||
	skip_all 'no thread sanitizer here'
# The test of workers has threads of its own in children.
TSAN_OPTIONS=exitcode=99:halt_on_error=1:die_after_fork=0
export TSAN_OPTIONS
variant SAN=thread
for unit in base_workers source_dir_scan store_store; do
	ok "unit $unit" "$dir/unit" $unit
done
again cli/scan cli/ostree-convert
if [ -n "$CFS_LONG" ]; then
	again cli/verify cli/store cli/mkfs cli/json-convert
fi

# More threads than there are processors, on one store and one list.
mkdir "$tmp/src"
i=0
while [ $i -lt 400 ]; do
	mkdir -p "$tmp/src/$((i % 20))"
	head -c $((i * 97 + 1)) "$dir/cfs" >"$tmp/src/$((i % 20))/$i"
	i=$((i + 1))
done
for n in 2 16; do
	ok "mkfs, $n threads" "$dir/cfs" mkfs --no-sync --threads=$n --digest-store="$tmp/store$n" "$tmp/src" "$tmp/image$n"
	ok "verify, $n threads" "$dir/cfs" verify --threads=$n --basedir="$tmp/store$n" "$tmp/image$n"
done
ok 'the same image' cmp "$tmp/image2" "$tmp/image16"
find "$tmp/store2" -type f | sed -n 'p;n' | xargs rm
ok 'verify --repair-from, 16 threads' "$dir/cfs" verify --threads=16 --basedir="$tmp/store2" \
	--repair-from="$tmp/store16" "$tmp/image2"
ok 'and all is there' "$dir/cfs" verify --threads=16 --basedir="$tmp/store2" "$tmp/image2"
plan_done
