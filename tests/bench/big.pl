#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# Four large files: big.pl DIR dense|sparse [MIB]. Sparse ones have 4 KiB in every 16 MiB.
use strict;
use warnings;

my ($top, $kind, $mib) = @ARGV;
die "usage: big.pl DIR dense|sparse [MIB]\n" unless $kind && $kind =~ /^(dense|sparse)$/;
$mib ||= 1024;
mkdir $top or die "$top: $!\n";
my $seed = 99;
sub rnd { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return ($seed >> 8) % $_[0] }
my $pool = pack 'V*', map { rnd(1 << 22) << 10 ^ rnd(1 << 22) } 1 .. 1 << 18;
for my $i (1 .. 4) {
	open my $f, '>', "$top/file$i" or die "$top/file$i: $!\n";
	for my $m (0 .. $mib - 1) {
		if ($kind eq 'dense') {
			print $f pack('V', $i << 24 | $m), substr $pool, 4;
		} elsif ($m % 16 == 0) {
			seek $f, $m << 20, 0;
			print $f pack('V', $m), substr $pool, 4, 4092;
		}
	}
	truncate $f, $mib << 20 or die;
	close $f or die;
}
