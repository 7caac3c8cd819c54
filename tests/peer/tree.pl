#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# tests/peer/tree.pl DIR N ROOT - a tree of about N names with everything that lstat()
# shows: all types (devices if ROOT is 1), sizes around 64 bytes and 4096, equal files,
# hard links, modes, owners, times with nanoseconds, names with odd bytes. The same N
# gives the same tree.
use strict;
use warnings;
use POSIX ();

my ($top, $n, $root) = @ARGV;
srand(5);
mkdir $top or die "$top: $!\n";
my @dirs = ($top);
my @sizes = (0, 1, 63, 64, 65, 100, 1000, 4095, 4096, 4097);
my ($last, $links) = ('', 0);
for my $i (1 .. $n) {
	my $dir = $dirs[rand @dirs];
	my $name = $i % 997 ? "n$i" : "odd $i \\=\n\t\xff" . 'x' x ($i % 200);
	my $path = "$dir/$name";
	my $kind = $i % 50;
	if ($kind == 0 && length($path) < 3000) {
		mkdir $path or die "$path: $!\n";
		push @dirs, $path;
	} elsif ($kind == 1) {
		symlink($i % 3 ? "../n$i" : '/' . 'target/' x ($i % 300), $path) or die "$path: $!\n";
	} elsif ($kind == 2) {
		POSIX::mkfifo($path, 0640) or die "$path: $!\n";
	} elsif ($kind == 3 && $last) {
		link $last, $path or die "$path: $!\n";
		$links++;
	} elsif ($kind == 4 && $root && $i % 200 == 4) {
		my @node = $i % 400 == 4 ? ('c', 0, 0) : ('b', $i % 256, $i % 1000);
		system('mknod', $path, @node) == 0 or die "$path: mknod\n";
	} else {
		my $size = $sizes[$i % @sizes];
		open my $f, '>', $path or die "$path: $!\n";
		# Every seventh file has the content of others.
		my $bit = $i % 7 ? "content of $i " : 'same ';
		print $f substr($bit x (1 + $size / length $bit), 0, $size);
		close $f or die "$path: $!\n";
		chmod 04755, $path if $i % 101 == 0;
		chmod 0600, $path if $i % 103 == 0;
		chown $i % 70000, $i % 1000, $path if $root && $i % 11 == 0;
		$last = $path;
	}
}
