#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# `cfs mkfs DIR`: SC-1, SC-2, SC-3, SC-4, SC-5, SC-6, WI-7, WI-10, --hardlinks, what is
# left out; and a source that changes at every step of the run (tests/README.md 5.7).

. "$(dirname "$0")/../lib.sh"

src=$tmp/src
img=$tmp/img

# reset - a source with every kind of file, always the same.
reset()
{
	chmod -R u+rwx "$src" 2>/dev/null
	rm -rf "$src" "$tmp/store"
	mkdir -p "$src/dir/sub" "$src/zz"
	printf 'tiny' >"$src/dir/tiny"
	head -c 3000 /dev/zero | tr '\0' s >"$src/dir/small"
	head -c 300000 /dev/zero | tr '\0' l >"$src/dir/sub/large"
	head -c 2000000 /dev/zero | tr '\0' L >"$src/zz/larger"
	: >"$src/dir/empty"
	ln -s '../target' "$src/dir/link"
	mkfifo "$src/zz/fifo"
	ln "$src/dir/small" "$src/zz/again"
	find "$src" -exec touch -h -d @1000000000 {} +
}

dump()
{
	"$CFS" mkfs --print-dump "$@" 2>&1
}

# ---- the tree -------------------------------------------------------------

reset
one=$(dump --threads=1 "$src")
for n in 2 3 8 100; do
	is "WI-7: --threads=$n" "$(dump --threads=$n "$src")" "$one"
done
is 'a trailing slash' "$(dump "$src/")" "$one"
is 'every name' "$(printf '%s\n' "$one" | wc -l)" "$(find "$src" | wc -l)"
# The sizes of everything but directories, as find sees them.
is 'sizes' "$(printf '%s\n' "$one" | sed -n 's/^\([^ ]*\) \([0-9]*\) 1.*/\2/p' | sort)" \
	"$(find "$src" ! -type d -printf '%s\n' | sort)"
is 'a link' "$(printf '%s\n' "$one" | grep '^/dir/link ')" \
	"/dir/link 9 120777 1 $(id -u) $(id -g) 0 1000000000.0 ../target - -"

# Links whose st_size is not their length: procfs says 64 or 0, sysfs 0.
for dir in /proc/self/ns /sys/class/net /sys/class/mem; do
	[ -d "$dir" ] && [ "$(find "$dir" -type l 2>/dev/null | wc -l)" -gt 0 ] || continue
	exits "links in $dir" 0 "$CFS" mkfs --print-dump "$dir"
	is "targets in $dir" "$(sed -n 's/^\(\/[^ ]*\) \([0-9]*\) 120777.*\.[0-9]* \([^ ]*\) - -$/\1 \2 \3/p' "$tmp/stdout" | sort)" \
		"$(cd "$dir" && for f in *; do [ ! -h "$f" ] || { t=$(readlink "$f"); echo "/$f ${#t} $t"; }; done | sort)"
done

links=$(dump --hardlinks "$src")
case $links in
*'/dir/small 3000 100644 2 '*'/zz/again 3000 @'*' /dir/small '*) pass '--hardlinks: the first name holds the inode' ;;
*) fail '--hardlinks: the first name holds the inode' "$links" ;;
esac
is '--hardlinks: threads' "$(dump --hardlinks --threads=8 "$src")" "$links"

if [ "$(id -u)" = 0 ]; then
	mknod "$src/dir/whiteout" c 0 0
	mknod "$src/zz/block" b 7 9
	is 'devices' "$(dump "$src" | cut -d' ' -f1-7 | grep -c ' [26]0[0-7]*644 ')" 2
	is '--skip-devices' "$(dump --skip-devices "$src" | cut -d' ' -f1)" "$(printf '%s\n' "$one" | cut -d' ' -f1)"
	if setfattr -h -n trusted.x -v y "$src/dir/link" 2>/dev/null && setfattr -n user.x -v y "$src/dir" 2>/dev/null; then
		is 'SC-4: xattrs' "$(dump "$src" | grep -c '\.x=y')" 2
		is '--user-xattrs' "$(dump --user-xattrs "$src" | grep -c '\.x=y')" 1
		is '--skip-xattrs' "$(dump --skip-xattrs "$src" | grep -c '\.x=y')" 0
	else
		skip 'xattrs' 'no setfattr, or no room for its attributes'
	fi
