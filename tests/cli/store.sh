#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `cfs mkfs --digest-store`: WI-2, WI-11, ST-1, ST-2, ST-3, ST-4, ST-5, ST-6, ST-7, ST-8,
# ST-9, ST-10 as the program shows them: reruns, the order of its system calls, single faults, kills, full disks.

. "$(dirname "$0")/../lib.sh"

src=$tmp/src
store=$tmp/dir/store
img=$tmp/dir/img
mkdir -p "$src/d/e" "$tmp/dir"
i=0
while [ $i -lt 6 ]; do
	head -c $((100 + i * 3000)) /dev/zero | tr '\0' "$i" >"$src/d/f$i"
	i=$((i + 1))
done
cp "$src/d/f3" "$src/d/e/same"
printf 'inlined' >"$src/inlined"
head -c 1500000 /dev/urandom >"$src/d/e/large"
truncate -s 3M "$src/sparse"
ln -s x "$src/link"
chmod 4755 "$src/d/f1"

run()
{
	"$CFS" mkfs --force --threads=1 --digest-store="$store" "$@" "$src" "$img"
}

# objects - names and contents of all there is in the store.
objects()
{
	(cd "$store" 2>/dev/null && find . ! -type d -exec sha256sum {} + | sort)
}

# ---- a new store, and the same again ---------------------------------------

