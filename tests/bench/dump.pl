#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
# A dump in the shape of an OS image: dump.pl ENTRIES [plain]
#
# Digests, times with nanoseconds, one of 120 security labels on every entry,
# 2 % hard links, directories of 1 to 3000 names. With "plain" without xattrs, digests
# and times. The same bytes at every run.
use strict;
use warnings;

my ($entries, $plain) = @ARGV;
die "usage: dump.pl ENTRIES [plain]\n" unless $entries && $entries =~ /^\d+$/;
my $seed = 12345;
sub rnd { $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return ($seed >> 8) % $_[0] }

my @labels = map {
	"security.selinux=system_u:object_r:type${_}_t:s0\\x00"
} 1 .. 120;
sub label { return $plain ? "" : " " . $labels[rnd(120)] }
sub mtime { return $plain ? "0.0" : (1600000000 + rnd(100000000)) . "." . rnd(1000000000) }

my @words = qw(lib share doc locale python data modules kernel firmware icons theme usr local config test);
my $n = 1;
print "/ 0 40755 2 0 0 0 " . mtime() . " - - -" . label() . "\n";

# One directory after the other, each below one of those before it.
my @dirs = ("");
my $d = 0;
while ($n < $entries) {
	my $kind = rnd(100);
	my $size = $kind < 60 ? 1 + rnd(8) : $kind < 97 ? 8 + rnd(60) : $kind < 99 ? 60 + rnd(400) : 1000 + rnd(2001);
	my $up = $dirs[$d < 40 ? rnd(scalar @dirs) : @dirs - 1 - rnd(@dirs < 60 ? scalar @dirs : 60)];
	my $dir = sprintf("%s/%s-%06d", length $up > 40 ? "" : $up, $words[rnd(scalar @words)], $d++);
	print "$dir 0 40755 2 0 0 0 " . mtime() . " - - -" . label() . "\n";
	$n++;
	push @dirs, $dir;
	my $first;
	for my $i (0 .. $size - 1) {
		last if $n >= $entries;
		my $name = sprintf("%s/%s_%04d.%s", $dir, $words[rnd(scalar @words)], $i, rnd(2) ? "so" : "mo");
		$n++;
		if ($first && rnd(50) == 0) {
			print "$name 0 \@100644 1 0 0 0 0.0 $first - -\n";
		} elsif (rnd(20) == 0) {
			print "$name 12 120777 1 0 0 0 " . mtime() . " ../target/$i - -" . label() . "\n";
		} else {
			my $hex = sprintf("%08x%08x%08x%08x", $n, rnd(1 << 30), rnd(1 << 30), rnd(1 << 30)) x 2;
			my $object = substr($hex, 0, 2) . "/" . substr($hex, 2);
			my $digest = $plain ? "-" : $hex;
			$first = $name;
			print "$name " . (1 + rnd(100000)) . " 100644 1 0 0 0 " . mtime() .
				" $object - $digest" . label() . "\n";
		}
	}
}