fi

# ---- what cannot be scanned -----------------------------------------------

ln -sfn "$src" "$tmp/alias"
exits 'a link to a directory' 1 "$CFS" mkfs "$tmp/alias" "$img"
is 'its message' "$(cat "$tmp/stderr")" "cfs mkfs: $tmp/alias: a symbolic link; name the directory itself, or add a /"
exits 'no such directory' 1 "$CFS" mkfs "$tmp/none" "$img"
is 'its message' "$(cat "$tmp/stderr")" "cfs mkfs: $tmp/none: open: No such file or directory"
[ ! -e "$img" ] && pass 'no image' || fail 'no image'

# ---- WI-10: what is made lies in the source -------------------------------

reset
"$CFS" mkfs --digest-store="$src/dir/sub/store" "$src" "$src/zz/img" 2>"$tmp/err" || fail 'store and image below the source'
is 'a store is left out' "$(grep 'left out' "$tmp/err")" "cfs mkfs: $src/dir/sub/store: the object store, left out"
"$CFS" mkfs --digest-store="$src/dir/sub/store" "$src" "$src/zz/img" 2>"$tmp/err" || fail 'once more'
is 'the image, too' "$(grep 'left out' "$tmp/err" | sort)" "cfs mkfs: $src/dir/sub/store: the object store, left out
cfs mkfs: $src/zz/img: the image, left out"
"$CFS" dump "$src/zz/img" | cut -d' ' -f1 >"$tmp/names"
is 'no name of theirs' "$(grep -c 'store\|img' "$tmp/names")" 0
exits 'the store is the source' 1 "$CFS" mkfs --digest-store="$src" "$src" "$img"
"$CFS" mkfs --print-digest-only "$src" >"$tmp/a" 2>/dev/null
(cd "$src" && "$CFS" mkfs . - >zz/out 2>"$tmp/err")
is 'stdout into the source' "$(cat "$tmp/err")" 'cfs mkfs: ./zz/out: the image, left out'

# ---- a source that changes while it is read (SC-1, SC-2, SC-3, ST-2, tests/README.md 5.7) ------

printf 'a secret of another tree' >"$tmp/elsewhere"
mkdir -p "$tmp/outside"
head -c 3000 /dev/zero | tr '\0' S >"$tmp/outside/small"

change()
{
	case $1 in
	grow) echo more >>"$src/dir/small" ;;
	shrink) : >"$src/dir/small" ;;
	rewrite) head -c 3000 /dev/zero | tr '\0' R >"$src/dir/small" ;;
	rewrite-large) head -c 2000000 /dev/zero | tr '\0' R >"$src/zz/larger" ;;
	symlink) ln -sfn "$tmp/elsewhere" "$src/dir/small" ;;
	fifo) rm -f "$src/dir/small" && mkfifo "$src/dir/small" ;;
	directory) rm -f "$src/dir/small" && mkdir "$src/dir/small" ;;
	delete) rm -f "$src/dir/small" ;;
	parent) mv "$src/dir" "$tmp/moved.$$" && ln -s "$tmp/outside" "$src/dir" ;;
	mode) chmod 0711 "$src/dir/small" ;;
	new) echo new >"$src/dir/new" ;;
	esac
}