umask 077
exits 'a new store' 0 run
umask 022
want=$(objects)
good=$(sha256sum <"$img")
is 'objects: no inlined and no equal ones' "$(printf '%s\n' "$want" | wc -l)" 8
find "$store" -type f | while read -r f; do
	[ "$("$CFS" info measure-file "$f")" = "$(echo "${f#"$store/"}" | tr -d /)" ] || echo "$f"
done >"$tmp/wrong"
is 'ST-1: names' "$(cat "$tmp/wrong")" ''
is 'ST-7: modes' "$(find "$store" -mindepth 1 -printf '%y%m\n' | sort -u | tr '\n' ' ')" 'd755 f644 '
is 'nothing is missing' "$("$CFS" info missing-objects --basedir="$store" "$img")" ''
is 'ST-11: holes' "$(find "$store" -size -3145729c -size +3145727c -printf '%b\n')" 0
before=$(find "$store" -printf '%P %i %T@ %C@\n' | sort)
exits 'the same again' 0 run
is 'WI-11: every object is as it was' "$(find "$store" -printf '%P %i %T@ %C@\n' | sort)" "$before"
is 'and the image' "$(sha256sum <"$img")" "$good"
exits '--no-sync' 0 run --no-sync
is 'the digest' "$(run --print-digest)" "$("$CFS" mkfs --print-digest-only "$src")"
rm -rf "$store"
exits 'no image, but objects' 0 "$CFS" mkfs --digest-store="$store" --print-digest-only "$src"
is 'they are all there' "$(objects)" "$want"
object=$(find "$store" -size -1c -o -type f | head -n 1)
echo wrong >"$object"
exits 'a wrong object' 0 run
is 'ST-5: a warning' "$(cat "$tmp/stderr")" "cfs mkfs: $object: has the wrong size; replaced"
is 'is replaced' "$(objects)" "$want"
if "$CFS" mkfs --require-verity --digest-store="$tmp/v" "$src" "$tmp/vimg" 2>"$tmp/err"; then
	pass '--require-verity'
else
	is '--require-verity' "$(sed -E 's/: (the kernel|this type of file system|fs-verity is off|the file system or the kernel) .*//' "$tmp/err")" "cfs mkfs: $tmp/v"
	is 'nothing is copied' "$(find "$tmp/v" -mindepth 1)" ''
fi
is 'two writers and more' "$(
	rm -rf "$store"
	for n in 1 2 3 4; do
		"$CFS" mkfs --digest-store="$store" "$src" "$img.$n" &
	done
	wait
	objects
	sha256sum "$img".? | cut -d' ' -f1 | sort -u
)" "$want
$(echo "$good" | cut -d' ' -f1)"

# A collector cannot have the store while an image that needs it has no name (ST-8).
mkdir "$tmp/names"
(cd "$tmp/names" && seq -f 'a long name of a file, to make a large image %.0f' 3000 | xargs touch)
head -c 5000 /dev/zero | tr '\0' n >"$tmp/names/content"
"$CFS" mkfs --digest-store="$tmp/locked" "$tmp/names" - | {
	head -c 4096 >/dev/null # it is writing the image now
	flock -n -x "$tmp/locked" true && echo free || echo held
	cat >/dev/null
} >"$tmp/lock"
is 'ST-8: the lock is held until the image is written' "$(cat "$tmp/lock")" held
ok 'and free afterwards' flock -n -x "$tmp/locked" true

# ---- the order of calls (format/store/README.md 3.1, ST-10) ---------------------------------------

# A sanitizer makes calls of its own, and looks for leaks in a way that a trace forbids.
strace=
case $CFS in
*/san*/*) ;;
*) strace -o /dev/null true 2>/dev/null && strace=yes ;;
esac

# order FILE - what is wrong with the order of calls in a trace: a file that gets
# a name without sync, a name whose directory is not synced before the image has
# its name, an end before the image's directory is synced.
order()
{
	sed 's/<[^>]*>//g' "$1" | awk '
	/ = -1 / { next }
	{ call = $1; sub(/\(.*/, "", call); a = $0; sub(/^[a-z0-9_]*\(/, "", a); fd = a + 0 }
	call == "openat" || call == "openat2" || call == "open" {
		n = $NF + 0; dirty[n] = 0
		name[n] = a; sub(/^[^"]*"/, "", name[n]); sub(/".*/, "", name[n])
	}
	call ~ /^p?write/ { dirty[fd] = 1 }
	call == "fsync" { dirty[fd] = 0; delete pending[name[fd]]; if (renamed) synced = 1 }
	call == "syncfs" { for (n in dirty) dirty[n] = 0 }
	call == "linkat" {
		if (dirty[fd]) print "not synced: " $0
		split(a, part, ", "); to = part[3] + 0
		if (part[3] != "AT_FDCWD" && name[to] ~ /^[0-9a-f][0-9a-f]$/) pending[name[to]] = 1
	}
	call == "mkdirat" { pending[store] = 1 }
	call ~ /^rename/ { renamed = 1; for (n in pending) if (n != "") print "directory " n " is not synced before the image" }
	END { if (!renamed) print "no image"; if (!synced) print "the image has no sync behind it" }'
}

if [ -n "$strace" ]; then
	rm -rf "$store" "$img"
	strace -o "$tmp/trace" "$CFS" mkfs --threads=1 --digest-store="$store" "$src" "$img"
	is '3.1: few objects' "$(order "$tmp/trace")" ''
	mkdir "$tmp/many"
	i=1
	while [ $i -le 60 ]; do
		printf '%0100d' $i >"$tmp/many/$i"
		i=$((i + 1))
	done
	strace -o "$tmp/trace" "$CFS" mkfs --threads=1 --digest-store="$store" "$tmp/many" "$img"
	is '3.1: many objects' "$(order "$tmp/trace")" ''
	is 'ST-10: one syncfs' "$(grep -c '^syncfs' "$tmp/trace")" 1
	sed '/^fsync/d' "$tmp/trace" >"$tmp/trace2"
	[ -n "$(order "$tmp/trace2")" ] && pass 'the check finds what is missing' || fail 'the check finds what is missing'
	"$CFS" mkfs --threads=1 --no-sync "$src" "$img"
	strace -o "$tmp/trace" "$CFS" mkfs --no-sync --digest-store="$tmp/nosync" "$src" "$img"
	is '--no-sync' "$(grep -c '^[a-z]*sync' "$tmp/trace")" 0
else
	skip 'the order of calls' 'no strace, or a sanitizer'
fi

# ---- cloning is tried for each device ---------------------------------------------

if [ -n "$strace" ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p "$tmp/two/a"
	# One device is read first, then the other; none of their files can be cloned here.
	cat >"$tmp/clone" <<-'END'
		mount -t tmpfs tmpfs "$tmp/two/a" || exit 99
		for n in 1 2 3; do
			head -c 2000000 /dev/urandom >"$tmp/two/a/$n"
			head -c 2000000 /dev/urandom >"$tmp/two/b$n"
		done
		strace -f -e trace=ioctl -o "$tmp/trace" "$CFS" mkfs --threads=1 --digest-store="$tmp/cloned" "$tmp/two" "$img"
	END
	tmp=$tmp img=$img unshare -m --propagation private sh "$tmp/clone"
	n=$(grep -c FICLONE "$tmp/trace")
	if grep -q 'FICLONE.* = 0' "$tmp/trace"; then
		is 'a device that cannot be cloned from hinders no other' "$(grep -c 'FICLONE.* = 0' "$tmp/trace")" 3
	else
		is 'a device that cannot be cloned from hinders no other' "$n" 2
	fi
else
	skip 'cloning is tried for each device' 'needs strace, root and a mount namespace'
fi

# ---- single faults (ST-4, tests/README.md 5.3) ----------------------------------------------

# judge WHAT STATUS - after a run that began with an older image and no store.
judge()
{
	case $2 in
	0)
		[ "$(objects)" = "$want" ] || fail "$1" "exit 0, but: $(objects)"
		[ "$(sha256sum <"$img")" = "$good" ] || fail "$1" 'exit 0, but another image'
		;;
	1)
		[ "$(wc -l <"$tmp/err")" = 1 ] || fail "$1" "$(cat "$tmp/err")"
		grep -q "^cfs mkfs: [^ ]*\($tmp\|-\)" "$tmp/err" || fail "$1" "no file in: $(cat "$tmp/err")"
		objects >"$tmp/have"
		echo "$want" >"$tmp/want"
		[ -z "$(comm -23 "$tmp/have" "$tmp/want")" ] || fail "$1" "a wrong object: $(comm -23 "$tmp/have" "$tmp/want")"
		[ "$(cat "$img")" = older ] || [ "$3" = late ] || fail "$1" "the older image is gone: $(cat "$tmp/err")"
		;;
	*) fail "$1" "exit $2: $(cat "$tmp/err")" ;;
	esac
	debris=$(find "$tmp/dir" -name '.cfs*')
	[ -z "$debris" ] || fail "$1" "left: $debris"
}

