#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# USR, MUSL_LIB, MUSL_INC and ZSTD_SRC: where musl is the C library (Alpine), its files and
# the components lie directly in lib and include. The same files give the same program.
. "$(dirname "$0")/../lib.sh"
[ "$CFS" = "$TOP/cfs" ] || skip_all 'about the release build only'
: "${MAKE:=make}"
triple=$(gcc -dumpmachine)
musl=$(echo "$triple" | sed 's/-gnu$/-musl/')
[ -f "/usr/lib/$musl/rcrt1.o" ] || skip_all 'no musl in the folders of Debian here'

usr=$tmp/alpine/usr
mkdir -p "$usr/lib" "$usr/include" "$tmp/src/tests"
cp "/usr/lib/$musl"/*.o "/usr/lib/$musl/libc.a" "$usr/lib"
for lib in libz.a libbearssl.a; do
	cp "/usr/lib/$triple/$lib" "$usr/lib" 2>/dev/null || cp "/usr/lib/$lib" "$usr/lib"
done
cp -r "/usr/include/$musl"/. "$usr/include"
cp -r /usr/include/linux /usr/include/asm-generic /usr/include/zlib.h /usr/include/zconf.h "$usr/include"
cp -rL "/usr/include/$triple/asm" "$usr/include"
cp /usr/include/bearssl*.h /usr/include/bearssl/*.h "$usr/include" 2>/dev/null
cp -r Makefile cfs.c cfs.1 applets format "$tmp/src"
cp tests/components tests/versions "$tmp/src/tests"
"$CFS" --version | sed -n 's/.*commit \([^,]*\),.*/\1/p' >"$tmp/src/build-commit"
cp -r components/zstd-1.5.4 "$tmp/zstd" 2>/dev/null || cp -r "$(echo components/zstd-1.5.* | cut -d' ' -f1)" "$tmp/zstd"

ok 'USR=DIR ZSTD_SRC=DIR' "$MAKE" -s -j2 -C "$tmp/src" USR="$usr" ZSTD_SRC="$tmp/zstd"
ok 'the same program' cmp "$tmp/src/cfs" "$CFS"
"$MAKE" -n -C "$tmp/src" USR="$usr" ZSTD_SRC="$tmp/zstd" B=build/n >"$tmp/plan" 2>&1
not_ok 'nothing of /usr/lib is named' grep -qE "(^|[ =])/usr/(lib/$musl|include)" "$tmp/plan"
mv "$usr/lib" "$tmp/alpine/muslib"
exits 'a missing library' 2 "$MAKE" -s -C "$tmp/src" USR="$usr" ZSTD_SRC="$tmp/zstd"
ok 'a missing library: the message' grep -q '^cfs: missing: zlib1g-dev libbearssl-dev musl-dev' "$tmp/stderr"
mkdir "$usr/lib"
mv "$tmp/alpine/muslib"/libz.a "$tmp/alpine/muslib"/libbearssl.a "$usr/lib"
mv "$usr/include" "$tmp/alpine/muslinc"
mkdir "$usr/include"
for name in linux asm asm-generic zlib.h zconf.h; do
	mv "$tmp/alpine/muslinc/$name" "$usr/include"
done
mv "$tmp/alpine/muslinc"/bearssl*.h "$usr/include"
ok 'MUSL_LIB=DIR MUSL_INC=DIR' "$MAKE" -s -j2 -C "$tmp/src" USR="$usr" MUSL_LIB="$tmp/alpine/muslib" \
	MUSL_INC="$tmp/alpine/muslinc" ZSTD_SRC="$tmp/zstd"
ok 'the same program again' cmp "$tmp/src/cfs" "$CFS"
exits 'ZSTD_SRC without zstd' 2 "$MAKE" -s -C "$tmp/src" ZSTD_SRC="$tmp/alpine"
ok 'ZSTD_SRC without zstd: the message' grep -q '^cfs: missing: .*zstd-source' "$tmp/stderr"

# Another zstd 1.5.x, where one is unpacked.
found=
for other in components/zstd-1.5.*; do
	[ "$other" != components/zstd-1.5.4 ] && [ -d "$other/lib" ] || continue
	found=1
	ok "ZSTD_SRC=$other" "$MAKE" -s -j2 -C "$tmp/src" ZSTD_SRC="$TOP/$other"
	ok "$other: --version says so" sh -c '"$1" --version | grep -q "zstd ${2##*zstd-}"' sh "$tmp/src/cfs" "$other"
	printf '/ 0 40755 2 0 0 0 0.0 - - -\n' | zstd -q -19 -c >"$tmp/dump.zst"
	ok "$other: it decompresses" "$tmp/src/cfs" mkfs --from-file "$tmp/dump.zst" "$tmp/img"
done
[ -n "$found" ] || skip 'another zstd 1.5.x' 'none is unpacked in components/'
plan_done