# judge WHAT STATUS - the image and the store are right, or nobody has them.
judge()
{
	if grep -rq 'secret\|SSS' "$tmp/store" "$img" 2>/dev/null; then
		fail "$1" 'bytes from outside the source'
		return
	fi
	find "$tmp/store" -type f >"$tmp/objects" 2>/dev/null
	while read -r object; do
		hex=$(echo "${object#"$tmp/store/"}" | tr -d /)
		if [ "$("$CFS" info measure-file "$object")" != "$hex" ]; then
			fail "$1" "object $object has other content (ST-1)"
			return
		fi
	done <"$tmp/objects"
	if [ "$2" = 0 ]; then
		missing=$("$CFS" info missing-objects --basedir="$tmp/store" "$img" 2>&1)
		[ -z "$missing" ] || fail "$1" "missing: $missing"
		# Sizes in the image are those of the objects.
		"$CFS" dump "$img" | while read -r path size mode rest; do
			set -- $rest
			case $mode in 100*) ;; *) continue ;; esac
			[ "${6-}" = - ] || [ -z "${6-}" ] || [ ! -e "$tmp/store/$6" ] ||
				[ "$(stat -c %s "$tmp/store/$6")" = "$size" ] || echo "$path"
		done >"$tmp/wrong"
		[ -s "$tmp/wrong" ] && fail "$1" "wrong sizes: $(cat "$tmp/wrong")"
	elif [ "$2" = 1 ]; then
		case $(cat "$tmp/err") in
		"cfs mkfs: $src"*) ;;
		*) fail "$1" "message: $(cat "$tmp/err")" ;;
		esac
		[ "$(wc -l <"$tmp/err")" = 1 ] || fail "$1" "messages: $(cat "$tmp/err")"
		[ ! -e "$img" ] || fail "$1" 'an image in spite of exit 1'
	else
		fail "$1" "exit $2: $(cat "$tmp/err")"
	fi
}

# stopped - wait until the traced program has stopped itself, and say which
# process that is in $child. 1: it has ended without.
stopped()
{
	tries=0
	while [ $tries -lt 1000 ]; do
		child=$(sed -n 's/^\([0-9]*\) *--- stopped by SIGSTOP ---$/\1/p' "$tmp/trace")
		[ -z "$child" ] || return 0
		! grep -q '^[0-9]* *+++ ' "$tmp/trace" || return 1
		tries=$((tries + 1))
		sleep 0.01
	done
	fail 'the program neither stops nor ends' "$(tail -n 3 "$tmp/trace")"
	kill -9 $tracer
	return 1
}

# A sanitizer cannot look for leaks in a program that is traced.
sweep()
{
	rounds=0
	judged=0
	before=$failed
	for call in openat newfstatat fstat flistxattr pread64 getdents64 close readlinkat; do
		k=1
		while [ $k -le 40 ]; do
			for what in $1; do
				# In the short form each place sees some of the changes.
				rounds=$((rounds + 1))
				if [ -z "$CFS_LONG" ] && [ $(((rounds * 7 + k) % 13)) != 0 ]; then
					continue
				fi
				reset
				rm -rf "$img" "$tmp"/moved.*
				: >"$tmp/trace"
				# -f for the process number in front of each line.
				ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -o "$tmp/trace" -e "trace=$call" -e "inject=$call:signal=SIGSTOP:when=$k" \
					"$CFS" mkfs --threads=1 --no-sync --digest-store="$tmp/store" "$src" "$img" 2>"$tmp/err" &
				tracer=$!
				if ! stopped; then
					wait $tracer
					continue 3 # fewer calls than that
				fi
				change "$what"
				kill -CONT "$child"
				wait $tracer
				judge "$call $k: $what" $?
				judged=$((judged + 1))
			done
			k=$((k + 1))
		done
	done
	[ "$failed" = "$before" ] && pass "5.7: a source that changes at every call ($judged runs)"
}

if command -v strace >/dev/null && strace -o /dev/null -e inject=close:signal=SIGCONT:when=1 true 2>/dev/null; then
	sweep 'grow shrink rewrite rewrite-large symlink fifo directory delete parent mode new'
else
	skip 'a source that changes' 'no strace that injects signals'
fi

plan_done