if [ -n "$strace" ] && strace -o /dev/null -e inject=close:error=EIO:when=1000 true 2>/dev/null; then
	rm -rf "$store"
	strace -o "$tmp/trace" "$CFS" mkfs --threads=1 --digest-store="$store" "$src" "$img"
	# From the first call of main on; not what only gives back memory.
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$tmp/trace" |
		grep -v '^\(execve\|arch_prctl\|set_tid_address\|exit_group\|exit\|mprotect\|munmap\|brk\|mmap\|madvise\|rt_.*\)$' |
		awk '{ n[$1]++; print $1, n[$1] }' >"$tmp/calls"
	rounds=0
	before=$failed
	while read -r call n; do
		case $call in
		write) errors='ENOSPC EINTR' ;;
		open | openat) errors='EMFILE EIO' ;;
		# An attribute that vanishes and a file system without any are no faults.
		linkat | renameat | mkdirat | ftruncate) errors='ENOSPC' ;;
		*) errors='EIO' ;;
		esac
		for error in $errors; do
			rounds=$((rounds + 1))
			[ -n "$CFS_LONG" ] || [ $((rounds % 3)) = 0 ] || continue
			rm -rf "$store" "$img"
			printf older >"$img"
			strace -o /dev/null -e "inject=$call:error=$error:when=$n" \
				"$CFS" mkfs --force --threads=1 --digest-store="$store" "$src" "$img" 2>"$tmp/err" >/dev/null
			rc=$?
			late=
			[ "$call" = fsync ] && late=late # of the image's directory: its name is there already
			[ "$call" = close ] && late=late
			judge "$call $n: $error" $rc $late
		done
	done <"$tmp/calls"
	[ "$failed" = "$before" ] && pass "5.3: single faults ($rounds)"
