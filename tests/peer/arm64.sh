#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PH-6 on arm64: the test of base/sha256 under an emulator, by a cross compiler.
# The judge is tests/peer/bearssl.c: the library is not there for that machine.
. "$(dirname "$0")/../lib.sh"
need aarch64-linux-gnu-gcc qemu-aarch64-static
[ -f "$CFS_BUILD/include/bearssl_hash.h" ] || skip_all 'no headers of BearSSL'
echo 'int main(void) { return 0; }' >"$tmp/empty.c"
aarch64-linux-gnu-gcc -static -o "$tmp/empty" "$tmp/empty.c" 2>/dev/null ||
	skip_all 'no C library for arm64 (libc6-dev-arm64-cross)'

cat >"$tmp/table.c" <<'END'
#include "tests/unit/unit.h"
void unit_verity_sha256(void);
void unit_verity_sha512(void);
const struct unit_test unit_tests[] = { { "sha256", unit_verity_sha256 },
					{ "sha512", unit_verity_sha512 }, { 0 } };
END
ok 'builds for arm64' aarch64-linux-gnu-gcc -std=gnu11 -O2 -static -Wall -Wextra -Werror \
	-Wno-missing-field-initializers -D_GNU_SOURCE -I. -Iformat -idirafter "$CFS_BUILD/include" \
	-o "$tmp/unit" "$tmp/table.c" tests/unit/unit.c tests/unit/verity/sha256.c \
	tests/unit/verity/sha512.c tests/peer/bearssl.c format/verity/sha256*.c format/verity/sha512*.c
ok 'every digest' qemu-aarch64-static "$tmp/unit"
is 'with the instructions of ARMv8' "$(sed -n 's/^# SHA-256 of this machine: //p' "$tmp/out")" 'ARMv8 SHA2'

plan_done
