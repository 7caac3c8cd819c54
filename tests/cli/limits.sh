#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Depth without stack (RI-3), memory (RI-5, RT-9) and growth (RT-8).
. "$(dirname "$0")/../lib.sh"
need perl
${CC:-gcc} -O1 -o "$tmp/peak" tests/cli/peak.c || skip_all 'no compiler'
case $CFS in */san/*) skip_all 'sanitizers need more stack and memory' ;; esac

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

# ---- growth: twice the size costs at most three times as much
# grows DESC GENERATOR N - the generator is a perl program that is given a size.
grows()
{
	for n in "$3" $((2 * $3)); do
		perl -e "$2" "$n" >"$tmp/text"
		"$tmp/peak" "$tmp/used.$n" "$CFS" mkfs --from-file "$tmp/text" "$tmp/image" 2>"$tmp/err" || {
			fail "growth: $1" "$(cat "$tmp/err")"
			return
		}
	done
	read -r small _ <"$tmp/used.$3"
	read -r large kib <"$tmp/used.$n"
	bytes=$(wc -c <"$tmp/text")
	# Below 100 ms a ratio says nothing.
	if [ "$large" -le $((3 * small + 100)) ] && [ "$large" -le $((2000 + bytes / 1500)) ] &&
		[ "$kib" -le "$(kib "$tmp/text" 8)" ]; then
		pass "growth: $1: $small, then $large ms, $kib KiB for $((bytes / 1024)) KiB of text"
	else
		fail "growth: $1: $small, then $large ms, $kib KiB for $((bytes / 1024)) KiB of text"
	fi
}
root='print "/ 0 40755 2 0 0 0 0.0 - - -\n"; my $n = $ARGV[0];'
grows 'names in reverse order' "$root"'
	printf "/%08d 0 100644 1 0 0 0 0.0 - - -\n", $_ for reverse 1 .. $n' 200000
grows 'names in random order' "$root"'
	my $x = 7; for (1 .. $n) { $x = ($x * 1103515245 + 12345) & 0x7fffffff; printf "/%08d%d 0 100644 1 0 0 0 0.0 - - -\n", $x, $_ }' 200000
grows 'a chain of hard links, backwards' "$root"'
	printf "/%08d 0 \@100644 - - - - - /%08d - -\n", $_, $_ + 1 for 1 .. $n;
	printf "/%08d 0 100644 1 0 0 0 0.0 - - -\n", $n + 1' 100000
grows 'different xattr values' "$root"'
	printf "/%08d 0 100644 1 0 0 0 0.0 - - - user.a=%08d\n", $_, $_ for 1 .. $n' 200000
grows 'large sets of xattrs' "$root"'
	for my $i (1 .. $n) { print "/$i 0 100644 1 0 0 0 0.0 - - -"; printf " user.%04d=%d", 9999 - $_, $i * $_ for 1 .. 1200; print "\n" }' 400
grows 'directories in directories' "$root"'
	my $p = ""; for (1 .. $n) { $p .= "/d"; print "$p 0 40755 2 0 0 0 0.0 - - -\n" }' 2000
grows 'breadth first order' "$root"'
	printf "/%06d 0 40755 2 0 0 0 0.0 - - -\n", $_ for 1 .. $n;
	for my $k (1 .. 3) { printf "/%06d/f%d 0 100644 1 0 0 0 0.0 - - -\n", $_, $k for 1 .. $n }' 60000
plan_done