else
	skip 'single faults' 'no strace that injects errors, or a sanitizer'
fi

# ---- kills (tests/README.md 5.5) ---------------------------------------------------------------

before=$failed
rounds=0
limit=15
[ -z "$CFS_LONG" ] || limit=500
while [ $rounds -lt $limit ]; do
	rounds=$((rounds + 1))
	rm -rf "$store"
	rm -f "$img"
	printf older >"$img"
	run 2>/dev/null &
	pid=$!
	sleep "0.0$((rounds * 7 % 40 / 10))$((rounds * 7 % 10))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	objects >"$tmp/have"
	echo "$want" >"$tmp/want"
	case $(grep -v '/\.cfs-tmp' "$tmp/have" | comm -23 - "$tmp/want") in
	'') ;;
	*) fail "kill $rounds" "$(comm -23 "$tmp/have" "$tmp/want")" ;;
	esac
	[ "$(cat "$img")" = older ] || [ "$(sha256sum <"$img")" = "$good" ] || fail "kill $rounds" 'the image'
	run 2>"$tmp/err" || fail "kill $rounds" "once more: $(cat "$tmp/err")"
	[ "$(objects)" = "$want" ] || fail "kill $rounds" 'objects after the rerun'
	[ -z "$(find "$tmp/dir" -name '.cfs*')" ] || fail "kill $rounds" 'ST-9: debris after the rerun'
done
[ "$failed" = "$before" ] && pass "5.5: kill and rerun ($rounds)"

# ---- no room ------------------------------------------------------------------

rm -rf "$store" "$img"
printf older >"$img"
# A limit of 512 or 1024 bytes, depending on the shell: less than most objects.
if (ulimit -f 1) 2>/dev/null; then
	(
		ulimit -f 1
		run 2>"$tmp/dir/err"
		echo $? >"$tmp/dir/rc"
	) 2>/dev/null
	is 'the file size limit: exit 1' "$(cat "$tmp/dir/rc")" 1
	case $(cat "$tmp/dir/err") in
	"cfs mkfs: $tmp"*': File too large') pass 'its message' ;;
	*) fail 'its message' "$(cat "$tmp/dir/err")" ;;
	esac
	is 'no debris' "$(find "$tmp/dir" -name '.cfs*')" ''
else
	skip 'the file size limit' 'no ulimit -f'
fi

if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p "$tmp/small"
	unshare -m --propagation private sh -c '
	size=16
	while [ $size -le 8192 ]; do
		mount -t tmpfs -o size=${size}k,nr_inodes=200 tmpfs "$1/small" || exit 2
		printf older >"$1/small/img"
		"$2" mkfs --force --digest-store="$1/small/store" "$1/src" "$1/small/img" 2>"$1/err"
		rc=$?
		[ -z "$(find "$1/small" -name ".cfs*")" ] || echo "$size KiB: debris"
		if [ $rc = 0 ]; then
			[ "$(sha256sum <"$1/small/img")" = "$3" ] || echo "$size KiB: another image"
			umount "$1/small"
			exit 0
		fi
		[ $rc = 1 ] || echo "$size KiB: exit $rc"
		[ "$(cat "$1/small/img")" = older ] || echo "$size KiB: the older image is gone"
		grep -q "^cfs mkfs: $1/small/.*: No space left on device" "$1/err" || cat "$1/err"
		umount "$1/small"
		size=$((size + size / 3))
	done
	echo "never enough"
	' sh "$tmp" "$CFS" "$good" >"$tmp/full" 2>&1
	is '5.3: a full disk' "$(cat "$tmp/full")" ''
else
	skip 'a full disk' 'needs root and a mount namespace'
fi

plan_done
