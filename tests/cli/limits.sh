#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Depth without stack (RI-3), memory (RI-5, RT-9). Growth: bombs.sh.
. "$(dirname "$0")/../lib.sh"
need perl
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || skip_all 'no compiler'
case $CFS in */san*/*) skip_all 'sanitizers need more stack and memory' ;; esac

# with_stack COMMAND... - with a stack of 128 KiB.
with_stack()
{
	(ulimit -s 128 && "$@")
}

# ---- a tree 100 000 levels deep, and one of 10 000
deep()
{
	perl -e '
		my ($top, $n) = @ARGV;
		mkdir $top or die; chdir $top or die;
		for (1 .. $n) { mkdir "d" or die "$_: $!"; chdir "d" or die }
		open my $f, ">", "file" or die; print $f "x" x 100; close $f;
	' "$@"
}
deep "$tmp/deep" 100000
ok 'mkfs of 100 000 levels' with_stack "$CFS" mkfs "$tmp/deep" "$tmp/deep.cfs"
is 'info stat of 100 000 levels' \
	"$(with_stack "$CFS" info stat "$tmp/deep.cfs" | grep '^directories:')" 'directories: 100001'
is 'info objects of 100 000 levels' "$(with_stack "$CFS" info objects "$tmp/deep.cfs" | wc -l)" 1
ok 'mkfs of 100 000 levels with 64 descriptors' sh -c \
	'ulimit -n 64 -s 128; exec "$@"' sh "$CFS" mkfs "$tmp/deep" "$tmp/deep2.cfs"
ok 'and the same bytes' cmp "$tmp/deep.cfs" "$tmp/deep2.cfs"
rm -rf "$tmp/deep"
deep "$tmp/ten" 10000
ok 'mkfs of 10 000 levels' with_stack "$CFS" mkfs "$tmp/ten" "$tmp/ten.cfs"
rm -rf "$tmp/ten"
with_stack "$CFS" dump "$tmp/ten.cfs" >"$tmp/ten.dump"
is 'dump of 10 000 levels' "$(wc -l <"$tmp/ten.dump")" 10002
is 'ls of 10 000 levels' "$(with_stack "$CFS" info ls "$tmp/ten.cfs" | wc -l)" 10001
ok 'mkfs --from-file of 10 000 levels' with_stack "$CFS" mkfs --from-file "$tmp/ten.dump" "$tmp/ten2.cfs"
ok 'and the same bytes' cmp "$tmp/ten.cfs" "$tmp/ten2.cfs"
rm -f "$tmp"/ten* "$tmp"/deep*

# ---- memory for 1 000 000 entries
# within DESC LIMIT_KIB COMMAND...
within()
{
	desc=$1 limit=$2
	shift 2
	if "$tmp/peak" "$tmp/used" "$@" >/dev/null 2>"$tmp/err"; then
		read -r cpu kib <"$tmp/used"
		if [ "$kib" -le "$limit" ]; then
			pass "$desc: $kib KiB of $limit, $cpu ms of CPU"
		else
			fail "$desc: $kib KiB, more than $limit"
		fi
	else
		fail "$desc" "$(cat "$tmp/err")"
	fi
}

# kib FILE FACTOR - 16 MiB and so many times the file.
kib()
{
	echo $((16384 + $2 * $(wc -c <"$1") / 1024))
}

shape()
{
	within "mkfs, $1" "$(kib "$tmp/text" 8)" "$CFS" mkfs --from-file "$tmp/text" "$tmp/image"
	for what in ls dump objects; do
		within "info $what, $1" "$(kib "$tmp/image" 2)" "$CFS" info $what "$tmp/image"
	done
}

perl tests/bench/dump.pl 1000000 >"$tmp/text"
shape '1 000 000 entries of an OS image'
{
	echo '/ 0 40755 2 0 0 0 0.0 - - -'
	seq -f '/%07.0f 0 100644 1 0 0 0 0.0 - - -' 1000000
} >"$tmp/text"
shape '1 000 000 short lines'
{
	echo '/ 0 40755 2 0 0 0 0.0 - - -'
	echo '/a 0 100644 1 0 0 0 0.0 - - -'
	seq -f '/b%07.0f 0 @100644      a' 1000000
} >"$tmp/text"
shape '1 000 000 hard links'

plan_done
