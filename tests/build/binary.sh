#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# PH-1, PH-4, PH-5 and the size: what the release binary is.
. "$(dirname "$0")/../lib.sh"
need readelf nm
[ "$CFS" = "$TOP/cfs" ] || skip_all 'about the release build only'

readelf -hW "$CFS" >"$tmp/header"
readelf -lW "$CFS" >"$tmp/segments"
readelf -dW "$CFS" >"$tmp/dynamic"

ok 'position independent' grep -q 'Type: *DYN' "$tmp/header"
ok 'marked as a PIE' grep -q 'FLAGS_1.*PIE' "$tmp/dynamic"
not_ok 'no interpreter' grep -q 'INTERP' "$tmp/segments"
not_ok 'needs no library' grep -q 'NEEDED' "$tmp/dynamic"
ok 'has a read-only part after relocation' grep -q 'GNU_RELRO' "$tmp/segments"
ok 'bound at start' grep -q 'BIND_NOW' "$tmp/dynamic"
ok 'the stack is not executable' grep -qE 'GNU_STACK .* RW +0x' "$tmp/segments"
not_ok 'nothing is writable and executable' grep -qE '^ *[A-Z_]+ .* RWE' "$tmp/segments"
not_ok 'no relocation in the text' grep -q 'TEXTREL' "$tmp/dynamic"
is 'code has segments of its own' "$(grep -cE '^ *LOAD .* R E ' "$tmp/segments")" 1
is 'has no symbols left' "$(readelf -SW "$CFS" | grep -c '\.symtab\|\.debug')" 0

# No other user, no connection, and six variables of the environment. One file executes
# a program, fusermount3, and one opens a socket, to tell a service manager READY=1.
is 'calls nothing of the C library that would' "$(nm "$CFS_BUILD/cfs" |
	grep -wE 'execv[a-z]*p[a-z]*|execl[a-z]*|fexecve|system|popen|posix_spawnp?|connect|set(res)?[ug]id|secure_getenv')" ''
is 'one file executes a program' "$(grep -lE '\bexecve?\(' $(find applets format cfs.c -name '*.c'))" \
	applets/mount/fuse/fusermount.c
is 'one file opens a socket' "$(grep -lE '\bsocket\(' $(find applets format cfs.c -name '*.c'))" \
	applets/mount/fuse/foreground.c
is 'the variables that it reads' "$(cat cfs.c $(find applets format -name "*.c") |
	sed -n 's/.*getenv("\([A-Z_]*\)").*/\1/p' | sort -u | tr '\n' ' ')" 'CFS_PARSE_STRICT FAKEROOTKEY LD_PRELOAD NOTIFY_SOCKET PATH SOURCE_DATE_EPOCH '
is 'and by no other call' "$(cat cfs.c $(find applets format -name "*.c") | grep 'getenv\|environ\b' |
	grep -v 'getenv("[A-Z_]*")')" ''

size=$(wc -c <"$CFS")
note "stripped size: $size bytes"
ok 'stripped size is at most 655360 bytes' [ "$size" -le 655360 ]

# musl's static start-up leaves GNU_RELRO writable, so main protects it. Seen
# from outside, while the program waits for its input.
relro()
{
	"$CFS" mkfs --from-file --print-digest-only - <"$tmp/fifo" >/dev/null 2>&1 &
	pid=$!
	exec 9>"$tmp/fifo"
	n=0
	until grep -q pipe_read "/proc/$pid/wchan" 2>/dev/null || [ $n = 10 ]; do
		sleep 0.1
		n=$((n + 1))
	done
	cat "/proc/$pid/maps" >"$tmp/maps"
	exec 9>&-
	wait "$pid"
	base=$((0x$(grep -F "$CFS" "$tmp/maps" | head -n 1 | cut -d- -f1)))
	at=$((base + $(awk '$1 == "GNU_RELRO" { print $3 }' "$tmp/segments")))
	while read -r range perms _; do
		if [ $((0x${range%-*})) -le "$at" ] && [ "$at" -lt $((0x${range#*-})) ]; then
			echo "$perms"
		fi
	done <"$tmp/maps"
}
if ! "$CFS" --list 2>/dev/null | grep -qx mkfs; then
	skip 'GNU_RELRO is read-only when main runs' 'mkfs is not there'
elif [ ! -r /proc/self/maps ]; then
	skip 'GNU_RELRO is read-only when main runs' 'no /proc'
else
	mkfifo "$tmp/fifo"
	is 'GNU_RELRO is read-only when main runs' "$(relro)" 'r--p'
fi

plan_done
